package door

import (
	"fmt"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// workFactor bounds the work of validation: it may visit this many times as many
// nodes as a document can have tokens. A visit takes 150 ns, so that validation
// ends within 3 ms at the default limits.
const workFactor = 4

// expansion is what is known of a document's fragments.
type expansion struct {
	tree      *ast.QueryDocument
	fragments map[string]*fragment
	errors    gqlerror.List // unknown, unused and circular fragments
	circular  bool          // whether a fragment spreads itself

	selected   int // selections of all operations, with fragments expanded
	mostErrors int
}

// fragment is a fragment definition, or an operation, with what it selects.
type fragment struct {
	definition *ast.FragmentDefinition // nil for an operation
	spreads    []*ast.FragmentSpread   // in the definition itself, in the order of the text
	nodes      int                     // selections, arguments, values and directives of the definition itself

	state visit
	total size // with all spreads expanded; known when the state is done
	used  bool // reached from an operation
	seen  int  // the last root that reached it, see reach
}

type visit int

const (
	unvisited visit = iota
	visiting
	done
)

// size measures a selection with its fragments expanded. Fragments that spread
// each other double it with each step, so it saturates.
type size struct{ fields, directives, depth int }

// saturated is where counts stop. It is far above all limits, and two of them can
// be added.
const saturated = 1 << 40

func (s size) plus(o size) size {
	return size{min(s.fields+o.fields, saturated), min(s.directives+o.directives, saturated), max(s.depth, o.depth)}
}

func (s size) max(o size) size {
	return size{max(s.fields, o.fields), max(s.directives, o.directives), max(s.depth, o.depth)}
}

// expand measures the document with its fragments expanded, each fragment once.
// It refuses what is over a limit before anything walks the expansion.
func (d *Door) expand(tree *ast.QueryDocument) (*expansion, error) {
	if n := len(tree.Fragments); n > d.limits.Fragments {
		return nil, Refuse(TooManyFragments, int64(d.limits.Fragments), int64(n), "fragments", "Merge some of them, or split the document.")
	}
	variables := 0
	for _, operation := range tree.Operations {
		variables += len(operation.VariableDefinitions)
	}
	if variables > d.limits.Variables {
		return nil, Refuse(TooManyVariables, int64(d.limits.Variables), int64(variables), "variables", "Pass several values in one variable of a list or input type.")
	}
	x := &expansion{tree: tree, mostErrors: d.limits.Errors, fragments: make(map[string]*fragment, len(tree.Fragments))}
	for _, definition := range tree.Fragments {
		if _, twice := x.fragments[definition.Name]; !twice { // the first counts, as for gqlparser
			x.fragments[definition.Name] = &fragment{definition: definition}
		}
	}
	if err := d.measure(x); err != nil {
		return nil, err
	}
	if x.circular {
		return x, nil
	}
	return x, d.checkBreadth(x)
}

// measure counts operations and fragments and checks each operation.
func (d *Door) measure(x *expansion) error {
	m := measurer{x: x, limits: &d.limits}
	var most size
	roots := make([]*fragment, 0, len(x.tree.Operations)+len(x.fragments))
	for _, operation := range x.tree.Operations {
		root := &fragment{}
		own := m.selections(root, operation.SelectionSet, 1)
		for _, variable := range operation.VariableDefinitions {
			m.value(root, variable.DefaultValue)
			own.directives += m.directives(root, variable.Directives)
		}
		own.directives += m.directives(root, operation.Directives)
		root.total = m.expanded(root, own)
		x.selected = min(x.selected+root.total.fields, saturated)
		most = most.max(root.total)
		roots = append(roots, root)
	}
	x.markUsed(roots)
	for _, definition := range x.tree.Fragments {
		f := x.fragments[definition.Name]
		if f.definition != definition {
			continue
		}
		m.visit(f)
		roots = append(roots, f)
		if !f.used {
			most = most.max(f.total) // an operation counts the others
			x.complain(definition.Position, "NoUnusedFragments", "Fragment %q is never used.", definition.Name)
		}
	}
	if m.refusal != nil {
		return m.refusal
	}
	if !x.circular { // then it will not validate, and its size has no end
		if err := d.checkSize(most); err != nil {
			return err
		}
	}
	return d.checkWork(x, roots)
}

func (d *Door) checkSize(s size) error {
	switch l := &d.limits; {
	case s.depth > l.Depth:
		return tooDeep(l, s.depth)
	case s.fields > l.Fields:
		return Refuse(TooManyFields, int64(l.Fields), int64(s.fields), "selected fields, with its fragments expanded",
			"Select less at once. A field that is selected through several fragments counts each time.")
	case s.directives > l.Directives:
		return Refuse(TooManyDirectives, int64(l.Directives), int64(s.directives), "directives, with its fragments expanded",
			"Put one @include or @skip around a fragment instead of on each of its fields.")
	}
	return nil
}

// checkWork refuses a document that takes long to validate. gqlparser walks each
// operation and each fragment with all that they reach, and the check of
// overlapping fields walks each operation with its fragments expanded.
func (d *Door) checkWork(x *expansion, roots []*fragment) error {
	budget := workFactor * d.limits.Tokens
	work := 0
	for i, root := range roots {
		work += x.reach(root, i+1)
		if root.definition == nil && !x.circular {
			work += root.total.fields
		}
		if work > budget {
			return Refuse(TooManyFragments, int64(budget), int64(work),
				"parts in its operations and fragments, each with all that it reaches", "Nest fragments less, or send one operation in a document.")
		}
	}
	return nil
}

// reach counts the nodes that the walk from a root visits: each fragment once.
func (x *expansion) reach(from *fragment, root int) int {
	from.seen = root
	nodes := from.nodes
	for _, spread := range from.spreads {
		if f := x.fragments[spread.Name]; f != nil && f.seen != root {
			nodes += x.reach(f, root)
		}
	}
	return nodes
}

func (x *expansion) markUsed(from []*fragment) {
	for _, f := range from {
		for _, spread := range f.spreads {
			if next := x.fragments[spread.Name]; next != nil && !next.used {
				next.used = true
				x.markUsed([]*fragment{next})
			}
		}
	}
}

func (x *expansion) complain(at *ast.Position, rule, format string, args ...any) {
	if len(x.errors) == x.mostErrors {
		return
	}
	err := gqlerror.ErrorPosf(at, format, args...)
	err.Rule = rule
	x.errors = append(x.errors, err)
}

// measurer measures definitions.
type measurer struct {
	x       *expansion
	limits  *Limits
	path    []string // the fragments that are being visited, for the message about a cycle
	refusal *Refusal // the first list that is too long
}

// visit measures a fragment with all that it spreads, once.
func (m *measurer) visit(f *fragment) {
	if f.state != unvisited {
		return
	}
	f.state = visiting
	m.path = append(m.path, f.definition.Name)
	own := m.selections(f, f.definition.SelectionSet, 0)
	own.directives += m.directives(f, f.definition.Directives)
	f.total = m.expanded(f, own)
	m.path = m.path[:len(m.path)-1]
	f.state = done
}

// expanded adds what the spreads of a definition expand to. Their depths are
// added by selections, which knows where they stand.
func (m *measurer) expanded(f *fragment, own size) size {
	for _, spread := range f.spreads {
		if target := m.x.fragments[spread.Name]; target != nil {
			own = own.plus(size{fields: target.total.fields, directives: target.total.directives})
		}
	}
	return own
}

// selections counts the selections of a definition, whose first level is depth.
func (m *measurer) selections(f *fragment, set ast.SelectionSet, depth int) size {
	var s size
	if len(set) > 0 {
		s.depth = depth
	}
	for _, selection := range set {
		f.nodes++
		s.fields++
		switch selection := selection.(type) {
		case *ast.Field:
			for _, argument := range selection.Arguments {
				m.value(f, argument.Value)
			}
			s.directives += m.directives(f, selection.Directives)
			s = s.plus(m.selections(f, selection.SelectionSet, depth+1))
		case *ast.InlineFragment:
			s.directives += m.directives(f, selection.Directives)
			s = s.plus(m.selections(f, selection.SelectionSet, depth))
		case *ast.FragmentSpread:
			s.directives += m.directives(f, selection.Directives)
			s.depth = max(s.depth, depth+m.spread(f, selection))
		}
	}
	return s
}

// spread notes a spread and returns how much deeper than the spread the fragment
// goes.
func (m *measurer) spread(f *fragment, spread *ast.FragmentSpread) (depth int) {
	f.spreads = append(f.spreads, spread)
	target := m.x.fragments[spread.Name]
	switch {
	case target == nil:
		m.x.complain(spread.Position, "KnownFragmentNames", "Unknown fragment %q.", spread.Name)
		return 0
	case target.state == visiting:
		m.x.circular = true
		m.x.complain(spread.Position, "NoFragmentCycles", "Cannot spread fragment %q within itself%s.", spread.Name, m.via(spread.Name))
		return 0
	}
	m.visit(target)
	return target.total.depth
}

// via names the fragments of a cycle between the first and itself.
func (m *measurer) via(first string) string {
	const shown = 3
	start := len(m.path)
	for start > 0 && m.path[start-1] != first {
		start--
	}
	between := m.path[start:]
	if len(between) == 0 {
		return ""
	}
	names := make([]string, 0, shown)
	for _, name := range between[:min(len(between), shown)] {
		names = append(names, fmt.Sprintf("%q", name))
	}
	if len(between) > shown {
		names = append(names, fmt.Sprintf("and %d more", len(between)-shown))
	}
	return " via " + strings.Join(names, ", ")
}

func (m *measurer) directives(f *fragment, list ast.DirectiveList) int {
	for _, directive := range list {
		f.nodes++
		for _, argument := range directive.Arguments {
			m.value(f, argument.Value)
		}
	}
	return len(list)
}

func (m *measurer) value(f *fragment, value *ast.Value) {
	if value == nil {
		return
	}
	f.nodes++
	if n := len(value.Children); n > m.limits.ListItems && m.refusal == nil {
		m.refusal = tooLongList(m.limits.ListItems, n)
	}
	for _, child := range value.Children {
		m.value(f, child.Value)
	}
}

func tooLongList(limit, length int) *Refusal {
	return Refuse(ListTooLong, int64(limit), int64(length), "items in one list", "Send the items in several requests.")
}
