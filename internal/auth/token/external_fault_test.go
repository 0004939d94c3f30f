package token_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"souk/internal/auth/token"
)

func TestExternalKeysAreKept(t *testing.T) {
	t.Parallel()

	t.Run("and fetched once for many tokens", func(t *testing.T) {
		o := newOurs(t)
		p := newProvider(t, o.clock)
		verifier := o.verifier(p.external())
		together(50, func(int) {
			_, err := verifier.Verify(t.Context(), p.token("EdDSA", "ed", byEd25519(p.ed)))
			require.NoError(t, err)
		})
		require.EqualValues(t, 1, p.hits.Load())
	})

	t.Run("and fetched ahead by Start", func(t *testing.T) {
		o := newOurs(t)
		p := newProvider(t, o.clock)
		external := p.external()
		external.Start()
		external.Start()
		p.waitHits(1)
		waitVerified(t, o.verifier(external), p.token("EdDSA", "ed", byEd25519(p.ed)))
		require.EqualValues(t, 1, p.hits.Load())
	})

	for name, test := range map[string]struct {
		header string
		fresh  time.Duration
	}{
		"for ten minutes":                          {"", 10 * time.Minute},
		"for as long as the provider says":         {"public, max-age=1800", 30 * time.Minute},
		"for a minute at least":                    {"max-age=1", time.Minute},
		"for a minute when told not to keep them":  {"no-store", time.Minute},
		"for an hour at most":                      {"max-age=86400", time.Hour},
		"for ten minutes when told something else": {"max-age=soon", 10 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOurs(t)
			p := newProvider(t, o.clock)
			serve := p.serve
			p.answer(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Cache-Control", test.header)
				serve(w, r)
			})
			verifier := o.verifier(p.external())
			check := func() {
				_, err := verifier.Verify(t.Context(), p.token("EdDSA", "ed", byEd25519(p.ed)))
				require.NoError(t, err)
			}
			check()
			o.clock.advance(test.fresh - time.Second)
			check()
			require.EqualValues(t, 1, p.hits.Load())
			o.clock.advance(time.Second)
			check()
			p.waitHits(2)
		})
	}
}

