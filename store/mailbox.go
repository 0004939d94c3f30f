package store

import (
	"strings"
	"unicode"

	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"
)

// mailbox is an e-mail address in the three forms in which an account can have it:
// a domain such as bücher.example also has an ASCII form, xn--bcher-kva.example, and is
// the same domain in both. Case does not count either.
//
// Accounts are stored with the Unicode form, which people can read. An account that has
// another form, because an older version or an import stored it, is found by all forms
// too. If there are two accounts of one mailbox already, each is found by its own form
// first, so both work as before; no third can be added.
type mailbox struct {
	typed, unicode, ascii string
	// valid reports whether the domain can exist. For an ASCII domain it is true: the
	// parser of addresses has the last word.
	valid bool
}

// maxDomain is in bytes; the longest domain has 253 characters.
const maxDomain = 4 * 253

func mailboxOf(email string) mailbox {
	email = strings.TrimSuffix(strings.TrimSpace(email), ".")
	asTyped := mailbox{typed: email, unicode: email, ascii: email, valid: true}
	at := strings.LastIndexByte(email, '@')
	local, domain := email[:at+1], email[at+1:]
	isASCII := !strings.ContainsFunc(domain, func(r rune) bool { return r > unicode.MaxASCII })
	if at < 0 || isASCII && !strings.Contains(strings.ToLower(domain), "xn--") {
		return asTyped
	}
	asTyped.valid = false
	if len(domain) > maxDomain {
		return asTyped
	}
	ascii, err := idna.Lookup.ToASCII(domain)
	if err != nil {
		return asTyped
	}
	readable, err := idna.Lookup.ToUnicode(ascii)
	if err != nil {
		return asTyped
	}
	return mailbox{typed: email, unicode: local + norm.NFC.String(readable), ascii: local + ascii, valid: true}
}

// MailboxKey returns a text that is the same for all spellings of an e-mail address.
func MailboxKey(email string) string { return strings.ToLower(mailboxOf(email).ascii) }

// args returns the arguments of sameMailbox, and of thisSpellingFirst.
func (m mailbox) args() args {
	return args{"email": m.typed, "email_unicode": m.unicode, "email_ascii": m.ascii}
}

const (
	// sameMailbox is the condition for the accounts of a mailbox.
	sameMailbox = `lower(email) IN (lower(@email), lower(@email_unicode), lower(@email_ascii))`
	// thisSpellingFirst selects one of two accounts of a mailbox.
	thisSpellingFirst = `ORDER BY lower(email) = lower(@email) DESC
LIMIT 1`
)
