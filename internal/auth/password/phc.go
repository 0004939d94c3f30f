package password

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/crypto/argon2"
)

// The limits of a stored hash. A manipulated row must not use up the machine's
// memory at the next sign-in.
const (
	maxMemoryKiB   = 256 << 10
	maxTime        = 16
	maxParallelism = 16
	minSaltBytes   = 8
	minKeyBytes    = 16
	maxPartBytes   = 64
)

// ErrMalformed is returned for a stored hash that is not an Argon2id string or
// whose parameters are beyond the limits. Its text never contains the hash.
var ErrMalformed = errors.New("the stored password hash is malformed")

// parameters are the cost of a hash.
type parameters struct{ memoryKiB, time, parallelism int }

func (p parameters) check() error {
	switch {
	case p.parallelism < 1 || p.parallelism > maxParallelism:
		return fmt.Errorf("argon2 parallelism must be 1 to %d", maxParallelism)
	case p.time < 1 || p.time > maxTime:
		return fmt.Errorf("argon2 time must be 1 to %d", maxTime)
	case p.memoryKiB < 8*p.parallelism || p.memoryKiB > maxMemoryKiB:
		return fmt.Errorf("argon2 memory must be 8 KiB for each lane to %d KiB", maxMemoryKiB)
	}
	return nil
}

// phc is a hash as it is stored: $argon2id$v=19$m=19456,t=2,p=1$salt$key, the
// last two in base64 without padding.
type phc struct {
	parameters
	salt, key []byte
}

func (p phc) String() string {
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, p.memoryKiB, p.time, p.parallelism,
		base64.RawStdEncoding.EncodeToString(p.salt), base64.RawStdEncoding.EncodeToString(p.key))
}

// parsePHC accepts only the format that String writes, within the limits above.
func parsePHC(hash string) (phc, error) {
	fields := strings.Split(hash, "$")
	if len(hash) > 512 || len(fields) != 6 {
		return phc{}, ErrMalformed
	}
	settings := strings.Split(fields[3], ",")
	if len(settings) != 3 {
		return phc{}, ErrMalformed
	}
	var p phc
	var err error
	number := func(setting, name string) int {
		n, parseErr := strconv.Atoi(strings.TrimPrefix(setting, name))
		err = errors.Join(err, parseErr)
		return n
	}
	bytes := func(field string) []byte {
		decoded, decodeErr := base64.RawStdEncoding.Strict().DecodeString(field)
		err = errors.Join(err, decodeErr)
		return decoded
	}
	p.memoryKiB, p.time, p.parallelism = number(settings[0], "m="), number(settings[1], "t="), number(settings[2], "p=")
	p.salt, p.key = bytes(fields[4]), bytes(fields[5])
	if err != nil || p.check() != nil || p.String() != hash ||
		len(p.salt) < minSaltBytes || len(p.salt) > maxPartBytes || len(p.key) < minKeyBytes || len(p.key) > maxPartBytes {
		return phc{}, ErrMalformed
	}
	return p, nil
}
