package seed

func homeGoods() department {
	return department{
		name: "Home", code: "HO", trades: []string{"Living", "Interiors", "Furniture", "Home", "Woodworks", "Studio"},
		groups: []group{
			{"Furniture", []leaf{
				{
					name: "Chairs & Stools", share: 18, theme: themeHome, options: chooseFinish,
					nouns:      []noun{{"Dining Chair", "chair", 89, 249, 6200}, {"Armchair", "chair", 229, 590, 14500}, {"Bar Stool", "stool", 79, 189, 5400}, {"Step Stool", "stool", 39, 89, 2900}, {"Desk Chair", "chair", 149, 420, 9800}},
					adjectives: "Low,Slim,Curved,Stackable,Spindle-Back,Classic,Round,Soft", materials: "Oak,Walnut,Ash,Beech,Birch,Bouclé,Linen,Steel", colours: "oak walnut black white sage brick",
					facts: "Solid wood frame|Ships flat, ten minutes to assemble|Felt pads included|Tested to carry 150 kg|Seat height 45 cm|FSC-certified wood",
				},
				{
					name: "Tables & Desks", share: 14, theme: themeHome, options: chooseFinish,
					nouns:      []noun{{"Dining Table", "table", 349, 1190, 38000}, {"Coffee Table", "table", 149, 490, 16000}, {"Side Table", "table", 69, 199, 5800}, {"Writing Desk", "table", 219, 690, 24000}, {"Console Table", "table", 159, 420, 17000}},
					adjectives: "Round,Extending,Low,Narrow,Folding,Oval,Everyday", materials: "Oak,Walnut,Ash,Beech,Pine,Marble,Steel", colours: "oak walnut black white forest",
					facts: "Oiled by hand|Seats four to six|Adjustable feet for uneven floors|Cable outlet at the back|FSC-certified wood|Delivered in two parcels",
				},
				{
					name: "Shelving", share: 10, theme: themeHome, options: chooseFinish,
					nouns:      []noun{{"Bookcase", "shelf", 149, 590, 32000}, {"Wall Shelf", "shelf", 39, 129, 4200}, {"Shoe Rack", "shelf", 49, 139, 6000}, {"Wall Unit", "shelf", 199, 690, 36000}},
					adjectives: "Tall,Open,Low,Modular,Five-Tier,Slatted", materials: "Oak,Walnut,Birch,Pine,Bamboo,Steel", colours: "oak walnut white sand black",
					facts: "Wall fixing included|Holds 25 kg a shelf|Wipe with a damp cloth|Adjustable feet",
				},
				{
					name: "Baskets", share: 6, theme: themeHome, options: chooseSizeOnly,
					nouns:      []noun{{"Storage Basket", "basket", 19, 59, 700}, {"Laundry Basket", "basket", 29, 79, 1300}, {"Log Basket", "basket", 35, 99, 2100}},
					adjectives: "Tall,Woven,Round,Handled,Lined", materials: "Rattan,Seagrass,Willow,Jute,Bamboo", colours: "sand tan oak sage charcoal",
					facts: "Woven by hand|Wipe with a damp cloth|Stackable|Sturdy handles",
				},
				{
					name: "Sofas", share: 6, theme: themeHome, options: chooseColour,
					nouns:      []noun{{"Two-Seat Sofa", "sofa", 690, 1790, 48000}, {"Three-Seat Sofa", "sofa", 890, 2490, 62000}, {"Sofa Bed", "sofa", 590, 1590, 57000}, {"Loveseat", "sofa", 520, 1290, 39000}},
					adjectives: "Deep,Low,Modular,Track-Arm,Cloud,Tufted", materials: "Linen,Bouclé,Velvet,Wool,Cotton,Leather", colours: "sage sand charcoal terracotta navy cream forest",
					facts: "Removable covers|Kiln-dried hardwood frame|Feather and foam cushions|Legs in solid beech|Delivered to the room",
				},
			}},
			{"Lighting", []leaf{
				{
					name: "Table Lamps", share: 16, theme: themeHome, options: chooseColour,
					nouns:      []noun{{"Table Lamp", "lamp", 39, 149, 1700}, {"Bedside Lamp", "lamp", 29, 99, 1200}, {"Desk Lamp", "lamp", 45, 159, 1900}, {"Reading Lamp", "floorlamp", 59, 179, 2600}},
					adjectives: "Dimmable,Little,Pleated,Mushroom,Adjustable", materials: "Brass,Ceramic,Linen,Glass,Paper,Steel,Travertine", colours: "mustard sage cream black terracotta blue white",
					facts: "E27 bulb, not included|Fabric cable of 180 cm|In-line dimmer|Shade is wipeable|CE and UKCA marked",
				},
				{
					name: "Floor & Pendant Lamps", share: 12, theme: themeHome, options: chooseColour,
					nouns:      []noun{{"Floor Lamp", "floorlamp", 89, 349, 5200}, {"Pendant Lamp", "pendant", 59, 259, 2100}, {"Arc Lamp", "floorlamp", 149, 420, 9000}},
					adjectives: "Domed,Dimmable,Industrial,Soft-Glow,Slim", materials: "Brass,Rattan,Paper,Steel,Opal Glass,Copper", colours: "black mustard olive cream brick copper",
					facts: "Textile cable|Works with a wall dimmer|Suits LED bulbs up to 12 W|CE and UKCA marked",
				},
			}},
			{"Textiles", []leaf{
				{
					name: "Cushions & Throws", share: 18, theme: themeTextile, options: chooseColour,
					nouns:      []noun{{"Cushion", "cushion", 19, 59, 450}, {"Throw Blanket", "towel", 39, 149, 1100}, {"Floor Cushion", "cushion", 49, 119, 2100}, {"Cushion Cover", "cushion", 12, 39, 180}},
					adjectives: "Fringed,Striped,Quilted,Herringbone,Waffle,Plain,Tasselled", materials: "Linen,Wool,Cotton,Velvet,Mohair,Alpaca,Bouclé", colours: "sage terracotta mustard navy blush cream charcoal plum",
					facts: "OEKO-TEX Standard 100|Woven in Portugal|Machine wash at 30 °C|Pre-washed for softness",
				},
				{
					name: "Bedding", share: 16, theme: themeTextile, options: chooseBedSize,
					nouns:      []noun{{"Duvet Cover", "bed", 49, 179, 1500}, {"Fitted Sheet", "bed", 25, 89, 800}, {"Bedspread", "bed", 79, 229, 2400}, {"Duvet", "bed", 89, 349, 2200}},
					adjectives: "Washed,Crisp,Striped,Stonewashed,Quilted,All-Season", materials: "Linen,Cotton Percale,Cotton Sateen,Bamboo,Flannel,Hemp", colours: "white sky sage blush grey cream",
					facts: "OEKO-TEX Standard 100|Softer with each wash|Machine wash at 40 °C",
				},
				{
					name: "Towels & Bath", share: 14, theme: themeTextile, options: chooseColour,
					nouns:      []noun{{"Bath Towel", "towel", 19, 49, 600}, {"Hand Towel Set", "towel", 15, 39, 450}, {"Beach Towel", "towel", 25, 59, 550}, {"Bath Mat", "towel", 19, 49, 900}},
					adjectives: "Waffle,Ribbed,Fringed,Plush,Quick-Dry,Striped", materials: "Cotton,Linen,Organic Cotton,Bamboo,Terry", colours: "white sage navy sand terracotta sky",
					facts: "600 g/m²|OEKO-TEX Standard 100|Hanging loop|Machine wash at 60 °C|Tumble dry low",
				},
				{
					name: "Rugs", share: 8, late: true, theme: themeTextile, options: chooseSizeOnly,
					nouns:      []noun{{"Rug", "rug", 89, 590, 9500}, {"Runner", "rug", 59, 249, 4200}, {"Doormat", "rug", 19, 45, 1600}},
					adjectives: "Flatweave,Bordered,Hand-Tufted,Berber,Faded,Checked", materials: "Wool,Jute,Cotton,Sisal,Hemp", colours: "sand navy terracotta sage charcoal cream",
					facts: "Hand-woven|Suits underfloor heating|Vacuum regularly|Use with an anti-slip pad|Naturally stain-resistant",
				},
			}},
			{"Decoration", []leaf{
				{
					name: "Vases", share: 14, theme: themeHome, options: chooseColour,
					nouns:      []noun{{"Vase", "vase", 19, 89, 1200}, {"Bud Vase", "vase", 12, 35, 400}, {"Floor Vase", "vase", 59, 179, 4500}},
					adjectives: "Ribbed,Tall,Speckled,Little,Fluted,Hand-Thrown", materials: "Stoneware,Glass,Porcelain,Terracotta,Travertine", colours: "terracotta cream navy sage mustard blush white",
					facts: "Watertight|Made by hand, no two alike|Felt underside|Gift box",
				},
				{
					name: "Clocks & Mirrors", share: 10, theme: themeHome, options: chooseNothing,
					nouns:      []noun{{"Wall Clock", "clock", 29, 119, 1300}, {"Round Mirror", "mirror", 49, 249, 5200}, {"Table Mirror", "mirror", 25, 79, 1400}, {"Picture Frame", "frame", 12, 59, 700}},
					adjectives: "Slim,Brass-Edged,Minimal,Classic,Large", materials: "Oak,Brass,Walnut,Steel,Bamboo,Cork", colours: "oak walnut black gold copper teal",
					facts: "Fixing kit included|Finished by hand|Shatter-proof front|Comes in recycled cardboard",
				},
				{
					name: "Indoor Plants", share: 10, late: true, theme: themeHome, options: chooseSizeOnly,
					nouns:      []noun{{"Monstera", "plant", 19, 79, 3200}, {"Snake Plant", "plant", 15, 59, 2500}, {"Rubber Plant", "plant", 18, 69, 3000}, {"Peace Lily", "plant", 14, 45, 1900}, {"Fiddle-Leaf Fig", "plant", 29, 119, 5500}},
					adjectives: "Potted,Bushy,Easy-Care,Young,Tall,Variegated", materials: "", colours: "terracotta white charcoal sage cream",
					facts: "Bright, indirect light|Water once a week|Pot included|Grown in the Netherlands|Cleans the air",
				},
			}},
		},
	}
}
