package seed

// praise are details that buyers liked.
func praise() map[theme][]string {
	return map[theme][]string{
		themeHome: {
			"The {material} feels solid and looks better than in the pictures.", "Colour is exactly as shown.", "Arrived earlier than promised.", "It makes the whole room warmer.",
			"Friends keep asking where I got the {noun}.", "Well packed, not a scratch.",
		},
		themeTextile: {
			"The {material} is wonderfully soft.", "Washed a few times already and still like new.", "Colour is exactly as shown.", "Thick and heavy, as it should be.", "Makes the whole room warmer.",
		},
		themeTable: {
			"Comes out of the dishwasher like new.", "Looks great on the table.", "Feels good in the hand.", "The {material} is lovely.", "I use the {noun} every single day.", "Guests always ask where I got the {noun}.",
		},
		themeCarry: {
			"The {material} gets better with time.", "Compliments every time I go out.", "Finished beautifully down to the last stitch.", "Looks twice as expensive.", "Arrived in a pretty box.",
		},
		themeKitchen: {
			"Comes out of the dishwasher like new.", "Feels good in the hand, not too heavy.", "The {material} is lovely.", "I use the {noun} every single day.",
			"Looks great on the table.", "Sturdier than the one that I had for twenty years.",
		},
		themeWear: {
			"Fits true to size.", "The {material} is soft from the first day.", "Washed it ten times and it has kept its shape.", "I have already ordered a second colour.", "Stitching is neat everywhere.",
			"Compliments every time I go out.", "Warm without being bulky.",
		},
		themeOutdoor: {
			"Took it on a four-day trip in the rain and had no trouble.", "Much lighter than my old one.", "Every detail is thought through.", "Takes up little room.", "Survived my children and the dog.",
			"The {material} shows no wear after a season.",
		},
		themeTech: {
			"Battery lasts as long as they say.", "Connected at once to everything I own.", "Build quality is excellent for the price.", "Quiet, fast, no nonsense.", "Setting up took two minutes.",
			"Works just as well with an older laptop.",
		},
		themeBook: {
			"I read it in two evenings.", "Beautifully printed, good paper.", "It stays with you.", "Laughed out loud on the train.", "Lent it to my sister and never got it back.", "The last chapter is worth it alone.",
		},
		themeToy: {
			"Our daughter takes it everywhere.", "Kept three children busy all afternoon.", "Nicely finished, no sharp edges.", "Was a birthday present and a great success.", "Survived several drops down the stairs.", "The colours are lovely and not too loud.",
		},
		themeCare: {
			"I noticed the difference within a week.", "Smells wonderful and not too strong.", "A little is enough, so it lasts.", "No irritation at all, and I am sensitive.", "The packaging is pretty and can be refilled.",
		},
		themeFood: {
			"Wonderful aroma as soon as you open it.", "Tastes fresh and not at all bitter.", "We finished it in a week.", "Brought some to friends, who asked for more.", "You can taste the quality.",
		},
	}
}

// blame are details that buyers did not like.
func blame() map[theme][]string {
	return map[theme][]string{
		themeHome: {
			"The colour is darker than in the pictures.", "It wobbles a little on our floor.", "The finish had a scratch when it arrived.", "Smaller than I had thought.", "The {material} feels thinner than expected.", "There was a smell for the first week.",
		},
		themeTextile: {
			"Shrank in the wash.", "Loses a lot of fluff.", "The {material} feels thinner than expected.", "The colour is darker than in the pictures.", "A thread came loose.",
		},
		themeTable: {
			"The rim had a small chip.", "Smaller than it looks in the photo.", "Heavier than expected.", "It stained after a week.", "One arrived broken.",
		},
		themeCarry: {
			"Scratches easily.", "The {material} looks cheap.", "Smaller than I had thought.", "The clasp came loose after a week.", "Smelled of glue for days.",
		},
		themeKitchen: {
			"There was a small scratch on it.", "Heavier than expected.", "It scratches easily.", "The handle could be longer.", "Smaller than it looks in the photo.", "It stained after a week.",
		},
		themeWear: {
			"Runs small, I had to send the first one back.", "Shrank in the wash.", "A seam came undone after two weeks.", "The {material} is scratchier than expected.", "The colour faded quickly.", "Cut for giants.",
		},
		themeOutdoor: {
			"Something broke on the second trip.", "Not as sturdy as they claim.", "It rattles.", "Heavier than stated.", "The colour has faded in the sun.",
		},
		themeTech: {
			"Battery is gone by the afternoon.", "Loses the connection now and then.", "The app is a mess.", "Gets warm while charging.", "The cable is far too short.",
		},
		themeBook: {
			"The middle drags.", "The cover arrived bent.", "The print is tiny.", "Too long by half.", "Too many typos for this price.",
		},
		themeToy: {
			"Paint came off on the first day.", "Arrived in a crushed box.", "The colours are duller than in the picture.", "Held their interest for ten minutes.", "Smaller than in the picture.",
		},
		themeCare: {
			"The scent is too strong for me.", "It did not suit me.", "The lid broke after a week.", "I saw no difference at all.", "Half of it had leaked in the parcel.",
		},
		themeFood: {
			"Too sweet for my taste.", "The bag was not sealed well.", "Rather bland for the price.", "Best before next month, which is not much.", "Bitter, however I prepare it.",
		},
	}
}

func reviewTitles() [5][]string {
	return [5][]string{
		{"Not for me", "Sent it back", "Disappointed with the {noun}", "Would not buy again", "Poor quality"},
		{"Expected more", "Looks better than it is", "Mixed, mostly not good", "Not worth the price"},
		{"It is all right", "Does the job", "A decent {noun}", "Good, with a catch", "Average"},
		{"Very good", "Nice {noun}", "Happy with it", "Good value", "Nearly perfect", "Recommended"},
		{"Love it", "Perfect {noun}", "Better than expected", "Would buy again", "Excellent", "My new favourite", "Exactly what I wanted", "Five stars"},
	}
}

func verdicts() [5][]string {
	return [5][]string{
		{"I really wanted to like {this}, but no.", "Very disappointed by {this}.", "I cannot recommend {this}.", "{This} did not last a week with us."},
		{"I had hoped for more from {this}.", "{This} {is} not bad, but not good either.", "For the price, {this} should be better."},
		{"{This} {is} fine, nothing more.", "{This} {does} what it should.", "I am in two minds about {this}.", "Decent for the money."},
		{"Very pleased with {this}.", "{This} {is} really good.", "Good quality {noun} overall.", "Bought {this} as a present and it went down well."},
		{"I love {this}.", "{This} {is} the best I have had.", "Could not be happier with {this}.", "Absolutely worth it.", "Bought {this} for myself and then another for my mother.", "What a lovely {noun}."},
	}
}

func endings() [5][]string {
	return [5][]string{
		{"Going back.", "Customer service was friendly, at least.", "Save your money.", ""},
		{"Maybe I was unlucky.", "Will look for another.", "", ""},
		{"Okay for now.", "Time will tell.", "Delivery was quick, though.", ""},
		{"Would order again.", "One star less for the delivery time.", "Recommended.", ""},
		{"Highly recommended!", "Thank you, {vendor}!", "Delivery was quick too.", "Will be back.", "", ""},
	}
}
