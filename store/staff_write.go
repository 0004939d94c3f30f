package store

import (
	"context"
	"net/mail"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"souk/internal/auth"
	"souk/internal/auth/secret"
	"souk/internal/fault"
)

// StaffPatch are the fields of a staff member that an update changes.
type StaffPatch struct {
	// ExpectedVersion, when set, refuses the update of a staff member who has
	// changed since.
	ExpectedVersion *int64

	DisplayName Patch[string]
	RoleIDs     Patch[[]RoleID]
	IsDisabled  Patch[bool]
}

const (
	// maxStaffRoles bounds the list of roles, which is shown as a whole.
	maxStaffRoles = 20
	// maxEmail is what RFC 5321, section 4.5.3.1.3, leaves for an address.
	maxEmail = 254
	// InvitationLifetime is how long an invitation can be answered: a week and a
	// weekend.
	InvitationLifetime = 9 * 24 * time.Hour
	// EmailStaffInvitation asks a new staff member to choose a password: variables
	// token, as that of EmailPasswordReset, and display_name.
	EmailStaffInvitation Template = "STAFF_INVITATION"
)

func (p *StaffPatch) check() error {
	var problems fault.Problems
	if p.DisplayName.Set {
		p.DisplayName.Value = personLine(&problems, "displayName", p.DisplayName.Value, maxTitle, true)
	}
	if len(p.RoleIDs.Value) > maxStaffRoles {
		problems.Add(fault.ReasonTooMany, "roleIds", "it names %d roles; give at most %d", len(p.RoleIDs.Value), maxStaffRoles)
	}
	return problems.Err()
}

// StaffEmail checks an e-mail address and returns it without blanks around it.
func StaffEmail(email string) (string, error) {
	email = strings.TrimSpace(email)
	parsed, err := mail.ParseAddress(email)
	switch {
	case email == "":
		return "", fault.Reject(fault.ReasonRequired, "email", "it is empty; give an e-mail address")
	case len(email) > maxEmail:
		return "", fault.Reject(fault.ReasonTooLong, "email", "it has more than %d characters", maxEmail)
	case err != nil || parsed.Address != email || strings.ContainsFunc(email, breaksLine) || Lookalike(email):
		return "", fault.Reject(fault.ReasonInvalid, "email", "it is not an e-mail address, such as name@example.com")
	}
	return email, nil
}

// CreatedStaff is an account that was made.
type CreatedStaff struct {
	ID StaffID
	// Invitation is the e-mail that was queued; nil when the answer is a repetition.
	Invitation *Email `json:"-"`
}

// CreateStaff makes an account and queues the e-mail that invites its owner to
// choose a password. The patch's name and roles must be set.
func (w *Writer) CreateStaff(ctx context.Context, email string, p StaffPatch) (CreatedStaff, error) {
	email, err := StaffEmail(email)
	if err != nil {
		return CreatedStaff{}, err
	}
	if err := p.check(); err != nil {
		return CreatedStaff{}, err
	}
	return once(ctx, w, func(tx *Tx) (created CreatedStaff, err error) {
		if err := tx.lockStaff(ctx); err != nil {
			return created, err
		}
		roles, err := tx.rolesToGive(ctx, p.RoleIDs.Value)
		if err != nil {
			return created, err
		}
		for _, role := range roles {
			if err := tx.requirePermissions(role.Permissions(), "roleIds", giveTooMuch); err != nil {
				return created, err
			}
		}
		if created.ID, err = tx.createStaff(ctx, email, p.DisplayName.Value, nil, roles); err != nil {
			return created, err
		}
		tx.audit(SubjectStaff, created.ID,
			AuditChange{Field: "displayName", After: text(p.DisplayName.Value)},
			AuditChange{Field: "roles", After: text(roleNames(roles))})
		created.Invitation, err = tx.invite(ctx, created.ID, email, p.DisplayName.Value)
		return created, err
	})
}

