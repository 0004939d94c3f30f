package store

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"

	"souk/internal/auth"
	"souk/internal/auth/secret"
	"souk/internal/fault"
)

// NewStaff is a staff account to create.
type NewStaff struct {
	Email          string
	DisplayName    string
	RoleIDs        []RoleID
	IdempotencyKey *string
}

// StaffPatch has the fields of a staff member that an update changes.
type StaffPatch struct {
	ID              StaffID
	ExpectedVersion *int64

	DisplayName Patch[*string]
	RoleIDs     Patch[[]RoleID]
	IsDisabled  Patch[*bool]
}

const (
	// maxStaffRoles limits the list of roles, which is always shown as a whole.
	maxStaffRoles = 20
	// InvitationLifetime is how long an invitation is valid: a week and a weekend.
	InvitationLifetime = 9 * 24 * time.Hour
	// EmailStaffInvitation asks a new staff member to choose a password. Variables:
	// token, which is the same kind of token as for EmailPasswordReset, and
	// display_name.
	EmailStaffInvitation Template = "STAFF_INVITATION"
)

func (n *NewStaff) check() (problems fault.Problems) {
	n.Email = CheckEmail(&problems, "email", n.Email)
	n.DisplayName = CheckName(&problems, "displayName", n.DisplayName)
	n.RoleIDs = checkRoleIDs(&problems, "roleIds", n.RoleIDs)
	return problems
}

func (p *StaffPatch) check() (problems fault.Problems) {
	required(&problems, "displayName", &p.DisplayName, CheckName)
	requiredList(&problems, "roleIds", &p.RoleIDs, checkRoleIDs)
	required(&problems, "isDisabled", &p.IsDisabled, nil)
	return problems
}

// checkRoleIDs is the rule for the roles of a staff member.
func checkRoleIDs(problems *fault.Problems, field string, ids []RoleID) []RoleID {
	if n := len(ids); n > maxStaffRoles {
		problems.Add(fault.ReasonTooMany, field, "there are %d roles; give at most %d", n, maxStaffRoles)
		return ids
	}
	for i, id := range ids {
		if checkID(problems, itemField(field, i), id, "role"); id != (RoleID{}) && slices.Contains(ids[:i], id) {
			problems.Add(fault.ReasonDuplicate, itemField(field, i), "the role is in the list already; leave it out")
		}
	}
	return ids
}

// CreatedStaff is a staff account that was created.
type CreatedStaff struct {
	ID StaffID
	// Invitation is the queued e-mail. It is nil if the request was a repetition.
	Invitation *Email `json:"-"`
}

// CreateStaff creates a staff account and queues an e-mail that invites its owner to
// choose a password.
func (w *Writer) CreateStaff(ctx context.Context, n NewStaff) (CreatedStaff, error) {
	problems := n.check()
	return idempotent(ctx, w, n.IdempotencyKey, func(tx *Tx) (CreatedStaff, error) { return tx.createStaff(ctx, n, problems) })
}

func (tx *Tx) createStaff(ctx context.Context, n NewStaff, problems fault.Problems) (created CreatedStaff, err error) {
	if err := tx.lockStaff(ctx); err != nil {
		return created, err
	}
	roles, err := tx.grantableRoles(ctx, &problems, n.RoleIDs)
	if err != nil {
		return created, err
	}
	if err := problems.Err(); err != nil {
		return created, err
	}
	if created.ID, err = tx.insertStaff(ctx, n.Email, n.DisplayName, nil, roles); err != nil {
		return created, err
	}
	tx.changed(SubjectStaff, created.ID, []AuditChange{createdField("displayName", n.DisplayName), createdField("roles", roleNames(roles))})
	created.Invitation, err = tx.invite(ctx, created.ID, n.Email, n.DisplayName)
	return created, err
}

