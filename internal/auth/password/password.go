// Package password hashes passwords with Argon2id, limits how many hashes are
// computed at once, and checks which passwords are good enough.
package password

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"runtime"
	"time"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"

	"souk/internal/fault"
)

const (
	// The minimum that OWASP's Password Storage Cheat Sheet requires of
	// Argon2id.
	defaultMemoryKiB   = 19456
	defaultTime        = 2
	defaultParallelism = 1

	// defaultMaxWait is about how long a person waits for a sign-in before
	// pressing the button again.
	defaultMaxWait = 3 * time.Second

	// saltBytes and keyBytes are RFC 9106's recommendation, section 3.1.
	saltBytes = 16
	keyBytes  = 32

	// maxPasswordBytes is the longest input that is normalised and hashed:
	// MaxCharacters of four bytes each, with room for marks that NFC joins to
	// their letters.
	maxPasswordBytes = 4096
)

// Config sets the cost of a hash. The zero value is valid.
type Config struct {
	// MemoryKiB, Time (passes) and Parallelism (lanes) are Argon2's parameters.
	// Zero means OWASP's 19456, 2 and 1. Stored hashes made with others still
	// verify, and are reported as stale.
	MemoryKiB   int
	Time        int
	Parallelism int
	// Concurrent is how many hashes are computed at once; zero means one per
	// core. Each needs MemoryKiB.
	Concurrent int
	// MaxWait is how long a call waits for its turn; zero means 3 s.
	MaxWait time.Duration
}

// Hasher hashes and verifies passwords. It is safe for concurrent use.
type Hasher struct {
	present parameters
	maxWait time.Duration
	turns   chan struct{}
	derive  func(password, salt []byte, time, memory uint32, threads uint8, keyLen uint32) []byte
}

// New returns a Hasher, or an error for parameters that it would itself refuse
// in a stored hash.
func New(config Config) (*Hasher, error) {
	or := func(value, otherwise int) int {
		if value == 0 {
			return otherwise
		}
		return value
	}
	present := parameters{
		memoryKiB:   or(config.MemoryKiB, defaultMemoryKiB),
		time:        or(config.Time, defaultTime),
		parallelism: or(config.Parallelism, defaultParallelism),
	}
	if err := present.check(); err != nil {
		return nil, err
	}
	concurrent := or(config.Concurrent, runtime.NumCPU())
	if concurrent < 1 || config.MaxWait < 0 {
		return nil, errors.New("password hashing needs at least one hash at a time, and a wait that is not negative")
	}
	if config.MaxWait == 0 {
		config.MaxWait = defaultMaxWait
	}
	return &Hasher{
		present: present, maxWait: config.MaxWait,
		turns: make(chan struct{}, concurrent), derive: argon2.IDKey,
	}, nil
}

// Hash returns the password's hash in the PHC string format, with a fresh salt.
// It does not check whether the password is good; see Check. When the machine
// is busy for too long, it returns a fault with a message for the person.
func (h *Hasher) Hash(ctx context.Context, password string) (string, error) {
	if len(password) > maxPasswordBytes {
		return "", tooLong()
	}
	salt := make([]byte, saltBytes)
	_, _ = rand.Read(salt) // never fails: it would end the process
	stored := phc{parameters: h.present, salt: salt, key: make([]byte, keyBytes)}
	key, err := h.key(ctx, password, stored)
	if err != nil {
		return "", err
	}
	stored.key = key
	return stored.String(), nil
}

// Verify reports whether the password matches the hash, and whether the hash is
// stale: made with other parameters than the current ones. A stale hash should
// be replaced while the password is at hand. An empty hash stands for an
// account that does not exist or has no password: the result is false, and
// takes as long as for a current hash, so that the time does not reveal which
// accounts exist. A hash that is malformed or has absurd parameters is an error
// and costs nothing.
func (h *Hasher) Verify(ctx context.Context, hash, password string) (ok, stale bool, err error) {
	if len(password) > maxPasswordBytes {
		return false, false, nil
	}
	stored, known := phc{parameters: h.present, salt: make([]byte, saltBytes), key: make([]byte, keyBytes)}, hash != ""
	if known {
		if stored, err = parsePHC(hash); err != nil {
			return false, false, err
		}
	}
	key, err := h.key(ctx, password, stored)
	if err != nil {
		return false, false, err
	}
	if equal := subtle.ConstantTimeCompare(key, stored.key) == 1; !equal || !known {
		return false, false, nil
	}
	return true, h.stale(stored), nil
}

func (h *Hasher) stale(stored phc) bool {
	return stored.parameters != h.present || len(stored.salt) != saltBytes || len(stored.key) != keyBytes
}

// key waits for its turn and derives the key from the password with the stored
// salt, parameters and length.
func (h *Hasher) key(ctx context.Context, password string, stored phc) ([]byte, error) {
	wait, cancel := context.WithTimeout(ctx, h.maxWait)
	defer cancel()
	if err := wait.Err(); err != nil {
		return nil, busy(err)
	}
	select {
	case h.turns <- struct{}{}:
		defer func() { <-h.turns }()
	case <-wait.Done():
		return nil, busy(wait.Err())
	}
	return h.derive(norm.NFC.Bytes([]byte(password)), stored.salt,
		uint32(stored.time), uint32(stored.memoryKiB), uint8(stored.parallelism), uint32(len(stored.key))), nil
}

func busy(err error) error {
	return fault.Unavailable(err, "Too many people are signing in now. Please try again in a few seconds.")
}
