package edge_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"souk/internal/edge"
	"souk/internal/fault"
)

const ofGraphQL = "application/graphql-response+json"

func TestWhatIsNoGraphQLRequestIsToldWhatWouldDo(t *testing.T) {
	s := start(t, ok, nil)
	const jsonType = "Content-Type"
	for name, tc := range map[string]struct {
		method  string
		headers []string
		status  int
		says    string
		answer  []string // headers of the answer
	}{
		"another method":              {http.MethodDelete, nil, 405, "Use POST with a JSON body", []string{"Allow", "GET, HEAD, POST, OPTIONS"}},
		"a form":                      {http.MethodPost, []string{jsonType, "application/x-www-form-urlencoded"}, 415, "Content-Type: application/json", nil},
		"a document alone":            {http.MethodPost, []string{jsonType, "application/graphql"}, 415, "Content-Type: application/json", nil},
		"no type":                     {http.MethodPost, []string{jsonType, ""}, 415, "Content-Type: application/json", nil},
		"another character set":       {http.MethodPost, []string{jsonType, "application/json; charset=utf-16"}, 415, "JSON in UTF-8", nil},
		"two character sets":          {http.MethodPost, []string{jsonType, "application/json; charset=utf-8; charset=utf-16"}, 415, "JSON in UTF-8", nil},
		"a compressed body":           {http.MethodPost, []string{"Content-Encoding", "gzip"}, 415, "without Content-Encoding", []string{"Accept-Encoding", "identity"}},
		"a body compressed twice":     {http.MethodPost, []string{"Content-Encoding", "identity, br"}, 415, "without Content-Encoding", []string{"Accept-Encoding", "identity"}},
		"a WebSocket":                 {http.MethodGet, []string{"Upgrade", "websocket"}, 400, "does not support WebSockets", nil},
		"a client that wants HTML":    {http.MethodGet, []string{"Accept", "text/html"}, 406, "Send one of them in Accept", nil},
		"a client that wants no JSON": {http.MethodPost, []string{"Accept", "application/json;q=0"}, 406, "Send one of them in Accept", nil},
	} {
		t.Run(name, func(t *testing.T) {
			got := s.send(tc.method, "/graphql", nil, tc.headers...)
			require.Equal(t, tc.status, got.StatusCode)
			require.Contains(t, got.body, tc.says)
			require.Contains(t, got.body, `"code": "BAD_USER_INPUT"`)
			require.Contains(t, got.Header.Get("Cache-Control"), "no-store")
			if tc.answer != nil {
				require.Equal(t, tc.answer[1], got.Header.Get(tc.answer[0]))
			}
		})
	}
	for name, headers := range map[string][]string{
		"UTF-8 by name":        {jsonType, "application/json; charset=UTF-8"},
		"no encoding, by name": {"Content-Encoding", "identity"},
		"a browser":            {"Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, http.StatusOK, s.send(http.MethodPost, "/graphql", nil, headers...).StatusCode)
		})
	}
}

func TestWhichMethodsThereAre(t *testing.T) {
	s := start(t, func(http.ResponseWriter, *http.Request) { t.Error("nothing to run") }, nil)
	options := s.send(http.MethodOptions, "/graphql", nil)
	require.Equal(t, http.StatusNoContent, options.StatusCode)
	require.Equal(t, "GET, HEAD, POST, OPTIONS", options.Header.Get("Allow"))
}

// TestARefusalIsInTheMediaTypeThatWasAskedFor makes each refusal of the edge. Apollo
// reads the body of none that is application/json.
func TestARefusalIsInTheMediaTypeThatWasAskedFor(t *testing.T) {
	fails := func(err error) func(o *edge.Options) {
		return func(o *edge.Options) {
			o.Authenticate = func(context.Context, *http.Request) (context.Context, error) { return nil, err }
		}
	}
	panics := func(http.ResponseWriter, *http.Request) { panic("no") }
	for name, tc := range map[string]struct {
		handler http.HandlerFunc
		change  func(*edge.Options)
		method  string
		body    string
		status  int
		code    string
	}{
		"401":                       {ok, fails(fault.Unauthenticated("no")), http.MethodPost, "{}", 401, "UNAUTHENTICATED"},
		"405":                       {ok, nil, http.MethodPut, "", 405, "BAD_USER_INPUT"},
		"413":                       {ok, func(o *edge.Options) { o.MaxBodyBytes = 10 }, http.MethodPost, "{          }", 413, "BODY_TOO_LARGE"},
		"500":                       {panics, nil, http.MethodPost, "{}", 500, "INTERNAL"},
		"503 of a database":         {ok, fails(fault.Unavailable(nil, "no")), http.MethodPost, "{}", 503, "UNAVAILABLE"},
		"503 of time":               {ok, fails(fault.Timeout(nil, "no")), http.MethodPost, "{}", 503, "TIMEOUT"},
		"500 in the authentication": {ok, fails(io.ErrClosedPipe), http.MethodPost, "{}", 500, "INTERNAL"},
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t, tc.handler, tc.change)
			for _, media := range []string{"application/json", ofGraphQL} {
				got := s.send(tc.method, "/graphql", strings.NewReader(tc.body), "Accept", media, "X-Request-Id", "r1")
				require.Equal(t, tc.status, got.StatusCode)
				require.Equal(t, media+"; charset=utf-8", got.Header.Get("Content-Type"))
				require.Equal(t, "no-store", got.Header.Get("Cache-Control"))
				require.Len(t, got.Header.Values("Vary"), 1)
				require.Contains(t, got.Header.Get("Vary"), "Accept, Authorization, Souk-Consistency")
				var answer struct {
					Errors []struct{ Extensions map[string]any }
				}
				require.NoError(t, json.Unmarshal([]byte(got.body), &answer))
				require.Equal(t, tc.code, answer.Errors[0].Extensions["code"])
				require.Equal(t, tc.status >= 500, answer.Errors[0].Extensions["requestId"] == "r1")
				require.NotContains(t, got.body, `"data"`)
			}
		})
	}
}

// TestABodyThatNeverEndsIsAnswered sends the start of a body in chunks, and no more.
func TestABodyThatNeverEndsIsAnswered(t *testing.T) {
	s := start(t, ok, func(o *edge.Options) { o.ReadTimeout = 50 * time.Millisecond })
	conn, err := net.Dial("tcp", s.Addr())
	require.NoError(t, err)
	defer conn.Close()
	_, err = fmt.Fprintf(conn, "POST /graphql HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nAccept: %s\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n", ofGraphQL)
	require.NoError(t, err)
	require.NoError(t, conn.SetReadDeadline(time.Now().Add(waitTime)))
	reader := bufio.NewReader(conn)
	got, err := http.ReadResponse(reader, nil)
	require.NoError(t, err)
	defer got.Body.Close()
	body, err := io.ReadAll(got.Body)
	require.NoError(t, err)
	require.Equal(t, http.StatusRequestTimeout, got.StatusCode)
	require.Equal(t, ofGraphQL+"; charset=utf-8", got.Header.Get("Content-Type"))
	require.Contains(t, string(body), "did not arrive in time")
	_, err = reader.ReadByte()
	require.ErrorIs(t, err, io.EOF, "the connection is closed")
}

func TestOtherRoutesAreJSON(t *testing.T) {
	got := start(t, ok, nil).send(http.MethodGet, "/nowhere", nil, "Accept", ofGraphQL)
	require.Equal(t, http.StatusNotFound, got.StatusCode)
	require.Equal(t, "application/json; charset=utf-8", got.Header.Get("Content-Type"))
}
