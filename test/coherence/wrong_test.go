package coherence

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// forgetful is a cache as one should not make it: an answer is kept for a while, whatever happens.
type forgetful struct {
	behind string
	ttl    time.Duration

	mu      sync.Mutex
	answers map[string]kept
}

type kept struct {
	body  []byte
	until time.Time
}

func (f *forgetful) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	key := r.Header.Get("Authorization") + string(body)
	f.mu.Lock()
	old := f.answers[key]
	f.mu.Unlock()
	if time.Now().Before(old.until) {
		_, _ = w.Write(old.body)
		return
	}
	request, err := http.NewRequestWithContext(r.Context(), r.Method, f.behind+r.URL.Path, bytes.NewReader(body))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	request.Header = r.Header.Clone()
	request.Header.Del("Accept-Encoding") // the answer is kept as it is read
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	defer response.Body.Close()
	answer, _ := io.ReadAll(response.Body)
	if !strings.Contains(string(body), "mutation") {
		f.mu.Lock()
		f.answers[key] = kept{answer, time.Now().Add(f.ttl)}
		f.mu.Unlock()
	}
	for name, values := range response.Header {
		if name != "Content-Length" {
			w.Header()[name] = values
		}
	}
	w.WriteHeader(response.StatusCode)
	_, _ = w.Write(answer)
}

// aWrongCache puts a forgetful cache before one of the instances: the checker must find each kind
// of wrong answer, and only from there.
func aWrongCache(t *testing.T, s *system) {
	proxy := httptest.NewServer(&forgetful{behind: s.instances[1].URL, ttl: 3 * time.Second, answers: map[string]kept{}})
	defer proxy.Close()
	defer http.DefaultClient.CloseIdleConnections()
	wrong := *s
	through := s.instances[1].at("wrong", proxy.URL)
	wrong.instances = []*instance{s.instances[0], through}
	missing := map[Rule]bool{OwnWrites: true, Bounded: true, Private: true, Published: true}
	l := wrong.run(t, terms{}, func(l *load) {
		require.Eventually(t, func() bool {
			l.mu.Lock()
			defer l.mu.Unlock()
			for _, v := range l.broken {
				delete(missing, v.Rule)
			}
			l.broken = l.broken[:0] // which keeps the first few
			return len(missing) == 0
		}, time.Minute, 10*time.Millisecond, "%v", missing)
	})
	l.report(0)
	require.NotZero(t, l.violations)
	for _, v := range l.broken {
		require.Equal(t, "wrong", v.Read.Instance, v.String())
	}
}
