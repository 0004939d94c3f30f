package importer

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"souk/internal/money"
)

// readTable reads text through a mapping and returns what it emits and refuses.
func readTable(t testing.TB, m *Mapping, text string) (records []Record, faults []Fault, err error) {
	t.Helper()
	in, err := NewInput("test", strings.NewReader(text))
	require.NoError(t, err)
	err = m.reader("", "").Read(context.Background(), in, func(r Record) error {
		records = append(records, r)
		return nil
	}, func(f Fault) { f.Row = nil; faults = append(faults, f) })
	return records, faults, err
}

func mustMapping(t testing.TB, text string) *Mapping {
	t.Helper()
	m, err := ParseMapping("test", []byte(text))
	require.NoError(t, err)
	return m
}

func shipped(t testing.TB, name string) *Mapping {
	t.Helper()
	m, err := LoadMapping(name)
	require.NoError(t, err)
	return m
}

// recordsOf returns the records of one kind.
func recordsOf[T Record](records []Record) []T {
	var kept []T
	for _, r := range records {
		if one, ok := r.(T); ok {
			kept = append(kept, one)
		}
	}
	return kept
}

// said shows faults as code, column and line, for comparison.
func said(faults []Fault) []string {
	var all []string
	for _, f := range faults {
		kind := "rejected"
		if f.Warning {
			kind = "warned"
		}
		all = append(all, fmt.Sprintf("%s %s %s line %d", kind, f.Code, f.Column, f.Line))
	}
	return all
}

const amazonHeader = "name,main_category,sub_category,image,link,ratings,no_of_ratings,discount_price,actual_price\n"

func TestAmazonListingIsRead(t *testing.T) {
	records, faults, err := readTable(t, shipped(t, "amazon-in"), amazonHeader+
		`"Steel  Racket,`+"\n"+`red",sports & fitness,Badminton,https://img.test/a.jpg,https://shop.test/x/dp/B09P34VSYY/ref=1,3.4,"2,255","₹1,516.20","₹9,89,99,99,999"`+"\n")
	require.NoError(t, err)
	require.Empty(t, faults)
	place := Place{File: "test", Line: 2}
	average := 3.4
	require.Equal(t, []Record{
		&Product{
			Place: place, Key: "B09P34VSYY", Title: "Steel Racket, red",
			Categories:    [][]string{{"sports & fitness", "Badminton"}},
			RatingAverage: &average, RatingCount: 2255,
			Lacks: allProductFields &^ (ProductTitle | ProductRatingAverage | ProductRatingCount | ProductImages | ProductVariants),
		},
		recordsOf[*Variant](records)[0],
		&Image{Place: place, ProductKey: "B09P34VSYY", Position: 1, URL: "https://img.test/a.jpg"},
	}, records)
	variant := recordsOf[*Variant](records)[0]
	require.Equal(t, money.Amount{Minor: 151620, Currency: "INR"}, *variant.Price)
	require.Equal(t, money.Amount{Minor: 989999999900, Currency: "INR"}, *variant.CompareAtPrice)
	require.Equal(t, defaultVariant, variant.Key)
}

func TestBadValuesAreWarnedAboutAndBadRowsRejected(t *testing.T) {
	row := func(fields ...string) string { return `"` + strings.Join(fields, `","`) + "\"\n" }
	good := "https://shop.test/dp/B09P34VSYY"
	records, faults, err := readTable(t, shipped(t, "amazon-in"), amazonHeader+
		row("A", "c", "d", "https://i.test/1", good, "Get", "FREE Delivery by Amazon", "", "₹800")+
		row("B", "c", "d", "no picture", good, "₹68.99", "Only 2 left in stock.", "", "")+
		row("C", "c", "d", "", "https://shop.test/other", "4.5", "1", "₹1", "₹1")+
		row(" ", "c", "d", "", good, "4.5", "1", "₹1", "₹1")+
		row("", "", "", "", "", "", "", "", "")+
		row("F", "", "", "", good, "5.1", "-1", ".a{color:#fff}", "-5")+
		"too,few\n"+
		row("G", "c", "d", "", good, "4.5", "3", "99999999999999999999", "1.005"))
	require.NoError(t, err)
	require.Equal(t, []string{
		"warned rating ratings line 2",
		"warned rating ratings line 3", "warned image image line 3",
		"rejected key link line 4",
		"rejected title name line 5",
		"warned rating ratings line 7",
		"warned price discount_price line 7", "warned price actual_price line 7",
		"rejected columns  line 8",
		"warned price discount_price line 9", "warned rounded actual_price line 9",
	}, said(faults))
	for _, f := range faults {
		require.NotEmpty(t, f.Reason)
	}
	variants := recordsOf[*Variant](records)
	require.Len(t, variants, 4)
	require.Equal(t, int64(80000), variants[0].Price.Minor, "the price before reduction where there is no other")
	require.Nil(t, variants[0].CompareAtPrice, "which then is no reduction")
	require.Nil(t, variants[1].Price)
	require.Equal(t, "INR", variants[1].Currency)
	require.Nil(t, variants[3].Price)
	require.Equal(t, int64(100), variants[3].CompareAtPrice.Minor)
}