func TestExternalOutage(t *testing.T) {
	t.Parallel()
	down := func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }

	t.Run("leaves the kept keys in use", func(t *testing.T) {
		o := newOurs(t)
		p := newProvider(t, o.clock)
		verifier := o.verifier(p.external())
		_, err := verifier.Verify(t.Context(), p.token("EdDSA", "ed", byEd25519(p.ed)))
		require.NoError(t, err)
		p.answer(down)
		for hour := range 3 {
			o.clock.advance(time.Hour)
			require.Eventually(t, func() bool {
				_, err = verifier.Verify(t.Context(), p.token("EdDSA", "ed", byEd25519(p.ed)))
				return err != nil || p.hits.Load() == int64(2+hour)
			}, 5*time.Second, time.Millisecond)
			require.NoError(t, err)
		}
		// The new key may exist, but nobody can say.
		_, err = verifier.Verify(t.Context(), p.token("EdDSA", "new", byEd25519(p.ed)))
		require.ErrorIs(t, err, token.ErrUnavailable)
		p.publish(edJWK("new", p.ed))
		o.clock.advance(30 * time.Second)
		_, err = verifier.Verify(t.Context(), p.token("EdDSA", "new", byEd25519(p.ed)))
		require.NoError(t, err)
	})

	t.Run("is looked into twice a minute", func(t *testing.T) {
		o := newOurs(t)
		p := newProvider(t, o.clock)
		failed := make(chan struct{}, 100)
		external, err := token.NewExternal(token.ExternalConfig{
			Issuer: theirIssuer, Audience: theirAudience, URL: p.address, Now: o.clock.Now,
			Logger: slog.New(slog.NewTextHandler(signal(failed), nil)),
		})
		require.NoError(t, err)
		t.Cleanup(external.Stop)
		verifier := o.verifier(external)
		check := func() {
			_, err := verifier.Verify(t.Context(), p.token("EdDSA", "ed", byEd25519(p.ed)))
			require.NoError(t, err)
		}
		check()
		p.answer(down)
		o.clock.advance(11 * time.Minute)
		for minute := range 3 {
			check()
			<-failed
			require.Never(t, func() bool {
				check()
				return p.hits.Load() > int64(2+minute)
			}, 50*time.Millisecond, time.Millisecond)
			o.clock.advance(30 * time.Second)
		}
	})

	for name, serve := range map[string]http.HandlerFunc{
		"an error":               down,
		"nothing":                func(http.ResponseWriter, *http.Request) {},
		"garbage":                func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>\x00\xff")) },
		"null":                   func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("null")) },
		"no keys":                func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"keys":[]}`)) },
		"keys of odd types":      func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"keys":[null,1,"x",{},[]]}`)) },
		"more than a megabyte":   padded,
		"a body cut short":       cutShort,
		"a redirect to http":     redirect("http://id.example/keys"),
		"a redirect to a file":   redirect("file:///etc/passwd"),
		"a redirect without end": redirect("/keys"),
	} {
		t.Run("that answers "+name+" is no refusal", func(t *testing.T) {
			o := newOurs(t)
			p := newProvider(t, o.clock)
			good := p.serve
			p.answer(serve)
			var log bytes.Buffer
			external, err := token.NewExternal(token.ExternalConfig{
				Issuer: theirIssuer, Audience: theirAudience, URL: p.address, Now: o.clock.Now,
				Logger: slog.New(slog.NewTextHandler(&log, nil)),
			})
			require.NoError(t, err)
			t.Cleanup(external.Stop)
			verifier, raw := o.verifier(external), p.token("EdDSA", "ed", byEd25519(p.ed))
			_, err = verifier.Verify(t.Context(), raw)
			require.ErrorIs(t, err, token.ErrUnavailable)
			require.NotErrorIs(t, err, token.ErrInvalid)
			asked := p.hits.Load()
			_, err = verifier.Verify(t.Context(), raw)
			require.ErrorIs(t, err, token.ErrUnavailable)
			require.Equal(t, asked, p.hits.Load(), "it is not asked again at once")
			require.Equal(t, 1, strings.Count(log.String(), "could not be fetched"))

			p.answer(good)
			o.clock.advance(5 * time.Second)
			_, err = verifier.Verify(t.Context(), raw)
			require.NoError(t, err)
		})
	}

	t.Run("of a closed port does not reach our own tokens", func(t *testing.T) {
		o := newOurs(t)
		server := httptest.NewServer(http.NotFoundHandler())
		server.Close()
		p := newProvider(t, o.clock)
		p.address = server.URL
		verifier := o.verifier(p.external())
		_, err := verifier.Verify(t.Context(), p.token("EdDSA", "ed", byEd25519(p.ed)))
		require.ErrorIs(t, err, token.ErrUnavailable)
		_, err = verifier.Verify(t.Context(), o.with(nil, nil))
		require.NoError(t, err)
	})
}

// waiting is a context that tells when somebody begins to wait with it.
type waiting struct {
	context.Context
	begun chan struct{}
}

func (w waiting) Done() <-chan struct{} {
	w.begun <- struct{}{}
	return w.Context.Done()
}

// signal is a log of which each line is one signal.
type signal chan<- struct{}

func (s signal) Write(line []byte) (int, error) {
	s <- struct{}{}
	return len(line), nil
}

// padded is a good key set that is too long by its spaces alone.
func padded(w http.ResponseWriter, _ *http.Request) {
	const set = `{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"ed","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}`
	_, _ = w.Write([]byte(set + strings.Repeat(" ", 1<<20)))
}

func cutShort(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Length", "100")
	_, _ = w.Write([]byte(`{"keys":[`))
}

func redirect(to string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, to, http.StatusFound) }
}