// AppointStaff makes an account with a password for who has the database at hand,
// and so may do everything: nothing is asked about the caller's permissions.
func (w *Writer) AppointStaff(ctx context.Context, email, displayName, roleName, passwordHash string) (id StaffID, err error) {
	p := StaffPatch{DisplayName: Patch[string]{true, displayName}}
	if email, err = StaffEmail(email); err != nil {
		return id, err
	}
	if err := p.check(); err != nil {
		return id, err
	}
	const find = `-- name: RoleByName
SELECT ` + roleColumns + `
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
		id, err = tx.createStaff(ctx, email, p.DisplayName.Value, &passwordHash, []*Role{role})
		return err
	})
	return id, err
}

func (tx *Tx) createStaff(ctx context.Context, email, displayName string, passwordHash *string, roles []*Role) (StaffID, error) {
	id, err := newID[StaffID]()
	if err != nil {
		return id, err
	}
	const statement = `-- name: CreateStaff
INSERT INTO staff (id, email, display_name, password_hash)
VALUES (@id, @email, @display_name, @password_hash)`
	_, err = tx.exec(ctx, statement, args{"id": id, "email": email, "display_name": displayName, "password_hash": passwordHash})
	switch {
	case constraintOf(err) == "staff_by_email":
		return id, fault.Reject(fault.ReasonTaken, "email", "a staff member has this e-mail address; change that account in its place")
	case err != nil:
		return id, err
	}
	return id, tx.setRoles(ctx, id, roles)
}

// invite queues the e-mail with which a staff member chooses a password.
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
func (w *Writer) UpdateStaff(ctx context.Context, id StaffID, p StaffPatch) error {
	if err := p.check(); err != nil {
		return err
	}
	return w.inTx(ctx, func(tx *Tx) error { return tx.updateStaff(ctx, id, p) })
}

func (tx *Tx) updateStaff(ctx context.Context, id StaffID, p StaffPatch) error {
	old, err := tx.lockStaffMember(ctx, id)
	if err != nil {
		return err
	}
	if err := checkVersion(old.Version, p.ExpectedVersion); err != nil {
		return err
	}
	var a assignments
	assign(&a, "display_name", p.DisplayName, old.DisplayName)
	if p.IsDisabled.Set && p.IsDisabled.Value != old.IsDisabled() {
		var at *time.Time
		if now := time.Now(); p.IsDisabled.Value {
			at = &now
		}
		a.put("disabled_at", at, text(old.IsDisabled()), text(p.IsDisabled.Value))
		a.changes[len(a.changes)-1].Field = "isDisabled"
	}
	roles, err := tx.changeRoles(ctx, old, p.RoleIDs)
	if err != nil {
		return err
	}
	if a.any() {
		a.args["id"] = id
		if _, err := tx.exec(ctx, a.statement("UpdateStaff", "staff"), a.args); err != nil {
			return err
		}
	}
	if a.any() || roles != nil {
		tx.audit(SubjectStaff, id, append(a.changes, roles...)...)
	}
	return tx.afterStaffUpdate(ctx, old, p)
}

// afterStaffUpdate does what follows from the new state.
func (tx *Tx) afterStaffUpdate(ctx context.Context, old *Staff, p StaffPatch) error {
	if p.IsDisabled.Value {
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
	if p.IsDisabled.Value {
		field = "isDisabled"
	}
	return tx.requireAdministrator(ctx, field)
}

// changeRoles gives a staff member other roles and returns the change; nil when
// they are the same.
func (tx *Tx) changeRoles(ctx context.Context, old *Staff, p Patch[[]RoleID]) ([]AuditChange, error) {
	if !p.Set {
		return nil, nil
	}
	roles, err := tx.rolesToGive(ctx, p.Value)
	if err != nil {
		return nil, err
	}
	const statement = `-- name: RolesOfStaff
SELECT ` + roleColumns + `
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
	for _, role := range roles {
		if err := tx.requirePermissions(role.Permissions(), "roleIds", giveTooMuch); err != nil {
			return nil, err
		}
	}
	if err := tx.setRoles(ctx, old.ID, roles); err != nil {
		return nil, err
	}
	const raise = `-- name: RaiseStaff
UPDATE staff
SET version = version + 1, updated_at = now()
WHERE id = @id`
	if _, err := tx.exec(ctx, raise, args{"id": old.ID}); err != nil {
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

// lockStaffMember returns a staff member whom the caller may change.
func (tx *Tx) lockStaffMember(ctx context.Context, id StaffID) (*Staff, error) {
	if err := tx.lockStaff(ctx); err != nil {
		return nil, err
	}
	const statement = `-- name: StaffForChange
SELECT ` + staffColumns + `
FROM staff s
WHERE s.id = @id
FOR NO KEY UPDATE OF s`
	found, err := oneRow[Staff](ctx, tx, statement, args{"id": id})
	switch {
	case err != nil:
		return nil, err
	case found == nil:
		return nil, fault.Reject(fault.ReasonNotFound, "id", "there is no staff member with this ID")
	}
	return found, tx.requirePermissions(found.Permissions(), "id", changeTooMuch)
}

func roleNames(roles []*Role) []string {
	names := make([]string, len(roles))
	for i, role := range roles {
		names[i] = role.Name
	}
	return names
}
