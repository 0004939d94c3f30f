package importer

import (
	"strings"

	"github.com/gosimple/slug"
	"github.com/microcosm-cc/bluemonday"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// slugMax is where a slug is cut, at a word: longer ones wrap in logs and mails,
// and search engines show about 75 letters of an address.
const slugMax = 80

// makeSlug turns a handle or a name into words of a–z, 0–9 and "_" joined by
// "-", transliterated where they are of another script. It is never empty.
func makeSlug(text, ifEmpty string) string {
	made, plain := plainSlug(text)
	if !plain {
		if len(text) > 8*slugMax { // what is cut off anyway costs nothing
			text = text[:8*slugMax]
		}
		made = slug.Make(strings.ToValidUTF8(text, ""))
	}
	if len(made) > slugMax {
		if at := strings.LastIndexByte(made[:slugMax+1], '-'); at > slugMax/2 {
			made = made[:at]
		} else {
			made = made[:slugMax]
		}
	}
	made = strings.Trim(made, "-_")
	if made == "" {
		return ifEmpty
	}
	return made
}

// plainSlug does what slug.Make does, for text that needs no table of letters:
// the library's regular expressions take 14 µs for a title, this half of one
// (BenchmarkSlug), and a large file has millions.
func plainSlug(text string) (string, bool) {
	buf := make([]byte, 0, slugMax+8)
	for i := 0; i < len(text) && len(buf) <= slugMax+1; i++ {
		switch c := text[i]; {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9', c == '_':
			buf = append(buf, c)
		case c >= 'A' && c <= 'Z':
			buf = append(buf, c+'a'-'A')
		case c >= 0x80, c == '&', c == '@', c == '\'', c == '"':
			return "", false
		case len(buf) > 0 && buf[len(buf)-1] != '-':
			buf = append(buf, '-')
		}
	}
	return strings.Trim(string(buf), "-_"), true
}

// markup cleans product bodies. It is safe for concurrent use.
type markup struct{ policy *bluemonday.Policy }

// newMarkup allows what people write with a shop's editor: text, lists, tables,
// links and pictures. Scripts, styles and frames go with what is in them.
func newMarkup() markup { return markup{policy: bluemonday.UGCPolicy()} }

// clean returns the safe form of a body and its plain text. Text without any
// markup is returned as it is.
func (m markup) clean(body string) (safe, text string) {
	if !strings.ContainsAny(body, "<>&") {
		return body, body
	}
	safe = strings.TrimSpace(m.policy.Sanitize(body))
	return safe, plainText(safe)
}

// plainText takes the words out of HTML: one line for each block, one blank
// between words.
func plainText(markup string) string {
	var text strings.Builder
	text.Grow(len(markup))
	tokens := html.NewTokenizer(strings.NewReader(markup))
	gap := byte(0)
	for {
		switch kind := tokens.Next(); kind {
		case html.ErrorToken:
			return text.String()
		case html.TextToken:
			gap = appendWords(&text, string(tokens.Text()), gap)
		case html.StartTagToken, html.EndTagToken, html.SelfClosingTagToken:
			name, _ := tokens.TagName()
			if isBlock(atom.Lookup(name)) {
				gap = '\n'
			}
		}
	}
}

func appendWords(text *strings.Builder, words string, gap byte) byte {
	if words != "" && gap == 0 && isSpace(words[0]) {
		gap = ' '
	}
	for word := range strings.FieldsSeq(html.UnescapeString(words)) {
		if gap != 0 && text.Len() > 0 {
			text.WriteByte(gap)
		}
		text.WriteString(word)
		gap = ' '
	}
	if words != "" && gap == ' ' && !isSpace(words[len(words)-1]) {
		return 0
	}
	return gap
}

func isSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\t' || c == '\r' }

func isBlock(tag atom.Atom) bool {
	switch tag {
	case atom.P, atom.Div, atom.Br, atom.Li, atom.Ul, atom.Ol, atom.Tr, atom.Td, atom.Th, atom.Table,
		atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Blockquote, atom.Pre, atom.Hr,
		atom.Section, atom.Article, atom.Dt, atom.Dd, atom.Figure, atom.Summary, atom.Details:
		return true
	}
	return false
}
