package main

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"hash/crc32"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// listing appends the answer of listing-with-children.graphql: 50 products with their
// lists. The page is one round trip, and all that belongs to its products another.
func (h *handler) listing(ctx context.Context, b *buffer) error {
	conn, err := h.pool.Acquire(ctx)
	if err != nil {
		return err
	}
	err = b.page.read(ctx, conn)
	conn.Release()
	if err == nil {
		b.answer = b.page.append(b.answer)
	}
	return err
}

func (p *page) read(ctx context.Context, conn *pgxpool.Conn) error {
	rows, err := conn.Query(ctx, pageStatement)
	if err != nil {
		return err
	}
	if err = p.readProducts(rows); err != nil {
		return err
	}
	batch := &pgx.Batch{}
	read := func(statement string, of *keys, rows func(pgx.Rows) error) {
		batch.Queue(statement, of).Query(rows)
	}
	read(vendorStatement, &p.vendors, p.readVendors)
	read(categoryStatement, &p.keys, func(rows pgx.Rows) error { return p.categories.read(rows, appendCategory) })
	read(variantStatement, &p.keys, func(rows pgx.Rows) error { return p.variants.read(rows, appendVariant) })
	read(imageStatement, &p.keys, func(rows pgx.Rows) error { return p.images.read(rows, appendImage) })
	read(reviewStatement, &p.keys, func(rows pgx.Rows) error { return p.reviews.read(rows, appendReview) })
	return conn.SendBatch(ctx, batch).Close()
}

func (p *page) append(b []byte) []byte {
	b = append(b, `{"products":{"edges":[`...)
	for i := range p.products {
		if i > 0 {
			b = append(b, ',')
		}
		b = p.appendEdge(b, i)
	}
	b = append(b, `],"pageInfo":{"hasNextPage":`...)
	if p.more {
		b = append(b, "true"...)
	} else {
		b = append(b, "false"...)
	}
	b = append(b, `,"hasPreviousPage":false,"startCursor":`...)
	n := len(p.products)
	if n == 0 {
		return append(b, `null,"endCursor":null}}}`...)
	}
	b = p.products[0].appendCursor(b)
	b = append(b, `,"endCursor":`...)
	b = p.products[n-1].appendCursor(b)
	return append(b, `}}}`...)
}

func (p *page) appendEdge(b []byte, i int) []byte {
	of := &p.products[i]
	b = append(b, `{"cursor":`...)
	b = of.appendCursor(b)
	b = append(b, `,"node":{`...)
	b = append(b, of.head...)
	b = append(b, `,"vendor":`...)
	if of.hasVendor {
		at := p.vendorAt[of.vendor]
		b = append(b, p.vendorText[at.from:at.to]...)
	} else {
		b = append(b, "null"...)
	}
	b = append(b, `,"priceRange":`...)
	b = append(b, of.prices...)
	b = append(b, `,"categories":{"nodes":[`...)
	b = append(b, p.categories.of(i)...)
	b = append(b, `]},"variants":{"nodes":[`...)
	b = append(b, p.variants.of(i)...)
	b = append(b, `]},"images":{"nodes":[`...)
	b = append(b, p.images.of(i)...)
	b = append(b, `]},"reviews":{"nodes":[`...)
	b = append(b, p.reviews.of(i)...)
	b = append(b, `]},"reviewSummary":`...)
	b = append(b, of.summary...)
	return append(b, `}}`...)
}

// listKey is the checksum of the list that cursors are made for.
var listKey = crc32.ChecksumIEEE([]byte("products  NEWEST:DESC"))

// appendCursor appends a cursor as package relay makes it: the time as Postgres writes it,
// and the key.
func (p *product) appendCursor(b []byte) []byte {
	var room [96]byte
	raw := room[:8]
	binary.BigEndian.PutUint32(raw[4:], listKey)
	raw = append(raw, 0)
	raw = timeOf(p.created).AppendFormat(raw, "2006-01-02 15:04:05.999999+00")
	raw[8] = byte(len(raw) - 9)
	raw = append(raw, 36)
	raw = appendUUID(raw, p.key)
	binary.BigEndian.PutUint32(raw, crc32.ChecksumIEEE(raw[4:]))
	b = append(b, '"')
	b = base64.RawURLEncoding.AppendEncode(b, raw)
	return append(b, '"')
}
