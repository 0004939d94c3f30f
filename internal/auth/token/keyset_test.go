package token_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"souk/internal/auth/token"
)

func TestKeySet(t *testing.T) {
	t.Parallel()

	t.Run("survives being written and read", func(t *testing.T) {
		keys, err := token.New()
		require.NoError(t, err)
		data, err := keys.MarshalPrivate()
		require.NoError(t, err)
		again, err := token.Parse(data)
		require.NoError(t, err)
		require.Equal(t, keys.Derive("x"), again.Derive("x"))
		require.JSONEq(t, string(keys.PublicJWKS()), string(again.PublicJWKS()))
	})

	t.Run("publishes no private part", func(t *testing.T) {
		keys, err := token.New()
		require.NoError(t, err)
		var set struct{ Keys []map[string]string }
		require.NoError(t, json.Unmarshal(keys.PublicJWKS(), &set))
		require.Len(t, set.Keys, 1)
		require.NotContains(t, set.Keys[0], "d")
		require.Equal(t, "Ed25519", set.Keys[0]["crv"])
		_, private := firstKey(t, keys)
		require.NotContains(t, string(keys.PublicJWKS()), b64(private.Seed()))
	})

	t.Run("rotates and forgets the oldest", func(t *testing.T) {
		first, err := token.New()
		require.NoError(t, err)
		second, err := first.Rotated(1)
		require.NoError(t, err)
		third, err := second.Rotated(1)
		require.NoError(t, err)
		require.Len(t, second.Derive("x"), 2)
		require.Equal(t, first.Derive("x")[0], second.Derive("x")[1])
		require.Len(t, third.Derive("x"), 2)
		require.NotContains(t, third.Derive("x"), first.Derive("x")[0])
		_, err = third.Rotated(-1)
		require.Error(t, err)
	})

	t.Run("derives 32 bytes that differ by key and by label", func(t *testing.T) {
		keys, err := token.New()
		require.NoError(t, err)
		require.Len(t, keys.Derive("a")[0], 32)
		require.NotEqual(t, keys.Derive("a")[0], keys.Derive("b")[0])
		other, err := token.New()
		require.NoError(t, err)
		require.NotEqual(t, keys.Derive("a")[0], other.Derive("a")[0])
	})

	t.Run("prints nothing of itself", func(t *testing.T) {
		keys, err := token.New()
		require.NoError(t, err)
		_, private := firstKey(t, keys)
		var out bytes.Buffer
		config := token.IssuerConfig{Keys: keys}
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			fmt.Fprintf(&out, verb+verb+verb+"\n", keys, *keys, config)
		}
		slog.New(slog.NewTextHandler(&out, nil)).Info("text", "keys", keys, "config", config)
		slog.New(slog.NewJSONHandler(&out, nil)).Info("json", "keys", keys, "config", config)
		require.Contains(t, out.String(), "redacted")
		for _, form := range []string{b64(private.Seed()), fmt.Sprintf("%x", private.Seed()), fmt.Sprint(private.Seed())[1:20]} {
			require.NotContains(t, out.String(), form)
		}
	})
}

func TestParseRefusesABadKeySet(t *testing.T) {
	t.Parallel()
	keys, err := token.New()
	require.NoError(t, err)
	data, err := keys.MarshalPrivate()
	require.NoError(t, err)
	_, private := firstKey(t, keys)
	other, err := token.New()
	require.NoError(t, err)
	_, foreign := firstKey(t, other)
	good := string(data)
	seed, public := b64(private.Seed()), b64(private[32:])
	one := good[strings.Index(good, "[")+1 : strings.LastIndex(good, "]")]

	for name, bad := range map[string]string{
		"nothing":                     "",
		"no JSON":                     seed,
		"JSON cut short":              good[:len(good)-4],
		"another type":                `["` + seed + `"]`,
		"no key":                      `{"keys":[]}`,
		"something after it":          good + `"` + seed + `"`,
		"a key twice":                 `{"keys":[` + one + `,` + one + `]}`,
		"too many keys":               `{"keys":[` + strings.Repeat(one+",", 16) + one + `]}`,
		"a key without an ID":         strings.Replace(good, `"kid"`, `"id"`, 1),
		"a hostile key ID":            strings.Replace(good, `"kid": "`, `"kid": "../`, 1),
		"another kind of key":         strings.Replace(good, "OKP", "RSA", 1),
		"another curve":               strings.Replace(good, `"Ed25519"`, `"X25519"`, 1),
		"a key for encryption":        strings.Replace(good, `"sig"`, `"enc"`, 1),
		"a key for another algorithm": strings.Replace(good, `"EdDSA"`, `"HS256"`, 1),
		"a public key":                strings.Replace(good, `"d"`, `"dd"`, 1),
		"a short key":                 strings.Replace(good, seed, seed[:40], 1),
		"padding":                     strings.Replace(good, seed, seed+"=", 1),
		"another's public part":       strings.Replace(good, public, b64(foreign[32:]), 1),
	} {
		t.Run(name, func(t *testing.T) {
			require.NotEqual(t, good, bad)
			_, err := token.Parse([]byte(bad))
			require.Error(t, err)
			require.NotContains(t, err.Error(), seed[:8])
			require.NotContains(t, err.Error(), public[:8])
		})
	}
}
