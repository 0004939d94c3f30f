package gql

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
)

// Messages of gqlgen and gqlparser that name an operation, and have an empty place
// where that has no name.
const (
	noOperation    = "no operation provided"
	twoWithoutName = `There can be only one operation named "".`
)

// notFound is gqlgen's message for a document without the operation that was asked
// for. The name may be any text.
var notFound = regexp.MustCompile(`(?s)^operation .* not found$`)

// maxListed bounds how many names of operations a message has.
const maxListed = 10

// aboutOperation returns words of our own for a message about which operation to
// run, and says what to send. Any other message comes back as it is.
func aboutOperation(ctx context.Context, message string) string {
	switch {
	case message == noOperation:
		return `No operation is in the document. Send one in "query": {"query": "{ … }"}.`
	case message == twoWithoutName:
		return `Only one operation of a document can be without a name, and then it is the only one. Give each a name: query Products { … }.`
	case notFound.MatchString(message) && graphql.HasOperationContext(ctx):
		return chooseOperation(graphql.GetOperationContext(ctx))
	}
	return message
}

// chooseOperation says which operations there are when none was found by its name.
func chooseOperation(op *graphql.OperationContext) string {
	asked := op.OperationName
	if op.Doc == nil || (len(op.Doc.Operations) == 1 && op.Doc.Operations[0].Name == "") {
		return `The document's only operation has no name. Leave "operationName" out.`
	}
	has := listed(op.Doc.Operations)
	switch {
	case asked == "":
		return fmt.Sprintf(`The document has %d operations: %s. Send the name of the one to run as "operationName".`, len(op.Doc.Operations), has)
	case isName.MatchString(asked):
		return fmt.Sprintf("The document has no operation `%s`. Send one of these as \"operationName\": %s.", short(asked), has)
	}
	return fmt.Sprintf(`The document has no operation of the name in "operationName". Send one of these: %s.`, has)
}

// isName knows a name of GraphQL. What a client sends as the name of an operation, or
// as a key of a variable, may be anything.
var isName = regexp.MustCompile(`^[_A-Za-z][_0-9A-Za-z]*$`)

func listed(operations ast.OperationList) string {
	var names []string
	for i, operation := range operations {
		if i == maxListed {
			names = append(names, fmt.Sprintf("and %d more", len(operations)-i))
			break
		}
		names = append(names, "`"+short(operation.Name)+"`")
	}
	return strings.Join(names, ", ")
}
