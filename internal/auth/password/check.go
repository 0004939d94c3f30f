package password

import (
	_ "embed"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"souk/internal/fault"
)

// NIST SP 800-63B requires a minimum of eight characters, a maximum of 64 or
// more, and a list of common passwords instead of rules about digits and
// capitals.
const (
	MinCharacters = 8
	MaxCharacters = 256
)

// common has a well-known password on each line, in small letters. Shorter ones
// than MinCharacters are refused anyway.
//
//go:embed common.txt
var common string

// Check returns a BAD_USER_INPUT fault with a message for the person who chose
// the password, or nil. Length is counted in characters after normalisation.
// Common passwords, the e-mail address and the part of it before the @ are
// refused, in upper or lower case.
func Check(password, email string) error {
	if len(password) > maxPasswordBytes {
		return tooLong()
	}
	normal := norm.NFC.String(password)
	if !utf8.ValidString(normal) || strings.ContainsRune(normal, 0) {
		return fault.Invalid("The password has characters that cannot be typed. Please choose another one.")
	}
	switch length := utf8.RuneCountInString(normal); {
	case length < MinCharacters:
		return fault.Invalid("The password is too short: use at least %d characters.", MinCharacters)
	case length > MaxCharacters:
		return tooLong()
	}
	if isCommon(strings.ToLower(normal)) {
		return fault.Invalid("This password is very common and easy to guess. Please choose another one.")
	}
	local, _, _ := strings.Cut(norm.NFC.String(email), "@")
	if email != "" && (strings.EqualFold(normal, local) || strings.EqualFold(normal, norm.NFC.String(email))) {
		return fault.Invalid("The password is your e-mail address. Please choose another one.")
	}
	return nil
}

func isCommon(lower string) bool {
	if strings.Count(lower, lower[:1]) == len(lower) {
		return true // one character, repeated
	}
	return strings.Contains(common, "\n"+lower+"\n") && !strings.Contains(lower, "\n")
}

func tooLong() error {
	return fault.Invalid("The password is too long: use at most %d characters.", MaxCharacters)
}