// AppointStaff creates a staff account with a password. It is for an operator with
// direct access to the database, so it does not check the caller's permissions.
func (w *Writer) AppointStaff(ctx context.Context, email, displayName, roleName, passwordHash string) (id StaffID, err error) {
	n := NewStaff{Email: email, DisplayName: displayName}
	if err := n.check().Err(); err != nil {
		return id, err
	}
	find := `-- name: RoleByName
SELECT ` + roleColumns.sql() + `
FROM roles r
WHERE lower(r.name) = lower(@name)`
	err = w.inTx(ctx, func(tx *Tx) error {
		if err := tx.lockStaff(ctx); err != nil {
			return err
		}
		role, err := oneRow[Role](ctx, tx, find, args{"name": roleName})
		switch {
		case err != nil:
			return err
		case role == nil:
			return fault.Reject(fault.ReasonNotFound, "role", "there is no role with this name")
		}
		if id, err = tx.insertStaff(ctx, n.Email, n.DisplayName, &passwordHash, []*Role{role}); err != nil {
			return err
		}
		tx.changed(SubjectStaff, id, []AuditChange{createdField("displayName", n.DisplayName), createdField("roles", roleNames([]*Role{role}))})
		return nil
	})
	return id, err
}

func (tx *Tx) insertStaff(ctx context.Context, email, displayName string, passwordHash *string, roles []*Role) (StaffID, error) {
	id, err := newID[StaffID]()
	if err != nil {
		return id, err
	}
	const statement = `-- name: CreateStaff
INSERT INTO staff (id, email, display_name, password_hash)
SELECT @id::uuid, @email::text, @display_name::text, @password_hash::text
WHERE NOT EXISTS (SELECT FROM staff WHERE ` + sameMailbox + `)`
	values := args{"id": id, "display_name": displayName, "password_hash": passwordHash}
	maps.Copy(values, mailboxOf(email).args())
	n, err := tx.exec(ctx, statement, values)
	switch {
	case err == nil && n == 0, uniqueViolation(err) == "staff_by_email":
		return id, fault.Reject(fault.ReasonTaken, "email", "another staff member has this e-mail address; change that account instead")
	case err != nil:
		return id, err
	}
	return id, tx.setRoles(ctx, id, roles)
}

// invite queues the e-mail with a link to choose a password.
func (tx *Tx) invite(ctx context.Context, id StaffID, email, displayName string) (*Email, error) {
	plain, hash := secret.New(resetTokenPrefix)
	const statement = `-- name: CreateInvitation
INSERT INTO one_time_tokens (hash, purpose, staff_id, email, expires_at)
VALUES (@hash, 'PASSWORD_RESET', @id, @email, now() + @lifetime::interval)`
	_, err := tx.exec(ctx, statement, args{"hash": hash, "id": id, "email": email, "lifetime": InvitationLifetime})
	if err != nil {
		return nil, err
	}
	queued := Email{EmailStaffInvitation, email, map[string]string{"token": plain, "display_name": displayName}}
	return &queued, tx.queueEmail(ctx, queued)
}

// UpdateStaff changes the fields that the patch sets. Disabling an account ends its
// sessions.
func (w *Writer) UpdateStaff(ctx context.Context, p StaffPatch) error {
	problems := p.check()
	return w.inTx(ctx, func(tx *Tx) error { return tx.updateStaff(ctx, p, problems) })
}

func (tx *Tx) updateStaff(ctx context.Context, p StaffPatch, problems fault.Problems) error {
	old, err := tx.lockStaffMember(ctx, p.ID, p.ExpectedVersion)
	if err := problems.Include(err); err != nil {
		return err
	}
	roles, err := tx.grantableRoles(ctx, &problems, p.RoleIDs.Value)
	if err != nil {
		return err
	}
	if err := problems.Err(); err != nil {
		return err
	}
	var a assignments
	assign(&a, "display_name", p.DisplayName, old.DisplayName)
	disabled := p.IsDisabled.Set && *p.IsDisabled.Value
	if p.IsDisabled.Set && disabled != old.IsDisabled() {
		var at *time.Time
		if now := time.Now(); disabled {
			at = &now
		}
		a.put("disabled_at", at, AuditChange{Field: "isDisabled", Before: text(old.IsDisabled()), After: text(disabled)})
	}
	var roleChange []AuditChange
	if p.RoleIDs.Set {
		if roleChange, err = tx.changeRoles(ctx, old, roles); err != nil {
			return err
		}
	}
	if a.any() {
		if err := tx.update(ctx, "UpdateStaff", "staff", p.ID, &a); err != nil {
			return err
		}
	}
	switch {
	case a.any():
		tx.changed(SubjectStaff, p.ID, slices.Concat(a.changes, roleChange))
	case len(roleChange) > 0: // the roles are in another table
		tx.changed(SubjectStaff, p.ID, roleChange, raisesVersions(staffByID, p.ID))
	}
	return tx.afterStaffUpdate(ctx, old, disabled)
}

