package password

import (
	"context"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/argon2"

	"souk/internal/fault"
)

// cheap is for tests of everything but the cost.
func cheap(t testing.TB, config Config) *Hasher {
	t.Helper()
	config.MemoryKiB, config.Time = 64, 1
	h, err := New(config)
	require.NoError(t, err)
	return h
}

func TestHash(t *testing.T) {
	t.Parallel()

	t.Run("has OWASP's parameters in the PHC format", func(t *testing.T) {
		h, err := New(Config{})
		require.NoError(t, err)
		hash, err := h.Hash(t.Context(), "correct horse")
		require.NoError(t, err)
		require.Regexp(t, `^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$`, hash)
		stored, err := parsePHC(hash)
		require.NoError(t, err)
		require.Equal(t, argon2.IDKey([]byte("correct horse"), stored.salt, 2, 19456, 1, 32), stored.key)
	})

	t.Run("differs each time", func(t *testing.T) {
		h := cheap(t, Config{})
		a, err := h.Hash(t.Context(), "correct horse")
		require.NoError(t, err)
		b, err := h.Hash(t.Context(), "correct horse")
		require.NoError(t, err)
		require.NotEqual(t, a, b)
	})

	t.Run("refuses a password without end", func(t *testing.T) {
		h := cheap(t, Config{})
		long := strings.Repeat("x", maxPasswordBytes+1)
		_, err := h.Hash(t.Context(), long)
		require.True(t, fault.Is(err, fault.CodeBadUserInput))
		ok, _, err := h.Verify(t.Context(), "", long)
		require.NoError(t, err)
		require.False(t, ok)
	})
}

func TestVerify(t *testing.T) {
	t.Parallel()
	h := cheap(t, Config{})
	hash, err := h.Hash(t.Context(), "correct horse")
	require.NoError(t, err)

	for name, test := range map[string]struct {
		hash, password string
		ok             bool
	}{
		"knows the right password":            {hash, "correct horse", true},
		"refuses another":                     {hash, "correct horsf", false},
		"refuses other capitals":              {hash, "Correct horse", false},
		"refuses a space more":                {hash, "correct horse ", false},
		"refuses none":                        {hash, "", false},
		"refuses any for an unknown user":     {"", "correct horse", false},
		"refuses none for an unknown user":    {"", "", false},
		"refuses a zero byte and what follow": {hash, "correct horse\x00", false},
	} {
		t.Run(name, func(t *testing.T) {
			ok, stale, err := h.Verify(t.Context(), test.hash, test.password)
			require.NoError(t, err)
			require.Equal(t, test.ok, ok)
			require.False(t, stale)
		})
	}

	t.Run("knows a password however its accents were typed", func(t *testing.T) {
		hash, err := h.Hash(t.Context(), "caf\u00e9 cr\u00e8me")
		require.NoError(t, err)
		ok, _, err := h.Verify(t.Context(), hash, "cafe\u0301 cre\u0300me")
		require.NoError(t, err)
		require.True(t, ok)
	})

	t.Run("knows a hash that another program made", func(t *testing.T) {
		// The reference implementation's: echo -n password | argon2 somesalt -id -t 2 -m 16 -p 1 -l 32
		const reference = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
		ok, stale, err := h.Verify(t.Context(), reference, "password")
		require.NoError(t, err)
		require.True(t, ok)
		require.True(t, stale)
	})

	t.Run("reports a hash of other parameters as stale when the password is right", func(t *testing.T) {
		for _, config := range []Config{{MemoryKiB: 128, Time: 1}, {MemoryKiB: 64, Time: 2}, {MemoryKiB: 64, Time: 1, Parallelism: 2}} {
			other, err := New(config)
			require.NoError(t, err)
			ok, stale, err := other.Verify(t.Context(), hash, "correct horse")
			require.NoError(t, err)
			require.True(t, ok)
			require.True(t, stale)
			_, stale, err = other.Verify(t.Context(), hash, "wrong")
			require.NoError(t, err)
			require.False(t, stale)
		}
	})
}

