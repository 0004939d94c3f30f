package store

import (
	"context"
	"strings"

	"souk/internal/fault"
)

// AddressPatch are the fields of an address that an update changes.
type AddressPatch struct {
	// ExpectedVersion, when set, refuses the update of an address that has changed
	// since.
	ExpectedVersion *int64

	Name        Patch[string]
	Company     Patch[string]
	Line1       Patch[string]
	Line2       Patch[string]
	City        Patch[string]
	Region      Patch[string]
	PostalCode  Patch[string]
	CountryCode Patch[string]
	Phone       Patch[string]
	// IsDefault makes it the default, and no other is then. A default cannot be
	// unmade: another one takes its place.
	IsDefault Patch[bool]
}

const (
	// MaxAddresses bounds how many addresses a customer has: a form shows them all.
	MaxAddresses = 100
	// maxPostalCode is above the longest that countries use, ten characters.
	maxPostalCode = 20
)

func (p *AddressPatch) check() error {
	var problems fault.Problems
	for _, line := range []struct {
		field  string
		patch  *Patch[string]
		most   int
		needed bool
	}{
		{"name", &p.Name, maxPersonLine, true},
		{"company", &p.Company, maxPersonLine, false},
		{"line1", &p.Line1, maxPersonLine, true},
		{"line2", &p.Line2, maxPersonLine, false},
		{"city", &p.City, maxPersonLine, true},
		{"region", &p.Region, maxPersonLine, false},
		{"postalCode", &p.PostalCode, maxPostalCode, false},
	} {
		if line.patch.Set {
			line.patch.Value = personLine(&problems, line.field, line.patch.Value, line.most, line.needed)
		}
	}
	if p.CountryCode.Set {
		p.CountryCode.Value = strings.ToUpper(strings.TrimSpace(p.CountryCode.Value))
		if !isCountry(p.CountryCode.Value) {
			problems.Add(fault.ReasonInvalid, "countryCode", "it is not a country's ISO 3166-1 code of two letters, such as DE")
		}
	}
	if p.Phone.Set {
		p.Phone.Value = phoneNumber(&problems, "phone", p.Phone.Value)
	}
	return problems.Err()
}

// CreateAddress adds an address to a customer's. Every field but IsDefault must be
// set. The first one is the default.
func (w *Writer) CreateAddress(ctx context.Context, owner CustomerID, p AddressPatch) (AddressID, error) {
	if err := p.check(); err != nil {
		return AddressID{}, err
	}
	return once(ctx, w, func(tx *Tx) (AddressID, error) { return tx.createAddress(ctx, owner, p) })
}

func (tx *Tx) createAddress(ctx context.Context, owner CustomerID, p AddressPatch) (AddressID, error) {
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
		return id, fault.Reject(fault.ReasonTooMany, "", "you have %d addresses, which is the most; delete one first", have.N)
	}
	isDefault := have.N == 0 || p.IsDefault.Value
	if isDefault {
		if err := tx.unsetDefaultAddress(ctx, owner); err != nil {
			return id, err
		}
	}
	const insert = `-- name: CreateAddress
INSERT INTO addresses (id, customer_id, name, company, line1, line2, city, region, postal_code, country_code, phone, is_default)
VALUES (@id, @owner, @name, @company, @line1, @line2, @city, @region, @postal_code, @country_code, @phone, @is_default)`
	_, err = tx.exec(ctx, insert, args{
		"id": id, "owner": owner, "name": p.Name.Value, "company": p.Company.Value, "line1": p.Line1.Value, "line2": p.Line2.Value,
		"city": p.City.Value, "region": p.Region.Value, "postal_code": p.PostalCode.Value, "country_code": p.CountryCode.Value,
		"phone": p.Phone.Value, "is_default": isDefault,
	})
	if err != nil {
		return id, err
	}
	return id, tx.raiseCustomer(ctx, owner)
}

// UpdateAddress changes the fields that the patch sets. For an address of another
// customer the answer is that there is none.
func (w *Writer) UpdateAddress(ctx context.Context, owner CustomerID, id AddressID, p AddressPatch) error {
	if err := p.check(); err != nil {
		return err
	}
	return w.inTx(ctx, func(tx *Tx) error { return tx.updateAddress(ctx, owner, id, p) })
}

func (tx *Tx) updateAddress(ctx context.Context, owner CustomerID, id AddressID, p AddressPatch) error {
	old, err := tx.lockAddress(ctx, owner, id)
	if err != nil {
		return err
	}
	if err := checkVersion(old.Version, p.ExpectedVersion); err != nil {
		return err
	}
	if old.IsDefault && p.IsDefault.Set && !p.IsDefault.Value {
		return fault.Reject(fault.ReasonInvalid, "isDefault", "one address is always the default; make another one the default in its place")
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
	if !old.IsDefault && p.IsDefault.Value {
		if err := tx.unsetDefaultAddress(ctx, owner); err != nil {
			return err
		}
	}
	a.args["id"] = id
	if _, err := tx.exec(ctx, a.statement("UpdateAddress", "addresses"), a.args); err != nil {
		return err
	}
	return tx.raiseCustomer(ctx, owner)
}

// DeleteAddress removes an address. When it was the default, the oldest one that
// is left takes its place.
func (w *Writer) DeleteAddress(ctx context.Context, owner CustomerID, id AddressID, expected *int64) error {
	return w.inTx(ctx, func(tx *Tx) error {
		old, err := tx.lockAddress(ctx, owner, id)
		if err != nil {
			return err
		}
		if err := checkVersion(old.Version, expected); err != nil {
			return err
		}
		const remove = `-- name: DeleteAddress
DELETE FROM addresses
WHERE id = @id`
		if _, err := tx.exec(ctx, remove, args{"id": id}); err != nil {
			return err
		}
		const appoint = `-- name: SetOldestAddressDefault
UPDATE addresses
SET is_default = true
WHERE id = (SELECT id FROM addresses WHERE customer_id = @owner ORDER BY id LIMIT 1)`
		if old.IsDefault {
			if _, err := tx.exec(ctx, appoint, args{"owner": owner}); err != nil {
				return err
			}
		}
		return tx.raiseCustomer(ctx, owner)
	})
}

// lockAddress locks a customer and returns one of her addresses.
func (tx *Tx) lockAddress(ctx context.Context, owner CustomerID, id AddressID) (*Address, error) {
	if _, err := tx.lockCustomer(ctx, owner); err != nil {
		return nil, err
	}
	const statement = `-- name: AddressOfCustomer
SELECT ` + addressColumns + `
FROM addresses a
WHERE a.id = @id AND a.customer_id = @owner`
	found, err := oneRow[Address](ctx, tx, statement, args{"id": id, "owner": owner})
	switch {
	case err != nil:
		return nil, err
	case found == nil:
		return nil, fault.Reject(fault.ReasonNotFound, "id", "you have no address with this ID")
	}
	return found, nil
}

func (tx *Tx) unsetDefaultAddress(ctx context.Context, owner CustomerID) error {
	const statement = `-- name: UnsetDefaultAddress
UPDATE addresses
SET is_default = false
WHERE customer_id = @owner AND is_default`
	_, err := tx.exec(ctx, statement, args{"owner": owner})
	return err
}