func TestHeaderOnlyAndEmptyFilesHaveNothing(t *testing.T) {
	for _, text := range []string{"", amazonHeader, "\ufeff" + amazonHeader} {
		records, faults, err := readTable(t, shipped(t, "amazon-in"), text)
		require.NoError(t, err)
		require.Empty(t, records)
		require.Empty(t, faults)
	}
	records, _, err := readTable(t, shipped(t, "amazon-reviews"), " \n")
	require.NoError(t, err)
	require.Empty(t, records)
}

func TestFileWithoutNeededColumnsIsRefusedWhole(t *testing.T) {
	_, _, err := readTable(t, shipped(t, "amazon-in"), "id,price\n1,2\n")
	require.ErrorContains(t, err, `needs the columns "link"`)
	require.ErrorContains(t, err, `"id", "price"`)

	_, faults, err := readTable(t, shipped(t, "amazon-in"), "name,link\nA,/dp/B09P34VSYY\n")
	require.NoError(t, err)
	require.Len(t, faults, 7, "one warning for each other column, not one a row")
	require.Equal(t, "column", faults[0].Code)
}

func TestRowsThatShareAKeyAreVariants(t *testing.T) {
	header := "title,mpn,sku,final_price,initial_price,currency,variations,product_variation,breadcrumb,image,brand,rating,reviews,product_description\n"
	options := `"[{""name"":""Warna"",""variations"":[""Merah"",""Biru""]},{""name"":""Ukuran"",""variations"":[""S""]}]"`
	records, faults, err := readTable(t, shipped(t, "lazada"), header+
		`Case,77,77-1,9459,25000,IDR,`+options+`,"[{""name"":""Ukuran"",""value"":""S""},{""name"":""Warna"",""value"":""Merah""}]","[""A"",""B""]","[""https://i.test/1"",""https://i.test/1""]",No Brand,4.9,783,words`+"\n"+
		`Case,77,77-2,2.500000000000000e+00,0,MYR,`+options+`,"[{""name"":""Warna"",""value"":""Biru""}]",null,null,Acme,null,0,null`+"\n"+
		`Plug,78,78-1,1.000000000000000e-02,0,MYR,[],[],{broken,"[1]",null,0,0,null`+"\n")
	require.NoError(t, err)
	require.Equal(t, []string{"warned json breadcrumb line 4", "warned image image line 4"}, said(faults))
	products, variants := recordsOf[*Product](records), recordsOf[*Variant](records)
	require.Equal(t, []string{"Warna", "Ukuran"}, products[0].Options)
	require.Equal(t, []string{"Merah", "S"}, variants[0].OptionValues)
	require.Equal(t, []string{"Biru", ""}, variants[1].OptionValues)
	require.Equal(t, "Merah / S", variants[0].Title)
	require.Equal(t, "77-2", variants[1].Key)
	require.Equal(t, 2, variants[1].Position)
	require.Equal(t, "", products[0].Vendor, "No Brand is none")
	require.Equal(t, "Acme", products[1].Vendor)
	require.Equal(t, [][]string{{"A", "B"}}, products[0].Categories)
	require.Equal(t, money.Amount{Minor: 250, Currency: "MYR"}, *variants[1].Price)
	require.Nil(t, variants[1].CompareAtPrice, "0 means none")
	require.Equal(t, int64(1), variants[2].Price.Minor)
	require.Empty(t, variants[2].OptionValues)
	require.Len(t, recordsOf[*Image](records), 1, "the same picture once")
}

