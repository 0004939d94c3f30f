package door

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"souk/internal/dbtest"
	"souk/test/harness"
	"souk/test/shop"
)

// soon is how long a client has to send a request in these tests.
const soon = 300 * time.Millisecond

func impatient(t *testing.T, db *dbtest.DB) *harness.Server {
	t.Helper()
	return harness.Start(t, db, func(s *harness.Setup) { s.Options.ReadTimeout = soon })
}

func dial(t *testing.T, server *harness.Server) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(server.URL, "http://"))
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	require.NoError(t, conn.SetDeadline(time.Now().Add(harness.Patience)))
	return conn
}

// beginning is the start of a POST, with one more line of headers.
func beginning(line string) string {
	return "POST /graphql HTTP/1.1\r\nHost: shop\r\nContent-Type: application/json\r\n" + line + "\r\n"
}

const chunked = "Transfer-Encoding: chunked\r\n"

// ending is how a connection ended.
type ending struct {
	status int // 0 without an answer of GraphQL
	code   string
	took   time.Duration
}

// end reads an answer, if there is one, until the server closes the connection.
func end(t *testing.T, conn net.Conn) ending {
	t.Helper()
	began := time.Now()
	reader := bufio.NewReader(conn)
	response, err := http.ReadResponse(reader, nil)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET) {
		return ending{took: time.Since(began)}
	}
	require.NoError(t, err)
	defer response.Body.Close()
	if response.Header.Get("Content-Type") == "text/plain; charset=utf-8" {
		// net/http's own answer, to a line that was cut in its middle. Its end may be a
		// reset, because bytes that nobody has read are left.
		require.Equal(t, http.StatusBadRequest, response.StatusCode)
		return ending{took: time.Since(began)}
	}
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	var answer struct {
		Errors []struct{ Extensions struct{ Code string } }
	}
	require.NoError(t, json.Unmarshal(text, &answer))
	require.Len(t, answer.Errors, 1)
	_, err = reader.ReadByte()
	var netErr net.Error
	require.Error(t, err, "the connection is closed")
	require.False(t, errors.As(err, &netErr) && netErr.Timeout(), "the connection is open")
	return ending{response.StatusCode, answer.Errors[0].Extensions.Code, time.Since(began)}
}

// TestAnEndlessBodyIsCutAtTheLimit sends chunks until the server takes no more.
func TestAnEndlessBodyIsCutAtTheLimit(t *testing.T) {
	server := harness.Start(t, shop.New(t))
	conn := dial(t, server)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := io.WriteString(conn, beginning(chunked))
	require.NoError(t, err)
	const most = 64 << 20
	sent := make(chan int, 1)
	go func() {
		chunk := []byte(fmt.Sprintf("%x\r\n%s\r\n", 16<<10, strings.Repeat(" ", 16<<10)))
		total := 0
		for total < most {
			n, err := conn.Write(chunk)
			total += n
			if err != nil {
				break
			}
		}
		sent <- total
	}()
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	require.NoError(t, err)
	defer response.Body.Close()
	require.Equal(t, http.StatusRequestEntityTooLarge, response.StatusCode)
	require.True(t, response.Close)
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.Contains(t, string(text), "BODY_TOO_LARGE")
	total := <-sent
	runtime.ReadMemStats(&after)
	require.Less(t, total, most/2, "what is sent beyond the limit is in the buffers of the two sockets")
	if !raceDetector {
		require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(mostBytes))
	}
}

// TestASlowRequestIsEnded sends each request more slowly than is allowed.
func TestASlowRequestIsEnded(t *testing.T) {
	server := impatient(t, shop.New(t))
	body := `{"query": "{ __typename }", "a": "` + strings.Repeat("a", 100_000) + `"}`
	for name, tc := range map[string]struct {
		first, rest string // rest is sent byte by byte
		status      int
		code        string
	}{
		"nothing":                       {"", "", 0, ""},
		"a half of the headers":         {"POST /graphql HTTP/1.1\r\nHost: sh", "", 0, ""},
		"headers byte by byte":          {"POST /graphql HTTP/1.1\r\n", strings.Repeat("A: b\r\n", 20_000), 0, ""},
		"headers without their body":    {beginning("Content-Length: 100000\r\n"), "", http.StatusRequestTimeout, "TIMEOUT"},
		"a body byte by byte":           {beginning(fmt.Sprintf("Content-Length: %d\r\n", len(body))), body, http.StatusRequestTimeout, "TIMEOUT"},
		"headers without their chunks":  {beginning(chunked), "", http.StatusRequestTimeout, "TIMEOUT"},
		"chunks of a byte":              {beginning(chunked), strings.Repeat("1\r\n \r\n", 20_000), http.StatusRequestTimeout, "TIMEOUT"},
		"the size of a chunk, for ever": {beginning(chunked), strings.Repeat("0", 20_000), http.StatusRequestTimeout, "TIMEOUT"},
		"all but the last byte":         {beginning(fmt.Sprintf("Content-Length: %d\r\n", len(body))) + body[:len(body)-1], "", http.StatusRequestTimeout, "TIMEOUT"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn := dial(t, server)
			_, err := io.WriteString(conn, tc.first)
			require.NoError(t, err)
			go func() {
				for _, b := range []byte(tc.rest) {
					if _, err := conn.Write([]byte{b}); err != nil {
						return // closed, by the server or by the end of the test
					}
					time.Sleep(time.Millisecond) // which is the slowness
				}
			}()
			got := end(t, conn)
			require.Equal(t, tc.status, got.status)
			require.Equal(t, tc.code, got.code)
			require.GreaterOrEqual(t, got.took, soon/2)
			require.Less(t, got.took, 10*soon)
		})
	}
}

// TestAStatedSizeTakesNoMemory opens connections that state a large body and send
// nothing of it.
func TestAStatedSizeTakesNoMemory(t *testing.T) {
	server := harness.Start(t, shop.New(t))
	const connections, each = 200, 64 << 10
	before := liveBytes()
	conns := make([]net.Conn, connections)
	for i := range conns {
		conns[i] = dial(t, server)
		_, err := io.WriteString(conns[i], beginning("Content-Length: 262144\r\n"))
		require.NoError(t, err)
	}
	// All of them are read now: one that comes after them is answered.
	require.Equal(t, http.StatusOK, server.Do(t, "{ __typename }", nil).Status)
	require.Eventually(t, func() bool { return goroutines("gql.(*decoder).readBody(") == connections }, harness.Patience, 50*time.Millisecond)
	if !raceDetector {
		require.Less(t, liveBytes()-before, connections*each)
	}
	for _, conn := range conns {
		require.NoError(t, conn.Close())
	}
}

// liveBytes is what the heap has that is in use.
func liveBytes() int {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int(stats.HeapAlloc)
}
