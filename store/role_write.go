package store

import (
	"context"
	"slices"
	"strconv"

	"souk/internal/auth"
	"souk/internal/fault"
)

// RolePatch are the fields of a role that an update changes.
type RolePatch struct {
	// ExpectedVersion, when set, refuses the update of a role that has changed
	// since.
	ExpectedVersion *int64

	Name        Patch[string]
	Permissions Patch[[]auth.Permission]
}

// maxTitle is longer than any name that fits a table's cell.
const maxTitle = 100

func (p *RolePatch) check() error {
	var problems fault.Problems
	if p.Name.Set {
		p.Name.Value = personLine(&problems, "name", p.Name.Value, maxTitle, true)
	}
	if p.Permissions.Set {
		p.Permissions.Value = checkPermissions(&problems, p.Permissions.Value)
	}
	return problems.Err()
}

// CreateRole makes a role. Both fields must be set.
func (w *Writer) CreateRole(ctx context.Context, p RolePatch) (RoleID, error) {
	if err := p.check(); err != nil {
		return RoleID{}, err
	}
	return once(ctx, w, func(tx *Tx) (RoleID, error) { return tx.createRole(ctx, p) })
}

func (tx *Tx) createRole(ctx context.Context, p RolePatch) (RoleID, error) {
	id, err := newID[RoleID]()
	if err != nil {
		return id, err
	}
	if err := tx.lockStaff(ctx); err != nil {
		return id, err
	}
	if err := tx.requirePermissions(p.Permissions.Value, "permissions", giveTooMuch); err != nil {
		return id, err
	}
	const statement = `-- name: CreateRole
INSERT INTO roles (id, name, permissions)
VALUES (@id, @name, @permissions)`
	_, err = tx.exec(ctx, statement, args{"id": id, "name": p.Name.Value, "permissions": p.Permissions.Value})
	if err != nil {
		return id, roleFault(err)
	}
	tx.audit(SubjectRole, id,
		AuditChange{Field: "name", After: text(p.Name.Value)},
		AuditChange{Field: "permissions", After: text(p.Permissions.Value)})
	return id, nil
}

// UpdateRole changes the fields that the patch sets, for all who have the role.
func (w *Writer) UpdateRole(ctx context.Context, id RoleID, p RolePatch) error {
	if err := p.check(); err != nil {
		return err
	}
	return w.inTx(ctx, func(tx *Tx) error { return tx.updateRole(ctx, id, p) })
}

func (tx *Tx) updateRole(ctx context.Context, id RoleID, p RolePatch) error {
	old, err := tx.lockRole(ctx, id)
	if err != nil {
		return err
	}
	if err := checkVersion(old.Version, p.ExpectedVersion); err != nil {
		return err
	}
	if err := tx.requirePermissions(p.Permissions.Value, "permissions", giveTooMuch); err != nil {
		return err
	}
	var a assignments
	assign(&a, "name", p.Name, old.Name)
	assignList(&a, "permissions", p.Permissions, old.Granted)
	if !a.any() {
		return nil
	}
	a.args["id"] = id
	if _, err := tx.exec(ctx, a.statement("UpdateRole", "roles"), a.args); err != nil {
		return roleFault(err)
	}
	const raise = `-- name: RaiseStaffOfRole
UPDATE staff s
SET version = s.version + 1, updated_at = now()
FROM staff_roles g
WHERE g.role_id = @id AND s.id = g.staff_id`
	if _, err := tx.exec(ctx, raise, args{"id": id}); err != nil {
		return err
	}
	tx.audit(SubjectRole, id, a.changes...)
	return nil
}

// DeleteRole removes a role that nobody has.
func (w *Writer) DeleteRole(ctx context.Context, id RoleID, expected *int64) error {
	return w.inTx(ctx, func(tx *Tx) error {
		old, err := tx.lockRole(ctx, id)
		if err != nil {
			return err
		}
		if err := checkVersion(old.Version, expected); err != nil {
			return err
		}
		const statement = `-- name: DeleteRole
DELETE FROM roles r
WHERE r.id = @id AND NOT EXISTS (SELECT FROM staff_roles g WHERE g.role_id = r.id)`
		n, err := tx.exec(ctx, statement, args{"id": id})
		switch {
		case err != nil:
			return err
		case n == 0:
			return fault.Reject(fault.ReasonInUse, "id", "somebody has this role; take it from them first")
		}
		tx.audit(SubjectRole, id,
			AuditChange{Field: "name", Before: text(old.Name)},
			AuditChange{Field: "permissions", Before: text(old.Granted)})
		return nil
	})
}

// lockRole returns a role that the caller may change.
func (tx *Tx) lockRole(ctx context.Context, id RoleID) (*Role, error) {
	if err := tx.lockStaff(ctx); err != nil {
		return nil, err
	}
	found, err := tx.rolesByIDs(ctx, []RoleID{id})
	switch {
	case err != nil:
		return nil, err
	case len(found) == 0:
		return nil, fault.Reject(fault.ReasonNotFound, "id", "there is no role with this ID")
	case found[0].IsAdministrator:
		return nil, fault.Reject(fault.ReasonForbidden, "id", "the administrators' role stays as it is; make another role for less")
	}
	return found[0], tx.requirePermissions(found[0].Permissions(), "id", changeTooMuch)
}

func (tx *Tx) rolesByIDs(ctx context.Context, ids []RoleID) ([]*Role, error) {
	const statement = `-- name: RolesForChange
SELECT ` + roleColumns + `
FROM roles r
WHERE r.id = ANY (@ids)
ORDER BY r.id`
	return rowsOf[Role](ctx, tx, statement, args{"ids": ids})
}

// rolesToGive returns the roles that ids name, each once.
func (tx *Tx) rolesToGive(ctx context.Context, ids []RoleID) ([]*Role, error) {
	found, err := tx.rolesByIDs(ctx, ids)
	if err != nil {
		return nil, err
	}
	var problems fault.Problems
	for i, id := range ids {
		known := slices.ContainsFunc(found, func(r *Role) bool { return r.ID == id })
		switch field := "roleIds." + strconv.Itoa(i); {
		case slices.Contains(ids[:i], id):
			problems.Add(fault.ReasonDuplicate, field, "it names this role twice; name each once")
		case !known:
			problems.Add(fault.ReasonNotFound, field, "there is no role with this ID")
		}
	}
	return found, problems.Err()
}

func roleFault(err error) error {
	if constraintOf(err) == "roles_by_name" {
		return fault.Reject(fault.ReasonTaken, "name", "another role has this name; choose another one")
	}
	return err
}
