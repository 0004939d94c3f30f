package seed

func outdoors() department {
	return department{
		name: "Outdoors & Garden", code: "OU", trades: []string{"Expedition", "Trail Co.", "Outfitters", "Mountain", "Cycles", "Gardens"},
		groups: []group{
			{"Camping", []leaf{
				{
					name: "Tents", share: 8, theme: themeOutdoor, options: chooseColour, colours: "forest orange olive sand blue",
					nouns:      []noun{{"Two-Person Tent", "tent", 119, 490, 2200}, {"Family Tent", "tent", 249, 890, 9800}, {"Trekking Tent", "tent", 179, 690, 1500}},
					adjectives: "Ultralight,Three-Season,Four-Season,Tunnel,Geodesic", materials: "Ripstop,Silnylon,Canvas,Polycotton",
					facts: "Hydrostatic head of 3,000 mm|Pitches in five minutes|Aluminium poles|Two vestibules|Repair kit included",
				},
				{
					name: "Sleeping Gear", share: 8, theme: themeOutdoor, options: chooseLength, colours: "blue olive brick plum navy",
					nouns:      []noun{{"Sleeping Bag", "sleepingbag", 59, 349, 1100}, {"Sleeping Quilt", "sleepingbag", 79, 299, 700}, {"Sleeping Mat", "sleepingbag", 29, 179, 500}},
					adjectives: "Three-Season,Winter,Summer,Packable", materials: "Down,Fleece,Wool,Hollow-Fibre",
					facts: "Comfort to 2 °C|Compression sack included|Packs to the size of a loaf|Ten-year guarantee",
				},
				{
					name: "Camp Kitchen", share: 8, theme: themeOutdoor, options: chooseNothing, colours: "brick silver blue orange olive",
					nouns:      []noun{{"Camping Stove", "stove", 29, 129, 300}, {"Cook Set", "pot", 25, 99, 600}, {"Camp Mug", "mug", 9, 25, 150}, {"Camp Kettle", "kettle", 22, 59, 400}},
					adjectives: "Folding,Compact,Ultralight,Two-Person", materials: "Titanium,Enamel,Aluminium,Steel",
					facts: "Packs into itself|Weighs under 400 g|Wash by hand",
				},
			}},
			{"Hiking", []leaf{
				{
					name: "Backpacks", share: 10, theme: themeOutdoor, options: chooseColour, colours: "brick forest navy charcoal mustard",
					nouns:      []noun{{"Backpack 22 L", "backpack", 49, 149, 850}, {"Backpack 38 L", "backpack", 89, 229, 1300}, {"Backpack 55 L", "backpack", 129, 320, 1700}, {"Daypack", "backpack", 39, 109, 600}},
					adjectives: "Roll-Top,Light,Trail,Alpine,Ventilated", materials: "Ripstop,Canvas,Nylon,Cordura",
					facts: "Rain cover included|Fits a 3-litre bladder|Adjustable back|Hip belt with pockets|Ice-axe loops",
				},
				{
					name: "Bottles", share: 9, theme: themeOutdoor, options: chooseColour, colours: "teal coral black sage navy yellow",
					nouns:      []noun{{"Water Bottle", "bottle", 15, 45, 320}, {"Vacuum Flask", "bottle", 22, 59, 480}, {"Sports Bottle", "bottle", 12, 32, 200}},
					adjectives: "Insulated,Wide-Mouth,Slim,Trail", materials: "Stainless Steel,Titanium,Aluminium,Tritan",
					facts: "Keeps cold for 24 hours|Leak-proof lid|BPA-free|Fits most cup holders",
				},
				{
					name: "Trekking Poles", share: 4, late: true, theme: themeOutdoor, options: chooseNothing, colours: "coral black teal yellow",
					nouns:      []noun{{"Trekking Poles", "poles", 39, 149, 460}, {"Trail Running Poles", "poles", 59, 169, 320}},
					adjectives: "Folding,Three-Part,Light,Travel", materials: "Carbon,Aluminium,Alloy",
					facts: "Cork grip|Sold as a pair|Tungsten tips|Adjusts from 100 to 135 cm",
				},
			}},
			{"Cycling", []leaf{{
				name: "Bikes", share: 6, theme: themeOutdoor, options: chooseSizeOnly, colours: "orange navy forest black sky",
				nouns:      []noun{{"City Bike", "bike", 490, 1490, 14500}, {"Gravel Bike", "bike", 990, 2990, 10500}, {"Touring Bike", "bike", 790, 1990, 13500}},
				adjectives: "Light,Eight-Speed,Step-Through,Urban", materials: "Steel,Aluminium,Carbon",
				facts: "Hydraulic disc brakes|Mudguards included|Delivered nine-tenths assembled|Puncture-resistant tyres",
			}, {
				name: "Helmets", share: 4, theme: themeOutdoor, options: chooseSizeOnly, colours: "white black sage coral navy",
				nouns:      []noun{{"Bike Helmet", "helmet", 39, 149, 320}, {"Commuter Helmet", "helmet", 49, 129, 380}},
				adjectives: "Vented,Urban,Light,Folding,Matt", materials: "",
				facts: "Fits heads of 54 to 61 cm|Rear light included|EN 1078|Washable pads",
			}}},
			{"Garden", []leaf{
				{
					name: "Planters", share: 10, theme: themeHome, options: chooseColour, colours: "terracotta white charcoal sage lavender",
					nouns:      []noun{{"Planter", "planter", 19, 89, 3400}, {"Plant Pot", "plant", 9, 39, 1200}, {"Window Box", "planter", 22, 69, 2600}},
					adjectives: "Ribbed,Tall,Frost-Proof,Hanging,Self-Watering", materials: "Terracotta,Zinc,Fibre-Clay,Stoneware,Teak",
					facts: "Drainage hole and saucer|Frost-proof to -15 °C|UV-stable|Indoors and out",
				},
				{
					name: "Garden Tools", share: 8, late: true, theme: themeOutdoor, options: chooseNothing, colours: "mustard oak forest brick lavender",
					nouns:      []noun{{"Hand Trowel", "trowel", 12, 39, 350}, {"Watering Can", "wateringcan", 19, 79, 1100}, {"Hand Fork", "trowel", 12, 39, 330}},
					adjectives: "Balanced,Small,Classic,Everyday", materials: "Stainless Steel,Ash,Copper,Zinc,Carbon Steel",
					facts: "Ten-year guarantee|Rust-resistant|Fits smaller hands|Hangs on a hook",
				},
			}},
		},
	}
}

