package cache

import (
	"souk/internal/coherence"
	"souk/store"
)

// tags collects what a value depends on.
type tags struct {
	list []coherence.Tag
	none bool // it depends on what has no tag, so it is not kept

	shown *Shown // if it is set, what the value shows is added there, and nothing here
}

// of adds the tag of a row, or of the rows that belong to one.
func of[K ~[16]byte](t *tags, what string, id K) {
	if t.shown != nil {
		t.shown.row(what, id)
		return
	}
	t.list = append(t.list, coherence.TagOf(what, string(id[:])))
}

// ofEach adds the tag of each row of a page.
func ofEach[K ~[16]byte, V any](t *tags, what string, rows []*V, id func(*V) K) {
	for _, row := range rows {
		of(t, what, id(row))
	}
}

// named adds the tag of what has a name, such as a slug.
func (t *tags) named(what, name string) {
	if t.shown != nil {
		t.shown.all(what)
		return
	}
	t.list = append(t.list, coherence.TagOf(what, name))
}

// all adds the tag of all rows of a kind.
func (t *tags) all(what string) { t.named(what, "") }

// hiding adds what a value depends on that leaves out rows of products which the view does
// not show: to publish a product changes none of these rows.
func (t *tags) hiding() { t.all("products") }

// listing adds what the products of a listing depend on.
func (t *tags) listing(what string, l store.Listing, f store.ProductFilter) {
	if t.shown != nil {
		t.shown.listing(l, f)
		return
	}
	scope := l.Scope()
	of(t, what, scope)
	of(t, "collected", scope)
	if f.Category != nil {
		of(t, what, *f.Category)
	}
	if len(f.Options) > 0 || l.FiltersByOptions() {
		t.all("products") // options move no listing
	}
}
