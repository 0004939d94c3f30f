package seed

func kitchenGoods() department {
	return department{
		name: "Kitchen & Dining", code: "KI", trades: []string{"Cookware", "Kitchen", "Ceramics", "Forge", "Table", "Cutlery"},
		groups: []group{
			{"Cookware", []leaf{
				{
					name: "Pans & Skillets", share: 18, theme: themeKitchen, options: chooseNothing,
					nouns:      []noun{{"Skillet 24 cm", "pan", 29, 99, 1700}, {"Skillet 28 cm", "pan", 35, 129, 2300}, {"Frying Pan 26 cm", "pan", 29, 119, 1300}, {"Sauté Pan", "pan", 49, 169, 1900}, {"Crêpe Pan", "pan", 25, 69, 1100}, {"Grill Pan", "pan", 39, 99, 2600}},
					adjectives: "Pre-Seasoned,Deep,Everyday,Professional,Long-Handled", materials: "Cast-Iron,Carbon Steel,Stainless Steel,Copper,Ceramic,Enamel", colours: "charcoal black red teal forest copper",
					facts: "Works on all hobs, induction too|Oven-safe to 260 °C|Wash by hand|Gets better with use|Riveted handle|Lifetime guarantee",
				},
				{
					name: "Pots & Casseroles", share: 12, theme: themeKitchen, options: chooseColour,
					nouns:      []noun{{"Casserole", "pot", 59, 249, 4200}, {"Dutch Oven", "pot", 79, 290, 5200}, {"Saucepan", "pot", 29, 119, 1400}, {"Stockpot", "pot", 49, 179, 2900}},
					adjectives: "Round,Oval,Wide,Family,Small,Heavy", materials: "Cast-Iron,Stainless Steel,Enamel,Copper,Stoneware", colours: "blue red sage mustard black cream",
					facts: "Works on all hobs, induction too|Oven-safe to 240 °C|Self-basting lid|Dishwasher-safe|Litre marks inside",
				},
				{
					name: "Bakeware", share: 12, theme: themeKitchen, options: chooseNothing,
					nouns:      []noun{{"Pie Dish", "bakeware", 15, 45, 1200}, {"Loaf Tin", "bakeware", 12, 39, 600}, {"Roasting Dish", "bakeware", 25, 79, 2100}, {"Tart Tin", "bakeware", 12, 35, 500}},
					adjectives: "Fluted,Deep,Loose-Bottomed,Large,Non-Stick", materials: "Stoneware,Steel,Ceramic,Enamel,Glass", colours: "terracotta white sage navy mustard",
					facts: "From freezer to oven|Dishwasher-safe|Non-stick coating without PFAS|Easy-grip handles",
				},
			}},
			{"Tableware", []leaf{
				{
					name: "Mugs & Cups", share: 20, theme: themeTable, options: chooseColour,
					nouns:      []noun{{"Mug", "mug", 9, 29, 350}, {"Espresso Cup", "mug", 7, 22, 150}, {"Latte Cup", "mug", 10, 32, 400}, {"Travel Mug", "bottle", 19, 39, 380}},
					adjectives: "Speckled,Big,Stackable,Two-Tone,Striped,Hand-Thrown", materials: "Stoneware,Porcelain,Enamel,Glass,Bone China", colours: "navy cream terracotta sage black mustard blush",
					facts: "Holds 350 ml|Dishwasher-safe|Microwave-safe|Made by hand, no two alike|Set of two",
				},
				{
					name: "Plates & Bowls", share: 18, theme: themeTable, options: chooseColour,
					nouns:      []noun{{"Dinner Plate", "plate", 12, 35, 700}, {"Side Plate", "plate", 9, 25, 400}, {"Cereal Bowl", "bowl", 9, 27, 450}, {"Serving Bowl", "bowl", 24, 79, 1300}, {"Pasta Bowl", "bowl", 12, 33, 600}},
					adjectives: "Speckled,Rimmed,Coupe,Ribbed,Deep,Wavy", materials: "Stoneware,Porcelain,Terracotta,Melamine,Bone China", colours: "white sage navy blush sand teal",
					facts: "Dishwasher-safe|Microwave-safe|Reactive glaze|Chip-resistant edge|Set of four",
				},
				{
					name: "Glasses", share: 12, theme: themeTable, options: chooseNothing,
					nouns:      []noun{{"Tumbler", "glass", 6, 19, 250}, {"Highball Glass", "glass", 7, 22, 300}, {"Water Glass", "glass", 6, 18, 240}, {"Iced Tea Glass", "glass", 7, 21, 320}},
					adjectives: "Ribbed,Stackable,Smoked,Tall,Hand-Blown,Hammered", materials: "Crystal,Borosilicate,Recycled Glass,Soda Glass", colours: "sky sage blush mustard grey teal",
					facts: "Dishwasher-safe|Heat-resistant|Set of four|Blown by mouth|Holds 300 ml",
				},
			}},
			{"Tools", []leaf{
				{
					name: "Knives", share: 9, theme: themeKitchen, options: chooseNothing,
					nouns:      []noun{{"Chef's Knife", "knife", 39, 189, 220}, {"Paring Knife", "knife", 12, 59, 80}, {"Bread Knife", "knife", 29, 119, 200}, {"Santoku", "knife", 35, 159, 190}},
					adjectives: "Forged,Full-Tang,Long,Balanced,Everyday", materials: "Damascus,Carbon Steel,Stainless Steel,Molybdenum", colours: "walnut oak black brick olive",
					facts: "58 HRC|Wash by hand|Finished by hand|Comes in a gift box|Free sharpening for a year",
				},
				{
					name: "Boards", share: 7, theme: themeKitchen, options: chooseSizeOnly,
					nouns:      []noun{{"Chopping Board", "board", 19, 89, 1800}, {"Serving Board", "board", 22, 79, 1300}, {"Cheese Board", "board", 19, 59, 900}},
					adjectives: "End-Grain,Reversible,Long,Classic,Handled", materials: "Walnut,Olive-Wood,Oak,Bamboo,Acacia", colours: "walnut oak brown olive tan",
					facts: "Oiled with food-safe oil|Wash by hand|Juice groove|Kind to blades",
				},
				{
					name: "Utensils", share: 12, theme: themeKitchen, options: chooseNothing,
					nouns:      []noun{{"Utensil Set", "utensil", 19, 59, 500}, {"Serving Spoons", "utensil", 12, 39, 180}, {"Spatula", "utensil", 7, 19, 90}, {"Salad Servers", "utensil", 14, 49, 150}},
					adjectives: "Long,Heat-Proof,Classic,Everyday", materials: "Olive-Wood,Beech,Silicone,Stainless Steel,Acacia", colours: "oak sage brick charcoal walnut",
					facts: "Heat-resistant to 230 °C|Kind to non-stick pans|Dishwasher-safe|Hanging loop",
				},
			}},
			{"Coffee & Tea Makers", []leaf{
				{
					name: "Kettles & Teapots", share: 10, theme: themeTable, options: chooseColour,
					nouns:      []noun{{"Kettle", "kettle", 39, 129, 1300}, {"Gooseneck Kettle", "kettle", 49, 169, 1200}, {"Teapot", "teapot", 25, 89, 900}},
					adjectives: "Little,Classic,Large,Slow", materials: "Stainless Steel,Enamel,Cast-Iron,Porcelain,Glass", colours: "sky black red sage cream copper",
					facts: "Holds 1.2 litres|Removable filter|Stays warm for an hour|Drip-free spout",
				},
				{
					name: "Coffee Makers", share: 8, late: true, theme: themeTable, options: chooseNothing,
					nouns:      []noun{{"Moka Pot", "coffeemaker", 25, 69, 700}, {"French Press", "coffeemaker", 29, 89, 900}, {"Cold Brew Jug", "jar", 25, 49, 800}},
					adjectives: "Three-Cup,Six-Cup,Double-Walled,Classic", materials: "Aluminium,Stainless Steel,Glass,Copper", colours: "silver lavender black red copper",
					facts: "Six cups|Spare filter included|Cool-touch handle|Easy to take apart",
				},
			}},
		},
	}
}

