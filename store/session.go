package store

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"souk/internal/auth"
	"souk/internal/auth/secret"
	"souk/internal/fault"
)

// RefreshTokenPrefix is the prefix of every refresh token.
const RefreshTokenPrefix = "souk_rt_"

// RefreshGrace is how long a used refresh token may be used again and gives the same
// successor. It covers an answer that was lost, and browser tabs that all refresh at
// the same time.
const RefreshGrace = 10 * time.Second

// Session is a signed-in session. It lasts until it expires or is revoked.
type Session struct {
	ID SessionID
	// Kind is auth.Customer or auth.Staff. Account is the key of that customer or
	// staff member.
	Kind    auth.Kind
	Account uuid.UUID
	// RefreshToken is the token in plain text. Only its hash is stored.
	RefreshToken string
	// ExpiresAt is when the session ends. Refreshing does not extend it.
	ExpiresAt time.Time
}

// CreateSession signs an account in. If the account does not exist or is disabled, it
// is rejected as INVALID_CREDENTIALS. The caller must have authenticated the account
// before.
func (w *Writer) CreateSession(ctx context.Context, kind auth.Kind, account uuid.UUID, lifetime time.Duration) (Session, error) {
	var session Session
	err := w.inTx(ctx, func(tx *Tx) (err error) {
		if err := tx.holdAccount(ctx, kind, account, ""); err != nil {
			return err
		}
		session, err = tx.createSession(ctx, kind, account, lifetime)
		return err
	})
	return session, err
}

// accountTable is the table of the accounts of a kind, the column of other tables that
// points to it, and the subject of its changes.
type accountTable struct {
	name, column string
	subject      Subject
}

func accountTableOf(kind auth.Kind) (accountTable, error) {
	switch kind {
	case auth.Customer:
		return accountTable{"customers", "customer_id", SubjectCustomer}, nil
	case auth.Staff:
		return accountTable{"staff", "staff_id", SubjectStaff}, nil
	default:
		return accountTable{}, fmt.Errorf("%s has no sessions", kind)
	}
}

// holdAccount locks an account against being disabled and against a new password
// until the transaction ends. It rejects an account that does not exist, is disabled,
// or has another password hash than hash; "" accepts any hash.
func (tx *Tx) holdAccount(ctx context.Context, kind auth.Kind, account uuid.UUID, hash string) error {
	table, err := accountTableOf(kind)
	if err != nil {
		return err
	}
	n, err := tx.exec(ctx, `-- name: HoldAccount
SELECT 1
FROM `+table.name+`
WHERE id = @id AND disabled_at IS NULL AND (@hash = '' OR password_hash = @hash)
FOR NO KEY UPDATE`, args{"id": account, "hash": hash})
	if err == nil && n == 0 {
		return InvalidCredentials()
	}
	return err
}

func (tx *Tx) createSession(ctx context.Context, kind auth.Kind, account uuid.UUID, lifetime time.Duration) (Session, error) {
	table, err := accountTableOf(kind)
	if err != nil {
		return Session{}, err
	}
	id, err := newID[SessionID]()
	if err != nil {
		return Session{}, err
	}
	plain, hash := secret.New(RefreshTokenPrefix)
	type ends struct{ ExpiresAt time.Time }
	created, err := oneRow[ends](ctx, tx, `-- name: CreateSession
WITH session AS (
  INSERT INTO sessions (id, `+table.column+`, expires_at)
  VALUES (@id, @account, now() + @lifetime::interval)
  RETURNING id, expires_at
), token AS (
  INSERT INTO refresh_tokens (hash, session_id)
  SELECT @hash, id
  FROM session
)
SELECT expires_at
FROM session`, args{"id": id, "account": account, "lifetime": lifetime, "hash": hash})
	if err != nil {
		return Session{}, err
	}
	return Session{ID: id, Kind: kind, Account: account, RefreshToken: plain, ExpiresAt: created.ExpiresAt}, nil
}

// refreshTokenRow is a refresh token with its session. Ages are measured by the
// database's clock, which all instances share.
type refreshTokenRow struct {
	SessionID  SessionID
	CustomerID *uuid.UUID
	StaffID    *uuid.UUID
	ExpiresAt  time.Time
	Alive      bool // not revoked, not expired, and the account is not disabled
	Used       bool
	InGrace    bool
}

// RefreshSession exchanges a refresh token for its successor. The successor is
// derived from the token with the first of keys, which is the newest. So all requests
// with the same token within the grace period get the same successor, although only
// hashes are stored. The older keys find successors that were derived before the
// newest key was added.
//
// A token that is used again after the grace period, or after its successor was used,
// was stolen or copied. It is not known by whom, so the whole session is revoked. An
// invalid token is rejected as INVALID_TOKEN.
func (w *Writer) RefreshSession(ctx context.Context, plain string, keys [][]byte) (Session, error) {
	var session Session
	var refused error
	err := w.inTx(ctx, func(tx *Tx) error {
		token, err := tx.lockRefreshToken(ctx, secret.Hash(plain))
		if err != nil {
			return err
		}
		if token == nil || !token.Alive {
			return sessionEnded()
		}
		session = token.session()
		refused = nil
		if !token.Used {
			session.RefreshToken = secret.Derive(keys[0], plain)
			return tx.rotate(ctx, session.ID, secret.Hash(plain), secret.Hash(session.RefreshToken))
		}
		session.RefreshToken, refused = tx.successor(ctx, token, plain, keys)
		if _, rejected := fault.Rejected(refused); rejected {
			_, err := tx.revokeSessions(ctx, "id = @id", args{"id": token.SessionID})
			return err // not the rejection, so that the revocation is committed
		}
		return refused
	})
	if err == nil {
		err = refused
	}
	if err != nil {
		return Session{}, err
	}
	return session, nil
}

