package importer

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"souk/internal/money"
)

// realData is the folder of published shop data, or skips the test.
func realData(t testing.TB) string {
	t.Helper()
	dir := os.Getenv("SOUK_TEST_DATA")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "data")
	}
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("no shop data in %s: set SOUK_TEST_DATA to a folder that has some", dir)
	}
	return dir
}

// tableResult is what the files of a mapping became.
type tableResult struct {
	rows, blank int64
	products    map[string]*Product
	productRows int
	variants    []*Variant
	images      int
	reviews     []*Review
	categories  []*Category
	rejected    map[string]int // by code
	warned      map[string]int
}

func readMapping(t testing.TB, mapping, pattern string) tableResult {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(realData(t), pattern))
	require.NoError(t, err)
	require.NotEmpty(t, files, pattern)
	m := shipped(t, mapping)
	result := tableResult{products: map[string]*Product{}, rejected: map[string]int{}, warned: map[string]int{}}
	counts := &tally{}
	for _, file := range files {
		in, err := openInput(file, Reading{}, counts)
		require.NoError(t, err)
		err = m.reader("", "").Read(context.Background(), in, result.add, func(f Fault) {
			require.NotZero(t, f.Line)
			require.NotEmpty(t, f.Reason)
			if f.Warning {
				result.warned[f.Code]++
			} else {
				result.rejected[f.Code]++
			}
		})
		require.NoError(t, err)
		require.NoError(t, in.Close())
	}
	result.rows, result.blank = counts.rows.Load(), counts.blank.Load()
	t.Logf("%s: %d rows, %d blank, %d products in %d rows, %d variants, %d images, %d reviews, %d categories; rejected %v, warned %v",
		mapping, result.rows, result.blank, len(result.products), result.productRows, len(result.variants),
		result.images, len(result.reviews), len(result.categories), result.rejected, result.warned)
	return result
}

func (r *tableResult) add(record Record) error {
	switch record := record.(type) {
	case *Product:
		r.productRows++
		if r.products[record.Key] == nil {
			r.products[record.Key] = record
		}
	case *Variant:
		r.variants = append(r.variants, record)
	case *Image:
		r.images++
	case *Review:
		r.reviews = append(r.reviews, record)
	case *Category:
		r.categories = append(r.categories, record)
	}
	return nil
}

func TestRealAmazonListings(t *testing.T) {
	r := readMapping(t, "amazon-in", "amazon-in/*.csv.gz")
	require.EqualValues(t, 120_517, r.rows)
	require.Len(t, r.products, 106_783)
	require.Equal(t, map[string]int{"rating": 2241}, r.warned)
	require.Empty(t, r.rejected)
	unpriced, largest := 0, int64(0)
	for _, v := range r.variants {
		if v.Price == nil {
			unpriced++
			continue
		}
		largest = max(largest, v.Price.Minor)
		if v.CompareAtPrice != nil {
			largest = max(largest, v.CompareAtPrice.Minor)
		}
	}
	require.Equal(t, 3344, unpriced)
	require.Equal(t, int64(989999999900), largest)
}

func TestRealMarketplaces(t *testing.T) {
	for _, c := range []struct {
		mapping                                  string
		rows, blank                              int64
		products, productRows, variants, options int
		warned                                   map[string]int
	}{
		{"shein", 596, 0, 596, 596, 596, 596, map[string]int{}},
		{"shopee", 586, 0, 586, 586, 586, 454, map[string]int{"option": 3, "rounded": 5}},
		{"lazada", 510, 0, 224, 510, 510, 176, map[string]int{"rounded": 12}},
		{"flipkart", 3003, 2377, 626, 626, 626, 0, map[string]int{"list": 29}},
		{"myntra", 7588, 0, 7588, 7588, 7588, 7053, map[string]int{}},
		{"newchic", 8938, 0, 8812, 8938, 14038, 7592, map[string]int{"variant": 9}},
	} {
		t.Run(c.mapping, func(t *testing.T) {
			r := readMapping(t, c.mapping, "marketplaces/"+c.mapping+"*.csv.gz")
			require.Equal(t, [2]int64{c.rows, c.blank}, [2]int64{r.rows, r.blank})
			options := 0
			for _, p := range r.products {
				if len(p.Options) > 0 {
					options++
				}
			}
			require.Equal(t, [4]int{c.products, c.productRows, c.variants, c.options},
				[4]int{len(r.products), r.productRows, len(r.variants), options})
			require.Equal(t, c.warned, r.warned)
			require.Empty(t, r.rejected)
			for _, v := range r.variants {
				if p := r.products[v.ProductKey]; len(p.Options) > 0 && c.productRows == c.products {
					require.Len(t, v.OptionValues, len(p.Options))
				}
			}
		})
	}
}

