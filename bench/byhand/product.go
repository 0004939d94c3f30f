package main

import "context"

// product appends the answer of
//
//	query Product($slug: String!) {
//	  product(slug: $slug) { id title vendor { name } categories(first: 1) { nodes { name } } }
//	}
func (h *handler) product(ctx context.Context, b []byte, slug string) ([]byte, error) {
	rows, err := h.pool.Query(ctx, productStatement, slug)
	if err != nil {
		return b, err
	}
	defer rows.Close()
	if !rows.Next() {
		return append(b, `{"product":null}`...), rows.Err()
	}
	values := rows.RawValues()
	b = append(b, `{"product":{"id":`...)
	b = appendID(b, kindProduct, values[0])
	b = append(b, `,"title":`...)
	b = appendText(b, values[1])
	b = append(b, `,"vendor":`...)
	b = appendName(b, values[2])
	b = append(b, `,"categories":{"nodes":[`...)
	if values[3] != nil {
		b = appendName(b, values[3])
	}
	return append(b, `]}}}`...), nil
}

// appendName appends an object with a name, or null without one.
func appendName(b, name []byte) []byte {
	if name == nil {
		return append(b, "null"...)
	}
	b = append(b, `{"name":`...)
	b = appendText(b, name)
	return append(b, '}')
}
