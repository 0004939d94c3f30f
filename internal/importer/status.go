package importer

import "strings"

// visibleWords are the words that say that a product is visible. Among them is
// how spreadsheets in other languages write TRUE.
var visibleWords = map[string]bool{
	"active": true, "published": true, "visible": true, "enabled": true, "online": true, "live": true,
	"true": true, "yes": true, "y": true, "t": true, "1": true,
	"wahr": true, "ja": true, "aktiv": true, "vrai": true, "oui": true, "actif": true, "vero": true,
	"sì": true, "verdadero": true, "sí": true, "activo": true, "verdadeiro": true, "sim": true,
	"ativo": true, "waar": true, "actief": true, "sant": true, "sand": true, "tosi": true, "prawda": true,
	"tak": true, "pravda": true, "igaz": true, "doğru": true, "истина": true,
}

// statusOf reads a product's status. It is empty if the text is. A word that is
// neither a status nor says that the product is visible gives a draft, and ok is
// false: what cannot be understood must not be published.
func statusOf(text string) (status string, ok bool) {
	word := strings.ToLower(strings.TrimSpace(text))
	switch {
	case word == "":
		return "", true
	case visibleWords[word]:
		return "ACTIVE", true
	case word == "draft":
		return "DRAFT", true
	case word == "archived":
		return "ARCHIVED", true
	}
	return "DRAFT", false
}

// isHidden reports whether a cell that says whether a product is published says
// no, in the words that exports use.
func isHidden(text string) bool {
	switch strings.ToLower(strings.TrimSpace(text)) {
	case "false", "no", "n", "f", "0":
		return true
	}
	return false
}

const hiddenReason = "not understood as a word for visible: the product was stored as a draft; write active, draft or archived"
