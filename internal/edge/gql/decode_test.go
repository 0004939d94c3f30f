package gql

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"souk/internal/door"
	"souk/internal/edge/reply"
)

// body is a request of at most the largest size whose variable v is the JSON that
// begins with head, repeats item, and ends with tail.
func body(head, item, tail string) string {
	const start, end = `{"query":"{ a }","variables":{"v":`, `}}`
	n := (256<<10 - len(start) - len(head) - len(tail) - len(end)) / max(len(item), 1)
	return start + head + strings.Repeat(item, n) + tail + end
}

// numbered is an object with many different keys.
func numbered(value string) string {
	var text strings.Builder
	text.WriteString(`{`)
	for i := 0; text.Len() < 255<<10; i++ {
		fmt.Fprintf(&text, `"k%d":%s,`, i, value)
	}
	return strings.TrimSuffix(text.String(), ",") + `}`
}

// worst are bodies of the largest size that would be expensive to build.
func worst() map[string]string {
	return map[string]string{
		"deep lists":            body("", "[", ""),
		"deep objects":          body("", `{"a":`, ""),
		"a long list":           body("[", "0,", "0]"),
		"a long list of lists":  body("[", "[],", "0]"),
		"lists in a list":       body("[", "["+strings.Repeat("0,", 400)+"0],", "0]"),
		"objects in lists":      body("[", "["+strings.Repeat(`{"a":{}},`, 400)+"0],", "0]"),
		"objects of nothing":    body("[", "["+strings.Repeat(`{},`, 400)+"0],", "0]"),
		"a long number":         body("", "1", ""),
		"a long fraction":       body("0.", "1", ""),
		"a long text":           body(`"`, "x", `"`),
		"a long text of \\u":    body(`"`, `\u0041`, `"`),
		"long texts":            body("[", `"`+strings.Repeat("x", 60<<10)+`",`, "0]"),
		"many keys":             `{"query":"{ a }","variables":{"v":` + numbered("0") + `}}`,
		"many keys of lists":    `{"query":"{ a }","variables":{"v":` + numbered("[]") + `}}`,
		"many keys of objects":  `{"query":"{ a }","variables":{"v":` + numbered(`{"a":0}`) + `}}`,
		"many variables":        `{"query":"{ a }","variables":` + numbered("0") + `}`,
		"many unknown keys":     numbered("0"),
		"a long key":            `{"query":"{ a }","variables":{"` + strings.Repeat("x", 250<<10) + `":0}}`,
		"a deep unknown key":    `{"query":"{ a }","x":` + strings.Repeat("[", 250<<10),
		"many keys that clash":  `{"query":"{ a }","variables":{"v":{` + strings.Repeat(`"a":0,`, 40_000) + `"a":0}}}`,
		"a document of nothing": `{"query":"` + strings.Repeat(" ", 250<<10) + `"}`,
		"blanks":                strings.Repeat(" ", 256<<10),
	}
}

// TestNoAddressIsExpensive has a query string of nothing but parameters.
func TestNoAddressIsExpensive(t *testing.T) {
	for _, text := range []string{strings.Repeat("a&", 128<<10), strings.Repeat("variables={}&", 20_000), strings.Repeat("%61=%61&", 32<<10)} {
		began := time.Now()
		_, failed := readRequest(httptest.NewRequest(http.MethodGet, "/graphql?"+text, nil), door.DefaultLimits())
		require.NotNil(t, failed)
		require.Equal(t, reply.BadRequest, failed.kind)
		require.Less(t, time.Since(began), 100*time.Millisecond)
	}
}

// TestNoBodyIsExpensive measures the reading of each of the worst bodies.
func TestNoBodyIsExpensive(t *testing.T) {
	const maxTime, maxBytes = 10 * time.Millisecond, 8 << 20
	limits := door.DefaultLimits()
	for name, text := range worst() {
		t.Run(name, func(t *testing.T) {
			require.LessOrEqual(t, len(text), 256<<10)
			best, allocated := time.Hour, uint64(0)
			for range 5 { // other processes use the machine too
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				began := time.Now()
				r := httptest.NewRequest(http.MethodPost, "/graphql", strings.NewReader(text))
				_, _ = readRequest(r, limits)
				best = min(best, time.Since(began))
				runtime.ReadMemStats(&after)
				allocated = after.TotalAlloc - before.TotalAlloc
			}
			t.Logf("%v, %d KB", best, allocated>>10)
			if !raceDetector { // which takes ten times as long
				require.Less(t, best, maxTime)
				require.Less(t, allocated, uint64(maxBytes))
			}
		})
	}
}

