package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"souk/internal/auth"
)

// Role is a set of permissions that is given to staff.
type Role struct {
	ID   RoleID
	Name string
	// IsAdministrator stands for every permission, including those added in the
	// future.
	IsAdministrator bool
	Granted         auth.Permissions
	CreatedAt       time.Time
	UpdatedAt       time.Time
	Version         int64
}

// Permissions returns the permissions of the role.
func (r *Role) Permissions() []auth.Permission { return allowed(r.IsAdministrator, r.Granted) }

// StaffRole is a role that a staff member has.
type StaffRole struct {
	StaffID StaffID
	Role
}

const roleColumns = "r.id, r.name, r.is_administrator, r.permissions AS granted, r.created_at, r.updated_at, r.version"

// RolesByAge is the order in which roles were created.
var RolesByAge = Order{"AGE:ASC", []sortKey{{"r.id", "uuid"}}, false}

var allRoles = list{name: "ListRoles", columns: roleColumns, from: "roles r", where: "true"}

// ListRoles returns a page of all roles.
func (r *Reader) ListRoles(ctx context.Context, p PageRequest) (Page[Role], error) {
	return only(pages[Role](ctx, r, allRoles, noParent, p))
}

// CountRoles returns the number of roles.
func (r *Reader) CountRoles(ctx context.Context) (Count, error) {
	return only(counts(ctx, r, allRoles, noParent))
}

// RolesByIDs returns the roles that exist among ids and that the view shows (all of
// them, or the caller's own), in any order.
func (r *Reader) RolesByIDs(ctx context.Context, ids []RoleID) ([]*Role, error) {
	const statement = `-- name: RolesByIDs
SELECT ` + roleColumns + `
FROM roles r
WHERE r.id = ANY (@ids)
  AND (@all OR EXISTS (SELECT FROM staff_roles g WHERE g.role_id = r.id AND g.staff_id = @self))`
	return many[Role](ctx, r, statement, pgx.StrictNamedArgs{"ids": ids, "all": r.view.Staff, "self": r.view.StaffMember})
}

// RolesByStaffIDs returns the roles of each staff member, in the order in which they
// were created. It does not check the view: ids must come from StaffByIDs, which
// does.
func (r *Reader) RolesByStaffIDs(ctx context.Context, ids []StaffID) ([]*StaffRole, error) {
	const statement = `-- name: RolesByStaffIDs
SELECT g.staff_id, ` + roleColumns + `
FROM staff_roles g
JOIN roles r ON r.id = g.role_id
WHERE g.staff_id = ANY (@ids)
ORDER BY r.id`
	return many[StaffRole](ctx, r, statement, pgx.StrictNamedArgs{"ids": ids})
}
