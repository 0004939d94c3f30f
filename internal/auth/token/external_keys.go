package token

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"slices"

	"github.com/lestrrat-go/jwx/v3/jwk"
)

const (
	// minRSABits is the minimum of RFC 7518, section 3.3. maxRSABits keeps one
	// verification at about a millisecond or less.
	minRSABits = 2048
	maxRSABits = 8192
)

// parseExternalKeys returns the keys of a JWK set that can verify, one entry
// for each algorithm that fits. It skips keys that are for another purpose, of
// an unknown type, weak, broken, private or without an ID. It is an error if
// none is left.
func parseExternalKeys(body []byte) (map[keyName]any, error) {
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if json.Unmarshal(body, &set) != nil {
		return nil, errors.New("read the key set: it is not a JSON object with a list of keys")
	}
	keys := map[keyName]any{}
	for _, raw := range set.Keys {
		key, err := jwk.ParseKey(raw)
		if err != nil {
			continue
		}
		id, ok := key.KeyID()
		if !ok || id == "" || len(id) > maxKeyIDBytes || !forVerifying(key) {
			continue
		}
		public, algs := publicKey(key)
		for _, alg := range algs {
			name := keyName{id: id, alg: alg}
			if only, ok := key.Algorithm(); (!ok || only.String() == alg) && keys[name] == nil {
				keys[name] = public
			}
		}
	}
	if len(keys) == 0 {
		return nil, errors.New("read the key set: no key in it is usable")
	}
	return keys, nil
}

func forVerifying(key jwk.Key) bool {
	if use, ok := key.KeyUsage(); ok && use != "" && use != "sig" {
		return false
	}
	operations, ok := key.KeyOps()
	return !ok || len(operations) == 0 || slices.Contains(operations, jwk.KeyOpVerify)
}

// publicKey returns a public key and the algorithms of the fixed list that fit
// its type, size and curve; none for any other key. A private key that a
// provider published is known to everyone, so it is refused.
func publicKey(key jwk.Key) (any, []string) {
	var raw any
	if jwk.Export(key, &raw) != nil {
		return nil, nil
	}
	switch public := raw.(type) {
	case *rsa.PublicKey:
		if bits := public.N.BitLen(); bits >= minRSABits && bits <= maxRSABits {
			return public, []string{"RS256", "PS256"}
		}
	case *ecdsa.PublicKey:
		// ECDH refuses a point that is not on the curve.
		if _, err := public.ECDH(); err == nil && public.Curve == elliptic.P256() {
			return public, []string{"ES256"}
		}
	case ed25519.PublicKey:
		if len(public) == ed25519.PublicKeySize {
			return public, []string{algEdDSA}
		}
	}
	return nil, nil
}
