package secret_test

import (
	"crypto/sha256"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"souk/internal/auth/secret"
)

func TestNew(t *testing.T) {
	t.Parallel()

	t.Run("has its prefix, 32 bytes and its hash", func(t *testing.T) {
		plain, hash := secret.New("souk_rt_")
		require.Regexp(t, regexp.MustCompile(`^souk_rt_[A-Za-z0-9_-]{43}$`), plain)
		sum := sha256.Sum256([]byte(plain))
		require.Equal(t, sum[:], hash)
		require.Equal(t, hash, secret.Hash(plain))
	})

	t.Run("is never made twice", func(t *testing.T) {
		seen := map[string]bool{}
		for range 10_000 {
			plain, _ := secret.New("")
			require.False(t, seen[plain])
			seen[plain] = true
		}
	})
}

func TestDerive(t *testing.T) {
	t.Parallel()
	plain, _ := secret.New("souk_rt_")
	key := []byte("0123456789abcdef0123456789abcdef")
	next := secret.Derive(key, plain)

	require.Regexp(t, regexp.MustCompile(`^souk_rt_[A-Za-z0-9_-]{43}$`), next)
	require.NotEqual(t, plain, next)
	require.Equal(t, next, secret.Derive(key, plain), "found again")
	require.NotEqual(t, next, secret.Derive([]byte("another"), plain))
	other, _ := secret.New("souk_rt_")
	require.NotEqual(t, next, secret.Derive(key, other))
	require.NotEqual(t, next, secret.Derive(key, next))
	require.Len(t, secret.Derive(key, "short"), 43, "what is no secret has a successor without a prefix")
}

func TestEqual(t *testing.T) {
	t.Parallel()
	a, b := secret.Hash("a"), secret.Hash("b")
	require.True(t, secret.Equal(a, secret.Hash("a")))
	require.False(t, secret.Equal(a, b))
	require.False(t, secret.Equal(a, a[:31]))
	require.False(t, secret.Equal(nil, nil))
	require.False(t, secret.Equal([]byte{}, []byte{}))
}

func TestAPIKey(t *testing.T) {
	t.Parallel()
	plain, id, hash := secret.NewAPIKey()

	t.Run("is read back", func(t *testing.T) {
		require.Regexp(t, regexp.MustCompile(`^souk_key_[a-z2-7]{16}_[A-Za-z0-9_-]{43}$`), plain)
		gotID, gotHash, ok := secret.ParseAPIKey(plain)
		require.True(t, ok)
		require.Equal(t, id, gotID)
		require.Equal(t, hash, gotHash)
	})

	for name, bad := range map[string]string{
		"nothing":                "",
		"the prefix":             "souk_key_",
		"the prefix and the ID":  "souk_key_" + id + "_",
		"another prefix":         strings.Replace(plain, "souk_key_", "souk_rt__", 1),
		"a prefix in capitals":   strings.ToUpper(plain[:9]) + plain[9:],
		"a key cut short":        plain[:len(plain)-1],
		"a key and more":         plain + "A",
		"a key and a space":      plain + " ",
		"an ID with a quote":     plain[:9] + "'" + plain[10:],
		"an ID in capitals":      plain[:9] + strings.ToUpper(id) + plain[25:],
		"a hyphen after the ID":  plain[:25] + "-" + plain[26:],
		"a secret with a dot":    plain[:30] + "." + plain[31:],
		"a secret with a break":  plain[:30] + "\n" + plain[31:],
		"a secret with stray":    plain[:len(plain)-1] + string(plain[len(plain)-1]+1),
		"a secret with padding":  plain[:len(plain)-1] + "=",
		"a megabyte of anything": strings.Repeat("souk_key_", 1<<17),
	} {
		t.Run("is not read from "+name, func(t *testing.T) {
			gotID, gotHash, ok := secret.ParseAPIKey(bad)
			require.False(t, ok)
			require.Empty(t, gotID)
			require.Nil(t, gotHash)
		})
	}
}

func FuzzParseAPIKey(f *testing.F) {
	plain, _, _ := secret.NewAPIKey()
	f.Add(plain)
	f.Add("souk_key_")
	f.Fuzz(func(t *testing.T, plain string) {
		id, hash, ok := secret.ParseAPIKey(plain)
		require.Equal(t, ok, hash != nil)
		require.Equal(t, ok, id != "")
		if ok {
			require.Equal(t, "souk_key_"+id+"_", plain[:26])
		}
	})
}
