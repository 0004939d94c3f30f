package importer

import (
	"context"
	"encoding/csv"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestGiftCardIsRead(t *testing.T) {
	records, faults, err := readTable(t, shipped(t, "amazon-gift-cards"),
		`{"asin": "B1", "title": " Happy Mother&#39;s Day", "price": "$1,000.00", "brand": "Acme &amp; Co", "category": ["Gift Cards", "Gift Cards", "No fees."], "description": ["<b>One</b>", "Two &amp; three"], "image": ["https://i.test/a"], "rank": []}`+"\n"+
			`{"asin": "B2", "title": "Card", "price": ".a-box{color:#fff}", "category": ["Gift Cards", "Gift Card Accessories"], "description": []}`+"\n\n"+
			`{"asin": "B3", "title": "Card", "price": "\n\t  ", "category": []}`+"\n"+
			`{"asin": "B4"}`+"\n"+"{oops\n[1]\n"+`{"asin": "B5", "title": "a\u0000b"}`+"\n")
	require.NoError(t, err)
	require.Equal(t, []string{
		"warned price price line 2", "rejected json  line 6", "rejected json  line 7",
		"rejected encoding title line 8",
	}, said(faults))
	products := recordsOf[*Product](records)
	require.Equal(t, "Happy Mother's Day", products[0].Title)
	require.Equal(t, "Acme & Co", products[0].Vendor)
	require.Len(t, products, 4)
	require.NotZero(t, products[3].Lacks&ProductTitle, "an object without a title only changes a product")
	require.Equal(t, [][]string{{"Gift Cards"}}, products[0].Categories)
	require.Equal(t, [][]string{{"Gift Cards", "Gift Card Accessories"}}, products[1].Categories)
	require.Equal(t, "<b>One</b><br>\nTwo &amp; three", products[0].DescriptionHTML)
	require.Equal(t, int64(100000), recordsOf[*Variant](records)[0].Price.Minor)
	require.Nil(t, recordsOf[*Variant](records)[2].Price)
}

func TestRejectsOfJSONAreReadAsCSV(t *testing.T) {
	in, err := NewInput("cards.json", strings.NewReader(`{"asin": "B1", "title": "", "price": "$5", "image": ["https://i.test/a"]}`))
	require.NoError(t, err)
	var csvText strings.Builder
	out := csv.NewWriter(&csvText)
	mapping := shipped(t, "amazon-gift-cards")
	require.NoError(t, mapping.reader("", "").Read(context.Background(), in, func(Record) error { return nil }, func(f Fault) {
		require.NoError(t, out.Write(append(slices.Clone(in.Header), rejectColumns[:]...)))
		row := slices.Clone(f.Row)
		row[slices.Index(in.Header, "title")] = "Corrected"
		require.NoError(t, out.Write(append(row, "cards.json:1", f.Column, f.Value, ".", f.Reason)))
	}))
	out.Flush()

	records, faults, err := readTable(t, mapping, csvText.String())
	require.NoError(t, err)
	require.Empty(t, faults)
	require.Equal(t, "Corrected", recordsOf[*Product](records)[0].Title)
	require.Equal(t, int64(500), recordsOf[*Variant](records)[0].Price.Minor)
	require.Len(t, recordsOf[*Image](records), 1)
}

func TestReviewsAreRead(t *testing.T) {
	records, faults, err := readTable(t, shipped(t, "amazon-reviews"),
		`{"overall": 5.0, "reviewerID": "R1", "asin": "B1", "reviewerName": "Ann &#34;A&#34;", "reviewText": "one\r\ntwo", "summary": "Good", "unixReviewTime": 1529193600}`+"\n"+
			`{"overall": 4.5, "reviewerID": "R1", "asin": "B1"}`+"\n"+
			`{"overall": 5.0, "reviewerID": "R1", "asin": "B1", "unixReviewTime": 1529193600, "reviewText": "again"}`+"\n"+
			`{"overall": 1, "reviewerID": "R2"}`+"\n"+
			`{"overall": 1, "reviewerID": "R2", "asin": "B1", "unixReviewTime": "never"}`+"\n")
	require.NoError(t, err)
	require.Equal(t, []string{
		"rejected rating overall line 2", "rejected key asin line 4", "warned date unixReviewTime line 5",
	}, said(faults))
	reviews := recordsOf[*Review](records)
	require.Len(t, reviews, 3)
	require.Equal(t, "amazon", reviews[0].ProductSource)
	require.Equal(t, `Ann "A"`, reviews[0].AuthorName)
	require.Equal(t, "one\ntwo", reviews[0].Body)
	require.Equal(t, time.Date(2018, 6, 17, 0, 0, 0, 0, time.UTC), reviews[0].CreatedAt)
	require.Len(t, reviews[0].Key, 32)
	require.NotEqual(t, reviews[0].Key, reviews[1].Key, "a second review of the same product at the same time")

	again, _, err := readTable(t, shipped(t, "amazon-reviews"),
		`{"summary": "Good", "overall": 5, "reviewerID": "R1", "asin": "B1", "reviewText": "one\ntwo", "unixReviewTime": 1529193600}`)
	require.NoError(t, err)
	require.NotEmpty(t, again)
	require.Equal(t, reviews[0].Key, again[0].(*Review).Key, "the same review under the same key, whatever its order")
}

func TestHeaderlessReviewsAreRead(t *testing.T) {
	records, faults, err := readTable(t, shipped(t, "amazon-reviews-csv"),
		`R1,B1,"Bill ""b""","[0, 0]","It&#34;s good",5,Best,1356048000,"12 21, 2012"`+"\n"+
			`R2,B1,,"[0, 0]",words,4,Best,1356048000,"12 21, 2012"`+"\n")
	require.NoError(t, err)
	require.Empty(t, faults)
	reviews := recordsOf[*Review](records)
	require.Len(t, reviews, 2)
	require.Equal(t, `Bill "b"`, reviews[0].AuthorName)
	require.Equal(t, `It"s good`, reviews[0].Body)
	require.Empty(t, reviews[1].AuthorName)
	require.Equal(t, "R2", reviews[1].AuthorKey)
}

func TestRowIsProductAndReview(t *testing.T) {
	records, faults, err := readTable(t, shipped(t, "clothing-reviews"), "\ufeff"+
		",ClothingID,Age,Title,ReviewText,Rating,Recommended IND,PositiveFeedbackCount,DivisionName,DepartmentName,ClassName\r\n"+
		"0,767,33,,\"silky\r\nand sexy\",4,1,0,Initmates,Intimate,Intimates\r\n"+
		"7,767,33,Nice,words,6,1,0,Initmates,Intimate,Intimates\r\n"+
		"8,768,33,Nice,words,5,1,0,Initmates,Intimate,\r\n")
	require.NoError(t, err)
	require.Equal(t, []string{"rejected rating Rating line 4", "rejected title ClassName line 5"}, said(faults))
	require.Len(t, records, 2, "a row is taken whole or not at all")
	require.Equal(t, "Intimates 767", records[0].(*Product).Title)
	require.Equal(t, [][]string{{"Initmates", "Intimate", "Intimates"}}, records[0].(*Product).Categories)
	review := records[1].(*Review)
	require.Equal(t, "0", review.Key)
	require.Equal(t, "silky\nand sexy", review.Body)
	require.Empty(t, review.AuthorKey)
}

func TestCategoriesAreRead(t *testing.T) {
	records, faults, err := readTable(t, shipped(t, "bestbuy-categories"), `[
{"id":"b","name":"TVs","path":[{"id":"a","name":"TV & Theater"},{"id":"b","name":"TVs"}],"subCategories":[]},
{"id":"c","name":null,"path":[{"id":"a","name":"TV & Theater"},{"id":"c","name":null}]},
{"id":"d","name":"x","path":[]}
]`)
	require.NoError(t, err)
	require.Equal(t, []string{"rejected category path line 3", "rejected category path line 4"}, said(faults))
	require.Equal(t, []Record{&Category{Place: Place{File: "test", Line: 2}, Key: "b", Path: []string{"TV & Theater", "TVs"}}}, records)
}

func TestBooksAreRead(t *testing.T) {
	header := "book_id,authors,original_publication_year,title,language_code,average_rating,work_ratings_count,ratings_1,ratings_2,ratings_3,ratings_4,ratings_5,image_url\n"
	records, faults, err := readTable(t, shipped(t, "goodbooks"), header+
		`1,"Homer, Robert Fagles",-720.0,The  Iliad,eng,4.03,15,1,2,3,4,5,https://s.gr-assets.com/assets/nophoto/book/111x148.png`+"\n"+
		`2,Ann,2008.0,Two,,4.03,x,1,2,3,4,5,https://i.test/2.jpg`+"\n"+
		`3,Ann,MMVIII,Three,,4.03,1,1,2,3,4,5,https://i.test/2.jpg`+"\n")
	require.NoError(t, err)
	require.Equal(t, []string{"warned rating_count work_ratings_count line 3", "warned pattern original_publication_year line 4"}, said(faults))
	products := recordsOf[*Product](records)
	require.Equal(t, "The Iliad", products[0].Title)
	require.Equal(t, "Homer", products[0].Vendor)
	require.Equal(t, []string{"Robert Fagles", "eng", "-720"}, products[0].Tags)
	require.Equal(t, []int{1, 2, 3, 4, 5}, products[0].RatingHistogram)
	require.Equal(t, 15, products[0].RatingCount)
	require.Len(t, recordsOf[*Image](records), 2, "a picture of no cover is no picture")
}
