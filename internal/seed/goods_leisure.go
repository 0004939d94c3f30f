package seed

func books() department {
	const jackets = "navy brick forest mustard plum teal cream charcoal terracotta sky"
	return department{
		name: "Books & Paper", code: "BO", trades: []string{"Press", "Books", "Editions", "Publishing", "House"},
		groups: []group{
			{"Fiction", []leaf{
				{name: "Novels", share: 16, theme: themeBook, options: chooseFormat, colours: jackets, adjectives: "Quiet,Last,Salt,Paper,Borrowed,Winter,Second,Long,Glass,Slow", materials: "Orchard,Harbour,Summer,Ferry,House,Letters,River,Garden,Hour,Daughters", nouns: []noun{{"Novel", "novel", 9, 24, 380}}, facts: "320 pages|A reading group guide is included|Printed on FSC-certified paper|Winner of the Northern Prize"},
				{name: "Crime", share: 12, theme: themeBook, options: chooseFormat, colours: jackets, adjectives: "Drowned,Silent,Ninth,Crooked,Hollow,Cold,Missing,Final", materials: "Lighthouse,Witness,Chapel,Passenger,Alibi,Vineyard,Guest,Tide", nouns: []noun{{"Mystery", "novel", 8, 19, 360}}, facts: "384 pages|First in a series|Printed on FSC-certified paper|Map of the village inside"},
				{name: "Science Fiction", share: 10, theme: themeBook, options: chooseFormat, colours: jackets, adjectives: "Distant,Broken,Eleventh,Sleeping,Hollow,Burning,Infinite,Last", materials: "Orbit,Archive,Engine,Colony,Signal,Star,Voyage,Machine", nouns: []noun{{"Space Opera", "novel", 9, 22, 420}}, facts: "448 pages|Second in a trilogy|Star chart inside|Signed copies while they last"},
			}},
			{"Non-Fiction", []leaf{
				{name: "Cookbooks", share: 12, theme: themeBook, options: chooseFormat, colours: jackets, adjectives: "Slow,Everyday,Little,Seasonal,Generous,Weeknight", materials: "Bread Book,Sunday Table,Noodle Bar,Market Kitchen,Vegetable Garden,Cake Tin,Soup Pot", nouns: []noun{{"Cookbook", "book", 15, 39, 1100}}, facts: "120 recipes|Photographs throughout|Metric and cups|Lies flat when open"},
				{name: "Travel & Nature", share: 10, late: true, theme: themeBook, options: chooseFormat, colours: jackets, adjectives: "Pocket,Illustrated,Wild,Northern,Coastal,Complete", materials: "Bird Atlas,Tree Guide,Mushroom Year,Mountain Walks,Island Almanac,River Companion", nouns: []noun{{"Field Guide", "book", 12, 32, 600}}, facts: "300 illustrations|Pocket size|Water-repellent cover|Index in Latin and English"},
			}},
			{"Paper", []leaf{{
				name: "Notebooks", share: 12, theme: themeHome, options: chooseColour, colours: jackets,
				nouns:      []noun{{"Notebook", "journal", 7, 25, 320}, {"Journal", "journal", 12, 35, 400}, {"Planner", "journal", 14, 39, 450}, {"Sketchbook", "journal", 9, 32, 520}},
				adjectives: "Dotted,Ruled,Plain,Spiral,Pocket,Undated", materials: "Linen,Kraft Paper,Cotton Paper,Cork,Leather",
				facts: "160 pages of 100 g/m² paper|Fountain-pen friendly|Lies flat when open|Elastic band and pocket|A5",
			}}},
		},
	}
}

func toys() department {
	return department{
		name: "Toys & Games", code: "TO", trades: []string{"Toys", "Play", "Workshop", "Games", "Puzzles"},
		groups: []group{
			{"Early Years", []leaf{
				{
					name: "Wooden Toys", share: 12, theme: themeToy, options: chooseNothing, colours: "red mustard blue sage coral sky",
					nouns:      []noun{{"Car", "car", 12, 39, 350}, {"Train", "train", 19, 69, 900}, {"Building Blocks", "blocks", 19, 59, 1400}, {"Ball", "ball", 8, 25, 250}},
					adjectives: "Painted,Chunky,Little,Classic,First", materials: "Beech,Maple,Birch,Bamboo",
					facts: "From 18 months|Water-based paint|EN 71 tested|FSC-certified wood|Rounded edges",
				},
				{
					name: "Soft Toys", share: 12, theme: themeToy, options: chooseColour, colours: "brown cream grey blush sage sky",
					nouns:      []noun{{"Teddy Bear", "bear", 15, 49, 300}, {"Bunny", "bunny", 12, 39, 220}, {"Cuddle Bear", "bear", 12, 35, 250}, {"Floppy Bunny", "bunny", 14, 35, 240}},
					adjectives: "Fluffy,Sleepy,Big,Tiny,Gentle", materials: "Plush,Corduroy,Organic Cotton,Mohair,Wool",
					facts: "From birth|Machine wash at 30 °C|Stuffed with recycled fibre|Embroidered eyes|EN 71 tested",
				},
			}},
			{"Games", []leaf{
				{
					name: "Puzzles", share: 10, theme: themeToy, options: chooseNothing, colours: "terracotta teal mustard plum green",
					nouns:      []noun{{"Puzzle, 500 Pieces", "puzzle", 12, 25, 600}, {"Puzzle, 1,000 Pieces", "puzzle", 15, 32, 900}, {"Floor Puzzle", "puzzle", 12, 29, 1100}},
					adjectives: "Harbour,Botanical,Alpine,Night-Sky,Market,Island", materials: "",
					facts: "Poster included|Linen finish, no glare|Recycled board|Bag for the pieces",
				},
				{
					name: "Board Games", share: 10, theme: themeToy, options: chooseNothing, colours: "coral navy forest mustard plum",
					nouns:      []noun{{"Strategy Game", "boardgame", 25, 69, 1500}, {"Family Game", "boardgame", 19, 45, 1100}, {"Card Game", "boardgame", 9, 22, 300}, {"Dice Game", "boardgame", 9, 25, 350}},
					adjectives: "Lighthouse,Caravan,Orchard,Railway,Harvest,Volcano", materials: "",
					facts: "Two to four players|From 8 years|Lasts 45 minutes|Rules in five languages|Wooden pieces",
				},
			}},
			{"Making", []leaf{{
				name: "Craft Kits", share: 6, late: true, theme: themeToy, options: chooseColour, colours: "red mustard teal plum sage",
				nouns:      []noun{{"Knitting Kit", "yarn", 19, 59, 450}, {"Crochet Kit", "yarn", 17, 49, 400}, {"Yarn Set", "yarn", 15, 55, 500}},
				adjectives: "First,Weekend,Chunky,Cosy", materials: "Merino,Cotton,Alpaca",
				facts: "Needles included|Step-by-step booklet|From 10 years|Enough yarn for one scarf",
			}}},
		},
	}
}