func TestNumberedColumnsAreVariants(t *testing.T) {
	header := "category,subcategory,name,current_price,raw_price,currency,brand,variation_0_color,variation_1_color,variation_0_image,variation_1_image,image_url,id,model\n"
	records, faults, err := readTable(t, shipped(t, "newchic"), header+
		"kids,Robes,Robe,16.2,32.4,USD,,Rose,Noir,https://i.test/0,https://i.test/1,https://i.test/m,5,S5\n"+
		"kids,Robes,Jupe,16.2,0,USD,,,Noir,,https://i.test/1,https://i.test/m,6,S6\n"+
		"kids,Robes,Sac,16.2,0,USD,,,,,,https://i.test/m,7,S7\n"+
		"kids,Robes,Gant,16.2,0,USD,,Rose,Rose,https://i.test/0,https://i.test/1,https://i.test/m,8,S8\n"+
		"kids,Robes,Bas,16.2,0,zzz,,Rose,,,,https://i.test/m,9,S9\n")
	require.NoError(t, err)
	require.Equal(t, []string{"warned variant  line 5", "warned currency currency line 6"}, said(faults))
	variants := recordsOf[*Variant](records)
	require.Len(t, variants, 5)
	require.Equal(t, []string{"Rose"}, variants[0].OptionValues)
	require.Equal(t, "https://i.test/1", variants[1].ImageURL)
	require.Equal(t, "Noir", variants[2].Key)
	require.Nil(t, variants[2].CompareAtPrice)
	require.Empty(t, variants[3].OptionValues)
	require.Equal(t, "S7", variants[3].Key)
	products := recordsOf[*Product](records)
	require.Equal(t, []string{"Color"}, products[0].Options)
	require.Empty(t, products[2].Options)
	require.Len(t, products, 5, "the product without a currency is stored, without a price")
}

func TestJSONListIsVariants(t *testing.T) {
	m := mustMapping(t, `
source: shop
file: {format: json}
money: {currency: EUR}
product: {key: id, title: name}
variants:
  each: sizes
  sku: {item: sku}
  price: {first_of: [{item: price}, price]}
  available: {item: stock}
  options: {Size: {item: size}, Color: color}
`)
	records, faults, err := readTable(t, m, `[
 {"id": 1, "name": "Shirt", "color": "red", "price": 10.5, "sizes": [{"size": "S", "sku": "a", "stock": 3}, {"size": "M", "price": "12"}]},
 {"id": "2", "name": "Sock", "price": 3, "sizes": null},
 {"id": "3", "name": "Hat", "price": 3, "sizes": "one"}
]`)
	require.NoError(t, err)
	require.Equal(t, []string{"warned json sizes line 4"}, said(faults))
	variants := recordsOf[*Variant](records)
	require.Len(t, variants, 3, "none for the list that cannot be read")
	require.Equal(t, []string{"S", "red"}, variants[0].OptionValues)
	require.Equal(t, int64(1050), variants[0].Price.Minor)
	require.Equal(t, int64(3), *variants[0].Available)
	require.True(t, variants[0].InventoryTracked)
	require.Equal(t, int64(1200), variants[1].Price.Minor)
	require.False(t, variants[1].InventoryTracked)
	require.Equal(t, 4, recordsOf[*Product](records)[2].Line)
}

func TestOptionsOfShopeeAreSplitWhereTheyFit(t *testing.T) {
	header := "id,title,final_price,initial_price,currency,stock,image,breadcrumb,Product Description,variations,product_variation,brand,rating,reviews\n"
	names := `"[{""name"":""Color"",""variations"":[""Negro""]},{""name"":""Talla"",""variations"":[""XL""]}]"`
	records, faults, err := readTable(t, shipped(t, "shopee"), header+
		`1,Camisa,1.580950000000000e+03,2000,MXN,0,null,null,"uno`+"\r\n"+`<b>dos</b>",`+names+`,"[{""name"":""model"",""value"":""Negro,XL""}]",,4.9,0`+"\n"+
		`2,Aguja,13000,13000,VND,,null,null,,`+names+`,"[{""name"":""model"",""value"":""13,0 mm,a""}]",,4.9,0`+"\n"+
		`3,Aguja,13000,13000,CLP,,null,null,,"[{""variations"":[null]}]","[{""name"":""model"",""value"":null}]",,4.9,0`+"\n")
	require.NoError(t, err)
	require.Equal(t, []string{"warned option  line 4"}, []string{strings.Replace(said(faults)[0], "product_variation", "", 1)})
	products, variants := recordsOf[*Product](records), recordsOf[*Variant](records)
	require.Equal(t, []string{"Negro", "XL"}, variants[0].OptionValues)
	require.Equal(t, int64(158095), variants[0].Price.Minor)
	require.Equal(t, int64(0), *variants[0].Available)
	require.Equal(t, "uno<br>\n&lt;b&gt;dos&lt;/b&gt;", products[0].DescriptionHTML, "plain text stays plain text")
	require.Empty(t, variants[1].OptionValues)
	require.Equal(t, int64(13000), variants[1].Price.Minor)
	require.Empty(t, products[2].Options)
}

