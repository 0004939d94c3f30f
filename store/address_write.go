package store

import (
	"context"
	"strings"

	"souk/internal/fault"
)

// NewAddress is an address to create.
type NewAddress struct {
	Name           string
	Company        *string
	Line1          string
	Line2          *string
	City           string
	Region         *string
	PostalCode     *string
	CountryCode    string
	Phone          *string
	IsDefault      *bool
	IdempotencyKey *string
}

// AddressPatch has the fields of an address that an update changes. Null clears the
// fields that may be empty.
type AddressPatch struct {
	ID              AddressID
	ExpectedVersion *int64

	Name        Patch[*string]
	Company     Patch[*string]
	Line1       Patch[*string]
	Line2       Patch[*string]
	City        Patch[*string]
	Region      Patch[*string]
	PostalCode  Patch[*string]
	CountryCode Patch[*string]
	Phone       Patch[*string]
	// IsDefault true makes the address the default instead of the current one. It
	// cannot be set to false for the default address: make another address the
	// default.
	IsDefault Patch[*bool]
}

const (
	// MaxAddresses is the maximum number of addresses of a customer: a form shows all
	// of them.
	MaxAddresses = 100
	// maxPostalCode is in characters; the longest postal codes have ten.
	maxPostalCode = 20
)

func (n *NewAddress) check() (problems fault.Problems) {
	n.Name = nonEmptyLine(maxLine)(&problems, "name", n.Name)
	textOrEmpty(&problems, "company", &n.Company, line(maxLine))
	n.Line1 = nonEmptyLine(maxLine)(&problems, "line1", n.Line1)
	textOrEmpty(&problems, "line2", &n.Line2, line(maxLine))
	n.City = nonEmptyLine(maxLine)(&problems, "city", n.City)
	textOrEmpty(&problems, "region", &n.Region, line(maxLine))
	textOrEmpty(&problems, "postalCode", &n.PostalCode, line(maxPostalCode))
	n.CountryCode = countryCode(&problems, "countryCode", n.CountryCode)
	textOrEmpty(&problems, "phone", &n.Phone, phoneNumber)
	return problems
}

func (p *AddressPatch) check() (problems fault.Problems) {
	checkExists(&problems, "id", p.ID, noAddress)
	required(&problems, "name", &p.Name, nonEmptyLine(maxLine))
	clearable(&problems, "company", &p.Company, line(maxLine))
	required(&problems, "line1", &p.Line1, nonEmptyLine(maxLine))
	clearable(&problems, "line2", &p.Line2, line(maxLine))
	required(&problems, "city", &p.City, nonEmptyLine(maxLine))
	clearable(&problems, "region", &p.Region, line(maxLine))
	clearable(&problems, "postalCode", &p.PostalCode, line(maxPostalCode))
	required(&problems, "countryCode", &p.CountryCode, countryCode)
	clearable(&problems, "phone", &p.Phone, phoneNumber)
	required(&problems, "isDefault", &p.IsDefault, nil)
	return problems
}

// countryCode is the rule for a country code.
func countryCode(problems *fault.Problems, field, value string) string {
	if value = strings.ToUpper(strings.TrimSpace(value)); !isCountry(value) {
		problems.Add(fault.ReasonInvalid, field, "it is not an ISO 3166-1 country code of two letters; give one such as DE")
	}
	return value
}

// CreateAddress adds an address to the calling customer. The first address of a
// customer is the default.
func (w *Writer) CreateAddress(ctx context.Context, n NewAddress) (AddressID, error) {
	if err := n.check().Err(); err != nil {
		return AddressID{}, err
	}
	return idempotent(ctx, w, n.IdempotencyKey, func(tx *Tx) (AddressID, error) { return tx.createAddress(ctx, n) })
}

func (tx *Tx) createAddress(ctx context.Context, n NewAddress) (AddressID, error) {
	owner := tx.origin.customer()
	id, err := newID[AddressID]()
	if err != nil {
		return id, err
	}
	if _, err := tx.lockCustomer(ctx, owner); err != nil {
		return id, err
	}
	const count = `-- name: CountAddressesOfCustomer
SELECT count(*)::int AS n
FROM addresses
WHERE customer_id = @owner`
	type counted struct{ N int }
	have, err := oneRow[counted](ctx, tx, count, args{"owner": owner})
	switch {
	case err != nil:
		return id, err
	case have.N >= MaxAddresses:
		return id, fault.Reject(fault.ReasonTooMany, "", "you have %d addresses, which is the limit; delete one first", have.N)
	}
	isDefault := have.N == 0 || (n.IsDefault != nil && *n.IsDefault)
	if isDefault {
		if err := tx.unsetDefaultAddress(ctx, owner); err != nil {
			return id, err
		}
	}
	const insert = `-- name: CreateAddress
INSERT INTO addresses (id, customer_id, name, company, line1, line2, city, region, postal_code, country_code, phone, is_default)
VALUES (@id, @owner, @name, @company, @line1, @line2, @city, @region, @postal_code, @country_code, @phone, @is_default)`
	_, err = tx.exec(ctx, insert, args{
		"id": id, "owner": owner, "name": n.Name, "company": n.Company, "line1": n.Line1, "line2": n.Line2,
		"city": n.City, "region": n.Region, "postal_code": n.PostalCode, "country_code": n.CountryCode,
		"phone": n.Phone, "is_default": isDefault,
	})
	if err != nil {
		return id, err
	}
	tx.changed(SubjectAddress, id, nil, raisesVersions(customerByID, owner))
	return id, nil
}

