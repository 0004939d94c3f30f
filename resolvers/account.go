package resolvers

import (
	"context"
	"errors"
	"strings"
	"time"
	"unicode/utf8"

	"souk/graph/model"
	"souk/internal/auth"
	"souk/internal/auth/password"
	"souk/internal/fault"
	"souk/loaders"
	"souk/store"
)

// register does the same work whether or not the e-mail address already has an
// account, except for the rows that the store writes. In particular it always hashes
// the password, which takes longer than everything else.
func (r *Resolver) register(ctx context.Context, in model.CustomerRegisterInput) error {
	var problems fault.Problems
	email := store.CheckEmail(&problems, "email", in.Email)
	name := store.CheckName(&problems, "displayName", in.DisplayName)
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
	queuedEmail, err := r.writer(ctx).Register(ctx, store.Registration{Email: email, DisplayName: name, PasswordHash: hash})
	if err != nil {
		return err
	}
	r.Accounts.reportQueuedEmail(ctx, &queuedEmail)
	return nil
}

// checkPassword adds a problem if a password is too weak.
func checkPassword(problems *fault.Problems, field, plain, email string) {
	err := password.Check(plain, email)
	if weak, ok := errors.AsType[*fault.Error](err); ok {
		problems.Add(fault.ReasonWeakPassword, field, "%s", weak.Message)
	}
}

// signIn creates a session. If there is no account, or the account cannot sign in, the
// answer is the same as for a wrong password and takes the same time. So nobody can
// find out which e-mail addresses have an account.
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
		return nil, store.InvalidCredentials()
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
	return session, nil
}

// credentials returns the credentials of the account with an e-mail address. If no
// such account can sign in, it returns credentials without a password hash.
func (r *Resolver) credentials(ctx context.Context, kind auth.Kind, email string) (*store.Credentials, error) {
	if !storable(email) {
		return &store.Credentials{}, nil
	}
	found, err := loaders.CredentialsByEmail.Load(ctx, loaders.AccountEmail{Kind: kind, Email: email})
	switch {
	case err != nil:
		return nil, err
	case found == nil || !found.Usable:
		return &store.Credentials{}, nil
	}
	return found, nil
}

// storable reports whether the database can store a text.
func storable(text string) bool { return utf8.ValidString(text) && !strings.ContainsRune(text, 0) }

func wrongPassword() error {
	return fault.Reject(fault.ReasonInvalidCredentials, "currentPassword",
		"this is not your current password; correct it, or request a new password with passwordResetRequest")
}

// changePassword checks the current password again: somebody who finds a phone that
// is signed in must not be able to take over the account.
func (r *Resolver) changePassword(ctx context.Context, in model.PasswordChangeInput) error {
	who := auth.For(ctx)
	if err := r.Accounts.admit(ctx, "password", who.String(), passwordsByAccount); err != nil {
		return err
	}
	found, err := loaders.CredentialsByID.Load(ctx, loaders.AccountID{Kind: who.Kind, ID: who.ID})
	if err != nil {
		return err
	}
	if found == nil {
		return wrongPassword()
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

// resetTime is the minimum duration of a request for a new password. It is much
// longer than writing the e-mail to disk: otherwise the duration would show whether
// the account exists.
const resetTime = 100 * time.Millisecond

// requestReset sends an e-mail if the account exists. Its answer is the same if the
// account does not exist.
func (r *Resolver) requestReset(ctx context.Context, in model.PasswordResetRequestInput) error {
	var problems fault.Problems
	email := store.CheckEmail(&problems, "email", in.Email)
	if err := problems.Err(); err != nil {
		return err
	}
	if err := r.Accounts.admit(ctx, "reset", accountOf(in.AccountKind, email), eMailsByAccount); err != nil {
		return err
	}
	timer := time.NewTimer(resetTime)
	defer timer.Stop()
	queuedEmail, err := r.writer(ctx).RequestReset(ctx, in.AccountKind, in.Email)
	if err != nil {
		return err
	}
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
	r.Accounts.reportQueuedEmail(ctx, queuedEmail)
	return nil
}

// confirmReset reads the token before it hashes the password, because hashing is too
// expensive for a request with an invented token.
func (r *Resolver) confirmReset(ctx context.Context, in model.PasswordResetConfirmInput) error {
	found, err := loaders.ResetTokenByPlain.Load(ctx, in.Token)
	if err != nil {
		return err
	}
	if found == nil {
		return store.InvalidToken()
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
	// An attacker who has used up the account's attempts must not keep out the owner
	// of the mailbox. The attacker's guesses were for the old password anyway.
	r.Accounts.forget(ctx, "sign-in", accountOf(found.Kind(), found.Email))
	return nil
}

// revoke ends the caller's session, or all of the caller's sessions, and returns how
// many it ended. A caller who signed in with an external identity provider has no
// session here.
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
