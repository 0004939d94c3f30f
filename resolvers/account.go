package resolvers

import (
	"context"
	"errors"
	"net/mail"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"souk/graph/model"
	"souk/internal/auth"
	"souk/internal/auth/password"
	"souk/internal/fault"
	"souk/loaders"
	"souk/store"
)

// register does the same for every e-mail, known or not, up to what the store
// writes: above all it always hashes the password, which takes longer than all
// else.
func (r *Resolver) register(ctx context.Context, in model.CustomerRegisterInput) error {
	email, name := strings.TrimSpace(in.Email), strings.TrimSpace(in.DisplayName)
	var problems fault.Problems
	checkEmail(&problems, "email", email)
	checkDisplayName(&problems, "displayName", name)
	checkPassword(&problems, "password", in.Password, email)
	if err := problems.Err(); err != nil {
		return err
	}
	if err := r.Accounts.admit(ctx, "register", accountOf(auth.Customer, email), eMailsByAccount); err != nil {
		return err
	}
	hash, err := r.Accounts.Passwords.Hash(ctx, in.Password)
	if err != nil {
		return err
	}
	queued, err := r.writer(ctx).Register(ctx, store.Registration{Email: email, DisplayName: name, PasswordHash: hash})
	if err != nil {
		return err
	}
	r.Accounts.queued(ctx, &queued)
	return nil
}

// checkEmail notes what keeps a text from being a bare e-mail address.
func checkEmail(problems *fault.Problems, field, email string) {
	parsed, err := mail.ParseAddress(email)
	switch {
	case len(email) > maxEmailBytes:
		problems.Add(fault.ReasonTooLong, field, "an e-mail address has at most %d bytes", maxEmailBytes)
	case err != nil || parsed.Address != email || !utf8.ValidString(email) || store.Lookalike(email):
		problems.Add(fault.ReasonInvalid, field, "this is not an e-mail address; write it as name@example.com")
	}
}

// checkDisplayName notes what keeps a text from being a name that others see.
func checkDisplayName(problems *fault.Problems, field, name string) {
	switch {
	case name == "":
		problems.Add(fault.ReasonRequired, field, "give a name that others may see")
	case utf8.RuneCountInString(name) > maxDisplayNameLength:
		problems.Add(fault.ReasonTooLong, field, "a name has at most %d characters", maxDisplayNameLength)
	case !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl):
		problems.Add(fault.ReasonInvalid, field, "the name has characters that nobody can see; remove them")
	}
}

// checkPassword notes what makes a password too weak.
func checkPassword(problems *fault.Problems, field, plain, email string) {
	err := password.Check(plain, email)
	if weak, ok := errors.AsType[*fault.Error](err); ok {
		problems.Add(fault.ReasonWeakPassword, field, "%s", weak.Message)
	}
}

// signIn answers whatever is wrong with the account as it answers a wrong
// password, and at the same cost.
func (r *Resolver) signIn(ctx context.Context, in model.SessionCreateInput) (*model.Session, error) {
	email := strings.TrimSpace(in.Email)
	account := accountOf(in.AccountKind, email)
	if err := r.Accounts.admit(ctx, "sign-in", account, signInsByAccount); err != nil {
		return nil, err
	}
	found, err := r.credentials(ctx, in.AccountKind, email)
	if err != nil {
		return nil, err
	}
	ok, stale, err := r.Accounts.Passwords.Verify(ctx, found.PasswordHash, in.Password)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, fault.Reject(fault.ReasonInvalidCredentials, "",
			"e-mail or password are not right, or the account cannot be used; check both, or ask for a new password")
	}
	rehashed := ""
	if stale {
		if rehashed, err = r.Accounts.Passwords.Hash(ctx, in.Password); err != nil {
			return nil, err
		}
	}
	session, err := r.Accounts.session(
		r.writer(ctx).SignIn(ctx, in.AccountKind, found.ID, found.PasswordHash, rehashed, r.Accounts.SessionLifetime))
	if err != nil {
		return nil, err
	}
	r.Accounts.forget(ctx, "sign-in", account)
	r.cleanUp(ctx)
	return session, nil
}

// credentials returns the account of an e-mail; one without a password when there
// is none that can sign in.
func (r *Resolver) credentials(ctx context.Context, kind auth.Kind, email string) (*store.Credentials, error) {
	if !storable(email) {
		return &store.Credentials{}, nil
	}
	found, err := loaders.For(ctx).Reader.CredentialsByEmail(ctx, kind, email)
	switch {
	case fault.Is(err, fault.CodeNotFound):
		return &store.Credentials{}, nil
	case err != nil:
		return nil, err
	case !found.Usable:
		return &store.Credentials{}, nil
	}
	return found, nil
}

