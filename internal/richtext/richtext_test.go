package richtext_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"

	"souk/internal/richtext"
)

func TestMarkupIsCleanedAndItsTextKept(t *testing.T) {
	for in, want := range map[string][2]string{
		"plain\ntext":          {"plain\ntext", "plain\ntext"},
		"Tom & Jerry":          {"Tom &amp; Jerry", "Tom & Jerry"},
		"<p>One</p><p>Two</p>": {"<p>One</p><p>Two</p>", "One\nTwo"},
		"a<b>b</b>c <i>d</i>":  {"a<b>b</b>c <i>d</i>", "abc d"},
		"<p onclick=x()>Hi</p><script>alert('x')</script><style>p{}</style>": {"<p>Hi</p>", "Hi"},
		"x<iframe src=//evil>inside</iframe>y":                               {"xy", "xy"},
		"<table><tr><td>A</td><td>B</td></tr></table>":                       {"<table><tr><td>A</td><td>B</td></tr></table>", "A\nB"},
		"<ul><li>1</li><li>2</li></ul>":                                      {"<ul><li>1</li><li>2</li></ul>", "1\n2"},
	} {
		clean := richtext.Clean(in)
		require.Equal(t, want, [2]string{clean, richtext.Plain(clean)})
	}
}

// FuzzClean parses what came out as a browser would: nothing in it may run or load
// a page.
func FuzzClean(f *testing.F) {
	for _, attack := range []string{
		`<script>alert(1)</script>`, `<img src=x onerror=alert(1)>`, `<a href="javascript:alert(1)">x</a>`,
		`<svg><script>alert(1)</script></svg>`, `<style>*{background:url(javascript:x)}</style>`, `<p style="behavior:url(x)">`,
		`<math><mtext></p><img src onerror=x>`, `<a href="java&#x09;script:x">`, `<iframe srcdoc="<script>">`, `<<script>script>x`,
	} {
		f.Add(attack)
	}
	f.Fuzz(func(t *testing.T, markup string) {
		root, err := html.Parse(strings.NewReader(richtext.Clean(markup)))
		require.NoError(t, err)
		for node := range root.Descendants() {
			if node.Type != html.ElementNode {
				continue
			}
			require.NotContains(t, []string{"script", "style", "iframe", "object", "embed", "svg", "math", "form", "base", "meta", "link"}, node.Data)
			for _, attribute := range node.Attr {
				require.False(t, strings.HasPrefix(attribute.Key, "on") || attribute.Key == "style", attribute.Key)
				if attribute.Key == "href" || attribute.Key == "src" {
					value := strings.ToLower(strings.TrimSpace(attribute.Val))
					require.False(t, strings.HasPrefix(value, "javascript:") || strings.HasPrefix(value, "data:text"), value)
				}
			}
		}
	})
}
