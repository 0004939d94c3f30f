package importer

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/unicode/norm"
)

// The encodings that are recognised. Others have to be declared.
const (
	encodingUTF8    = "utf-8"
	encodingUTF16LE = "utf-16le"
	encodingUTF16BE = "utf-16be"
	encodingWestern = "windows-1252"
)

// encodingSample is how much of a file without a byte order mark is examined
// for UTF-16.
const encodingSample = 4 << 10

const byteOrderMark = "\ufeff"

// findEncoding returns an encoding by any name of the WHATWG encoding standard;
// nil for UTF-8.
func findEncoding(name string) (encoding.Encoding, error) {
	switch strings.ToLower(strings.TrimSpace(name)) {
	case "", encodingUTF8, "utf8":
		return nil, nil
	}
	found, err := htmlindex.Get(name)
	if err != nil {
		return nil, fmt.Errorf("encoding %q is not known: use one such as utf-8, windows-1252 or shift_jis", name)
	}
	return found, nil
}

// utf16Of returns the encoding of that name without a rule for marks; nil when
// it is not UTF-16.
func utf16Of(name string) encoding.Encoding {
	switch name {
	case encodingUTF16LE:
		return unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)
	case encodingUTF16BE:
		return unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)
	}
	return nil
}

// findMark looks for a byte order mark, also after blanks and blank lines, and
// returns its encoding and the bytes up to its end. No mark: "".
func findMark(head []byte) (coding string, size int) {
	switch {
	case bytes.HasPrefix(head, []byte{0xff, 0xfe}):
		return encodingUTF16LE, 2
	case bytes.HasPrefix(head, []byte{0xfe, 0xff}):
		return encodingUTF16BE, 2
	}
	for {
		rest := bytes.TrimLeft(head[size:], " \t\r\n")
		after, found := bytes.CutPrefix(rest, []byte(byteOrderMark))
		if !found {
			return coding, size
		}
		coding, size = encodingUTF8, len(head)-len(after)
	}
}

// guessUTF16 recognises UTF-16 without a mark: in text, line ends, separators
// and digits have a zero byte on always the same side.
func guessUTF16(head []byte) string {
	head = head[:len(head)&^1]
	var even, odd int
	for i := 0; i < len(head); i += 2 {
		if head[i] == 0 {
			even++
		}
		if head[i+1] == 0 {
			odd++
		}
	}
	least := max(2, len(head)/2/20)
	switch {
	case odd >= least && even*20 <= odd:
		return encodingUTF16LE
	case even >= least && odd*20 <= even:
		return encodingUTF16BE
	}
	return ""
}

var errEncoding = errors.New("its text is neither UTF-8 nor Windows-1252: say what it is, such as --encoding windows-1250, shift_jis or macintosh, or save it as UTF-8")

// guessedText decodes a file whose encoding is not declared, as UTF-8 or
// Windows-1252. Up to the first byte that is not ASCII both are the same, so the
// decision is made there, from all that can be read ahead: such a byte can be
// far behind the first lines.
type guessedText struct {
	src    *bufio.Reader
	coding string // "": not decided yet
	rest   []byte // decoded, not yet returned
	buf    []byte
}

// Read implements io.Reader.
func (g *guessedText) Read(p []byte) (int, error) {
	switch g.coding {
	case encodingUTF8:
		return g.src.Read(p)
	case encodingWestern:
		return g.readWestern(p)
	}
	if _, err := g.src.Peek(1); err != nil {
		return 0, err
	}
	head, _ := g.src.Peek(min(len(p), g.src.Buffered()))
	ascii := asciiPrefix(head)
	if ascii > 0 || len(p) == 0 {
		return g.src.Read(p[:ascii])
	}
	ahead, err := g.src.Peek(g.src.Size())
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, bufio.ErrBufferFull) {
		return 0, err
	}
	if len(ahead) == g.src.Size() { // the last character may be cut
		ahead = ahead[:len(ahead)-utf8.UTFMax+1]
	}
	if g.coding, err = guessText(ahead); err != nil {
		return 0, err
	}
	return g.Read(p)
}

