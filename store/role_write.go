package store

import (
	"context"
	"slices"

	"souk/internal/auth"
	"souk/internal/fault"
)

// NewRole is a role to create.
type NewRole struct {
	Name           string
	Permissions    []auth.Permission
	IdempotencyKey *string
}

// RolePatch has the fields of a role that an update changes.
type RolePatch struct {
	ID              RoleID
	ExpectedVersion *int64

	Name        Patch[*string]
	Permissions Patch[[]auth.Permission]
}

func (n *NewRole) check() (problems fault.Problems) {
	n.Name = CheckName(&problems, "name", n.Name)
	n.Permissions = checkPermissions(&problems, "permissions", n.Permissions)
	return problems
}

func (p *RolePatch) check() (problems fault.Problems) {
	checkID(&problems, "id", p.ID, "role")
	required(&problems, "name", &p.Name, CheckName)
	requiredList(&problems, "permissions", &p.Permissions, checkPermissions)
	return problems
}

// CreateRole creates a role.
func (w *Writer) CreateRole(ctx context.Context, n NewRole) (RoleID, error) {
	if err := n.check().Err(); err != nil {
		return RoleID{}, err
	}
	return idempotent(ctx, w, n.IdempotencyKey, func(tx *Tx) (RoleID, error) { return tx.createRole(ctx, n) })
}

// UpdateRole changes the fields that the patch sets, for everybody who has the role.
func (w *Writer) UpdateRole(ctx context.Context, p RolePatch) error {
	if err := p.check().Err(); err != nil {
		return err
	}
	return w.inTx(ctx, func(tx *Tx) error { return tx.updateRole(ctx, p) })
}

// DeleteRole deletes a role that no staff member has.
func (w *Writer) DeleteRole(ctx context.Context, ref Ref[RoleID]) error {
	return w.inTx(ctx, func(tx *Tx) error { return tx.deleteRole(ctx, ref) })
}

func (tx *Tx) createRole(ctx context.Context, n NewRole) (RoleID, error) {
	id, err := newID[RoleID]()
	if err != nil {
		return id, err
	}
	if err := tx.lockStaff(ctx); err != nil {
		return id, err
	}
	if err := tx.requirePermissions(n.Permissions, "permissions", cannotGrant); err != nil {
		return id, err
	}
	const statement = `-- name: CreateRole
INSERT INTO roles (id, name, permissions)
VALUES (@id, @name, @permissions)`
	_, err = tx.exec(ctx, statement, args{"id": id, "name": n.Name, "permissions": n.Permissions})
	if err != nil {
		return id, roleTaken(err)
	}
	tx.changed(SubjectRole, id, []AuditChange{createdField("name", n.Name), createdField("permissions", n.Permissions)})
	return id, nil
}

func (tx *Tx) updateRole(ctx context.Context, p RolePatch) error {
	old, err := tx.lockRole(ctx, p.ID, p.ExpectedVersion)
	if err != nil {
		return err
	}
	if err := tx.requirePermissions(p.Permissions.Value, "permissions", cannotGrant); err != nil {
		return err
	}
	var a assignments
	assign(&a, "name", p.Name, old.Name)
	assignList(&a, "permissions", p.Permissions, old.Granted)
	if !a.any() {
		return nil
	}
	if err := tx.update(ctx, "UpdateRole", "roles", p.ID, &a); err != nil {
		return roleTaken(err)
	}
	tx.changed(SubjectRole, p.ID, a.changes, raisesVersions(staffByRoleID, p.ID))
	return nil
}

func (tx *Tx) deleteRole(ctx context.Context, ref Ref[RoleID]) error {
	old, err := tx.lockRole(ctx, ref.ID, ref.ExpectedVersion)
	if err != nil {
		return err
	}
	const statement = `-- name: DeleteRole
DELETE FROM roles r
WHERE r.id = @id AND NOT EXISTS (SELECT FROM staff_roles g WHERE g.role_id = r.id)`
	n, err := tx.exec(ctx, statement, args{"id": ref.ID})
	switch {
	case err != nil:
		return err
	case n == 0:
		return fault.Reject(fault.ReasonInUse, "id", "staff members have this role; remove it from them first")
	}
	tx.changed(SubjectRole, ref.ID, []AuditChange{removedField("name", old.Name), removedField("permissions", old.Granted)})
	return nil
}

// lockRole returns a role and checks that the caller may change it.
func (tx *Tx) lockRole(ctx context.Context, id RoleID, expected *int64) (*Role, error) {
	if err := tx.lockStaff(ctx); err != nil {
		return nil, err
	}
	found, err := tx.rolesByIDs(ctx, []RoleID{id})
	switch {
	case err != nil:
		return nil, err
	case len(found) == 0:
		return nil, fault.Reject(fault.ReasonNotFound, "id", notFound, "role")
	case found[0].IsAdministrator:
		return nil, fault.Reject(fault.ReasonForbidden, "id", "the administrators' role cannot be changed; create another role")
	}
	if err := tx.requirePermissions(found[0].Permissions(), "id", cannotChange); err != nil {
		return nil, err
	}
	return found[0], checkVersion(found[0].Version, expected)
}

func (tx *Tx) rolesByIDs(ctx context.Context, ids []RoleID) ([]*Role, error) {
	statement := `-- name: RolesForChange
SELECT ` + roleColumns.sql() + `
FROM roles r
WHERE r.id = ANY (@ids)
ORDER BY r.id`
	return rowsOf[Role](ctx, tx, statement, args{"ids": ids})
}

// grantableRoles returns the roles with the ids. It rejects roles that do not exist
// or that the caller may not give to others.
func (tx *Tx) grantableRoles(ctx context.Context, problems *fault.Problems, ids []RoleID) ([]*Role, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	found, err := tx.rolesByIDs(ctx, ids)
	if err != nil {
		return nil, err
	}
	for i, id := range ids {
		at := slices.IndexFunc(found, func(r *Role) bool { return r.ID == id })
		switch field := itemField("roleIds", i); {
		case at < 0 && id != (RoleID{}):
			problems.Add(fault.ReasonNotFound, field, notFound, "role")
		case at >= 0 && !tx.origin.By.Permissions.Include(found[at].Permissions()):
			problems.Add(fault.ReasonForbidden, field, cannotGrant)
		}
	}
	return found, nil
}

// roleTaken turns the violation of a unique index into a rejection.
func roleTaken(err error) error {
	if uniqueViolation(err) == "roles_by_name" {
		return fault.Reject(fault.ReasonTaken, "name", "another role has this name; choose another one")
	}
	return err
}