func electronics() department {
	return department{
		name: "Electronics", code: "EL", trades: []string{"Audio", "Labs", "Electronics", "Devices", "Acoustics", "Mobile"},
		groups: []group{
			{"Audio", []leaf{
				{
					name: "Headphones", share: 14, theme: themeTech, options: chooseColour, colours: "black cream navy sage silver",
					nouns:      []noun{{"Headphones", "headphones", 59, 349, 260}, {"Earbuds", "earbuds", 39, 229, 55}, {"On-Ear Headphones", "headphones", 39, 179, 180}, {"Studio Headphones", "headphones", 89, 390, 290}},
					adjectives: "Wireless,Noise-Cancelling,Light,Sport,Long-Play", materials: "",
					facts: "Bluetooth 5.4|Up to 38 hours on one charge|USB-C fast charging|Two devices at once|Carrying case included",
				},
				{
					name: "Speakers", share: 10, theme: themeTech, options: chooseColour, colours: "charcoal plum sage cream navy",
					nouns:      []noun{{"Speaker", "speaker", 39, 299, 900}, {"Bookshelf Speaker", "speaker", 129, 590, 4800}, {"Radio", "speaker", 59, 219, 1300}},
					adjectives: "Portable,Wireless,Compact,Waterproof,Stereo", materials: "Walnut,Oak,Fabric,Aluminium",
					facts: "IP67: dust-tight and waterproof|Twelve hours of play|AirPlay and Bluetooth|Pair two for stereo|DAB+ and FM",
				},
			}},
			{"Phones & Computing", []leaf{
				{
					name: "Phones", share: 8, theme: themeTech, options: chooseStorageAndColour, colours: "black sky sage lavender cream",
					nouns:      []noun{{"Phone", "phone", 249, 990, 185}, {"Phone Pro", "phone", 690, 1290, 205}, {"Phone Mini", "phone", 199, 590, 140}},
					adjectives: "6.1″,6.7″,5G,Dual-SIM,Rugged", materials: "",
					facts: "120 Hz OLED display|Five years of updates|IP68|50-megapixel camera|Battery can be replaced",
				},
				{
					name: "Tablets & Laptops", share: 8, theme: themeTech, options: chooseStorageAndColour, colours: "silver charcoal sky navy gold",
					nouns:      []noun{{"Tablet", "tablet", 199, 890, 480}, {"Laptop 14″", "laptop", 690, 1890, 1300}, {"Laptop 16″", "laptop", 990, 2490, 1900}, {"E-Reader", "tablet", 99, 249, 180}},
					adjectives: "Thin,Light,Touch,Studio,Everyday", materials: "",
					facts: "All-day battery|USB-C charging|Recycled aluminium|Two-year guarantee|Repairable: score of 8.2",
				},
				{
					name: "Keyboards & Mice", share: 10, theme: themeTech, options: chooseNothing, colours: "black white navy forest grey",
					nouns:      []noun{{"Keyboard", "keyboard", 49, 219, 850}, {"Mouse", "mouse", 19, 129, 95}, {"Keypad", "keyboard", 25, 69, 220}},
					adjectives: "Wireless,Ergonomic,Silent,Compact,Slim,Travel", materials: "",
					facts: "Bluetooth and cable|Works with Windows, macOS and Linux|Charges over USB-C|Two-year guarantee",
				},
				{
					name: "Monitors", share: 5, late: true, theme: themeTech, options: chooseNothing, colours: "black silver white",
					nouns:      []noun{{"Monitor 24″", "monitor", 119, 290, 4300}, {"Monitor 27″", "monitor", 190, 690, 6200}, {"Ultrawide Monitor 34″", "monitor", 390, 990, 8800}},
					adjectives: "4K,QHD,Curved,USB-C,Colour-Accurate", materials: "",
					facts: "99 % sRGB|Height, tilt and pivot|VESA 100|90 W over USB-C|Three-year guarantee",
				},
			}},
			{"Power & Photo", []leaf{
				{
					name: "Chargers & Power Banks", share: 12, theme: themeTech, options: chooseColour, colours: "white black sage mustard coral",
					nouns:      []noun{{"Charger", "charger", 19, 69, 120}, {"Power Bank", "powerbank", 25, 89, 230}, {"Travel Adapter", "charger", 19, 49, 160}},
					adjectives: "65 W,30 W,Compact,Fast,Two-Port,Slim", materials: "",
					facts: "USB-C Power Delivery|Airline-safe|Cable included|Overheating protection|GaN technology",
				},
				{
					name: "Cameras", share: 5, late: true, theme: themeTech, options: chooseNothing, colours: "brown black silver sage",
					nouns:      []noun{{"Instant Camera", "camera", 69, 179, 330}, {"Compact Camera", "camera", 249, 890, 310}, {"Mirrorless Camera", "camera", 690, 2290, 520}},
					adjectives: "Retro,4K,Travel,Weather-Sealed", materials: "",
					facts: "Optical stabilisation|Strap included|Wi-Fi and Bluetooth|Tilting screen",
				},
			}},
		},
	}
}
