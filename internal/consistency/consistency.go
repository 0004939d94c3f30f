// Package consistency makes the tokens by which a client reads its own writes.
// A token contains the position of the primary's log after a change. A request
// with the token is answered by a server that has replayed that position. The
// token is sealed, because an invented position could send every read to the
// primary. A readable position would also tell how much was written between two
// tokens, which differs for an e-mail address with an account and one without.
package consistency

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"souk/internal/fault"
)

const (
	// Header carries the token in a request and in a response.
	Header = "Souk-Consistency"
	// Extension carries the token in the extensions of a request and of a
	// response, under "token".
	Extension = "consistency"

	// SecretBytes is the length of a secret.
	SecretBytes = 32
	// lifetime is far above any lag at which a replica is still read.
	lifetime = time.Hour

	bodyBytes = 8 + 8 // position, time
	// overhead is what the seal adds: a nonce and a tag.
	overhead = 12 + 16
)

// Tokens issues and reads tokens. It is safe for concurrent use.
type Tokens struct {
	seals []cipher.AEAD // the newest first
	now   func() time.Time
}

// New returns tokens that are sealed with the first secret and opened with any
// of them, so that secrets can be replaced one by one. All instances need the
// same secrets.
func New(secrets ...[]byte) (*Tokens, error) {
	if len(secrets) == 0 {
		return nil, errors.New("consistency tokens: no secret")
	}
	t := &Tokens{now: time.Now}
	for i, secret := range secrets {
		if len(secret) != SecretBytes {
			return nil, fmt.Errorf("consistency tokens: secret %d has %d bytes instead of %d", i+1, len(secret), SecretBytes)
		}
		block, err := aes.NewCipher(secret)
		if err != nil {
			return nil, fmt.Errorf("consistency tokens: %w", err)
		}
		// A random nonce of 96 bits is safe for 2^32 tokens per secret.
		seal, err := cipher.NewGCMWithRandomNonce(block)
		if err != nil {
			return nil, fmt.Errorf("consistency tokens: %w", err)
		}
		t.seals = append(t.seals, seal)
	}
	return t, nil
}

// Issue returns a token for a position of the primary's log.
func (t *Tokens) Issue(lsn uint64) string {
	body := binary.BigEndian.AppendUint64(make([]byte, 0, bodyBytes), lsn)
	body = binary.BigEndian.AppendUint64(body, uint64(t.now().UnixMilli()))
	return base64.RawURLEncoding.EncodeToString(t.seals[0].Seal(nil, nil, body, nil))
}

// Read returns the position that reads must have reached: 0 when the token is
// too old to have an effect. A token that is damaged, or not ours, is
// BAD_USER_INPUT.
func (t *Tokens) Read(token string) (lsn uint64, err error) {
	if len(token) != base64.RawURLEncoding.EncodedLen(bodyBytes+overhead) {
		return 0, refused()
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(raw) != bodyBytes+overhead {
		return 0, refused()
	}
	for _, seal := range t.seals {
		body, err := seal.Open(nil, nil, raw, nil)
		if err != nil {
			continue
		}
		if issued := time.UnixMilli(int64(binary.BigEndian.Uint64(body[8:]))); t.now().Sub(issued) > lifetime {
			return 0, nil
		}
		return binary.BigEndian.Uint64(body), nil
	}
	return 0, refused()
}

func refused() error {
	return fault.Invalid("the consistency token is damaged or not from this shop; omit %s, or take it unchanged from a mutation's response", Header)
}
