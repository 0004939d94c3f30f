package door

import (
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
)

// inlineDeferred removes @defer from a valid document, so that the fields of a deferred
// fragment are in the one answer. The specification allows that. gqlgen's executor
// would leave them out and promise more parts, which no transport here sends.
func inlineDeferred(tree *ast.QueryDocument) {
	for _, operation := range tree.Operations {
		inlineSelection(operation.SelectionSet)
	}
	for _, fragment := range tree.Fragments {
		inlineSelection(fragment.SelectionSet)
	}
}

func inlineSelection(selection ast.SelectionSet) {
	for _, item := range selection {
		switch item := item.(type) {
		case *ast.Field:
			inlineSelection(item.SelectionSet)
		case *ast.InlineFragment:
			item.Directives = withoutDefer(item.Directives)
			inlineSelection(item.SelectionSet)
		case *ast.FragmentSpread:
			item.Directives = withoutDefer(item.Directives)
		}
	}
}

func withoutDefer(directives ast.DirectiveList) ast.DirectiveList {
	return slices.DeleteFunc(directives, func(d *ast.Directive) bool { return d.Name == "defer" })
}
