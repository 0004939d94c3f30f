package seed

func clothing() department {
	const everyday = "navy black white sage terracotta cream charcoal blue olive blush mustard brick"
	return department{
		name: "Clothing", code: "CL", trades: []string{"Apparel", "Tailors", "Knitwear", "Outfitters", "Clothing", "Footwear"},
		groups: []group{
			{"Tops", []leaf{
				{
					name: "Shirts", share: 18, theme: themeWear, options: chooseColourAndSize, colours: everyday,
					nouns:      []noun{{"Shirt", "shirt", 35, 99, 240}, {"Overshirt", "shirt", 59, 139, 480}, {"Camp-Collar Shirt", "shirt", 39, 89, 210}, {"Oxford Shirt", "shirt", 45, 99, 270}},
					adjectives: "Relaxed,Slim,Striped,Washed,Boxy,Button-Down", materials: "Linen,Cotton,Flannel,Chambray,Hemp,Poplin",
					facts: "Mother-of-pearl buttons|Machine wash at 30 °C|Regular fit|Made in Portugal|Pre-washed, will not shrink",
				},
				{
					name: "T-Shirts", share: 18, theme: themeWear, options: chooseColourAndSize, colours: everyday,
					nouns:      []noun{{"T-Shirt", "tee", 15, 45, 170}, {"Long-Sleeve Tee", "tee", 19, 49, 210}, {"Pocket Tee", "tee", 18, 45, 180}, {"Henley", "tee", 25, 59, 230}},
					adjectives: "Heavyweight,Boxy,Striped,Everyday,Relaxed,Cropped", materials: "Organic Cotton,Cotton,Linen,Merino,Hemp,Pima Cotton",
					facts: "220 g/m²|Ribbed collar that keeps its shape|Machine wash at 30 °C|GOTS-certified|Regular fit",
				},
				{
					name: "Knitwear", share: 14, theme: themeWear, options: chooseColourAndSize, colours: "forest navy cream charcoal mustard brick plum sand",
					nouns:      []noun{{"Sweater", "sweater", 49, 159, 450}, {"Cardigan", "jacket", 59, 169, 500}, {"Turtleneck", "sweater", 45, 139, 400}, {"Knitted Vest", "sweater", 39, 99, 280}},
					adjectives: "Chunky,Cable-Knit,Fine,Ribbed,Fisherman's,Oversized", materials: "Lambswool,Merino,Cotton,Alpaca,Cashmere,Mohair",
					facts: "Hand wash or wool cycle|Dry flat|Seamless knit|Does not itch|Spun in Italy",
				},
			}},
			{"Bottoms", []leaf{
				{
					name: "Trousers", share: 12, theme: themeWear, options: chooseColourAndSize, colours: "navy black charcoal olive sand blue brown",
					nouns:      []noun{{"Trousers", "trousers", 45, 139, 480}, {"Chinos", "trousers", 45, 109, 500}, {"Work Pants", "trousers", 55, 129, 620}},
					adjectives: "Straight,Tapered,Wide-Leg,Pleated,High-Rise,Slim", materials: "Cotton,Linen,Corduroy,Wool,Twill",
					facts: "YKK zip|Machine wash at 30 °C|Inside leg 81 cm|Deep pockets",
				},
				{
					name: "Jeans", share: 8, theme: themeWear, options: chooseColourAndSize, colours: "navy blue black grey sky",
					nouns:      []noun{{"Jeans", "trousers", 59, 149, 650}, {"Cropped Jeans", "trousers", 59, 129, 580}},
					adjectives: "Straight,Tapered,Wide-Leg,High-Rise,Slim,Loose", materials: "Raw Denim,Selvedge,Stretch Denim,Organic Denim,Recycled Denim",
					facts: "YKK buttons|Wash inside out at 30 °C|Inside leg 81 cm|Two per cent elastane|Free repairs",
				},
				{
					name: "Shorts", share: 8, late: true, theme: themeWear, options: chooseColourAndSize, colours: "navy sand olive coral blue black",
					nouns:      []noun{{"Shorts", "shorts", 25, 69, 260}, {"Swim Shorts", "shorts", 29, 79, 200}, {"Chino Shorts", "shorts", 35, 75, 320}},
					adjectives: "Relaxed,Drawstring,Striped,Quick-Dry,Tailored", materials: "Linen,Cotton,Nylon,Seersucker,Hemp",
					facts: "Elastic waist|Machine wash at 30 °C|Inseam of 18 cm|Zipped back pocket",
				},
			}},
			{"Dresses & Outerwear", []leaf{
				{
					name: "Dresses", share: 14, theme: themeWear, options: chooseColourAndSize, colours: "blush navy sage terracotta black cream plum sky",
					nouns:      []noun{{"Midi Dress", "dress", 49, 169, 380}, {"Shirt Dress", "dress", 55, 149, 400}, {"Wrap Dress", "dress", 59, 159, 360}, {"Summer Dress", "dress", 39, 119, 280}},
					adjectives: "Tiered,Belted,Floaty,Dotted,Pleated,Sleeveless", materials: "Linen,Cotton,Viscose,Silk,Tencel,Poplin",
					facts: "Side pockets|Machine wash at 30 °C|Lined|The model is 175 cm tall and wears S|Hidden zip",
				},
				{
					name: "Jackets & Coats", share: 10, theme: themeWear, options: chooseColourAndSize, colours: "navy olive charcoal sand black brown forest",
					nouns:      []noun{{"Chore Jacket", "jacket", 79, 229, 900}, {"Coat", "jacket", 139, 390, 1600}, {"Blazer", "jacket", 99, 279, 850}, {"Car Coat", "jacket", 119, 329, 1300}},
					adjectives: "Quilted,Waxed,Double-Breasted,Light,Boxy,Unlined", materials: "Wool,Cotton,Corduroy,Canvas,Loden,Tweed",
					facts: "Two inside pockets|Horn buttons|Dry clean|Made in Portugal",
				},
			}},
			{"Shoes", []leaf{
				{
					name: "Sneakers", share: 12, theme: themeWear, options: chooseColourAndShoeSize, colours: "white black grey navy sage brick",
					nouns:      []noun{{"Sneakers", "shoe", 59, 159, 800}, {"Running Shoes", "shoe", 79, 179, 600}, {"Trainers", "shoe", 45, 99, 750}, {"Slip-Ons", "shoe", 39, 89, 600}},
					adjectives: "Low,Retro,Everyday,Court,Featherlight", materials: "Leather,Canvas,Suede,Hemp,Wool",
					facts: "Natural rubber sole|Removable insole|True to size|Stitched, not only glued|Vegan option",
				},
				{
					name: "Boots & Sandals", share: 10, theme: themeWear, options: chooseColourAndShoeSize, colours: "brown black tan plum olive",
					nouns:      []noun{{"Boots", "boot", 89, 249, 1500}, {"Chelsea Boots", "boot", 99, 239, 1300}, {"Sandals", "sandal", 39, 119, 500}, {"Slides", "sandal", 25, 69, 400}},
					adjectives: "Soft,Classic,Wide,Everyday,Handmade", materials: "Leather,Suede,Nubuck,Waxed Leather",
					facts: "Cork footbed|Water-repellent|Can be resoled|Full-grain upper",
				},
			}},
			{"Accessories", []leaf{
				{
					name: "Hats & Scarves", share: 12, theme: themeWear, options: chooseColour, colours: "mustard navy charcoal cream forest brick plum",
					nouns:      []noun{{"Beanie", "hat", 15, 49, 90}, {"Cap", "cap", 19, 45, 110}, {"Scarf", "scarf", 25, 99, 220}, {"Socks", "socks", 8, 22, 70}},
					adjectives: "Ribbed,Striped,Soft,Classic,Everyday", materials: "Merino,Cotton,Lambswool,Cashmere,Alpaca",
					facts: "One size|Hand wash|Does not itch|Knitted in Scotland",
				},
				{
					name: "Bags", share: 12, theme: themeCarry, options: chooseColour, colours: "tan black navy olive cream brick",
					nouns:      []noun{{"Tote Bag", "bag", 19, 129, 450}, {"Shoulder Bag", "bag", 49, 189, 600}, {"City Backpack", "backpack", 49, 159, 900}, {"Weekender", "bag", 89, 249, 1300}},
					adjectives: "Roomy,Waxed,Little,Zipped,Foldable,Everyday", materials: "Canvas,Leather,Nylon,Cotton,Cork,Felt",
					facts: "Fits a 14-inch laptop|Brass hardware|Inside pocket with zip|Holds 18 litres|Lined with cotton",
				},
				{
					name: "Watches & Jewellery", share: 8, late: true, theme: themeCarry, options: chooseNothing, colours: "tan black gold silver navy",
					nouns:      []noun{{"Watch", "watch", 79, 349, 90}, {"Field Watch", "watch", 99, 289, 85}, {"Necklace", "necklace", 25, 149, 20}, {"Pendant", "necklace", 19, 119, 15}},
					adjectives: "Slim,Fine,Classic,Little", materials: "Steel,Gold,Silver,Titanium,Brass",
					facts: "Two-year guarantee|Nickel-free|Gift box",
				},
			}},
		},
	}
}