func care() department {
	return department{
		name: "Beauty & Care", code: "BE", trades: []string{"Botanics", "Apothecary", "Skincare", "Soap Works", "Parfums"},
		groups: []group{
			{"Skin", []leaf{
				{
					name: "Face", share: 14, theme: themeCare, options: chooseVolume, colours: "blush sage cream mustard lavender",
					nouns:      []noun{{"Face Cream", "cream", 15, 69, 120}, {"Serum", "dropper", 18, 79, 80}, {"Cleanser", "tube", 11, 35, 180}, {"Face Oil", "dropper", 16, 59, 80}},
					adjectives: "Gentle,Hydrating,Brightening,Overnight,Daily,Calming", materials: "Rosehip,Oat,Vitamin C,Squalane,Aloe,Jojoba",
					facts: "Fragrance-free|Vegan and cruelty-free|For sensitive skin|Tested by dermatologists|Refill available",
				},
				{
					name: "Body & Soap", share: 14, theme: themeCare, options: chooseScent, colours: "sage coral lavender cream mint",
					nouns:      []noun{{"Hand Soap", "pump", 8, 29, 520}, {"Soap Bar", "soap", 5, 15, 120}, {"Body Lotion", "pump", 12, 39, 300}, {"Hand Cream", "tube", 7, 25, 90}},
					adjectives: "Nourishing,Gentle,Foaming,Rich,Everyday", materials: "Olive Oil,Shea,Oat,Goat's Milk,Coconut",
					facts: "Vegan and cruelty-free|No palm oil|Biodegradable|Cold-pressed|Refill available",
				},
			}},
			{"Hair & Scent", []leaf{
				{
					name: "Hair", share: 10, theme: themeCare, options: chooseVolume, colours: "forest pink teal sand plum",
					nouns:      []noun{{"Shampoo", "pump", 9, 29, 320}, {"Conditioner", "pump", 9, 29, 320}, {"Hair Mask", "cream", 12, 35, 260}},
					adjectives: "Volumising,Gentle,Repairing,Everyday,Detangling", materials: "Argan,Rosemary,Coconut,Oat",
					facts: "Without sulphates|For all hair types|Vegan and cruelty-free|Recycled packaging",
				},
				{
					name: "Brushes & Combs", share: 4, late: true, theme: themeHome, options: chooseNothing, colours: "forest pink tan black cream",
					nouns:      []noun{{"Hair Brush", "brush", 12, 49, 140}, {"Comb", "comb", 7, 25, 40}, {"Paddle Brush", "brush", 14, 45, 150}},
					adjectives: "Detangling,Gentle,Everyday,Travel,Anti-Static", materials: "Bamboo,Pear-Wood,Beech,Olive-Wood",
					facts: "Does not pull|Finished with natural oil|Gift box|Made in Germany",
				},
				{
					name: "Fragrance", share: 8, theme: themeCare, options: chooseVolume, colours: "gold lavender blush sky sage",
					nouns:      []noun{{"Eau de Parfum", "perfume", 39, 159, 250}, {"Cologne", "perfume", 29, 99, 250}, {"Room Spray", "perfume", 14, 39, 220}},
					adjectives: "Smoky,Fresh,Warm,Evening,Green", materials: "Fig,Cedar,Neroli,Vetiver,Amber,Rose",
					facts: "Lasts eight hours|Natural alcohol|Blended in Grasse|Sample included",
				},
				{
					name: "Scented Candles", share: 10, theme: themeHome, options: chooseScent, colours: "brown cream sage plum charcoal",
					nouns:      []noun{{"Scented Candle", "candle", 15, 55, 420}, {"Travel Candle", "candle", 9, 25, 150}},
					adjectives: "Slow-Burning,Hand-Poured,Two-Wick", materials: "Soy,Beeswax,Coconut",
					facts: "Burns for 45 hours|Cotton wick|Poured by hand|Jar can be reused",
				},
			}},
		},
	}
}
