package seed

// uses are the sentences that follow a description's first.
func uses() map[theme][]string {
	return map[theme][]string{
		themeHome: {
			"The {material} ages well and is easily cared for.", "{It} look{s} as good in a hallway as in a living room.", "Each piece is checked by hand before it leaves the workshop.",
			"Small differences in colour are part of the charm.", "Pairs well with the rest of the collection.", "We pack {it} without any plastic.",
		},
		themeTextile: {
			"The {material} gets softer with each wash.", "Dyed in small lots, so colours may differ a shade.", "Pairs well with the rest of the collection.", "We pack {it} without any plastic.",
		},
		themeTable: {
			"Stands up to the dishwasher and to children.", "Mix and match: the colours are made for it.", "A present that nobody returns.", "Small differences in colour are part of the charm.",
		},
		themeCarry: {
			"The {material} wears in, not out.", "Repairs are free for two years.", "Comes in a cotton pouch.", "Made in batches, so what is gone takes a while to come back.",
		},
		themeKitchen: {
			"The {material} shrugs off years of use.", "{It} {is} as happy on the table as on the worktop.", "Cleaning takes a minute.",
			"Look after {it} a little and {it} will outlive you.", "A present that nobody returns.", "The weight sits where the hand wants it.",
		},
		themeWear: {
			"The {material} breathes in summer and layers well in winter.", "Seams are reinforced where things usually give.", "Take your usual size; between two, take the smaller.",
			"Made in batches, so what is gone takes a while to come back.", "Repairs are free for two years.",
		},
		themeOutdoor: {
			"The {material} keeps weight down without feeling fragile.", "Everything can be worked with gloves on.", "Spare parts are available for ten years.",
			"Easy to clean, quick to dry.", "Details that you notice on the third day: no loose ends, no rattling.",
		},
		themeTech: {
			"Set-up takes two minutes and no account.", "Updates come for at least five years.", "The housing is partly recycled and can be opened with one screwdriver.",
			"It pairs with what you have, whoever made it.", "Sounds, lights and pop-ups can all be switched off.",
		},
		themeBook: {
			"The cover is printed in two spot colours.", "Critics called it “a small miracle of tone”.", "Set in a typeface that is easy on tired eyes.", "With a foreword by the translator.",
			"A gift for readers who have read everything.",
		},
		themeToy: {
			"Paints and dyes are safe for those who taste first and ask later.", "Easy to learn, hard to put away.", "Grown-ups are known to borrow {it}.", "Parts that get lost can be ordered one by one.",
			"Comes in a box made to be kept.",
		},
		themeCare: {
			"The scent is there and then gone.", "A little goes a long way.", "No perfume for its own sake, no colours, no promises of youth.", "The packaging can be refilled or recycled.",
		},
		themeFood: {
			"Open, smell, and you will know.", "Keeps for a year, if you hide {it}.", "No flavourings, no colours.", "Good on bread, better in company.", "Each lot carries the date and the name of the maker.",
		},
	}
}
