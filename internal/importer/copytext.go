package importer

import (
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
)

// copyRows builds rows in COPY's text format without an allocation for each
// value. pgx's CopyFrom takes a []any for each row: six million boxed values
// for a file of 120,000 listings.
type copyRows struct {
	buf   []byte
	count int
}

func (c *copyRows) reset() { c.buf, c.count = c.buf[:0], 0 }

// end closes a row.
func (c *copyRows) end() {
	c.buf[len(c.buf)-1] = '\n'
	c.count++
}

func (c *copyRows) null() { c.buf = append(c.buf, '\\', 'N', '\t') }

func (c *copyRows) text(s string) {
	c.buf = append(appendEscaped(c.buf, s), '\t')
}

// textOrNull writes NULL for an empty text.
func (c *copyRows) textOrNull(s string) {
	if s == "" {
		c.null()
		return
	}
	c.text(s)
}

func (c *copyRows) int(n int64) { c.buf = append(strconv.AppendInt(c.buf, n, 10), '\t') }

func (c *copyRows) bool(b bool) {
	if b {
		c.buf = append(c.buf, 't', '\t')
	} else {
		c.buf = append(c.buf, 'f', '\t')
	}
}

func (c *copyRows) float(f *float64) {
	if f == nil {
		c.null()
		return
	}
	c.buf = append(strconv.AppendFloat(c.buf, *f, 'f', -1, 64), '\t')
}

func (c *copyRows) time(t time.Time) {
	if t.IsZero() {
		c.null()
		return
	}
	c.buf = append(t.UTC().AppendFormat(c.buf, "2006-01-02 15:04:05.999999Z07:00"), '\t')
}

func (c *copyRows) uuid(id uuid.UUID) {
	at := len(c.buf)
	c.buf = append(c.buf, "00000000-0000-0000-0000-000000000000\t"...)
	encodeUUID(c.buf[at:], id)
}

const hexDigits = "0123456789abcdef"

func encodeUUID(dst []byte, id uuid.UUID) {
	at := 0
	for i, b := range id {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			at++
		}
		dst[at], dst[at+1] = hexDigits[b>>4], hexDigits[b&15]
		at += 2
	}
}

func (c *copyRows) texts(values []string) {
	c.buf = append(c.buf, '{')
	for i, v := range values {
		if i > 0 {
			c.buf = append(c.buf, ',')
		}
		c.buf = append(c.buf, '"')
		if strings.ContainsAny(v, `"\`) {
			v = strings.ReplaceAll(strings.ReplaceAll(v, `\`, `\\`), `"`, `\"`)
		}
		c.buf = append(appendEscaped(c.buf, v), '"')
	}
	c.buf = append(c.buf, '}', '\t')
}

func (c *copyRows) uuids(ids []uuid.UUID) {
	c.buf = append(c.buf, '{')
	for _, id := range ids {
		c.uuid(id)
		c.buf[len(c.buf)-1] = ','
	}
	c.closeArray(len(ids))
}

// ints writes NULL for nil.
func (c *copyRows) ints(values []int) {
	if values == nil {
		c.null()
		return
	}
	c.buf = append(c.buf, '{')
	for _, v := range values {
		c.buf = append(strconv.AppendInt(c.buf, int64(v), 10), ',')
	}
	c.closeArray(len(values))
}

func (c *copyRows) closeArray(elements int) {
	if elements > 0 {
		c.buf[len(c.buf)-1] = '}'
	} else {
		c.buf = append(c.buf, '}')
	}
	c.buf = append(c.buf, '\t')
}

// appendEscaped appends s with COPY's separators escaped. It drops NUL
// characters, which Postgres cannot store.
func appendEscaped(dst []byte, s string) []byte {
	start := 0
	for i := 0; i < len(s); i++ {
		var letter byte
		switch s[i] {
		case '\\':
			letter = '\\'
		case '\t':
			letter = 't'
		case '\n':
			letter = 'n'
		case '\r':
			letter = 'r'
		case 0:
			dst = append(dst, s[start:i]...)
			start = i + 1
			continue
		default:
			continue
		}
		dst = append(append(dst, s[start:i]...), '\\', letter)
		start = i + 1
	}
	return append(dst, s[start:]...)
}
