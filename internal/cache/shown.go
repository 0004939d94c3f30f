package cache

import (
	"context"
	"maps"
	"reflect"
	"slices"
	"sync"

	"souk/loaders"
	"souk/store"
)

// The names that Shown has for lists, and for what has no name of its own.
const (
	// Everything is shown by each response.
	Everything = "all"
	// Many stands for objects whose names were too many.
	Many = "many"
)

// Shown collects what a response shows, for caches that keep whole responses: the names of
// objects, and of lists. Whoever changes an object drops the responses with its name, and those
// with the name of the lists that it comes into or leaves.
//
// The names are fewer than the tags of values: what belongs to a product is named as the product,
// whose version each change of them raises. They are collected from what a response has read,
// whether a cache or a database had it.
type Shown struct {
	// Name returns the name of an object: "product:AQGa…".
	Name func(noun string, id [16]byte) string

	mu      sync.Mutex
	lists   map[string]struct{}
	objects map[object]struct{}
}

// object is one with a name.
type object struct {
	noun string
	id   [16]byte
}

// Source returns a source that reads from another, and collects what is read.
func (s *Shown) Source(from loaders.Source) loaders.Source { return watched{from, s} }

type watched struct {
	loaders.Source
	shown *Shown
}

// Read reads, and collects what was read.
func (w watched) Read(ctx context.Context, reads []loaders.Read, last bool) {
	w.Source.Read(ctx, reads, last)
	w.shown.mu.Lock()
	defer w.shown.mu.Unlock()
	for _, read := range reads {
		if k := kinds[read.Name()]; k != nil {
			k.shows(w.shown, read)
		}
	}
}

// Names returns what was collected, with a separator of one byte after each name within a
// number of bytes. Objects that do not fit are Many.
func (s *Shown) Names(within int) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	lists := append([]string{Everything}, slices.Sorted(maps.Keys(s.lists))...)
	room := within - sizeOf(lists)
	objects := s.named(room)
	if sizeOf(objects) > room {
		return nil
	}
	return append(lists, objects...)
}

// named returns the names of the objects, or Many if they do not fit within a number of bytes.
func (s *Shown) named(within int) []string {
	names := make([]string, 0, len(s.objects))
	for o := range s.objects {
		name := s.Name(o.noun, o.id)
		if within -= len(name) + 1; within < 0 {
			return []string{Many}
		}
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func sizeOf(names []string) (bytes int) {
	for _, name := range names {
		bytes += len(name) + 1
	}
	return bytes
}

func (k *kindOf[K, V]) shows(s *Shown, read loaders.Read) {
	batch, ok := read.(*loaders.Batch[K, V])
	if !ok {
		return
	}
	t := tags{shown: s}
	for i, key := range batch.Keys {
		value, err := batch.Value(i)
		if err != nil {
			continue // the response has an error, and is not kept
		}
		s.absent(k.method, value)
		k.tags(&t, key, batch.Args(), value)
	}
}

// lookUps are the reads by a name, with the list that an object comes into which has the name
// one day.
var lookUps = map[string]string{
	"ProductBySlug": "products", "CategoryBySlug": "categories", "VendorBySlug": "vendors", "CollectionBySlug": "collections",
	"ProductsByIDs": "products", "CategoriesByIDs": "categories", "VendorsByIDs": "vendors", "CollectionsByIDs": "collections",
}

// absent adds the list of what was looked for and not found.
func (s *Shown) absent(read string, value any) {
	if list := lookUps[read]; list != "" && reflect.ValueOf(value).IsNil() {
		s.list(list)
	}
}

// rowNames and allNames say, for each tag of a value, what it is shown as: the noun whose object
// it belongs to, and the name of the list. An empty name is that of nothing: another tag of the
// same value says it.
var (
	rowNames = map[string]string{
		"product": "product", "variants-of": "product", "images-of": "product", "options-of": "product", "reviews-of": "product", "filed": "product",
		"category": "category", "children-of": "category", "vendor": "vendor", "collection": "collection",
		"variant": "", "image": "", "review": "", // their product is named beside them
	}
	allNames = map[string]string{
		"products": "products", "listings": "products", "options": "products", "categories": "categories", "vendors": "vendors",
		"collections": "collections", "shop": "shop",
		"slug": "", "category-slug": "", "vendor-slug": "", "collection-slug": "", "sku": "", // what has the name is named, or the list that it is not in
	}
)

// row adds what a row belongs to. The names of customers are nobody's business, so all authors
// of reviews have one name.
func (s *Shown) row(what string, id [16]byte) {
	switch noun, known := rowNames[what]; {
	case what == "customer":
		s.list("authors")
	case !known:
		panic("cache: " + what + " is shown as nothing")
	case noun != "":
		s.object(noun, id)
	}
}

// all adds the list of a kind.
func (s *Shown) all(what string) {
	name, known := allNames[what]
	if !known {
		panic("cache: " + what + " is shown as nothing")
	}
	if name != "" {
		s.list(name)
	}
}

// listing adds a list of products: that there is one, and whose it is.
func (s *Shown) listing(l store.Listing, f store.ProductFilter) {
	s.list("products")
	if noun := l.Owner(); noun != "" {
		s.object(noun, l.Scope())
	}
	if f.Category != nil {
		s.object("category", *f.Category)
	}
	for _, id := range f.Vendors {
		s.object("vendor", id)
	}
}

func (s *Shown) list(name string) { put(&s.lists, name) }

func (s *Shown) object(noun string, id [16]byte) { put(&s.objects, object{noun, id}) }

func put[T comparable](set *map[T]struct{}, item T) {
	if *set == nil {
		*set = map[T]struct{}{}
	}
	(*set)[item] = struct{}{}
}
