package store

import (
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/unicode/norm"

	"souk/internal/fault"
)

func TestAMailboxIsTheSameInEachSpelling(t *testing.T) {
	for _, spellings := range [][]string{
		{"ann@bücher.example", "ann@xn--bcher-kva.example", "Ann@BÜCHER.Example", norm.NFD.String("ann@bücher.example"), "ann@XN--BCHER-KVA.example.", "  ann@bücher.example. ", "ann@bücher。example"},
		{"ann@example.com", "ANN@Example.COM", "ann@example.com."},
		{"ann@пример.рф", "ann@xn--e1afmkfd.xn--p1ai"},
		{"ann@日本.example", "ann@xn--wgv71a.example"},
		{"ann@straße.example", "ann@xn--strae-oqa.example"},
		{"Ännchen@bücher.example", "ännchen@xn--bcher-kva.example"},
	} {
		for _, spelling := range spellings {
			require.Equal(t, MailboxKey(spellings[0]), MailboxKey(spelling), spelling)
		}
	}
	for _, pair := range [][2]string{
		{"ann@strasse.example", "ann@straße.example"},
		{"ann@bucher.example", "ann@bücher.example"},
		{"bücher@example.com", "xn--bcher-kva@example.com"},
		{"ann@bücher.example", "anna@bücher.example"},
	} {
		require.NotEqual(t, MailboxKey(pair[0]), MailboxKey(pair[1]), pair)
	}
}

func TestAnAddressIsStoredAsPeopleReadIt(t *testing.T) {
	for typed, want := range map[string]string{
		"ann@xn--bcher-kva.example":           "ann@bücher.example",
		" Ann@BÜCHER.example ":                "Ann@bücher.example",
		norm.NFD.String("ann@bücher.example"): "ann@bücher.example",
		"Ada@Example.com":                     "Ada@Example.com",
		"ada@example.com.":                    "ada@example.com",
		"ada@foo_bar.example":                 "ada@foo_bar.example",
		"ada@my-xn.example":                   "ada@my-xn.example",
		"ännchen@bücher.example":              "ännchen@bücher.example",
	} {
		var problems fault.Problems
		require.Equal(t, want, CheckEmail(&problems, "email", typed))
		require.NoError(t, problems.Err(), typed)
	}
	for _, typed := range []string{
		"ann@xn--a.example", "ann@xn--zzzzzzzzz99999.example", "ann@-bücher.example", "ann@bü cher.example", "ann@\u212aelvin.example",
		norm.NFD.String("ännchen@example.com"), "ann@bücher..example", "ann@\u202ebücher.example", "ann", "@", "",
	} {
		var problems fault.Problems
		CheckEmail(&problems, "email", typed)
		require.Error(t, problems.Err(), typed)
	}
}

func FuzzMailbox(f *testing.F) {
	f.Add("ann@bücher.example")
	f.Add("@xn--")
	f.Fuzz(func(t *testing.T, email string) {
		box := mailboxOf(email)
		if box.valid && box.unicode != box.ascii {
			require.Equal(t, MailboxKey(box.unicode), MailboxKey(box.ascii))
			require.Equal(t, MailboxKey(email), MailboxKey(box.unicode))
		}
	})
}
