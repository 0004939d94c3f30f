package door

import (
	"errors"

	"github.com/99designs/gqlgen/graphql/errcode"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator"
	"github.com/vektah/gqlparser/v2/validator/rules"
)

// parse returns the tree of a scanned text. Its error is a gqlerror.List.
func parse(text string) (*ast.QueryDocument, error) {
	tree, err := parser.ParseQuery(&ast.Source{Input: text})
	if err == nil {
		return tree, nil
	}
	shaped, ok := errors.AsType[*gqlerror.Error](err)
	if !ok {
		shaped = gqlerror.Wrap(err)
	}
	errcode.Set(shaped, errcode.ParseFailed)
	return nil, gqlerror.List{shaped}
}

// validate checks the document against the schema and tells its nodes their
// definitions. Four rules are ours, because gqlparser's take time that grows with
// the square of the document or faster: those about fragments, which the
// expansion has checked, and the one about overlapping fields.
func (d *Door) validate(x *expansion) error {
	if x.circular {
		return withCode(x.errors) // what else is wrong would take long to find
	}
	errs := append(d.walk(x.tree, plainRules()), x.errors...)
	overlaps, err := d.overlapping(x)
	if err != nil {
		return err
	}
	errs = append(errs, overlaps...)
	if len(errs) == 0 {
		return nil
	}
	if d.options.Suggest && len(errs) <= mostSuggestions {
		// A suggestion takes up to a millisecond, so only few errors get one.
		errs = append(append(d.walk(x.tree, suggestingRules()), x.errors...), overlaps...)
	}
	if len(errs) > d.limits.Errors {
		errs = errs[:d.limits.Errors]
	}
	return withCode(errs)
}

func withCode(errs gqlerror.List) gqlerror.List {
	for _, err := range errs {
		errcode.Set(err, errcode.ValidationFailed)
	}
	return errs
}

// mostSuggestions is the largest number of errors for which names are suggested.
const mostSuggestions = 3

// enough ends a walk that has found as many errors as an answer lists.
type enough struct{}

// walk runs rules of gqlparser, in their order, so that a document has the same errors
// each time. It stops at the limit of errors; there is no other way
// to stop gqlparser than a panic.
func (d *Door) walk(tree *ast.QueryDocument, list []validator.Rule) (found gqlerror.List) {
	defer func() {
		if p := recover(); p != nil {
			if _, ours := p.(enough); !ours {
				panic(p)
			}
		}
	}()
	events := &validator.Events{}
	for _, rule := range list {
		rule.RuleFunc(events, func(options ...validator.ErrorOption) {
			err := &gqlerror.Error{Rule: rule.Name}
			for _, option := range options {
				option(err)
			}
			if found = append(found, err); len(found) == d.limits.Errors {
				panic(enough{})
			}
		})
	}
	validator.Walk(d.schema, tree, events)
	return found
}

// plainRules are gqlparser's rules without suggestions and without those that are
// ours.
func plainRules() []validator.Rule {
	return append(commonRules(),
		rules.FieldsOnCorrectTypeRuleWithoutSuggestions,
		rules.KnownArgumentNamesRuleWithoutSuggestions,
		rules.KnownTypeNamesRuleWithoutSuggestions,
		rules.ScalarLeafsRuleWithoutSuggestions,
		rules.ValuesOfCorrectTypeRuleWithoutSuggestions,
	)
}

func suggestingRules() []validator.Rule {
	return append(commonRules(),
		rules.FieldsOnCorrectTypeRule,
		rules.KnownArgumentNamesRule,
		rules.KnownTypeNamesRule,
		rules.ScalarLeafsRule,
		rules.ValuesOfCorrectTypeRule,
	)
}

func commonRules() []validator.Rule {
	return []validator.Rule{
		rules.FragmentsOnCompositeTypesRule,
		rules.KnownDirectivesRule,
		rules.KnownRootTypeRule,
		rules.LoneAnonymousOperationRule,
		rules.MaxIntrospectionDepth,
		rules.NoUndefinedVariablesRule,
		rules.NoUnusedVariablesRule,
		rules.PossibleFragmentSpreadsRule,
		rules.ProvidedRequiredArgumentsRule,
		rules.SingleFieldSubscriptionsRule,
		rules.UniqueArgumentNamesRule,
		rules.UniqueDirectivesPerLocationRule,
		rules.UniqueFragmentNamesRule,
		rules.UniqueInputFieldNamesRule,
		rules.UniqueOperationNamesRule,
		rules.UniqueVariableNamesRule,
		rules.VariablesAreInputTypesRule,
		rules.VariablesInAllowedPositionRule,
	}
}