func TestHostileHashesAreNotComputed(t *testing.T) {
	t.Parallel()
	h := cheap(t, Config{})
	var computed atomic.Int64
	derive := h.derive
	h.derive = func(p, s []byte, time, memory uint32, threads uint8, length uint32) []byte {
		computed.Add(1)
		return derive(p, s, time, memory, threads, length)
	}
	const tail = "$c29tZXNhbHRzb21lc2FsdA$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
	_, _, err := h.Verify(t.Context(), "$argon2id$v=19$m=64,t=1,p=1"+tail, "x")
	require.NoError(t, err, "the control")
	require.EqualValues(t, 1, computed.Load())

	for name, hash := range map[string]string{
		"four terabytes":           "$argon2id$v=19$m=4294967295,t=1,p=1" + tail,
		"a little over the bound":  "$argon2id$v=19$m=262145,t=1,p=1" + tail,
		"too much for a number":    "$argon2id$v=19$m=99999999999999999999,t=1,p=1" + tail,
		"no memory":                "$argon2id$v=19$m=0,t=1,p=1" + tail,
		"negative memory":          "$argon2id$v=19$m=-64,t=1,p=1" + tail,
		"a year of passes":         "$argon2id$v=19$m=64,t=4294967295,p=1" + tail,
		"no pass":                  "$argon2id$v=19$m=64,t=0,p=1" + tail,
		"256 lanes, which is none": "$argon2id$v=19$m=65536,t=1,p=256" + tail,
		"no lane":                  "$argon2id$v=19$m=64,t=1,p=0" + tail,
		"less memory than lanes":   "$argon2id$v=19$m=15,t=1,p=2" + tail,
		"another order":            "$argon2id$v=19$t=1,m=64,p=1" + tail,
		"a number with a sign":     "$argon2id$v=19$m=+64,t=1,p=1" + tail,
		"a number with a zero":     "$argon2id$v=19$m=064,t=1,p=1" + tail,
		"one setting more":         "$argon2id$v=19$m=64,t=1,p=1,x=1" + tail,
		"argon2i":                  "$argon2i$v=19$m=64,t=1,p=1" + tail,
		"argon2d":                  "$argon2d$v=19$m=64,t=1,p=1" + tail,
		"the version before":       "$argon2id$v=16$m=64,t=1,p=1" + tail,
		"no version":               "$argon2id$m=64,t=1,p=1" + tail,
		"bcrypt":                   "$2b$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW",
		"a plain password":         "x",
		"dollars":                  "$$$$$",
		"no key":                   "$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$",
		"a key of one byte":        "$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$eA",
		"a key of 300 bytes":       "$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$" + strings.Repeat("eHh4", 100),
		"no salt":                  "$argon2id$v=19$m=64,t=1,p=1$$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
		"padding":                  "$argon2id$v=19$m=64,t=1,p=1" + tail + "=",
		"a line after it":          "$argon2id$v=19$m=64,t=1,p=1" + tail + "\n",
		"a megabyte":               strings.Repeat("$argon2id", 1<<17),
	} {
		t.Run(name, func(t *testing.T) {
			ok, stale, err := h.Verify(t.Context(), hash, "x")
			require.ErrorIs(t, err, ErrMalformed)
			require.NotContains(t, err.Error(), "$")
			require.False(t, ok)
			require.False(t, stale)
			require.EqualValues(t, 1, computed.Load())
		})
	}
}

func TestConfigIsChecked(t *testing.T) {
	t.Parallel()
	for _, bad := range []Config{
		{MemoryKiB: -1},
		{MemoryKiB: 7},
		{MemoryKiB: maxMemoryKiB + 1},
		{Time: -1},
		{Time: maxTime + 1},
		{Parallelism: -1},
		{Parallelism: maxParallelism + 1},
		{Concurrent: -1},
		{MaxWait: -1},
	} {
		_, err := New(bad)
		require.Error(t, err, bad)
	}
}

