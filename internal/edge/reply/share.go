package reply

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cespare/xxhash/v2"
)

// Shared is what caches in front of the server may do with an answer that is the same for
// everybody.
type Shared struct {
	// MaxAge is for how long they may keep it; 0: not at all.
	MaxAge time.Duration
	// Tags name what is in it, so that it can be dropped when that changes. They have neither
	// spaces nor commas.
	Tags []string
}

// Headers of a shared answer. Fastly and Varnish read Surrogate-Key, and Cloudflare
// reads Cache-Tag.
const (
	etag         = "Etag"
	surrogateKey = "Surrogate-Key"
	cacheTag     = "Cache-Tag"
	shareable    = "public, "
)

// Share lets caches keep an answer with a body. It must be called before Begin, which takes it
// back if the answer turns out to be another one.
//
// While a cache fetches a new answer, it may use the old one for as long again: at the end of
// its time, a popular page would otherwise be asked for by all its readers at once.
func Share(w http.ResponseWriter, r *http.Request, s Shared, body []byte) {
	seconds := strconv.Itoa(int(s.MaxAge / time.Second))
	media, _ := Negotiate(r.Header.Values("Accept"))
	header := w.Header()
	header["Cache-Control"] = []string{shareable + "max-age=" + seconds + ", stale-while-revalidate=" + seconds}
	header[etag] = []string{tagOf(body, media)}
	if len(s.Tags) > 0 {
		header[surrogateKey] = []string{strings.Join(s.Tags, " ")}
		header[cacheTag] = []string{strings.Join(s.Tags, ",")}
	}
}

// isShared reports whether Share has been called.
func isShared(header http.Header) bool {
	policy := header["Cache-Control"]
	return len(policy) == 1 && strings.HasPrefix(policy[0], shareable)
}

// forbid takes back what Share has set beside the policy.
func forbid(header http.Header) {
	delete(header, etag)
	delete(header, surrogateKey)
	delete(header, cacheTag)
}

// tagOf returns the strong entity tag of a body in a media type. Compression adds its own name
// to it. Equal bodies have equal tags on all instances. The hash is no cryptographic one: 68 KB
// take 7 µs, and nobody gains by two answers of one address that have the same hash.
func tagOf(body []byte, media Media) string {
	text := make([]byte, 0, 24)
	text = append(text, '"')
	text = strconv.AppendUint(text, xxhash.Sum64(body), 36)
	if media == GraphQL {
		text = append(text, "-g"...)
	}
	return string(append(text, '"'))
}

// Unchanged reports whether a client that sent If-None-Match has the representation with an
// entity tag already.
func Unchanged(ifNoneMatch []string, current string) bool {
	if current == "" {
		return false
	}
	return slices.ContainsFunc(ifNoneMatch, func(list string) bool {
		return slices.ContainsFunc(split(list, ',', maxRanges), func(item string) bool {
			item = strings.TrimSpace(item)
			return item == "*" || strings.TrimPrefix(item, "W/") == strings.TrimPrefix(current, "W/")
		})
	})
}