func (t *refreshTokenRow) session() Session {
	if t.CustomerID != nil {
		return Session{ID: t.SessionID, Kind: auth.Customer, Account: *t.CustomerID, ExpiresAt: t.ExpiresAt}
	}
	return Session{ID: t.SessionID, Kind: auth.Staff, Account: *t.StaffID, ExpiresAt: t.ExpiresAt}
}

// lockRefreshToken returns a token and locks it until the transaction ends. It
// returns nil if there is no such token.
func (tx *Tx) lockRefreshToken(ctx context.Context, hash []byte) (*refreshTokenRow, error) {
	// The lock is a separate statement. After a wait, a locking statement sees the
	// new version of the locked row, but the old versions of rows that are joined to
	// it.
	const lock = `-- name: LockRefreshToken
SELECT 1
FROM refresh_tokens
WHERE hash = @hash
FOR UPDATE`
	if n, err := tx.exec(ctx, lock, args{"hash": hash}); err != nil || n == 0 {
		return nil, err
	}
	const statement = `-- name: RefreshToken
SELECT s.id AS session_id, s.customer_id, s.staff_id, s.expires_at,
       s.revoked_at IS NULL AND s.expires_at > clock_timestamp()
         AND c.disabled_at IS NULL AND f.disabled_at IS NULL AS alive,
       t.used_at IS NOT NULL AS used,
       coalesce(t.used_at > clock_timestamp() - @grace::interval, false) AS in_grace
FROM refresh_tokens t
JOIN sessions s ON s.id = t.session_id
LEFT JOIN customers c ON c.id = s.customer_id
LEFT JOIN staff f ON f.id = s.staff_id
WHERE t.hash = @hash
FOR NO KEY UPDATE OF s`
	return oneRow[refreshTokenRow](ctx, tx, statement, args{"hash": hash, "grace": RefreshGrace})
}

func (tx *Tx) rotate(ctx context.Context, session SessionID, used, next []byte) error {
	const statement = `-- name: RotateRefreshToken
WITH used AS (
  UPDATE refresh_tokens
  SET used_at = clock_timestamp()
  WHERE hash = @used
), session AS (
  UPDATE sessions
  SET last_used_at = clock_timestamp()
  WHERE id = @session
)
INSERT INTO refresh_tokens (hash, session_id)
VALUES (@next, @session)`
	_, err := tx.exec(ctx, statement, args{"used": used, "session": session, "next": next})
	return err
}

// successor returns the token for which a used token was exchanged. A rejection means
// that the session must be revoked.
func (tx *Tx) successor(ctx context.Context, token *refreshTokenRow, plain string, keys [][]byte) (string, error) {
	if !token.InGrace {
		return "", sessionEnded()
	}
	const statement = `-- name: RefreshTokenState
SELECT used_at IS NOT NULL AS used
FROM refresh_tokens
WHERE hash = @hash AND session_id = @session`
	type state struct{ Used bool }
	for _, key := range keys {
		next := secret.Derive(key, plain)
		found, err := oneRow[state](ctx, tx, statement, args{"hash": secret.Hash(next), "session": token.SessionID})
		switch {
		case err != nil:
			return "", err
		case found != nil && found.Used:
			return "", sessionEnded()
		case found != nil:
			return next, nil
		}
	}
	// Another instance has a key that this instance does not have yet. Revoking the
	// session here would sign out everybody whose request reaches the wrong instance
	// while keys are rotated.
	return "", fault.Unavailable(nil, "the session was refreshed a moment ago by another server; try again")
}

// RevokeSession revokes a session. It returns false if the session had already ended.
func (w *Writer) RevokeSession(ctx context.Context, id SessionID) (bool, error) {
	var n int64
	err := w.inTx(ctx, func(tx *Tx) (err error) {
		n, err = tx.revokeSessions(ctx, "id = @id", args{"id": id})
		return err
	})
	return n > 0, err
}

// RevokeSessions revokes all sessions of an account and returns their number.
func (w *Writer) RevokeSessions(ctx context.Context, kind auth.Kind, account uuid.UUID) (int, error) {
	var n int64
	err := w.inTx(ctx, func(tx *Tx) (err error) {
		n, err = tx.revokeAccount(ctx, kind, account, SessionID{})
		return err
	})
	return int(n), err
}

// revokeAccount revokes all sessions of an account except one. If that ID is zero, it
// revokes all.
func (tx *Tx) revokeAccount(ctx context.Context, kind auth.Kind, account uuid.UUID, except SessionID) (int64, error) {
	table, err := accountTableOf(kind)
	if err != nil {
		return 0, err
	}
	return tx.revokeSessions(ctx, table.column+" = @account AND id <> @except", args{"account": account, "except": except})
}

func (tx *Tx) revokeSessions(ctx context.Context, where string, values args) (int64, error) {
	return tx.exec(ctx, `-- name: RevokeSessions
UPDATE sessions
SET revoked_at = now()
WHERE revoked_at IS NULL AND expires_at > now() AND `+where, values)
}

// InvalidToken returns the rejection of a token that was sent by e-mail.
func InvalidToken() error {
	return fault.Reject(fault.ReasonInvalidToken, "token", "this token is damaged, used or expired; request another e-mail")
}

func sessionEnded() error {
	return fault.Reject(fault.ReasonInvalidToken, "refreshToken", "the session has ended, or this is not its newest token; sign in again")
}

// InvalidCredentials returns the rejection of a sign-in. It does not say whether the
// account or the password is wrong.
func InvalidCredentials() error {
	return fault.Reject(fault.ReasonInvalidCredentials, "", "the e-mail address or the password is wrong, or the account cannot sign in; check both, or request a new password")
}
