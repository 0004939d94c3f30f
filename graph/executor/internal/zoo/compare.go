package zoo

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	gqlgen "github.com/99designs/gqlgen/graphql/executor"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"souk/graph/executor/internal/zoo/model"
	"souk/graph/executor/randquery"
)

// Compare runs a query with both executors, and says how their answers differ; "" if they
// do not. The data must be the same bytes, and the errors the same set. It reports whether
// there are errors.
func (z *Zoo) Compare(ctx context.Context, visit Visit, q randquery.Query) (difference string, failed bool) {
	theirs, theirErr := Answer(ctx, z.Gqlgen, visit, q)
	ours, ourErr := Answer(ctx, z.BreadthFirst, visit, q)
	if theirErr != nil || ourErr != nil {
		return fmt.Sprintf("gqlgen: %v\nours: %v", theirErr, ourErr), true
	}
	return compare(theirs, ours, visit.World), len(ours.Errors) > 0
}

func compare(theirs, ours *graphql.Response, world *model.World) string {
	if !bytes.Equal(theirs.Data, ours.Data) {
		return fmt.Sprintf("gqlgen: %s\nours:   %s\ngqlgen: %v\nours:   %v", theirs.Data, ours.Data, errorsOf(theirs), errorsOf(ours))
	}
	missing, more := apart(errorsOf(theirs), errorsOf(ours))
	known := known{ours: ours}
	missing = slices.DeleteFunc(missing, known.onlyTheirs)
	more = slices.DeleteFunc(more, func(err reported) bool { return known.onlyOurs(err, world) })
	if len(missing)+len(more) == 0 {
		return ""
	}
	return fmt.Sprintf("data: %s\nonly gqlgen has: %v\nonly we have: %v", ours.Data, missing, more)
}

// Answer runs a query with variables as a client sends them. An error is one of the
// request: the operation did not run.
func Answer(ctx context.Context, exec *gqlgen.Executor, visit Visit, q randquery.Query) (*graphql.Response, error) {
	text, err := json.Marshal(q.Variables)
	if err != nil {
		return nil, err
	}
	params := graphql.RawParams{Query: q.Text, OperationName: q.Operation}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&params.Variables); err != nil {
		return nil, err
	}
	ctx = graphql.StartOperationTrace(With(ctx, visit))
	op, errs := exec.CreateOperationContext(ctx, &params)
	if errs != nil {
		return nil, errs
	}
	respond, ctx := exec.DispatchOperation(ctx, op)
	return respond(ctx), nil
}

// What gqlgen says of a batch resolver that has panicked, to all parents but one, and of
// one that returned the wrong number of results, with the numbers of its own batches.
var (
	afterPanic  = regexp.MustCompile(`batch resolver \S+ returned unexpected result type \(index \d+\)`)
	wrongNumber = regexp.MustCompile(`(index \d+: )?(batch resolver \S+ returned) \d+ (results|errors) for \d+ parents( \(index \d+\))?`)
)

// reported is an error of an answer.
type reported struct {
	path ast.Path
	text string // all of it
}

func (r reported) String() string { return r.text }

func (r reported) says(message string) bool { return strings.HasPrefix(r.text, message) }

func byText(a, b reported) int { return strings.Compare(a.text, b.text) }

// errorsOf returns the errors of an answer, sorted. Those of batch resolvers that did not
// fail in an ordinary way say the same for both executors.
func errorsOf(response *graphql.Response) []reported {
	var list []reported
	for _, err := range response.Errors {
		message := afterPanic.ReplaceAllString(err.Message, "panicked")
		message = wrongNumber.ReplaceAllString(message, "$2 a wrong number of $3")
		list = append(list, reported{err.Path, text(err, message)})
	}
	slices.SortFunc(list, byText)
	return list
}

// Errors returns the errors of an answer, sorted: the message, the path, the locations, the
// extensions.
func Errors(response *graphql.Response) []string {
	list := []string{}
	for _, err := range response.Errors {
		list = append(list, text(err, err.Message))
	}
	slices.Sort(list)
	return list
}

func text(err *gqlerror.Error, message string) string {
	text := message + " at " + err.Path.String()
	if err.Locations != nil {
		text += fmt.Sprintf(" (%d:%d)", err.Locations[0].Line, err.Locations[0].Column)
	}
	if err.Extensions != nil {
		text += " " + model.JSON(err.Extensions)
	}
	return text
}

// apart returns what only one of two sorted lists has.
func apart(a, b []reported) (onlyA, onlyB []reported) {
	for len(a) > 0 && len(b) > 0 {
		switch byText(a[0], b[0]) {
		case 0:
			a, b = a[1:], b[1:]
		case -1:
			onlyA, a = append(onlyA, a[0]), a[1:]
		default:
			onlyB, b = append(onlyB, b[0]), b[1:]
		}
	}
	return append(onlyA, a...), append(onlyB, b...)
}

// known are the differences that the package executor documents.
type known struct {
	ours *graphql.Response
	data any // decoded
}

// onlyTheirs reports whether an error is gqlgen's alone: it says that a field is null where
// it must not be, when the field has failed with an error that claims to be elsewhere.
func (k *known) onlyTheirs(err reported) bool {
	return err.says("must not be null at ") && slices.ContainsFunc(errorsOf(k.ours), func(e reported) bool { return e.text == "placed at elsewhere" })
}

// onlyOurs reports whether an error is ours alone: of a value that cannot be written, below
// something that is null for another reason, so that gqlgen never comes to write it; or
// of a nil pointer in an interface, where gqlgen has a null without an error.
func (k *known) onlyOurs(err reported, world *model.World) bool {
	if world.Odds.NilPointer > 0 && err.says("the requested element is null") {
		return true
	}
	if !err.says("a weight cannot be negative at ") && !err.says("there is no stamp ") {
		return false
	}
	if k.data == nil && json.Unmarshal(k.ours.Data, &k.data) != nil {
		return false
	}
	value := k.data
	for _, step := range err.path[:len(err.path)-1] {
		if value == nil {
			return true
		}
		switch step := step.(type) {
		case ast.PathName:
			value = value.(map[string]any)[string(step)]
		case ast.PathIndex:
			value = value.([]any)[step]
		}
	}
	return value == nil
}
