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

var roleColumns = columnsOf("Role",
	col("r.id", asUUID, func(r *Role) *RoleID { return &r.ID }),
	col("r.name", asText, func(r *Role) *string { return &r.Name }),
	col("r.is_administrator", asBool, func(r *Role) *bool { return &r.IsAdministrator }),
	col("r.permissions AS granted", asTexts, func(r *Role) *auth.Permissions { return &r.Granted }),
	col("r.created_at", asTime, func(r *Role) *time.Time { return &r.CreatedAt }),
	col("r.updated_at", asTime, func(r *Role) *time.Time { return &r.UpdatedAt }),
	col("r.version", asInt, func(r *Role) *int64 { return &r.Version }),
)

// RolesByAge is the order in which roles were created.
var RolesByAge = Order{"AGE:ASC", []sortKey{{"r.id", "uuid"}}, false}

var allRoles = list{name: "ListRoles", from: "roles r", where: "true"}

// ListRoles returns a page of all roles.
func (r *Reader) ListRoles(ctx context.Context, p PageRequest) (Page[Role], error) {
	return only(pages(ctx, r, roleColumns, allRoles, noParent, p))
}

// CountRoles returns the number of roles.
func (r *Reader) CountRoles(ctx context.Context) (Count, error) {
	return only(counts(ctx, r, allRoles, noParent))
}

// RolesByIDs returns the roles that exist among ids and that the view shows (all of
// them, or the caller's own), in any order.
func (r *Reader) RolesByIDs(ctx context.Context, ids []RoleID) ([]*Role, error) {
	what := roleColumns.choose(r.selects)
	statement := `-- name: RolesByIDs
SELECT ` + what.sql + `
FROM roles r
WHERE r.id = ANY (@ids)
  AND (@all OR EXISTS (SELECT FROM staff_roles g WHERE g.role_id = r.id AND g.staff_id = @self))`
	return many(ctx, r, what, statement, pgx.StrictNamedArgs{"ids": keysOf(ids), "all": r.view.Staff, "self": r.view.StaffMember})
}

var staffRoleColumns = columnsOf("", append(
	embedded(roleColumns, func(s *StaffRole) *Role { return &s.Role }),
	col("g.staff_id", asUUID, func(s *StaffRole) *StaffID { return &s.StaffID }),
)...).all()

// RolesByStaffIDs returns the roles of each staff member, in the order in which they
// were created. It does not check the view: ids must come from StaffByIDs, which
// does.
func (r *Reader) RolesByStaffIDs(ctx context.Context, ids []StaffID) ([]*StaffRole, error) {
	statement := `-- name: RolesByStaffIDs
SELECT ` + staffRoleColumns.sql + `
FROM staff_roles g
JOIN roles r ON r.id = g.role_id
WHERE g.staff_id = ANY (@ids)
ORDER BY r.id`
	return many(ctx, r, staffRoleColumns, statement, pgx.StrictNamedArgs{"ids": keysOf(ids)})
}
