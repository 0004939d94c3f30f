package goldens

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	gql "github.com/vektah/gqlparser/v2/ast"

	"souk/test/harness"
)

// The fields that an input needs for what its mutation does, by the last word of
// the mutation's name. A verb that is in neither list fails the test, so that a new
// one cannot forget.
var (
	repeatable = []string{"Create", "Add", "Upsert", "Adjust", "Push"}
	overwrites = []string{"Update", "Delete", "Publish", "Unpublish", "Archive", "Set", "Upsert", "Add", "Remove", "Reorder", "Move", "Moderate"}
)

// exempt are the mutations whose input is another one, with the reason.
var exempt = map[string]struct {
	key, version bool
	reason       string
}{
	"inventorySet":         {key: true, reason: "it moves stock; changeFromQuantity takes the version's place"},
	"inventoryBulkSet":     {key: true, reason: "it moves stock; changeFromQuantity takes the version's place"},
	"jobRetry":             {reason: "a job has no version, and one that runs already is refused"},
	"jobCancel":            {reason: "a job has no version, and one that has ended is refused"},
	"documentDelete":       {reason: "a document does not change, so that it has no version"},
	"apiKeyRevoke":         {reason: "a key has no version, and revoking it again changes nothing"},
	"customerRegister":     {reason: "again, it sends another e-mail and answers the same"},
	"emailVerify":          {reason: "a token is good once"},
	"sessionCreate":        {reason: "tokens are not stored, so that they cannot be answered again"},
	"sessionRefresh":       {reason: "the refresh token names its successor"},
	"sessionRevoke":        {reason: "revoking again changes nothing"},
	"passwordChange":       {reason: "the current password takes the version's place"},
	"passwordResetRequest": {reason: "again, it sends another e-mail and answers the same"},
	"passwordResetConfirm": {reason: "a token is good once"},
}

var lastWord = regexp.MustCompile(`[A-Z][a-z]+$`)

// TestMutationsHaveOneShape: nounAction(input: NounActionInput!): NounActionPayload!
// with what was changed, and userErrors.
func TestMutationsHaveOneShape(t *testing.T) {
	types := harness.OwnTypes()
	known := map[string]bool{}
	for _, mutation := range types["Mutation"].Fields {
		t.Run(mutation.Name, func(t *testing.T) {
			known[mutation.Name] = true
			name := strings.ToUpper(mutation.Name[:1]) + mutation.Name[1:]
			require.Len(t, mutation.Arguments, 1)
			require.Equal(t, "input: "+name+"Input!", mutation.Arguments[0].Name+": "+mutation.Arguments[0].Type.String())
			require.Equal(t, name+"Payload!", mutation.Type.String())

			payload := types[name+"Payload"]
			require.Greater(t, len(payload.Fields), 1, "and what was changed")
			for i, field := range payload.Fields {
				last := i == len(payload.Fields)-1
				require.Equal(t, last, field.Name == "userErrors", "userErrors comes last")
				switch {
				case last || field.Name == "results":
				case field.Type.Elem != nil:
					require.True(t, field.Type.NonNull && field.Type.Elem.NonNull, "%s is a list without holes", field.Name)
				case types[field.Type.Name()] != nil || field.Type.Name() == "ID":
					require.False(t, field.Type.NonNull, "%s is null when the input was refused", field.Name)
				}
			}
			require.Equal(t, "[UserError!]!", typeOf(payload, "userErrors"))
			inputIsGuarded(t, mutation.Name, types)
		})
	}
	for name := range exempt {
		require.True(t, known[name], "%s is no mutation", name)
	}
}

// inputIsGuarded looks for what keeps a change from being made twice, or from
// overwriting one that its sender has not seen.
func inputIsGuarded(t *testing.T, mutation string, types map[string]*gql.Definition) {
	t.Helper()
	input := types[strings.ToUpper(mutation[:1])+mutation[1:]+"Input"]
	verb := lastWord.FindString(mutation)
	key, version := slices.Contains(repeatable, verb), slices.Contains(overwrites, verb)
	if other, ok := exempt[mutation]; ok {
		key, version = other.key, other.version
	} else {
		require.True(t, key || version, "say what %s needs: idempotencyKey, expectedVersion, or a reason why not", mutation)
	}
	require.Equal(t, key, typeOf(input, "idempotencyKey") == "String", "idempotencyKey")
	if items := input.Fields.ForName("items"); items != nil {
		input = types[items.Type.Name()]
	}
	if verb == "Add" || verb == "Upsert" { // to something that has a version
		version = true
	}
	require.Equal(t, version, typeOf(input, "expectedVersion") == "Long", "expectedVersion")
}

// TestListsOfChangesHaveOneShape: what a refused item does to the others is the
// client's to say, and each item has a result.
func TestListsOfChangesHaveOneShape(t *testing.T) {
	types, lists := harness.OwnTypes(), 0
	for _, mutation := range types["Mutation"].Fields {
		input, payload := types[mutation.Arguments[0].Type.Name()], types[mutation.Type.Name()]
		policy, results := input.Fields.ForName("errorPolicy"), payload.Fields.ForName("results")
		require.Equal(t, policy != nil, results != nil, "%s: an errorPolicy and results come together", mutation.Name)
		require.Equal(t, policy != nil, strings.Contains(mutation.Name, "Bulk") || strings.HasSuffix(mutation.Name, "Upsert") || strings.HasSuffix(mutation.Name, "Push"), mutation.Name)
		if policy == nil {
			continue
		}
		lists++
		require.Equal(t, "ErrorPolicy!", policy.Type.String(), mutation.Name)
		require.Equal(t, "ALL_OR_NOTHING", policy.DefaultValue.Raw, mutation.Name)

		result := types[results.Type.Name()]
		require.Equal(t, "["+result.Name+"!]!", results.Type.String(), mutation.Name)
		require.True(t, strings.HasSuffix(result.Name, "Result"), result.Name)
		require.Len(t, result.Fields, 3, result.Name)
		require.Equal(t, "Int!", typeOf(result, "index"), result.Name)
		require.False(t, result.Fields[1].Type.NonNull, "%s.%s", result.Name, result.Fields[1].Name)
		require.Equal(t, "[UserError!]!", typeOf(result, "userErrors"), result.Name)
	}
	require.GreaterOrEqual(t, lists, 9)
}
