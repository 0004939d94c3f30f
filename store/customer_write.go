package store

import (
	"context"
	"regexp"
	"strings"
	"unicode/utf8"

	"souk/internal/fault"
)

// CustomerPatch has the fields that customers can change in their own account. Null
// removes the phone number.
type CustomerPatch struct {
	ExpectedVersion *int64

	DisplayName Patch[*string]
	Phone       Patch[*string]
}

// maxPhone is in characters: the 15 digits of E.164, an extension and spaces.
const maxPhone = 40

func (p *CustomerPatch) check() (problems fault.Problems) {
	required(&problems, "displayName", &p.DisplayName, CheckName)
	optional(&problems, "phone", &p.Phone, phoneNumber)
	return problems
}

// UpdateCustomer changes the fields of the calling customer that the patch sets.
func (w *Writer) UpdateCustomer(ctx context.Context, p CustomerPatch) error {
	if err := p.check().Err(); err != nil {
		return err
	}
	return w.inTx(ctx, func(tx *Tx) error { return tx.updateCustomer(ctx, p) })
}

func (tx *Tx) updateCustomer(ctx context.Context, p CustomerPatch) error {
	old, err := tx.lockCustomer(ctx, tx.origin.customer())
	if err != nil {
		return err
	}
	if err := checkVersion(old.Version, p.ExpectedVersion); err != nil {
		return err
	}
	var a assignments
	assign(&a, "display_name", p.DisplayName, old.DisplayName)
	assignNullable(&a, "phone", p.Phone, old.Phone)
	if !a.any() {
		return nil
	}
	if err := tx.update(ctx, "UpdateCustomer", "customers", old.ID, &a); err != nil {
		return err
	}
	tx.changed(SubjectCustomer, old.ID, a.changes)
	return nil
}

// lockCustomer returns a customer and locks the account and everything below it until
// the transaction ends. Every change below a customer starts here.
func (tx *Tx) lockCustomer(ctx context.Context, id CustomerID) (*Customer, error) {
	statement := `-- name: LockCustomer
SELECT ` + customerColumns.sql() + `
FROM customers c
WHERE c.id = @id
FOR NO KEY UPDATE`
	found, err := oneRow[Customer](ctx, tx, statement, args{"id": id})
	switch {
	case err != nil:
		return nil, err
	case found == nil:
		return nil, fault.Reject(fault.ReasonNotFound, "", accountGone)
	}
	return found, nil
}

const accountGone = "this account no longer exists"

var phonePattern = regexp.MustCompile(`^\+?[0-9][0-9 ()./x-]*$`)

// phoneNumber is the rule for a phone number, which may be empty.
func phoneNumber(problems *fault.Problems, field, value string) string {
	value = strings.TrimSpace(value)
	switch {
	case utf8.RuneCountInString(value) > maxPhone:
		problems.Add(fault.ReasonTooLong, field, "it has %d characters; shorten it to %d", utf8.RuneCountInString(value), maxPhone)
	case value != "" && !phonePattern.MatchString(value):
		problems.Add(fault.ReasonInvalid, field, "it is not a phone number; write it with its country code, such as +49 30 123456")
	}
	return value
}
