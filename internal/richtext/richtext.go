// Package richtext sanitizes the HTML of product descriptions, and extracts its
// text. Every description goes through it, from imports and from mutations.
package richtext

import (
	"strings"
	"sync"

	"github.com/microcosm-cc/bluemonday"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// policy allows what a shop's editor produces: text, lists, tables, links and
// images. Scripts, styles and frames are removed with their content. It is safe
// for concurrent use and never changed.
var policy = sync.OnceValue(bluemonday.UGCPolicy)

// Clean returns the safe form of HTML. Text without any markup is returned as it
// is.
func Clean(markup string) string {
	if isPlain(markup) {
		return markup
	}
	return strings.TrimSpace(policy().Sanitize(markup))
}

// Plain extracts the text of clean HTML: one line for each block, one space
// between words. It returns text without any markup unchanged.
func Plain(clean string) string {
	if isPlain(clean) {
		return clean
	}
	return words(clean)
}

func isPlain(text string) bool { return !strings.ContainsAny(text, "<>&") }

func words(markup string) string {
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
