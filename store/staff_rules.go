package store

import (
	"context"
	"slices"

	"souk/internal/auth"
	"souk/internal/fault"
)

// This file has the rules of who may give what to whom. They hold because every
// change of staff and roles takes lockStaff first, so that none of them decides by
// what another one is changing.

// lockStaff keeps others from changing staff and roles until the transaction ends.
// The administrators' role, which nothing changes or removes, is the lock.
func (tx *Tx) lockStaff(ctx context.Context) error {
	const statement = `-- name: LockStaff
SELECT r.id
FROM roles r
WHERE r.is_administrator
ORDER BY r.id
FOR NO KEY UPDATE`
	_, err := tx.exec(ctx, statement, nil)
	return err
}

// requirePermissions refuses what is about permissions that the caller lacks: to give
// them to somebody, or to change who has them.
func (tx *Tx) requirePermissions(permissions []auth.Permission, field, message string) error {
	if tx.origin.By.Permissions.Include(permissions) {
		return nil
	}
	return fault.Reject(fault.ReasonForbidden, field, "%s", message)
}

const (
	giveTooMuch   = "it has permissions that you do not have; only somebody who has them can give them"
	changeTooMuch = "it has permissions that you do not have; only somebody who has them can change it"
)

// requireAdministrator refuses a change after which nobody could manage staff.
func (tx *Tx) requireAdministrator(ctx context.Context, field string) error {
	const statement = `-- name: FindActiveAdministrator
SELECT s.id
FROM staff s
JOIN staff_roles g ON g.staff_id = s.id
JOIN roles r ON r.id = g.role_id AND r.is_administrator
WHERE s.disabled_at IS NULL
LIMIT 1`
	type member struct{ ID StaffID }
	found, err := oneRow[member](ctx, tx, statement, nil)
	if err == nil && found == nil {
		return fault.Reject(fault.ReasonInUse, field, "this is the last administrator; make somebody else one first")
	}
	return err
}

// checkPermissions is the rule for a list of permissions, which it returns in their
// own order.
func checkPermissions(problems *fault.Problems, field string, given []auth.Permission) []auth.Permission {
	sorted := []auth.Permission{}
	for _, p := range auth.AllPermissions() {
		if slices.Contains(given, p) {
			sorted = append(sorted, p)
		}
	}
	if len(sorted) < len(given) {
		problems.Add(fault.ReasonDuplicate, field, "it names a permission twice; name each once")
	}
	return sorted
}