// storable tells that the database could have such a text at all.
func storable(text string) bool { return utf8.ValidString(text) && !strings.ContainsRune(text, 0) }

func wrongPassword() error {
	return fault.Reject(fault.ReasonInvalidCredentials, "currentPassword",
		"this is not your present password; write it again, or ask for a new one with passwordResetRequest")
}

// changePassword asks for the present password again: who finds a phone that is
// signed in must not keep the account.
func (r *Resolver) changePassword(ctx context.Context, in model.PasswordChangeInput) error {
	who := auth.For(ctx)
	if err := r.Accounts.admit(ctx, "password", who.String(), passwordsByAccount); err != nil {
		return err
	}
	found, err := loaders.For(ctx).Reader.CredentialsByID(ctx, who.Kind, who.ID)
	if fault.Is(err, fault.CodeNotFound) {
		return wrongPassword()
	}
	if err != nil {
		return err
	}
	var problems fault.Problems
	checkPassword(&problems, "newPassword", in.NewPassword, found.Email)
	if err := problems.Err(); err != nil {
		return err
	}
	ok, _, err := r.Accounts.Passwords.Verify(ctx, found.PasswordHash, in.CurrentPassword)
	if err != nil {
		return err
	}
	if !ok {
		return wrongPassword()
	}
	hash, err := r.Accounts.Passwords.Hash(ctx, in.NewPassword)
	if err != nil {
		return err
	}
	return r.writer(ctx).ChangePassword(ctx, who.Kind, who.ID, found.PasswordHash, hash, store.SessionID(who.Session))
}

// resetTime is how long a request for a new password takes at least, account or
// not: far more than the e-mail's way to the disk, which would tell them apart.
const resetTime = 100 * time.Millisecond

// requestReset sends an e-mail if there is an account, and tells nobody.
func (r *Resolver) requestReset(ctx context.Context, in model.PasswordResetRequestInput) error {
	email := strings.TrimSpace(in.Email)
	var problems fault.Problems
	checkEmail(&problems, "email", email)
	if err := problems.Err(); err != nil {
		return err
	}
	if err := r.Accounts.admit(ctx, "reset", accountOf(in.AccountKind, email), eMailsByAccount); err != nil {
		return err
	}
	enough := time.NewTimer(resetTime)
	defer enough.Stop()
	queued, err := r.writer(ctx).RequestReset(ctx, in.AccountKind, email)
	if err != nil {
		return err
	}
	select {
	case <-enough.C:
	case <-ctx.Done():
	}
	r.Accounts.queued(ctx, queued)
	return nil
}

// confirmReset looks for the token before it hashes: that is too dear for whoever
// makes tokens up.
func (r *Resolver) confirmReset(ctx context.Context, in model.PasswordResetConfirmInput) error {
	found, err := loaders.For(ctx).Reader.ResetTokenByPlain(ctx, in.Token)
	if fault.Is(err, fault.CodeNotFound) {
		return fault.Reject(fault.ReasonInvalidToken, "token", "this token is damaged, used or expired; ask for another e-mail")
	}
	if err != nil {
		return err
	}
	var problems fault.Problems
	checkPassword(&problems, "newPassword", in.NewPassword, found.Email)
	if err := problems.Err(); err != nil {
		return err
	}
	hash, err := r.Accounts.Passwords.Hash(ctx, in.NewPassword)
	if err != nil {
		return err
	}
	if err := r.writer(ctx).ConfirmReset(ctx, in.Token, hash); err != nil {
		return err
	}
	// Whoever has used up somebody's attempts must not keep out the owner of the
	// mailbox, and knew another password anyway.
	r.Accounts.forget(ctx, "sign-in", accountOf(found.Kind(), found.Email))
	return nil
}

// revoke ends the caller's session or all of them and returns how many ended. Who
// signed in at an identity provider outside has none here.
func (r *Resolver) revoke(ctx context.Context, all bool) (int, error) {
	who := auth.For(ctx)
	if all {
		return r.writer(ctx).RevokeSessions(ctx, who.Kind, who.ID)
	}
	ended, err := r.writer(ctx).RevokeSession(ctx, store.SessionID(who.Session))
	if err != nil || !ended {
		return 0, err
	}
	return 1, nil
}
