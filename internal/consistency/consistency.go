// Package consistency makes the tokens by which a client reads what it wrote. A
// token says how far the primary's log was after a change; whoever brings it is
// answered from where that has been replayed. It is sealed: a made-up position
// could send every read to the primary, and one that can be read tells how much
// was written between two tokens, which is different for an e-mail that has an
// account and one that has none.
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
	// Header brings a request's token, and an answer's.
	Header = "Souk-Consistency"
	// Extension holds the same in the extensions of a request and of an answer,
	// under "token".
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

// New returns tokens that the first secret seals and each of them opens, so that
// secrets can be replaced one by one. Every instance needs the same.
func New(secrets ...[]byte) (*Tokens, error) {
	if len(secrets) == 0 {
		return nil, errors.New("consistency tokens: no secret")
	}
	t := &Tokens{now: time.Now}
	for i, secret := range secrets {
		if len(secret) != SecretBytes {
			return nil, fmt.Errorf("consistency tokens: secret %d has %d bytes in place of %d", i+1, len(secret), SecretBytes)
		}
		block, err := aes.NewCipher(secret)
		if err != nil {
			return nil, fmt.Errorf("consistency tokens: %w", err)
		}
		// A random nonce of 96 bits is good for 2^32 tokens a secret.
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

// Read returns the position that the reader of a token must not be behind: 0 when
// the token is so old that it demands nothing. A token that is damaged, or not
// ours, is BAD_USER_INPUT.
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
	return fault.Invalid("the consistency token is damaged or not this shop's; leave out %s, or take it from a mutation's answer as it came", Header)
}
