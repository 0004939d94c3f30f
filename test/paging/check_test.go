package paging

import (
	"fmt"
	"slices"
	"testing"

	"souk/internal/auth"
	"souk/test/harness"
)

// pageOf is a page of a connection as it came.
type pageOf struct {
	ids, cursors []string
	hasNext      bool
	hasPrevious  bool
	start, end   any // nil or a string
	total        int
}

// pagedList is a connection field with arguments, and the list that it must be.
type pagedList struct {
	field string // "Product.reviews"
	name  string // what the arguments ask for
	// parent is the root field, with arguments, of the object that has the field;
	// "" for a field of Query.
	parent string
	// args are the field's arguments other than those of paging.
	args string
	// by is who asks; the zero principal is anybody.
	by auth.Principal
	// filtered tells that a filter narrows the list.
	filtered bool
	// statement selects the keys in their order, and values are its arguments.
	statement string
	values    []any
}

func (l pagedList) String() string { return l.field + " " + l.name }

// response is the name of the field itself.
func (l pagedList) response() string {
	_, name := cutField(l.field)
	return name
}

// item selects what tells an item from others: its ID, or that of the location
// that a level is of.
func (l pagedList) item() string {
	if l.response() == "inventoryLevels" {
		return "location { id }"
	}
	return "id"
}

// idOf reads what item selects.
func idOf(item any) any {
	if location := harness.At(item, "location"); location != nil {
		item = location
	}
	return harness.At(item, "id")
}

// query asks for a page. A nested list lies below `parent`.
func (l pagedList) query() string {
	list := fmt.Sprintf(`list: %[1]s(first: $first, after: $after, last: $last, before: $before%[2]s) {
  edges { cursor node { %[3]s } } nodes { %[3]s }
  pageInfo { hasNextPage hasPreviousPage startCursor endCursor } totalCount totalCountPrecision
}`, l.response(), comma(l.args), l.item())
	if l.parent != "" {
		list = "parent: " + l.parent + " { " + list + " }"
	}
	return "query ($first: Int, $after: String, $last: Int, $before: String) { " + list + " }"
}

func comma(args string) string {
	if args == "" {
		return ""
	}
	return ", " + args
}

// page reads a page and checks what must hold for each by itself.
func (l pagedList) page(t *testing.T, server *harness.Server, variables map[string]any) pageOf {
	t.Helper()
	answer := server.As(t, l.by).Query(t, l.query(), variables)
	list := answer.At("list")
	if l.parent != "" {
		list = answer.At("parent", "list")
	}
	var p pageOf
	edges, _ := harness.At(list, "edges").([]any)
	nodes, _ := harness.At(list, "nodes").([]any)
	for i := range edges {
		id := idOf(harness.At(edges, i, "node")).(string)
		if id != idOf(nodes[i]) {
			t.Fatalf("%s: edges and nodes differ at %d", l, i)
		}
		p.ids = append(p.ids, id)
		p.cursors = append(p.cursors, harness.At(edges, i, "cursor").(string))
	}
	if len(nodes) != len(edges) {
		t.Fatalf("%s: %d edges and %d nodes", l, len(edges), len(nodes))
	}
	p.hasNext = harness.At(list, "pageInfo", "hasNextPage").(bool)
	p.hasPrevious = harness.At(list, "pageInfo", "hasPreviousPage").(bool)
	p.start, p.end = harness.At(list, "pageInfo", "startCursor"), harness.At(list, "pageInfo", "endCursor")
	p.total = int(harness.At(list, "totalCount").(float64))
	return p
}

// walkPages reads a whole list page by page, of random sizes up to a hundred.
// afterPage, when given, runs between two pages with the page that came.
func (l pagedList) walkPages(t *testing.T, server *harness.Server, backward bool, size func() int, afterPage func(pageOf)) []pageOf {
	t.Helper()
	var pages []pageOf
	var cursor any
	for {
		variables := map[string]any{"first": size(), "after": cursor}
		if backward {
			variables = map[string]any{"last": size(), "before": cursor}
		}
		p := l.page(t, server, variables)
		pages = append(pages, p)
		if afterPage != nil {
			afterPage(p)
		}
		switch {
		case backward && p.hasPrevious:
			cursor = p.start
		case !backward && p.hasNext:
			cursor = p.end
		default:
			return pages
		}
		if cursor == nil || len(pages) > 10_000 {
			t.Fatalf("%s: page %d says that more follows and does not lead there", l, len(pages))
		}
	}
}

// checkPages compares the pages of a walk with the list that they must make up.
// It is a function of its arguments alone, so that it can be shown to fail.
func checkPages(expected []string, pages []pageOf, backward bool) error {
	if backward {
		pages = slices.Clone(pages)
		slices.Reverse(pages)
	}
	var ids []string
	for i, p := range pages {
		if err := checkPageInfo(p, i > 0, i < len(pages)-1); err != nil {
			return fmt.Errorf("page %d: %w", i, err)
		}
		if p.total != len(expected) {
			return fmt.Errorf("page %d: totalCount is %d of a list of %d", i, p.total, len(expected))
		}
		ids = append(ids, p.ids...)
	}
	seen := map[string]int{}
	for i, id := range ids {
		if before, twice := seen[id]; twice {
			return fmt.Errorf("row %d comes again as row %d", before, i)
		}
		seen[id] = i
	}
	for i := range min(len(ids), len(expected)) {
		if ids[i] != expected[i] {
			return fmt.Errorf("row %d is not that of the list (which comes as row %d)", i, slices.Index(ids, expected[i]))
		}
	}
	if len(ids) != len(expected) {
		return fmt.Errorf("%d rows of a list of %d", len(ids), len(expected))
	}
	return nil
}

func checkPageInfo(p pageOf, precedes, follows bool) error {
	var start, end any
	if len(p.ids) > 0 {
		start, end = p.cursors[0], p.cursors[len(p.cursors)-1]
	}
	switch {
	case p.start != start || p.end != end:
		return fmt.Errorf("startCursor or endCursor is not that of the first or the last row")
	case p.hasNext != follows:
		return fmt.Errorf("hasNextPage is %t", p.hasNext)
	case p.hasPrevious != precedes:
		return fmt.Errorf("hasPreviousPage is %t", p.hasPrevious)
	}
	return nil
}

// cursorsOf returns the cursor of each row of a walk.
func cursorsOf(pages []pageOf) map[string]string {
	cursors := map[string]string{}
	for _, p := range pages {
		for i, id := range p.ids {
			cursors[id] = p.cursors[i]
		}
	}
	return cursors
}