func TestRealShopeePricesAreOfElevenCurrencies(t *testing.T) {
	r := readMapping(t, "shopee", "marketplaces/shopee*.csv.gz")
	currencies := map[string]int{}
	for _, v := range r.variants {
		require.NotNil(t, v.Price)
		currencies[v.Currency]++
		if v.ProductKey == "28600553970" {
			require.Equal(t, money.Amount{Minor: 40500, Currency: "MXN"}, *v.Price)
			require.Equal(t, money.Amount{Minor: 158095, Currency: "MXN"}, *v.CompareAtPrice)
		}
	}
	require.Len(t, currencies, 11)
}

func TestRealMyntraIsDecoded(t *testing.T) {
	r := readMapping(t, "myntra", "marketplaces/myntra*.csv.gz")
	brands, noBreak := map[string]bool{}, 0
	for _, p := range r.products {
		brands[p.Vendor] = true
		for _, c := range p.DescriptionHTML {
			require.NotEqual(t, '\ufffd', c)
			if c == '\u00a0' {
				noBreak++
			}
		}
	}
	require.Len(t, brands, 609)
	require.Greater(t, noBreak, 600, "636, less those at the ends of texts")
}

func TestRealAmazonReviews(t *testing.T) {
	cards := readMapping(t, "amazon-gift-cards", "amazon-reviews/meta*.json.gz")
	require.Len(t, cards.products, 934)
	require.Equal(t, map[string]int{"price": 3}, cards.warned)
	require.Empty(t, cards.rejected)
	unpriced := 0
	for _, v := range cards.variants {
		if v.Price == nil {
			unpriced++
		}
	}
	require.Equal(t, 716+3, unpriced)

	reviews := readMapping(t, "amazon-reviews", "amazon-reviews/Gift_Cards_5*.gz")
	require.Len(t, reviews.reviews, 1606)
	keys, reviewed, authors := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, review := range reviews.reviews {
		keys[review.Key], reviewed[review.ProductKey], authors[review.AuthorKey] = true, true, true
		require.NotNil(t, cards.products[review.ProductKey])
		require.False(t, review.CreatedAt.IsZero())
	}
	require.Len(t, keys, 1606)
	require.Len(t, reviewed, 84)
	require.Len(t, authors, 454)

	instruments := readMapping(t, "amazon-reviews-csv", "amazon-reviews/Musical*.gz")
	require.Len(t, instruments.reviews, 3174)
	require.Empty(t, instruments.rejected)
	nameless := 0
	for _, review := range instruments.reviews {
		require.NotContains(t, review.Body, "&#34;")
		if review.AuthorName == "" {
			nameless++
		}
	}
	require.Equal(t, 9, nameless)
}

func TestRealBestBuyCategories(t *testing.T) {
	r := readMapping(t, "bestbuy-categories", "bestbuy/categories*.gz")
	require.EqualValues(t, 4584, r.rows)
	require.Len(t, r.categories, 4583)
	require.Equal(t, map[string]int{"category": 1}, r.rejected, "the one whose name is null")
	keys := map[string]bool{}
	for _, c := range r.categories {
		keys[c.Key] = true
	}
	require.Len(t, keys, 4583)
}

func TestRealClothingReviews(t *testing.T) {
	r := readMapping(t, "clothing-reviews", "clothing-reviews/*.gz")
	require.Len(t, r.products, 116)
	require.Len(t, r.reviews, 923)
	require.Empty(t, r.rejected)
	require.Empty(t, r.warned)
	untitled := 0
	for _, review := range r.reviews {
		if review.Title == "" {
			untitled++
		}
	}
	require.Equal(t, 137, untitled)
	for _, p := range r.products {
		require.Len(t, p.Categories, 1)
		require.Len(t, p.Categories[0], 3)
	}
}

func TestRealBooks(t *testing.T) {
	r := readMapping(t, "goodbooks", "goodbooks/books*.gz")
	require.Len(t, r.products, 6048)
	require.Equal(t, 6048-2029, r.images, "covers that are a picture of no cover are none")
	require.Empty(t, r.rejected)
	require.Empty(t, r.warned)
	ancient := 0
	for _, p := range r.products {
		sum := 0
		for _, n := range p.RatingHistogram {
			sum += n
		}
		require.Equal(t, p.RatingCount, sum)
		for _, tag := range p.Tags {
			if tag[0] == '-' {
				ancient++
			}
		}
	}
	require.Positive(t, ancient)
}
