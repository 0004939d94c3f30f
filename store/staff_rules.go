package store

import (
	"context"
	"slices"

	"souk/internal/auth"
	"souk/internal/fault"
)

// This file has the rules about who may give which permissions to whom. Every change
// of staff and roles calls lockStaff first, so that no decision is based on data that
// another transaction is changing.

// lockStaff locks all staff and roles against changes until the transaction ends. The
// lock is on the row of the administrators' role, which is never changed or deleted.
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

// requirePermissions rejects a change if the caller lacks one of the permissions: to
// give them to somebody, or to change a role or an account that has them.
func (tx *Tx) requirePermissions(permissions []auth.Permission, field, message string) error {
	if tx.origin.By.Permissions.Include(permissions) {
		return nil
	}
	return fault.Reject(fault.ReasonForbidden, field, "%s", message)
}

const (
	cannotGrant  = "it has permissions that you do not have; only somebody who has them can give them"
	cannotChange = "it has permissions that you do not have; only somebody who has them can change it"
)

// requireAdministrator rejects a change that leaves no active administrator.
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
		return fault.Reject(fault.ReasonInUse, field, "this is the last administrator; make somebody else an administrator first")
	}
	return err
}

// checkPermissions is the rule for a list of permissions. It returns them in the
// order of auth.AllPermissions.
func checkPermissions(problems *fault.Problems, field string, given []auth.Permission) []auth.Permission {
	sorted := []auth.Permission{}
	for _, p := range auth.AllPermissions() {
		if slices.Contains(given, p) {
			sorted = append(sorted, p)
		}
	}
	if len(sorted) < len(given) {
		problems.Add(fault.ReasonDuplicate, field, "it contains a permission more than once; list each permission once")
	}
	return sorted
}
