package token

import (
	"bytes"
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"regexp"
	"strings"
)

const (
	// maxKeys bounds a set. Weekly rotation needs two: tokens live only
	// minutes.
	maxKeys = 16

	// derivedBytes is the length of a derived secret, as HMAC-SHA256 and
	// AES-256 need it.
	derivedBytes = 32

	redacted = "token.KeySet(redacted)"
)

// KeySet is the secret of a deployment: Ed25519 keys, of which the first signs
// and all verify. It is immutable, safe for concurrent use, and redacted by
// every verb of fmt.
type KeySet struct {
	// keys is a function because fmt cannot look into a function. fmt calls no
	// Format method of a value in an unexported field, and prints all its
	// content.
	keys func() []signingKey
	byID map[string]ed25519.PublicKey
}

type signingKey struct {
	id      string
	private ed25519.PrivateKey
}

// okpKey is an Ed25519 key of RFC 8037.
type okpKey struct {
	Type    string `json:"kty"`
	Curve   string `json:"crv"`
	ID      string `json:"kid"`
	Public  string `json:"x"`
	Private string `json:"d,omitempty"`
	Use     string `json:"use,omitempty"`
	Alg     string `json:"alg,omitempty"`
}

type jwkSet struct {
	Keys []okpKey `json:"keys"`
}

// New returns a set with one fresh key.
func New() (*KeySet, error) {
	key, err := newSigningKey()
	if err != nil {
		return nil, err
	}
	return newKeySet([]signingKey{key})
}

// Parse reads a JWK set of private Ed25519 keys, each with an ID, the signing
// key first: the output of MarshalPrivate. Its errors say which key is wrong
// and never quote the input.
func Parse(data []byte) (*KeySet, error) {
	var set jwkSet
	decoder := json.NewDecoder(bytes.NewReader(data))
	if decoder.Decode(&set) != nil {
		return nil, errors.New("parse the key set: it is not a JSON object with a list of keys")
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("parse the key set: something follows the JSON object")
	}
	keys := make([]signingKey, len(set.Keys))
	for i, k := range set.Keys {
		key, err := k.signingKey()
		if err != nil {
			return nil, fmt.Errorf("parse the key set: key %d: %w", i+1, err)
		}
		keys[i] = key
	}
	return newKeySet(keys)
}

func newKeySet(keys []signingKey) (*KeySet, error) {
	if len(keys) == 0 || len(keys) > maxKeys {
		return nil, fmt.Errorf("a key set has 1 to %d keys, not %d", maxKeys, len(keys))
	}
	byID := make(map[string]ed25519.PublicKey, len(keys))
	for i, key := range keys {
		if byID[key.id] != nil {
			return nil, fmt.Errorf("key %d of the key set has the same kid as another key", i+1)
		}
		byID[key.id] = key.public()
	}
	return &KeySet{keys: func() []signingKey { return keys }, byID: byID}, nil
}

func newSigningKey() (signingKey, error) {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return signingKey{}, fmt.Errorf("make a signing key: %w", err)
	}
	return signingKey{id: strings.ToLower(rand.Text()[:16]), private: private}, nil
}

func (k signingKey) public() ed25519.PublicKey { return k.private.Public().(ed25519.PublicKey) }

func (k okpKey) signingKey() (signingKey, error) {
	switch {
	case k.Type != "OKP" || k.Curve != "Ed25519":
		return signingKey{}, errors.New(`it is not an Ed25519 key (kty "OKP", crv "Ed25519")`)
	case !regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`).MatchString(k.ID):
		return signingKey{}, errors.New("kid is not 1 to 64 letters, digits, - or _")
	case k.Use != "" && k.Use != "sig":
		return signingKey{}, errors.New(`use is not "sig"`)
	case k.Alg != "" && k.Alg != algEdDSA:
		return signingKey{}, errors.New(`alg is not "EdDSA"`)
	case k.Private == "":
		return signingKey{}, errors.New("d, the private part, is missing")
	}
	strict := base64.RawURLEncoding.Strict()
	seed, err := strict.DecodeString(k.Private)
	if err != nil || len(seed) != ed25519.SeedSize {
		return signingKey{}, errors.New("d is not 32 bytes in base64url without padding")
	}
	private := ed25519.NewKeyFromSeed(seed)
	// A private key that signs for another key's public part would reveal the
	// private part.
	public, err := strict.DecodeString(k.Public)
	if err != nil || !bytes.Equal(public, private.Public().(ed25519.PublicKey)) {
		return signingKey{}, errors.New("x is not the public part of d")
	}
	return signingKey{id: k.ID, private: private}, nil
}

func (k signingKey) publicKey() okpKey {
	return okpKey{
		Type: "OKP", Curve: "Ed25519", ID: k.id, Use: "sig", Alg: algEdDSA,
		Public: base64.RawURLEncoding.EncodeToString(k.public()),
	}
}

// Rotated returns a set that signs with a new key and still verifies with the
// newest keep keys of this one. Tokens stay valid while their key is kept.
func (s *KeySet) Rotated(keep int) (*KeySet, error) {
	if keep < 0 {
		return nil, fmt.Errorf("rotate the key set: cannot keep %d keys", keep)
	}
	key, err := newSigningKey()
	if err != nil {
		return nil, err
	}
	return newKeySet(append([]signingKey{key}, s.keys()[:min(keep, len(s.keys()))]...))
}

// MarshalPrivate returns the text that Parse reads, with the secrets: only for
// a file that nobody else can read, never for a log.
func (s *KeySet) MarshalPrivate() ([]byte, error) {
	var set jwkSet
	for _, key := range s.keys() {
		k := key.publicKey()
		k.Private = base64.RawURLEncoding.EncodeToString(key.private.Seed())
		set.Keys = append(set.Keys, k)
	}
	return json.MarshalIndent(set, "", "  ")
}

// PublicJWKS returns the JWK set for verification by others, without private
// parts.
func (s *KeySet) PublicJWKS() []byte {
	var set jwkSet
	for _, key := range s.keys() {
		set.Keys = append(set.Keys, key.publicKey())
	}
	data, err := json.Marshal(set)
	if err != nil {
		panic(err) // strings always marshal
	}
	return data
}

// Derive returns a secret of 32 bytes for each key, the newest first: create
// with the first, accept any. Different labels give unrelated secrets, and none
// reveals the keys.
func (s *KeySet) Derive(label string) [][]byte {
	secrets := make([][]byte, len(s.keys()))
	for i, key := range s.keys() {
		secret, err := hkdf.Key(sha256.New, key.private.Seed(), nil, "souk/derive/"+label, derivedBytes)
		if err != nil {
			panic(err) // only for more than 255 hashes' worth
		}
		secrets[i] = secret
	}
	return secrets
}

// String redacts the secrets in printed output, as the three methods below do.
func (KeySet) String() string { return redacted }

// GoString is for %#v.
func (KeySet) GoString() string { return redacted }

// Format is for every other verb.
func (KeySet) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// LogValue is for slog.
func (KeySet) LogValue() slog.Value { return slog.StringValue(redacted) }