func TestWindows1252IsDecoded(t *testing.T) {
	records, faults, err := readTable(t, shipped(t, "myntra"),
		"ProductID,ProductName,ProductBrand,Gender,Price,NumImages,Description,PrimaryColor\r\n1,Kurta,Acme,Women,5810,7,and\xa0dupatta \x80, Beige\r\n")
	require.NoError(t, err)
	require.Empty(t, faults)
	require.Equal(t, "and\u00a0dupatta €", records[0].(*Product).DescriptionHTML)
	require.Equal(t, []string{"Beige"}, records[1].(*Variant).OptionValues)
	require.Equal(t, []string{"Women"}, records[0].(*Product).Tags)
}

func TestFlipkartTreesAreRead(t *testing.T) {
	header := "uniq_id,crawl_timestamp,product_name,product_category_tree,pid,retail_price,discounted_price,image,description,overall_rating,brand\r\n"
	records, faults, err := readTable(t, shipped(t, "flipkart"), header+
		`a,2016-01-06 18:20:45 +0000,Boots,"[""Footwear >> Women's Footwear >> Boots""]",P1,999,499,"[""http://i.test/1"", ""http://i.test/2""]",d,No rating available,`+"\r\n"+
		",,,,,,,,,,\r\n"+
		`b,yesterday,Kurta,"[""Kurta""]",P2,,,[],d,5,`+"\r\n")
	require.NoError(t, err)
	require.Equal(t, []string{"warned date crawl_timestamp line 4", "warned list product_category_tree line 4"}, said(faults))
	products := recordsOf[*Product](records)
	require.Equal(t, [][]string{{"Footwear", "Women's Footwear", "Boots"}}, products[0].Categories)
	require.Empty(t, products[1].Categories)
	require.Equal(t, time.Date(2016, 1, 6, 18, 20, 45, 0, time.UTC), products[0].CreatedAt)
	require.Nil(t, products[0].RatingAverage)
	require.Len(t, recordsOf[*Image](records), 2)
}

func TestReadingStopsWithEmitAndContext(t *testing.T) {
	in, err := NewInput("test", strings.NewReader(amazonHeader+"A,c,d,,/dp/B09P34VSYY,,,,\n"))
	require.NoError(t, err)
	stop := fmt.Errorf("stop")
	err = shipped(t, "amazon-in").reader("", "").Read(context.Background(), in, func(Record) error { return stop }, func(Fault) {})
	require.ErrorIs(t, err, stop)

	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	in, err = NewInput("test", strings.NewReader(amazonHeader+"A,c,d,,/dp/B09P34VSYY,,,,\n"))
	require.NoError(t, err)
	err = shipped(t, "amazon-in").reader("", "").Read(ctx, in, func(Record) error { return nil }, func(Fault) {})
	require.ErrorIs(t, err, context.Canceled)
}

func TestOptionsOfARunOverrideTheMapping(t *testing.T) {
	in, err := NewInput("test", strings.NewReader("ProductID,ProductName,Price,PrimaryColor,ProductBrand,Gender,Description\n1,A,5,,,,\n"))
	require.NoError(t, err)
	o := Options{Mapping: "myntra", Currency: "USD", Source: "mine"}
	reader, err := o.tableReader()
	require.NoError(t, err)
	var records []Record
	require.NoError(t, reader.Read(context.Background(), in, func(r Record) error { records = append(records, r); return nil }, func(Fault) {}))
	require.Equal(t, "USD", recordsOf[*Variant](records)[0].Currency)
	require.Equal(t, "mine", o.Source)
}