func TestLimitsOfVariables(t *testing.T) {
	limits := door.DefaultLimits()
	for name, tc := range map[string]struct {
		variable string
		code     door.Code // "" for what is read
		asked    int64
	}{
		"32 levels":                {strings.Repeat("[", 32) + strings.Repeat("]", 32), "", 0},
		"33 levels":                {strings.Repeat("[", 33) + strings.Repeat("]", 33), door.TooDeep, 33},
		"34 levels of both":        {strings.Repeat(`[{"a":`, 17) + "0" + strings.Repeat("}]", 17), door.TooDeep, 33},
		"500 items":                {"[" + strings.Repeat("0,", 499) + "0]", "", 0},
		"501 items":                {"[" + strings.Repeat("0,", 500) + "0]", door.ListTooLong, 501},
		"501 keys":                 {numbered("0"), door.ListTooLong, 501},
		"a number of 256 digits":   {strings.Repeat("1", 256), "", 0},
		"a number of 257 digits":   {strings.Repeat("1", 257), door.NameTooLong, 257},
		"a key of 256 bytes":       {`{"` + strings.Repeat("x", 256) + `":0}`, "", 0},
		"a key of 257 bytes":       {`{"` + strings.Repeat("x", 257) + `":0}`, door.NameTooLong, 257},
		"a text of 128 KB":         {`"` + strings.Repeat("x", 128<<10) + `"`, "", 0},
		"a text of more":           {`"` + strings.Repeat("x", 128<<10+1) + `"`, door.StringTooLong, 128<<10 + 1},
		"20,000 values":            {"[" + strings.Repeat("["+strings.Repeat("0,", 498)+"0],", 39) + "[" + strings.Repeat("0,", 459) + "0]]", "", 0},
		"20,001 values and more":   {"[" + strings.Repeat("["+strings.Repeat("0,", 498)+"0],", 40) + "0]", door.TooManyValues, 20_001},
		"an escaped text is short": {`"` + strings.Repeat(`\u0041`, 30<<10) + `"`, "", 0},
	} {
		t.Run(name, func(t *testing.T) {
			params, err := readJSON([]byte(`{"query":"{ a }","variables":{"v":`+tc.variable+`}}`), limits)
			if tc.code == "" {
				require.NoError(t, err)
				var want any
				decoder := json.NewDecoder(strings.NewReader(tc.variable))
				decoder.UseNumber()
				require.NoError(t, decoder.Decode(&want))
				require.Equal(t, want, params.Variables["v"])
				return
			}
			var refusal *door.Refusal
			require.ErrorAs(t, err, &refusal)
			require.Equal(t, tc.code, refusal.Code)
			require.Equal(t, tc.asked, refusal.Asked)
			require.Equal(t, reply.LimitRefused, kindOfUnread(err))
		})
	}
}

// FuzzReadJSON compares with encoding/json: what we read is JSON, and has the same value.
func FuzzReadJSON(f *testing.F) {
	for _, seed := range []string{
		`{"query":"{ a }","variables":{"a":[1,2.50,-0,1e400,"\ud83d\ude00",null,true,{"b":{}}]},"extensions":{},"operationName":null}`,
		`{"QUERY":"{ a }"}`, `{"query":"a"}{}`, `[{}]`, `{"query":"a","query":"b"}`, "{\"query\":\"\xff\"}", `{"query":"\ud800"}`,
	} {
		f.Add([]byte(seed))
	}
	limits := door.DefaultLimits()
	f.Fuzz(func(t *testing.T, text []byte) {
		params, err := readJSON(text, limits)
		if err != nil {
			return
		}
		var want struct {
			Query         string
			OperationName string
			Variables     map[string]any
			Extensions    map[string]any
		}
		decoder := json.NewDecoder(strings.NewReader(string(text)))
		decoder.UseNumber()
		require.NoError(t, decoder.Decode(&want))
		require.Equal(t, want.Query, params.Query)
		require.Equal(t, want.OperationName, params.OperationName)
		require.Equal(t, want.Variables, params.Variables)
		require.Equal(t, want.Extensions, params.Extensions)
	})
}

func readJSON(body []byte, limits door.Limits) (*request, error) {
	d := newDecoder(limits)
	defer d.end()
	d.json.Write(body)
	return d.request()
}
