package seed

// special is a product that is written by hand: names with accents and in other
// scripts, which a search must also find.
type special struct {
	leaf, art, noun string // noun is what reviews call it
	title, vendor   string
	html            string
	low, high       float64
	tags            []string
}

// Specials are among the first products, one in each specialEvery.
const (
	specialFirst = 4
	specialEvery = 23
)

func (g *generator) specialAt(i int) (special, bool) {
	n := (i - specialFirst) / specialEvery
	if i < specialFirst || (i-specialFirst)%specialEvery != 0 || n >= len(g.specials) {
		return special{}, false
	}
	return g.specials[n], true
}

func (g *generator) makeSpecial(it *item, s special) {
	for i := range g.shelves {
		if g.shelves[i].name == s.leaf {
			it.shelf = &g.shelves[i]
		}
	}
	it.noun = noun{name: s.noun, art: s.art, low: s.low, high: s.high, weightGrams: it.shelf.nouns[0].weightGrams}
	it.product.Status = "ACTIVE"
	it.product.Title, it.product.Vendor, it.product.DescriptionHTML, it.product.Tags = s.title, s.vendor, s.html, s.tags
}

func specials() []special {
	return []special{
		{"Tea", "tin", "Matcha", "宇治抹茶 特選", "山田園", "<p>京都府宇治市の茶園で摘んだ一番茶を石臼で挽いた抹茶です。鮮やかな緑色と、まろやかな旨みが特徴です。</p><ul><li>原材料：緑茶（宇治産）</li><li>薄茶・製菓用</li></ul>", 18, 39, []string{"抹茶", "日本茶"}},
		{"Bakeware", "ramekins", "Crème Brûlée Set", "Crème Brûlée Set", "Maison Lefèvre", "<p>Six ramekins and a small torch: everything for a crème brûlée but the cream. The dishes go from the oven to the table and stack when they are empty.</p><ul><li>Stoneware, oven-safe to 240 °C</li><li>Torch comes without gas</li><li>Recipe card in English and français</li></ul>", 39, 59, []string{"dessert", "français", "gift"}},
		{"Kettles & Teapots", "teapot", "Teapot", "南部鉄器 急須", "岩鋳工房", "<p>岩手県の職人が一つひとつ鋳込んだ南部鉄器の急須。内側はホーロー仕上げで、お手入れも簡単です。</p><ul><li>容量：0.65 L</li><li>茶こし付き</li></ul>", 69, 119, []string{"南部鉄器", "急須"}},
		{"Mugs & Cups", "bowl", "Café au Lait Bowl", "Café au Lait Bowl “Jardin d’Été”", "Maison Lefèvre", "<p>A breakfast bowl as in Brittany, for café au lait and a tartine to dip. Painted by hand with a garden in July.</p><ul><li>Faïence from Quimper</li><li>Holds 450 ml</li></ul>", 18, 29, []string{"déjeuner", "français"}},
		{"Coffee", "pouch", "Coffee", "قهوة عربية بالهيل", "محمصة النخيل", "<p>قهوة عربية شقراء مطحونة مع الهيل الطازج، بنكهة خفيفة ورائحة زكية تناسب مجالس الضيافة.</p><ul><li>محمصة تحميصاً فاتحاً</li><li>هيل طبيعي ١٠٪</li></ul>", 9, 19, []string{"قهوة", "هيل"}},
		{"Oils & Vinegars", "oil", "Olive Oil", "Ελαιόλαδο Εξαιρετικό Παρθένο", "Ελαιώνες Καλαμάτας", "<p>Έξτρα παρθένο ελαιόλαδο από ελιές Κορωνέικη, ψυχρής έκθλιψης. Φρουτώδες, με ελαφρώς πικάντικη επίγευση.</p><ul><li>Οξύτητα έως 0,3 %</li><li>Καλαμάτα, Ελλάδα</li></ul>", 14, 26, []string{"ελαιόλαδο", "Καλαμάτα"}},
		{"Kettles & Teapots", "kettle", "Samovar", "Самовар «Тула» на 3 литра", "Тульская мастерская", "<p>Классический латунный самовар с расписным подносом. Быстро закипает и долго держит тепло.</p><ul><li>Объём 3 литра</li><li>Ручная роспись</li></ul>", 129, 199, []string{"самовар", "чай"}},
		{"Table Lamps", "lamp", "Paper Lamp", "한지 스탠드 조명", "서울공방", "<p>전통 한지로 만든 스탠드 조명입니다. 은은하고 따뜻한 빛이 방 안을 부드럽게 밝혀 줍니다.</p><ul><li>높이 38 cm</li><li>E14 전구 사용</li></ul>", 59, 99, []string{"한지", "조명"}},
		{"Boards", "board", "Serving Board", "Smörgåsbord Serving Board", "Ångström & Öberg", "<p>A long board for a long table: herring, rye bread, cheese and whatever else the neighbours bring. Made of Småland birch.</p><ul><li>60 × 22 cm</li><li>Oiled birch</li></ul>", 39, 65, []string{"smörgåsbord", "svensk"}},
		{"Tea", "tin", "Jasmine Tea", "ชาเขียวดอกมะลิ", "ไร่ชาเชียงราย", "<p>ชาเขียวจากเชียงรายอบด้วยดอกมะลิสด กลิ่นหอมละมุน รสชาตินุ่ม ดื่มง่าย</p><ul><li>ใบชาแท้ 100 %</li><li>ปลูกบนดอยสูง</li></ul>", 8, 16, []string{"ชาเขียว", "มะลิ"}},
		{"Scented Candles", "candle", "Candle", "Świeca Zapachowa „Łąka o Świcie”", "Pracownia Żółć", "<p>Ręcznie wylewana świeca sojowa o zapachu jaśminu, rumianku i mokrej trawy. Pali się około 45 godzin.</p><ul><li>Wosk sojowy</li><li>Bawełniany knot</li></ul>", 19, 35, []string{"świeca", "jaśmin"}},
		{"Spices", "jar", "Spice Set", "Jalapeño & Piment d’Espelette Spice Set", "Casa Muñoz", "<p>Two chillies with manners: smoky jalapeño from Xalapa and mild piment d’Espelette from the Basque Country. Good on eggs, better on chocolate.</p><ul><li>Two jars of 45 g</li><li>Heat: 3 and 5 of 10</li></ul>", 12, 22, []string{"jalapeño", "piment"}},
		{"Cookbooks", "book", "Baking Book", "Omas Küche: Plätzchen, Stollen & Gewürze", "Verlag Grünwald", "<p>Achtzig Rezepte aus vier Generationen, vom Zimtstern bis zum Dresdner Stollen. Mit Fotos und einem Kapitel über Gewürze.</p><ul><li>224 Seiten, gebunden</li><li>Lesebändchen</li></ul>", 24, 34, []string{"Plätzchen", "Backen", "Weihnachten"}},
		{"Pots & Casseroles", "pot", "Clay Pot", "砂锅 养生炖汤煲", "景德镇陶坊", "<p>景德镇传统陶土砂锅，受热均匀，保温持久，适合慢火炖汤和煲仔饭。</p><ul><li>容量：3.5 升</li><li>耐高温，可明火</li></ul>", 45, 79, []string{"砂锅", "炖汤"}},
		{"Puzzles", "puzzle", "Puzzle", "Rompecabezas «La Niña y el Ñandú», 1.000 piezas", "Juegos Muñoz", "<p>Un paseo por la Patagonia en mil piezas, ilustrado a mano. Para tardes de lluvia y muchas manos.</p><ul><li>48 × 68 cm</li><li>Cartón reciclado</li></ul>", 19, 29, []string{"rompecabezas", "español"}},
		{"Cushions & Throws", "cushion", "Cushion", "कशीदाकारी कुशन कवर", "जयपुर हस्तकला", "<p>जयपुर के कारीगरों द्वारा हाथ से कढ़ाई किया हुआ सूती कुशन कवर। रंग पक्के हैं और कपड़ा मुलायम है।</p><ul><li>40 × 40 सेमी</li><li>शुद्ध सूती</li></ul>", 19, 35, []string{"कुशन", "जयपुर"}},
	}
}
