// Package secret makes opaque random secrets: refresh tokens, tokens of
// password-reset e-mails, API keys. The bearer has the plain form; the database
// stores only its hash. A plain SHA-256 is enough for that, because 256 random
// bits cannot be guessed like a password.
package secret

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"strings"
)

const (
	// secretBytes of randomness; encodedLength is their length in base64url.
	secretBytes   = 32
	encodedLength = 43

	// APIKeyPrefix starts each API key, so that scanners for leaked secrets can
	// recognise one.
	APIKeyPrefix = "souk_key_"

	// apiKeyIDLength is the length of an API key's public part: 80 bits of
	// lower-case base32.
	apiKeyIDLength   = 16
	apiKeyIDAlphabet = "abcdefghijklmnopqrstuvwxyz234567"
)

// New returns 32 random bytes in base64url behind the prefix, such as
// "souk_rt_", and the hash to store.
func New(prefix string) (plain string, hash []byte) {
	random := make([]byte, secretBytes)
	_, _ = rand.Read(random) // never fails: it would end the process
	plain = prefix + base64.RawURLEncoding.EncodeToString(random)
	return plain, Hash(plain)
}

// Hash returns the SHA-256 of the secret as it is sent, prefix included: 32
// bytes.
func Hash(plain string) []byte {
	sum := sha256.Sum256([]byte(plain))
	return sum[:]
}

// Derive returns the successor of a secret, in the same form and with the same
// prefix. With the key and the plain secret it is the same each time, so a lost
// response can be repeated although only hashes are stored.
func Derive(key []byte, plain string) string {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte("souk/successor\x00" + plain))
	prefix := plain[:max(len(plain)-encodedLength, 0)]
	return prefix + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// Equal compares two hashes in constant time. An empty hash equals nothing.
func Equal(a, b []byte) bool {
	return len(a) > 0 && subtle.ConstantTimeCompare(a, b) == 1
}

// NewAPIKey returns a key souk_key_<id>_<secret>. The ID is public: it finds
// the row and identifies the key in lists and logs. The hash is of the whole
// key.
func NewAPIKey() (plain, id string, hash []byte) {
	id = strings.ToLower(rand.Text()[:apiKeyIDLength])
	plain, hash = New(APIKeyPrefix + id + "_")
	return plain, id, hash
}

// ParseAPIKey splits a key and reports whether it has the form of one. Only the
// stored hash proves that it is valid.
func ParseAPIKey(plain string) (id string, hash []byte, ok bool) {
	rest, ok := strings.CutPrefix(plain, APIKeyPrefix)
	if !ok || len(rest) != apiKeyIDLength+1+encodedLength || rest[apiKeyIDLength] != '_' {
		return "", nil, false
	}
	id = rest[:apiKeyIDLength]
	if strings.Trim(id, apiKeyIDAlphabet) != "" || !canonical(rest[apiKeyIDLength+1:]) {
		return "", nil, false
	}
	return id, Hash(plain), true
}

// canonical reports whether New writes 32 bytes this way.
func canonical(encoded string) bool {
	if strings.ContainsAny(encoded, "\r\n") { // the decoder would skip them
		return false
	}
	decoded, err := base64.RawURLEncoding.Strict().DecodeString(encoded)
	return err == nil && len(decoded) == secretBytes
}
