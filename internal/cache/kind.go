package cache

import (
	"souk/internal/cache/codec"
	"souk/internal/coherence"
	"souk/loaders"
	"souk/store"
)

// kind says how the values of a read are kept.
type kind interface {
	name() string
	// begin returns the part of a call that is a read, or nil if its values are not kept.
	begin(c *call, read loaders.Read) part
	// shows adds what the values of a read show.
	shows(s *Shown, read loaders.Read)
}

// kindOf is the kind of values of type V that are read by keys of type K.
type kindOf[K comparable, V any] struct {
	method string
	seenBy seenBy
	object string          // in the schema, if the columns of its rows can be left out
	tables []coherence.Tag // those of whole tables
	hash   func(K) ([16]byte, bool)
	// tags adds what a value depends on.
	tags func(t *tags, key K, args any, value V)
	// keeps reports whether the values of a read with these arguments are kept.
	keeps func(args any) bool
	form  *codec.Codec[stored[V]]
}

// stored is a value as the remote tier has it.
type stored[V any] struct {
	Entry coherence.Entry
	Value V
}

func (k *kindOf[K, V]) name() string { return k.method }

// newKind makes a kind that keeps all of its values.
func newKind[K comparable, V any](method string, by seenBy, object string, tables []coherence.Tag,
	hash func(K) ([16]byte, bool), tag func(*tags, K, any, V),
) *kindOf[K, V] {
	form, err := codec.Of[stored[V]]()
	if err != nil {
		panic("cache: " + method + ": " + err.Error())
	}
	return &kindOf[K, V]{
		method: method, seenBy: by, object: object, tables: tables, hash: hash, tags: tag, form: form,
		keeps: func(any) bool { return true },
	}
}

// row makes the kind of a row, or a short list, that has an ID.
func row[K ~[16]byte, V any](method string, by seenBy, object string, tables []coherence.Tag, tag func(*tags, K, V)) kind {
	return newKind(method, by, object, tables, byID[K], func(t *tags, id K, _ any, value V) { tag(t, id, value) })
}

// named makes the kind of what has a name, such as a slug.
func named[V any](method string, by seenBy, object string, tables []coherence.Tag, tag func(*tags, string, V)) kind {
	return newKind(method, by, object, tables, byHash[string], func(t *tags, name string, _ any, value V) { tag(t, name, value) })
}

// whole makes the kind of what exists once. Its value has one tag.
func whole[V any](method, object string, tables []coherence.Tag, tag string) kind {
	return newKind(method, byAll, object, tables, byHash[loaders.Root], func(t *tags, _ loaders.Root, _ any, value V) {
		t.all(tag)
		if n, ok := any(value).(store.Count); ok {
			t.none = n.Estimated
		}
	})
}

// page makes the kind of the pages of an object's list that everybody sees.
func page[K ~[16]byte, T any](method, object string, tables []coherence.Tag, tag func(*tags, K, store.Page[T])) kind {
	return row(method, byAll, object, tables, tag)
}

// count makes the kind of the length of such a list. An estimate is not kept: no tag moves when
// it changes.
func count[K ~[16]byte](method string, tables []coherence.Tag, tag func(*tags, K)) kind {
	return row(method, byAll, "", tables, func(t *tags, id K, n store.Count) {
		tag(t, id)
		t.none = n.Estimated
	})
}

// listed makes the kind of what is read of listings. What is searched for is not kept, and
// neither is what is not on sale.
func listed[V any](method, object string, tag func(*tags, store.Listing, store.ProductFilter, V)) kind {
	tables := from("products", "product_listings", "collection_products", "product_options", "option_labels", "categories", "product_categories")
	k := newKind(method, byAll, object, tables, byHash[store.Listing], func(t *tags, l store.Listing, args any, value V) {
		tag(t, l, filterOf(args), value)
	})
	k.keeps = func(args any) bool {
		f := filterOf(args)
		return f.Search == nil && !f.Unlisted()
	}
	return k
}

// filterOf returns the filter in the arguments of a read of listings.
func filterOf(args any) store.ProductFilter {
	switch a := args.(type) {
	case loaders.PageArgs:
		return filterOf(a.List)
	case loaders.FacetArgs:
		return a.Filter
	default:
		return a.(loaders.ProductArgs).Filter
	}
}

// from returns the tags of whole tables.
func from(tables ...string) []coherence.Tag {
	all := make([]coherence.Tag, len(tables))
	for i, table := range tables {
		all[i] = coherence.TagOf("table", table)
	}
	return all
}

func byName(all ...kind) map[string]kind {
	named := make(map[string]kind, len(all))
	for _, k := range all {
		named[k.name()] = k
	}
	return named
}
