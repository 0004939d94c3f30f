// Package consistency makes the tokens by which a client reads what it wrote. A
// token says how far the primary's log was after a change; whoever brings it is
// answered from where that has been replayed. It is opaque to clients and signed:
// a made-up position could send every read to the primary.
package consistency

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"souk/internal/fault"
)

const (
	// Header brings a request's token, and an answer's.
	Header = "Souk-Consistency"
	// Extension holds the same in the extensions of a request and of an answer,
	// under "token".
	Extension = "consistency"

	// SecretBytes is the length of a secret.
	SecretBytes = 32
	// lifetime is far above any lag at which a replica is still read.
	lifetime = time.Hour

	version        = 1
	bodyBytes      = 1 + 8 + 8 // version, position, time
	signatureBytes = 16        // of HMAC-SHA256's 32: 128 bits cannot be guessed
)

// Tokens issues and reads tokens. It is safe for concurrent use.
type Tokens struct {
	secrets [][]byte
	now     func() time.Time
}

// New returns tokens that the first secret signs and each of them verifies, so
// that secrets can be replaced one by one. Every instance needs the same.
func New(secrets ...[]byte) (*Tokens, error) {
	if len(secrets) == 0 {
		return nil, errors.New("consistency tokens: no secret")
	}
	for i, secret := range secrets {
		if len(secret) != SecretBytes {
			return nil, fmt.Errorf("consistency tokens: secret %d has %d bytes in place of %d", i+1, len(secret), SecretBytes)
		}
	}
	return &Tokens{secrets: secrets, now: time.Now}, nil
}

// Issue returns a token for a position of the primary's log.
func (t *Tokens) Issue(lsn uint64) string {
	body := make([]byte, 0, bodyBytes+signatureBytes)
	body = append(body, version)
	body = binary.BigEndian.AppendUint64(body, lsn)
	body = binary.BigEndian.AppendUint64(body, uint64(t.now().UnixMilli()))
	return base64.RawURLEncoding.EncodeToString(append(body, sign(t.secrets[0], body)...))
}

// Read returns the position that the reader of a token must not be behind: 0 when
// the token is so old that it demands nothing. A token that is damaged, or not
// ours, is BAD_USER_INPUT.
func (t *Tokens) Read(token string) (lsn uint64, err error) {
	if len(token) != base64.RawURLEncoding.EncodedLen(bodyBytes+signatureBytes) {
		return 0, refused()
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(raw) != bodyBytes+signatureBytes || raw[0] != version || !t.signed(raw[:bodyBytes], raw[bodyBytes:]) {
		return 0, refused()
	}
	issued := time.UnixMilli(int64(binary.BigEndian.Uint64(raw[9:])))
	if t.now().Sub(issued) > lifetime {
		return 0, nil
	}
	return binary.BigEndian.Uint64(raw[1:]), nil
}

func (t *Tokens) signed(body, signature []byte) bool {
	for _, secret := range t.secrets {
		if hmac.Equal(sign(secret, body), signature) {
			return true
		}
	}
	return false
}

func sign(secret, body []byte) []byte {
	mac := hmac.New(sha256.New, secret)
	mac.Write(body)
	return mac.Sum(nil)[:signatureBytes]
}

func refused() error {
	return fault.Invalid("the consistency token is damaged or not this shop's; leave out %s, or take it from a mutation's answer as it came", Header)
}
