package token_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"souk/internal/auth/token"
)

func TestExternalKeyRotation(t *testing.T) {
	t.Parallel()
	o := newOurs(t)
	p := newProvider(t, o.clock)
	verifier := o.verifier(p.external())
	old := p.token("EdDSA", "ed", byEd25519(p.ed))
	_, err := verifier.Verify(t.Context(), old)
	require.NoError(t, err)

	fresh := newOurs(t).private
	p.publish(edJWK("next", fresh))
	together(50, func(int) {
		_, err := verifier.Verify(t.Context(), p.token("EdDSA", "next", byEd25519(fresh)))
		require.NoError(t, err)
	})
	require.EqualValues(t, 2, p.hits.Load())
	_, err = verifier.Verify(t.Context(), old)
	require.ErrorIs(t, err, token.ErrInvalid, "a key that was withdrawn is forgotten")
}

func TestExternalFloodOfUnknownKeys(t *testing.T) {
	t.Parallel()
	o := newOurs(t)
	p := newProvider(t, o.clock)
	verifier := o.verifier(p.external())
	flood := func() {
		together(1000, func(i int) {
			_, err := verifier.Verify(t.Context(), p.token("EdDSA", fmt.Sprintf("made-up-%d", i), byEd25519(p.ed)))
			require.ErrorIs(t, err, token.ErrInvalid)
		})
	}
	flood()
	require.EqualValues(t, 2, p.hits.Load(), "the first fetch, and one for all unknown keys")

	// From here on a fetch would hang.
	p.answer(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	begun := time.Now()
	flood()
	_, err := verifier.Verify(t.Context(), p.token("EdDSA", "ed", byEd25519(p.ed)))
	require.NoError(t, err, "a good token beside the flood")
	require.Less(t, time.Since(begun), 2*time.Second)
	require.EqualValues(t, 2, p.hits.Load())

	p.publish(p.set()...)
	o.clock.advance(30 * time.Second)
	flood()
	require.EqualValues(t, 3, p.hits.Load(), "one more for each 30 seconds")
}

func TestExternalRedirectToAnotherLoopbackAddressIsFollowed(t *testing.T) {
	t.Parallel()
	o := newOurs(t)
	p := newProvider(t, o.clock)
	front := httptest.NewServer(http.RedirectHandler(p.address, http.StatusFound))
	t.Cleanup(front.Close)
	p.address = front.URL
	_, err := o.verifier(p.external()).Verify(t.Context(), p.token("EdDSA", "ed", byEd25519(p.ed)))
	require.NoError(t, err)
}

// together runs n calls at once and waits for them.
func together(n int, call func(i int)) {
	var wg sync.WaitGroup
	var ready atomic.Int64
	start := make(chan struct{})
	for i := range n {
		wg.Go(func() {
			if ready.Add(1) == int64(n) {
				close(start)
			}
			<-start
			call(i)
		})
	}
	wg.Wait()
}
