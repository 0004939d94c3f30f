package main

import "github.com/jackc/pgx/v5"

// page is what is read of a listing. It is used again for other listings.
type page struct {
	products []product
	more     bool
	keys     keys // of the products
	vendors  keys // of the products that have one; some are the same

	vendorText []byte // the vendors as JSON, one after the other
	vendorAt   map[key]span

	categories, variants, images, reviews lists
}

// span is a part of a text.
type span struct{ from, to int }

// product is a row of the page: what the answer has before its lists, as JSON, and the
// values that are needed again.
type product struct {
	key, vendor key
	hasVendor   bool
	created     int64 // microseconds, as the listing has it
	head        []byte
	prices      []byte
	summary     []byte
}

// lists have the rows of one list of each product, as JSON with commas between them.
type lists struct {
	text []byte
	ends [pageSize]int
}

// of returns the rows of product i.
func (l *lists) of(i int) []byte {
	if i == 0 {
		return l.text[:l.ends[0]]
	}
	return l.text[l.ends[i-1]:l.ends[i]]
}

// read reads rows whose first value is the number of the product, from 1 on. They come in
// the order of the products.
func (l *lists) read(rows pgx.Rows, appendRow func(b []byte, values [][]byte) []byte) error {
	l.text = l.text[:0]
	at := 0
	for rows.Next() {
		values := rows.RawValues()
		of := int(integer(values[0])) - 1
		for ; at < of; at++ {
			l.ends[at] = len(l.text)
		}
		if at == 0 && len(l.text) > 0 || at > 0 && len(l.text) > l.ends[at-1] {
			l.text = append(l.text, ',')
		}
		l.text = appendRow(l.text, values[1:])
	}
	for ; at < pageSize; at++ {
		l.ends[at] = len(l.text)
	}
	return rows.Err()
}

// readProducts reads the page's own rows.
func (p *page) readProducts(rows pgx.Rows) error {
	p.keys, p.vendors, p.more = p.keys[:0], p.vendors[:0], false
	n := 0
	for ; rows.Next(); n++ {
		if n == pageSize {
			p.more = true
			continue
		}
		if n == len(p.products) {
			p.products = append(p.products, product{})
		}
		p.products[n].read(rows.RawValues())
		p.keys = append(p.keys, p.products[n].key)
		if p.products[n].hasVendor {
			p.vendors = append(p.vendors, p.products[n].vendor)
		}
	}
	p.products = p.products[:min(n, pageSize)]
	return rows.Err()
}

// read appends what the answer has of a row.
func (p *product) read(values [][]byte) {
	p.created = integer(values[0])
	copy(p.key[:], values[1])
	p.hasVendor = values[7] != nil
	copy(p.vendor[:], values[7])

	b := append(p.head[:0], `"id":`...)
	b = appendID(b, kindProduct, values[1])
	b = append(b, `,"slug":`...)
	b = appendText(b, values[2])
	b = append(b, `,"title":`...)
	b = appendText(b, values[3])
	b = append(b, `,"description":`...)
	b = appendText(b, values[4])
	b = append(b, `,"availability":`...)
	b = appendText(b, values[5])
	b = append(b, `,"createdAt":`...)
	p.head = appendTime(b, values[6])

	p.prices = append(p.prices[:0], "null"...)
	if currency := values[8]; currency != nil && values[9] != nil && values[10] != nil {
		b = append(p.prices[:0], `{"min":`...)
		b = appendMoney(b, values[9], currency)
		b = append(b, `,"max":`...)
		b = appendMoney(b, values[10], currency)
		p.prices = append(b, '}')
	}

	b = append(p.summary[:0], `{"average":`...)
	b = appendFloat(b, values[11])
	b = append(b, `,"count":`...)
	b = appendInteger(b, values[12])
	p.summary = append(b, '}')
}

// readVendors reads the vendors, in any order.
func (p *page) readVendors(rows pgx.Rows) error {
	if p.vendorAt == nil {
		p.vendorAt = make(map[key]span, pageSize)
	}
	clear(p.vendorAt)
	b := p.vendorText[:0]
	for rows.Next() {
		values := rows.RawValues()
		from := len(b)
		b = append(b, `{"id":`...)
		b = appendID(b, kindVendor, values[0])
		b = append(b, `,"name":`...)
		b = appendText(b, values[1])
		b = append(b, '}')
		p.vendorAt[key(values[0])] = span{from, len(b)}
	}
	p.vendorText = b
	return rows.Err()
}

func appendCategory(b []byte, values [][]byte) []byte {
	b = append(b, `{"id":`...)
	b = appendID(b, kindCategory, values[0])
	b = append(b, `,"name":`...)
	b = appendText(b, values[1])
	b = append(b, `,"slug":`...)
	b = appendText(b, values[2])
	return append(b, '}')
}

func appendVariant(b []byte, values [][]byte) []byte {
	b = append(b, `{"id":`...)
	b = appendID(b, kindVariant, values[0])
	b = append(b, `,"sku":`...)
	b = appendText(b, values[1])
	b = append(b, `,"title":`...)
	b = appendText(b, values[2])
	b = append(b, `,"price":`...)
	b = appendMoney(b, values[3], values[4])
	b = append(b, `,"availableQuantity":`...)
	b = appendInteger(b, values[5])
	return append(b, '}')
}

func appendImage(b []byte, values [][]byte) []byte {
	b = append(b, `{"id":`...)
	b = appendID(b, kindImage, values[0])
	b = append(b, `,"url":`...)
	b = appendText(b, values[1])
	b = append(b, `,"altText":`...)
	b = appendText(b, values[2])
	b = append(b, `,"width":`...)
	b = appendInteger(b, values[3])
	b = append(b, `,"height":`...)
	b = appendInteger(b, values[4])
	return append(b, '}')
}

func appendReview(b []byte, values [][]byte) []byte {
	b = append(b, `{"id":`...)
	b = appendID(b, kindReview, values[0])
	b = append(b, `,"rating":`...)
	b = appendInteger(b, values[1])
	b = append(b, `,"title":`...)
	b = appendText(b, values[2])
	b = append(b, `,"body":`...)
	b = appendText(b, values[3])
	b = append(b, `,"author":`...)
	if values[4] == nil {
		b = append(b, "null"...)
	} else {
		b = append(b, `{"displayName":`...)
		b = appendText(b, values[4])
		b = append(b, '}')
	}
	b = append(b, `,"createdAt":`...)
	b = appendTime(b, values[5])
	return append(b, '}')
}
