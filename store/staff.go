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

var staffColumns = columnsOf("Staff",
	col("s.id", asUUID, func(s *Staff) *StaffID { return &s.ID }),
	col("s.email", asText, func(s *Staff) *string { return &s.Email }),
	col("s.display_name", asText, func(s *Staff) *string { return &s.DisplayName }),
	maybe("s.disabled_at", asTime, func(s *Staff) **time.Time { return &s.DisabledAt }),
	col("s.created_at", asTime, func(s *Staff) *time.Time { return &s.CreatedAt }),
	col("s.updated_at", asTime, func(s *Staff) *time.Time { return &s.UpdatedAt }),
	col("s.version", asInt, func(s *Staff) *int64 { return &s.Version }),
	col("EXISTS ( SELECT FROM staff_roles g JOIN roles r ON r.id = g.role_id WHERE g.staff_id = s.id AND r.is_administrator) AS is_administrator", asBool, func(s *Staff) *bool { return &s.IsAdministrator }),
	col("ARRAY ( SELECT DISTINCT unnest(r.permissions) FROM staff_roles g JOIN roles r ON r.id = g.role_id WHERE g.staff_id = s.id) AS granted", asTexts, func(s *Staff) *auth.Permissions { return &s.Granted }),
)

// StaffByAge is the order in which staff accounts were created.
var StaffByAge = Order{"AGE:ASC", []sortKey{{"s.id", "uuid"}}, false}

var allStaff = list{name: "ListStaff", from: "staff s", where: "true"}

// ListStaff returns a page of all staff.
func (r *Reader) ListStaff(ctx context.Context, p PageRequest) (Page[Staff], error) {
	return only(pages(ctx, r, staffColumns, allStaff, noParent, p))
}

// CountStaff returns the number of staff.
func (r *Reader) CountStaff(ctx context.Context) (Count, error) {
	return only(counts(ctx, r, allStaff, noParent))
}

// StaffByIDs returns the staff that exist among ids and that the view shows (all of
// them, or the caller alone), in any order.
func (r *Reader) StaffByIDs(ctx context.Context, ids []StaffID) ([]*Staff, error) {
	what := staffColumns.choose(r.selects)
	statement := `-- name: StaffByIDs
SELECT ` + what.sql + `
FROM staff s
WHERE s.id = ANY (@ids) AND (@all OR s.id = @self)`
	return many(ctx, r, what, statement, pgx.StrictNamedArgs{"ids": keysOf(ids), "all": r.view.Staff, "self": r.view.StaffMember})
}