func (g *guessedText) readWestern(p []byte) (int, error) {
	if len(g.rest) == 0 {
		if _, err := g.src.Peek(1); err != nil {
			return 0, err
		}
		raw, _ := g.src.Peek(g.src.Buffered())
		g.buf = g.buf[:0]
		for _, c := range raw {
			g.buf = utf8.AppendRune(g.buf, charmap.Windows1252.DecodeByte(c))
		}
		g.rest = g.buf
		if _, err := g.src.Discard(len(raw)); err != nil {
			return 0, err
		}
	}
	n := copy(p, g.rest)
	g.rest = g.rest[n:]
	return n, nil
}

// guessText says whether text is UTF-8 or Windows-1252. A file of UTF-8 with
// some damaged bytes is UTF-8: these cost their rows. In Windows-1252 two signs
// can look like UTF-8 by accident (É® like an ɮ), but hardly like an accented
// letter (Ã© like é) or a sign of three bytes, which count as several.
func guessText(text []byte) (string, error) {
	var sequences, bad int
	for i := asciiPrefix(text); i < len(text); {
		r, size := utf8.DecodeRune(text[i:])
		switch {
		case r == utf8.RuneError && size <= 1:
			bad++
		case r <= 'ſ' || size > 2:
			sequences += 4
		default:
			sequences++
		}
		i += size
		i += asciiPrefix(text[i:])
	}
	switch {
	case bad <= sequences:
		return encodingUTF8, nil
	case isWestern(text):
		return encodingWestern, nil
	}
	return "", errEncoding
}

// isWestern reports whether text makes sense in Windows-1252. Languages with
// another script have long runs of bytes above 127; Central European texts and
// those of old Macs have signs or capitals inside of words, such as "Zażółć"
// read as "Za¿ó³æ".
func isWestern(text []byte) bool {
	var all, inRuns, inWords int
	for i := 0; i < len(text); i++ {
		if text[i] < utf8.RuneSelf {
			continue
		}
		start := i
		for i < len(text) && text[i] >= utf8.RuneSelf {
			i++
		}
		all += i - start
		if i-start >= 4 {
			inRuns += i - start
		}
		if start == 0 || !isASCIILetter(text[start-1]) {
			continue
		}
		switch {
		case text[start-1] >= 'a' && bytes.IndexByte(lateCapitals, text[start]) >= 0:
			inWords += 2
		case i < len(text) && isASCIILetter(text[i]) && hasSign(text[start:i]):
			inWords++
		}
	}
	return (inRuns < 8 || inRuns*3 < all) && (inWords < 2 || inWords*10 < all)
}

// lateCapitals are Š, Œ, Ž and Ÿ, which do not follow a small letter; in the
// encoding of old Macs they are ä, å, é and ü.
var lateCapitals = []byte{0x8a, 0x8c, 0x8e, 0x9f}

// inWord are the bytes below À that occur inside of words: capitals and small
// letters with a caron, œ, apostrophes, dashes, a fixed space, the soft hyphen,
// the registered sign and the middle dot.
var inWord = []byte{0x8a, 0x8c, 0x8e, 0x91, 0x92, 0x96, 0x97, 0x9a, 0x9c, 0x9e, 0x9f, 0xa0, 0xad, 0xae, 0xb4, 0xb7}

// hasSign reports whether run has something that does not occur inside of words.
func hasSign(run []byte) bool {
	for _, c := range run {
		letter := c >= 0xc0 && c != 0xd7 && c != 0xf7
		if !letter && bytes.IndexByte(inWord, c) < 0 {
			return true
		}
	}
	return false
}

func isASCIILetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// asciiPrefix is the number of ASCII bytes that text begins with.
func asciiPrefix(text []byte) int {
	for i, c := range text {
		if c >= utf8.RuneSelf {
			return i
		}
	}
	return len(text)
}

func isASCII(text string) bool {
	for i := range len(text) {
		if text[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// composed returns text in Unicode's form NFC, in which the shop stores and
// compares all text. Nearly all texts are, and cost no copy.
func composed(text string) string {
	if isASCII(text) || norm.NFC.IsNormalString(text) {
		return text
	}
	return norm.NFC.String(text)
}