func TestExternalProviderThatIsSlow(t *testing.T) {
	t.Parallel()
	slow := func(p *provider) (release func()) {
		gate := make(chan struct{})
		serve := p.serve
		p.answer(func(w http.ResponseWriter, r *http.Request) {
			select {
			case <-gate:
				serve(w, r)
			case <-r.Context().Done():
			}
		})
		return sync.OnceFunc(func() { close(gate) })
	}

	t.Run("keeps nobody longer than they will wait", func(t *testing.T) {
		o := newOurs(t)
		p := newProvider(t, o.clock)
		release := slow(p)
		defer release()
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		defer cancel()
		_, err := o.verifier(p.external()).Verify(ctx, p.token("EdDSA", "ed", byEd25519(p.ed)))
		require.ErrorIs(t, err, token.ErrUnavailable)
	})

	t.Run("is given up after three seconds", func(t *testing.T) {
		o := newOurs(t)
		p := newProvider(t, o.clock)
		release := slow(p)
		defer release()
		begun := time.Now()
		_, err := o.verifier(p.external()).Verify(t.Context(), p.token("EdDSA", "ed", byEd25519(p.ed)))
		require.ErrorIs(t, err, token.ErrUnavailable)
		require.InDelta(t, 3, time.Since(begun).Seconds(), 1)
	})

	t.Run("does not hold up what the kept keys can answer", func(t *testing.T) {
		o := newOurs(t)
		p := newProvider(t, o.clock)
		verifier := o.verifier(p.external())
		raw := p.token("EdDSA", "ed", byEd25519(p.ed))
		_, err := verifier.Verify(t.Context(), raw)
		require.NoError(t, err)
		release := slow(p)
		defer release()
		o.clock.advance(11 * time.Minute)
		raw = p.token("EdDSA", "ed", byEd25519(p.ed))
		for range 20 {
			_, err = verifier.Verify(t.Context(), raw)
			require.NoError(t, err)
		}
		p.waitHits(2)
		require.EqualValues(t, 2, p.hits.Load())
	})

	t.Run("is not asked twice at once", func(t *testing.T) {
		o := newOurs(t)
		p := newProvider(t, o.clock)
		verifier := o.verifier(p.external())
		_, err := verifier.Verify(t.Context(), p.token("EdDSA", "ed", byEd25519(p.ed)))
		require.NoError(t, err)
		release := slow(p)
		defer release()
		o.clock.advance(11 * time.Minute)
		_, err = verifier.Verify(t.Context(), p.token("EdDSA", "ed", byEd25519(p.ed)))
		require.NoError(t, err)
		p.waitHits(2)
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		_, err = verifier.Verify(ctx, p.token("EdDSA", "new", byEd25519(p.ed)))
		require.ErrorIs(t, err, token.ErrUnavailable)
		require.EqualValues(t, 2, p.hits.Load())
	})

	t.Run("is asked again when its answer is older than the token", func(t *testing.T) {
		o := newOurs(t)
		p := newProvider(t, o.clock)
		external := p.external()
		verifier := o.verifier(external)
		release := slow(p) // and then it answers with the old keys
		defer release()
		external.Start()
		p.waitHits(1)
		p.publish(edJWK("new", p.ed))
		ctx := waiting{Context: t.Context(), begun: make(chan struct{}, 2)}
		done := make(chan error)
		go func() {
			_, err := verifier.Verify(ctx, p.token("EdDSA", "new", byEd25519(p.ed)))
			done <- err
		}()
		<-ctx.begun
		release()
		require.NoError(t, <-done)
		require.EqualValues(t, 2, p.hits.Load())
	})

	t.Run("does not hold up Stop", func(t *testing.T) {
		o := newOurs(t)
		p := newProvider(t, o.clock)
		release := slow(p)
		defer release()
		external := p.external()
		external.Start()
		p.waitHits(1)
		begun := time.Now()
		external.Stop()
		external.Stop()
		require.Less(t, time.Since(begun), time.Second)
		_, err := o.verifier(external).Verify(t.Context(), p.token("EdDSA", "ed", byEd25519(p.ed)))
		require.ErrorIs(t, err, token.ErrUnavailable)
		require.EqualValues(t, 1, p.hits.Load())
	})
}