func TestNoMoreAtOnceThanAllowed(t *testing.T) {
	t.Parallel()
	const allowed, calls = 3, 60
	h := cheap(t, Config{Concurrent: allowed, MaxWait: time.Minute})
	hash, err := h.Hash(t.Context(), "correct horse")
	require.NoError(t, err)
	var now, most, done atomic.Int64
	full := make(chan struct{})
	derive := h.derive
	h.derive = func(p, s []byte, time, memory uint32, threads uint8, length uint32) []byte {
		n := now.Add(1)
		defer now.Add(-1)
		for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
		}
		// All wait until the bound is reached, so that it must be.
		if n == allowed && done.Load() == 0 {
			close(full)
		}
		<-full
		done.Add(1)
		return derive(p, s, time, memory, threads, length)
	}
	var wg sync.WaitGroup
	for i := range calls {
		wg.Go(func() {
			var err error
			switch i % 3 {
			case 0:
				_, err = h.Hash(t.Context(), "correct horse")
			case 1:
				_, _, err = h.Verify(t.Context(), hash, "correct horse")
			default:
				_, _, err = h.Verify(t.Context(), "", "correct horse")
			}
			require.NoError(t, err)
		})
	}
	wg.Wait()
	require.EqualValues(t, allowed, most.Load())
	require.EqualValues(t, calls, done.Load())
}

func TestWaitIsBounded(t *testing.T) {
	t.Parallel()
	// A hasher whose only turn is taken.
	taken := func(t *testing.T, wait time.Duration) *Hasher {
		h := cheap(t, Config{Concurrent: 1, MaxWait: wait})
		h.turns <- struct{}{}
		return h
	}
	requireBusy := func(t *testing.T, err error) {
		t.Helper()
		f, ok := err.(*fault.Error) //nolint:errorlint // it is this one, not one within
		require.True(t, ok)
		require.Equal(t, fault.CodeUnavailable, f.Code)
		require.Contains(t, f.Message, "try again")
	}

	t.Run("by MaxWait", func(t *testing.T) {
		_, err := taken(t, 10*time.Millisecond).Hash(t.Context(), "correct horse")
		requireBusy(t, err)
		require.ErrorIs(t, err, context.DeadlineExceeded)
	})

	t.Run("by the caller", func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
		defer cancel()
		_, _, err := taken(t, time.Hour).Verify(ctx, "", "correct horse")
		requireBusy(t, err)
	})

	t.Run("and nothing is computed for a caller who has gone", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		h := cheap(t, Config{})
		h.derive = nil
		_, err := h.Hash(ctx, "correct horse")
		requireBusy(t, err)
		require.ErrorIs(t, err, context.Canceled)
	})

	t.Run("and ends when a turn comes free", func(t *testing.T) {
		h := taken(t, time.Minute)
		done := make(chan error)
		go func() {
			_, err := h.Hash(context.Background(), "correct horse")
			done <- err
		}()
		<-h.turns
		require.NoError(t, <-done)
		require.Empty(t, h.turns, "the turn is given back")
	})
}

func TestUnknownUserTakesAsLongAsAKnownOne(t *testing.T) {
	h, err := New(Config{})
	require.NoError(t, err)
	hash, err := h.Hash(t.Context(), "correct horse")
	require.NoError(t, err)
	median := func(hash, password string) time.Duration {
		var took []time.Duration
		for range 9 {
			begun := time.Now()
			_, _, err := h.Verify(t.Context(), hash, password)
			require.NoError(t, err)
			took = append(took, time.Since(begun))
		}
		slices.Sort(took)
		return took[len(took)/2]
	}
	right, wrong, unknown := median(hash, "correct horse"), median(hash, "wrong"), median("", "wrong")
	t.Logf("right %s, wrong %s, unknown %s", right, wrong, unknown)
	// A shortcut would be a thousandfold; a busy machine may be off by half.
	require.InDelta(t, 1, float64(unknown)/float64(wrong), 0.6)
	require.InDelta(t, 1, float64(unknown)/float64(right), 0.6)
}

func FuzzParsePHC(f *testing.F) {
	f.Add("$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc")
	f.Add("$argon2id$v=19$m=,t=,p=$$")
	f.Fuzz(func(t *testing.T, hash string) {
		stored, err := parsePHC(hash)
		if err != nil {
			require.ErrorIs(t, err, ErrMalformed)
			return
		}
		require.NoError(t, stored.check())
		require.Equal(t, hash, stored.String())
	})
}

func BenchmarkVerify(b *testing.B) {
	h, err := New(Config{})
	require.NoError(b, err)
	hash, err := h.Hash(b.Context(), "correct horse")
	require.NoError(b, err)
	for b.Loop() {
		_, _, err := h.Verify(b.Context(), hash, "correct horse")
		require.NoError(b, err)
	}
}
