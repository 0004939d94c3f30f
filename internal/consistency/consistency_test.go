package consistency

import (
	"bytes"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"souk/internal/fault"
)

func secret(fill byte) []byte { return bytes.Repeat([]byte{fill}, SecretBytes) }

func tokens(t *testing.T, secrets ...[]byte) *Tokens {
	t.Helper()
	made, err := New(secrets...)
	require.NoError(t, err)
	return made
}

func TestTokensComeBackAsTheyWere(t *testing.T) {
	ours := tokens(t, secret(1))
	for _, lsn := range []uint64{0, 1, 0x16B3748, math.MaxUint64} {
		got, err := ours.Read(ours.Issue(lsn))
		require.NoError(t, err)
		require.Equal(t, lsn, got)
	}
}

func TestTokensOfAnOlderSecretAreRead(t *testing.T) {
	before, after := tokens(t, secret(1)), tokens(t, secret(2), secret(1))
	got, err := after.Read(before.Issue(7))
	require.NoError(t, err)
	require.EqualValues(t, 7, got)
	_, err = before.Read(after.Issue(7))
	require.Error(t, err, "the newest signs")
}

func TestTokensOfAnHourAgoDemandNothing(t *testing.T) {
	now := time.Now()
	ours := tokens(t, secret(1))
	ours.now = func() time.Time { return now }
	token := ours.Issue(7)
	for age, want := range map[time.Duration]uint64{time.Hour - time.Second: 7, time.Hour + time.Second: 0} {
		ours.now = func() time.Time { return now.Add(age) }
		got, err := ours.Read(token)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
}

func TestTokensThatAreNotOursAreRefused(t *testing.T) {
	ours := tokens(t, secret(1))
	token := ours.Issue(7)
	refused := map[string]string{
		"another key's": tokens(t, secret(2)).Issue(7), "empty": "", "short": token[1:], "long": token + "A",
		"no base64": strings.Repeat("!", len(token)), "very long": strings.Repeat("A", 1<<20),
	}
	for i := range token { // each letter counts
		for _, other := range "AB_" {
			if byte(other) != token[i] {
				refused[string(other)+" at "+token[:i]] = token[:i] + string(other) + token[i+1:]
			}
		}
	}
	for name, token := range refused {
		_, err := ours.Read(token)
		require.True(t, fault.Is(err, fault.CodeBadUserInput), name)
		require.Contains(t, err.Error(), "omit", name)
	}
}

func TestSecretsHaveTheRightLength(t *testing.T) {
	_, err := New()
	require.Error(t, err)
	_, err = New(secret(1), []byte("short"))
	require.ErrorContains(t, err, "secret 2")
}

func FuzzRead(f *testing.F) {
	ours, err := New(secret(1))
	require.NoError(f, err)
	valid := ours.Issue(7)
	f.Add(valid)
	f.Add("")
	f.Fuzz(func(t *testing.T, token string) {
		if _, err := ours.Read(token); err == nil {
			require.Equal(t, valid, token)
		}
	})
}