// UpdateAddress changes the fields that the patch sets. The address must belong to
// the calling customer.
func (w *Writer) UpdateAddress(ctx context.Context, p AddressPatch) error {
	if err := p.check().Err(); err != nil {
		return err
	}
	return w.inTx(ctx, func(tx *Tx) error { return tx.updateAddress(ctx, p) })
}

func (tx *Tx) updateAddress(ctx context.Context, p AddressPatch) error {
	old, err := tx.lockAddress(ctx, Ref[AddressID]{p.ID, p.ExpectedVersion})
	if err != nil {
		return err
	}
	if old.IsDefault && p.IsDefault.Set && !*p.IsDefault.Value {
		return fault.Reject(fault.ReasonInvalid, "isDefault", "one address must be the default; make another address the default instead")
	}
	var a assignments
	assign(&a, "name", p.Name, old.Name)
	assign(&a, "company", p.Company, old.Company)
	assign(&a, "line1", p.Line1, old.Line1)
	assign(&a, "line2", p.Line2, old.Line2)
	assign(&a, "city", p.City, old.City)
	assign(&a, "region", p.Region, old.Region)
	assign(&a, "postal_code", p.PostalCode, old.PostalCode)
	assign(&a, "country_code", p.CountryCode, old.CountryCode)
	assign(&a, "phone", p.Phone, old.Phone)
	assign(&a, "is_default", p.IsDefault, old.IsDefault)
	if !a.any() {
		return nil
	}
	if a.has("is_default") {
		if err := tx.unsetDefaultAddress(ctx, old.CustomerID); err != nil {
			return err
		}
	}
	if err := tx.update(ctx, "UpdateAddress", "addresses", p.ID, &a); err != nil {
		return err
	}
	tx.changed(SubjectAddress, p.ID, a.changes, raisesVersions(customerByID, old.CustomerID))
	return nil
}

// DeleteAddress deletes an address of the calling customer. If it was the default,
// the oldest remaining address becomes the default.
func (w *Writer) DeleteAddress(ctx context.Context, ref Ref[AddressID]) error {
	return w.inTx(ctx, func(tx *Tx) error { return tx.deleteAddress(ctx, ref) })
}

func (tx *Tx) deleteAddress(ctx context.Context, ref Ref[AddressID]) error {
	old, err := tx.lockAddress(ctx, ref)
	if err != nil {
		return err
	}
	if err := tx.delete(ctx, "DeleteAddress", "addresses", ref.ID); err != nil {
		return err
	}
	const appoint = `-- name: SetOldestAddressDefault
UPDATE addresses
SET is_default = true
WHERE id = (SELECT id FROM addresses WHERE customer_id = @owner ORDER BY id LIMIT 1)`
	if old.IsDefault {
		if _, err := tx.exec(ctx, appoint, args{"owner": old.CustomerID}); err != nil {
			return err
		}
	}
	tx.changed(SubjectAddress, ref.ID, nil, raisesVersions(customerByID, old.CustomerID))
	return nil
}

const noAddress = "you have no address with this ID"

// lockAddress locks the calling customer and returns one of their addresses. It
// rejects an address of another customer as if it did not exist.
func (tx *Tx) lockAddress(ctx context.Context, ref Ref[AddressID]) (*Address, error) {
	owner := tx.origin.customer()
	if _, err := tx.lockCustomer(ctx, owner); err != nil {
		return nil, err
	}
	statement := `-- name: AddressOfCustomer
SELECT ` + addressColumns.sql() + `
FROM addresses a
WHERE a.id = @id AND a.customer_id = @owner`
	found, err := oneRow[Address](ctx, tx, statement, args{"id": ref.ID, "owner": owner})
	switch {
	case err != nil:
		return nil, err
	case found == nil:
		return nil, fault.Reject(fault.ReasonNotFound, "id", noAddress)
	}
	return found, checkVersion(found.Version, ref.ExpectedVersion)
}

func (tx *Tx) unsetDefaultAddress(ctx context.Context, owner CustomerID) error {
	const statement = `-- name: UnsetDefaultAddress
UPDATE addresses
SET is_default = false
WHERE customer_id = @owner AND is_default`
	_, err := tx.exec(ctx, statement, args{"owner": owner})
	return err
}
