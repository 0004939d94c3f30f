package store

import (
	"context"
	"strings"
	"time"
	_ "time/tzdata" // the names of time zones are known on machines without that database too

	"golang.org/x/text/language"

	"souk/internal/fault"
	"souk/internal/money"
)

// maxLanguages is more than any shop is translated into.
const maxLanguages = 100

// maxLanguageTag is in bytes, the limit that RFC 5646 allows in section 4.4.1. The
// longest tag without extensions has 35.
const maxLanguageTag = 35

// ShopPatch has the settings that an update changes.
type ShopPatch struct {
	ExpectedVersion *int64

	Name      Patch[*string]
	Currency  Patch[*string]
	Country   Patch[*string]
	TimeZone  Patch[*string]
	Languages Patch[[]string]
}

func (p *ShopPatch) check() (problems fault.Problems) {
	optional(&problems, "name", &p.Name, line(maxLine))
	optional(&problems, "currency", &p.Currency, orEmpty(currencyCode))
	optional(&problems, "country", &p.Country, orEmpty(countryCode))
	optional(&problems, "timeZone", &p.TimeZone, orEmpty(timeZone))
	requiredList(&problems, "languages", &p.Languages, languageTags)
	return problems
}

// UpdateShop changes the settings that the patch sets. Prices keep their currency.
func (w *Writer) UpdateShop(ctx context.Context, p ShopPatch) (id ShopID, err error) {
	if err := p.check().Err(); err != nil {
		return id, err
	}
	err = w.inTx(ctx, func(tx *Tx) error {
		id, err = tx.updateShop(ctx, p)
		return err
	})
	return id, err
}

func (tx *Tx) updateShop(ctx context.Context, p ShopPatch) (ShopID, error) {
	old, err := lockRow[Shop](ctx, tx, "shop", `-- name: LockShop
SELECT `+shopColumns.sql()+`
FROM shop s
FOR UPDATE`, nil)
	if err != nil {
		return ShopID{}, err
	}
	if err := checkVersion(old.Version, p.ExpectedVersion); err != nil {
		return old.ID, err
	}
	var a assignments
	assignNullable(&a, "name", p.Name, old.Name)
	assignNullable(&a, "currency", p.Currency, old.Currency)
	assignNullable(&a, "country", p.Country, old.Country)
	assignNullable(&a, "time_zone", p.TimeZone, old.TimeZone)
	assignList(&a, "languages", p.Languages, old.Languages)
	if !a.any() {
		return old.ID, nil
	}
	if err := tx.update(ctx, "UpdateShop", "shop", old.ID, &a); err != nil {
		return old.ID, err
	}
	tx.changed(SubjectShop, old.ID, a.changes)
	return old.ID, nil
}

// orEmpty makes a rule accept a blank text, which clears a setting.
func orEmpty(check rule[string]) rule[string] {
	return func(problems *fault.Problems, field, value string) string {
		if value = strings.TrimSpace(value); value == "" {
			return ""
		}
		return check(problems, field, value)
	}
}

// currencyCode is the rule for the code of a currency.
func currencyCode(problems *fault.Problems, field, value string) string {
	value = strings.ToUpper(value)
	if _, err := money.Scale(value); err != nil {
		problems.Add(fault.ReasonInvalid, field, "it is not an ISO 4217 currency code; give one such as EUR")
	}
	return value
}

// timeZone is the rule for the name of a time zone.
func timeZone(problems *fault.Problems, field, value string) string {
	if _, err := time.LoadLocation(value); err != nil || value == "Local" { // Local is the server's
		problems.Add(fault.ReasonInvalid, field, "it is not a name of the IANA time zone database; give one such as Europe/Berlin or UTC")
	}
	return value
}

// languageTags is the rule for a list of languages. It returns the tags in their
// canonical form: pt-BR for PT_br.
func languageTags(problems *fault.Problems, field string, values []string) []string {
	if len(values) > maxLanguages {
		checkLength(problems, field, len(values), maxLanguages)
		return values
	}
	seen := map[string]bool{}
	tags := make([]string, len(values))
	for i, value := range values {
		tag, err := language.Parse(strings.TrimSpace(value))
		if base, _, _ := tag.Raw(); err != nil || base.String() == "und" || len(value) > maxLanguageTag {
			problems.Add(fault.ReasonInvalid, itemField(field, i), "it is not a BCP 47 language tag; give one such as de or pt-BR")
			continue
		}
		tags[i] = tag.String()
		if seen[tags[i]] {
			problems.Add(fault.ReasonDuplicate, itemField(field, i), "the language is in the list already; leave it out")
		}
		seen[tags[i]] = true
	}
	return tags
}
