package store

import (
	"context"
	"regexp"
	"strings"

	"souk/internal/fault"
)

// CustomerPatch are the fields of a customer that she changes herself.
type CustomerPatch struct {
	// ExpectedVersion, when set, refuses the update of a customer who has changed
	// since.
	ExpectedVersion *int64

	DisplayName Patch[string]
	Phone       Patch[*string]
}

const (
	// maxPersonLine is longer than any name, street or town of real data.
	maxPersonLine = 255
	// maxPhone leaves E.164's 15 digits room for an extension and for blanks.
	maxPhone = 40
)

func (p *CustomerPatch) check() error {
	var problems fault.Problems
	if p.DisplayName.Set {
		p.DisplayName.Value = personLine(&problems, "displayName", p.DisplayName.Value, maxTitle, true)
	}
	if p.Phone.Set && p.Phone.Value != nil {
		phone := phoneNumber(&problems, "phone", *p.Phone.Value)
		p.Phone.Value = &phone
		if phone == "" {
			p.Phone.Value = nil
		}
	}
	return problems.Err()
}

// UpdateCustomer changes the fields that the patch sets.
func (w *Writer) UpdateCustomer(ctx context.Context, id CustomerID, p CustomerPatch) error {
	if err := p.check(); err != nil {
		return err
	}
	return w.inTx(ctx, func(tx *Tx) error { return tx.updateCustomer(ctx, id, p) })
}

func (tx *Tx) updateCustomer(ctx context.Context, id CustomerID, p CustomerPatch) error {
	old, err := tx.lockCustomer(ctx, id)
	if err != nil {
		return err
	}
	if err := checkVersion(old.Version, p.ExpectedVersion); err != nil {
		return err
	}
	var a assignments
	assign(&a, "display_name", p.DisplayName, old.DisplayName)
	assignMaybe(&a, "phone", p.Phone, old.Phone)
	if !a.any() {
		return nil
	}
	a.args["id"] = id
	_, err = tx.exec(ctx, a.statement("UpdateCustomer", "customers"), a.args)
	return err
}

// lockCustomer returns a customer and keeps others from changing her or anything
// of hers until the transaction ends. Every change below a customer starts here.
func (tx *Tx) lockCustomer(ctx context.Context, id CustomerID) (*Customer, error) {
	const statement = `-- name: LockCustomer
SELECT ` + customerColumns + `
FROM customers c
WHERE c.id = @id
FOR NO KEY UPDATE`
	found, err := oneRow[Customer](ctx, tx, statement, args{"id": id})
	switch {
	case err != nil:
		return nil, err
	case found == nil:
		return nil, fault.Reject(fault.ReasonNotFound, "", "this account does not exist any more")
	}
	return found, nil
}

// raiseCustomer raises the version of a customer of whom something changed that is
// no column of hers: an address.
func (tx *Tx) raiseCustomer(ctx context.Context, id CustomerID) error {
	const statement = `-- name: RaiseCustomer
UPDATE customers
SET version = version + 1, updated_at = now()
WHERE id = @id`
	_, err := tx.exec(ctx, statement, args{"id": id})
	return err
}

// personLine is oneLine for a line that a person has typed of herself, and may
// have to.
func personLine(problems *fault.Problems, field, value string, most int, needed bool) string {
	value = oneLine(problems, field, value, most)
	if value == "" && needed {
		problems.Add(fault.ReasonRequired, field, "it is empty; give a value")
	}
	return value
}

var phonePattern = regexp.MustCompile(`^\+?[0-9][0-9 ()./x-]*$`)

// phoneNumber checks a phone number; "" is none.
func phoneNumber(problems *fault.Problems, field, value string) string {
	value = strings.TrimSpace(value)
	switch {
	case len(value) > maxPhone:
		problems.Add(fault.ReasonTooLong, field, "it has more than %d characters; shorten it", maxPhone)
	case value != "" && !phonePattern.MatchString(value):
		problems.Add(fault.ReasonInvalid, field, "it is not a phone number; write it with its country, such as +49 30 123456")
	}
	return value
}
