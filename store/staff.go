package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"souk/internal/auth"
)

// Staff is a person who works for the shop.
type Staff struct {
	ID          StaffID
	Email       string
	DisplayName string
	DisabledAt  *time.Time // nil: not disabled
	// IsAdministrator and Granted come from the roles.
	IsAdministrator bool
	Granted         auth.Permissions
	CreatedAt       time.Time
	UpdatedAt       time.Time
	Version         int64
}

// IsDisabled reports whether the account is disabled.
func (s *Staff) IsDisabled() bool { return s.DisabledAt != nil }

// Permissions returns the permissions that the account has while it is not disabled.
func (s *Staff) Permissions() []auth.Permission { return allowed(s.IsAdministrator, s.Granted) }

// allowed returns the granted permissions and those that they include, in the order
// of auth.AllPermissions.
func allowed(administrator bool, granted auth.Permissions) auth.Permissions {
	may := auth.Permissions{}
	for _, p := range auth.AllPermissions() {
		if administrator || granted.Has(p) {
			may = append(may, p)
		}
	}
	return may
}

const staffColumns = `s.id, s.email, s.display_name, s.disabled_at, s.created_at, s.updated_at, s.version,
  EXISTS (
    SELECT FROM staff_roles g JOIN roles r ON r.id = g.role_id
    WHERE g.staff_id = s.id AND r.is_administrator) AS is_administrator,
  ARRAY (
    SELECT DISTINCT unnest(r.permissions) FROM staff_roles g JOIN roles r ON r.id = g.role_id
    WHERE g.staff_id = s.id) AS granted`

// StaffByAge is the order in which staff accounts were created.
var StaffByAge = Order{"AGE:ASC", []sortKey{{"s.id", "uuid"}}, false}

var allStaff = list{name: "ListStaff", columns: staffColumns, from: "staff s", where: "true"}

// ListStaff returns a page of all staff.
func (r *Reader) ListStaff(ctx context.Context, p PageRequest) (Page[Staff], error) {
	return only(pages[Staff](ctx, r, allStaff, noParent, p))
}

// CountStaff returns the number of staff.
func (r *Reader) CountStaff(ctx context.Context) (Count, error) {
	return only(counts(ctx, r, allStaff, noParent))
}

// StaffByIDs returns the staff that exist among ids and that the view shows (all of
// them, or the caller alone), in any order.
func (r *Reader) StaffByIDs(ctx context.Context, ids []StaffID) ([]*Staff, error) {
	const statement = `-- name: StaffByIDs
SELECT ` + staffColumns + `
FROM staff s
WHERE s.id = ANY (@ids) AND (@all OR s.id = @self)`
	return many[Staff](ctx, r, statement, pgx.StrictNamedArgs{"ids": ids, "all": r.view.Staff, "self": r.view.StaffMember})
}