// afterStaffUpdate applies the consequences of the new state.
func (tx *Tx) afterStaffUpdate(ctx context.Context, old *Staff, disabled bool) error {
	if disabled {
		if err := tx.voidTokens(ctx, auth.Staff, uuid.UUID(old.ID)); err != nil {
			return err
		}
		if _, err := tx.revokeAccount(ctx, auth.Staff, uuid.UUID(old.ID), SessionID{}); err != nil {
			return err
		}
	}
	if !old.IsAdministrator || old.IsDisabled() {
		return nil
	}
	field := "roleIds"
	if disabled {
		field = "isDisabled"
	}
	return tx.requireAdministrator(ctx, field)
}

// changeRoles replaces the roles of a staff member and returns the change, or nil if
// the roles are the same.
func (tx *Tx) changeRoles(ctx context.Context, old *Staff, roles []*Role) ([]AuditChange, error) {
	statement := `-- name: RolesOfStaff
SELECT ` + roleColumns.sql() + `
FROM staff_roles g
JOIN roles r ON r.id = g.role_id
WHERE g.staff_id = @id
ORDER BY r.id`
	before, err := rowsOf[Role](ctx, tx, statement, args{"id": old.ID})
	if err != nil {
		return nil, err
	}
	same := func(a, b *Role) bool { return a.ID == b.ID }
	if slices.EqualFunc(before, roles, same) {
		return nil, nil
	}
	if err := tx.setRoles(ctx, old.ID, roles); err != nil {
		return nil, err
	}
	return []AuditChange{{Field: "roles", Before: text(roleNames(before)), After: text(roleNames(roles))}}, nil
}

func (tx *Tx) setRoles(ctx context.Context, id StaffID, roles []*Role) error {
	ids := make([]RoleID, len(roles))
	for i, role := range roles {
		ids[i] = role.ID
	}
	const remove = `-- name: RemoveRoles
DELETE FROM staff_roles
WHERE staff_id = @id AND role_id <> ALL (@roles)`
	if _, err := tx.exec(ctx, remove, args{"id": id, "roles": ids}); err != nil {
		return err
	}
	const add = `-- name: AddRoles
INSERT INTO staff_roles (staff_id, role_id)
SELECT @id, role FROM unnest(@roles::uuid[]) AS role
ON CONFLICT DO NOTHING`
	_, err := tx.exec(ctx, add, args{"id": id, "roles": ids})
	return err
}

// lockStaffMember returns a staff member and checks that the caller may change them.
func (tx *Tx) lockStaffMember(ctx context.Context, id StaffID, expected *int64) (*Staff, error) {
	if err := tx.lockStaff(ctx); err != nil {
		return nil, err
	}
	found, err := lockRow[Staff](ctx, tx, "staff member", `-- name: StaffForChange
SELECT `+staffColumns.sql()+`
FROM staff s
WHERE s.id = @id
FOR NO KEY UPDATE OF s`, args{"id": id})
	if err != nil {
		return nil, err
	}
	if err := tx.requirePermissions(found.Permissions(), "id", cannotChange); err != nil {
		return nil, err
	}
	return found, checkVersion(found.Version, expected)
}

func roleNames(roles []*Role) []string {
	return mapSlice(roles, func(r *Role) string { return r.Name })
}