func pantry() department {
	return department{
		name: "Food & Drink", code: "FD", trades: []string{"Provisions", "Roasters", "Pantry", "Tea House", "Grocers"},
		groups: []group{
			{"Drinks", []leaf{
				{
					name: "Tea", share: 12, theme: themeFood, options: choosePackWeight,
					nouns:      []noun{{"Green Tea", "tin", 6, 29, 100}, {"Black Tea", "tin", 5, 22, 125}, {"Oolong", "tin", 9, 39, 100}, {"Herbal Infusion", "pouch", 5, 18, 90}},
					adjectives: "First-Flush,Smoky,Jasmine,Highland,Breakfast,Organic", materials: "", colours: "sage olive forest mustard cream plum",
					facts: "Loose leaf|Certified organic|Steep for three minutes at 80 °C|Picked in spring|Resealable",
				},
				{
					name: "Coffee", share: 12, theme: themeFood, options: choosePackWeight,
					nouns:      []noun{{"Espresso Beans", "pouch", 8, 24, 250}, {"Filter Coffee", "pouch", 8, 26, 250}, {"Decaf Beans", "pouch", 9, 25, 250}, {"House Blend", "pouch", 7, 19, 250}},
					adjectives: "Dark-Roast,Single-Origin,Organic,Washed,Slow-Roasted,Mellow", materials: "", colours: "brown terracotta cream black teal mustard",
					facts: "Notes of cocoa, orange and hazelnut|Roasted each Tuesday|Direct trade|Whole bean|Recyclable bag",
				},
			}},
			{"Pantry", []leaf{
				{
					name: "Jams", share: 8, theme: themeFood, options: chooseNothing,
					nouns:      []noun{{"Jam", "jar", 4, 12, 340}, {"Fruit Spread", "jar", 4, 11, 320}, {"Preserve", "jar", 5, 14, 340}},
					adjectives: "Raspberry,Apricot,Bitter-Orange,Plum,Strawberry,Rhubarb,Fig", materials: "", colours: "red orange mustard plum brick",
					facts: "60 % fruit|No added sugar|Refrigerate after opening|Cooked in open pans|Glass jar",
				},
				{
					name: "Honey", share: 6, theme: themeFood, options: choosePackWeight,
					nouns:      []noun{{"Honey", "jar", 6, 22, 350}, {"Creamed Honey", "jar", 7, 19, 350}, {"Honeycomb", "jar", 9, 25, 300}},
					adjectives: "Wildflower,Acacia,Heather,Forest,Lavender,Chestnut,Linden", materials: "", colours: "mustard orange gold yellow brown",
					facts: "From a single apiary|Never heated|Glass jar|Harvested in July",
				},
				{
					name: "Oils & Vinegars", share: 6, late: true, theme: themeFood, options: chooseNothing,
					nouns:      []noun{{"Olive Oil", "oil", 9, 35, 750}, {"Rapeseed Oil", "oil", 6, 19, 750}, {"Walnut Oil", "oil", 9, 25, 500}, {"Vinegar", "oil", 5, 29, 500}},
					adjectives: "Organic,Mild,Family-Reserve,Unfiltered,Aged", materials: "", colours: "olive brick forest mustard brown",
					facts: "Harvested in October|Store in a cool, dark place|No additives|Vegan",
				},
				{
					name: "Spices", share: 6, theme: themeFood, options: choosePackWeight,
					nouns:      []noun{{"Spice Blend", "jar", 4, 12, 80}, {"Sea Salt", "jar", 3, 11, 250}, {"Pepper", "tin", 4, 14, 90}, {"Paprika", "tin", 4, 12, 90}},
					adjectives: "Smoked,Coarse,Organic,Mild,Hot,Island", materials: "", colours: "brick red orange mustard charcoal",
					facts: "Ground to order|No additives|Refill available|Vegan",
				},
			}},
		},
	}
}
