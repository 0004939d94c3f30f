package fault_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"souk/internal/fault"
)

func TestSentence(t *testing.T) {
	for outcome, test := range map[string]struct{ message, want string }{
		"gets a capital letter and a full stop": {"it is empty; give a name", "It is empty; give a name."},
		"keeps a name of the schema as it is":   {"`first` is 0; ask for 1 to 100", "`first` is 0; ask for 1 to 100."},
		"leaves what is a sentence alone":       {"The password is too short.", "The password is too short."},
		"leaves a question alone":               {"Is it you?", "Is it you?"},
		"raises a letter of more than one byte": {"ärger", "Ärger."},
		"ends what ends with a name":            {"take it from `id`", "Take it from `id`."},
		"leaves nothing alone":                  {"", ""},
	} {
		t.Run(outcome, func(t *testing.T) { require.Equal(t, test.want, fault.Sentence(test.message)) })
	}
}
