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

// RefreshTokenPrefix begins each refresh token.
const RefreshTokenPrefix = "souk_rt_"

// RefreshGrace is how long a refresh token that was used may be used again and
// gives the same successor: for an answer that was lost, and for the tabs of a
// browser that all refresh at once.
const RefreshGrace = 10 * time.Second

// Session is a sign-in: what its client may do until it ends or is revoked.
type Session struct {
	ID SessionID
	// Kind is auth.Customer or auth.Staff, and Account that one's key.
	Kind    auth.Kind
	Account uuid.UUID
	// RefreshToken is in its plain form, which is stored nowhere.
	RefreshToken string
	// ExpiresAt is when the session ends, however often it is refreshed.
	ExpiresAt time.Time
}

// CreateSession signs an account in, which must be there and not be disabled, else
// it is rejected as INVALID_CREDENTIALS. Whether the caller is who it says is the
// caller's to have proved.
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

// accountTable is where accounts of a kind live, and the column that points there.
type accountTable struct{ name, column string }

func accountTableOf(kind auth.Kind) (accountTable, error) {
	switch kind {
	case auth.Customer:
		return accountTable{"customers", "customer_id"}, nil
	case auth.Staff:
		return accountTable{"staff", "staff_id"}, nil
	default:
		return accountTable{}, fmt.Errorf("%s has no sessions", kind)
	}
}

// holdAccount keeps an account from being disabled, and from another password,
// until the transaction ends. It rejects one that is not there or disabled, or has
// another password hash than the one given; "" is any.
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

// refreshed is a refresh token with its session. Ages are by the database's clock,
// which all instances share.
type refreshed struct {
	SessionID  SessionID
	CustomerID *uuid.UUID
	StaffID    *uuid.UUID
	ExpiresAt  time.Time
	Alive      bool // neither revoked nor expired, of an account that is not disabled
	Used       bool
	InGrace    bool
}

// RefreshSession exchanges a refresh token for its successor. The successor is
// derived from the token with the newest of keys, so that everybody who brings the
// same token within the grace gets the same one, though only hashes are stored;
// the older keys find what was derived before the newest came. A token that comes
// a second time later, or after its successor was used, was stolen or copied:
// nobody can tell by whom, so the whole session is revoked. What is no good is
// rejected as INVALID_TOKEN.
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
			return err // and so the revocation is committed
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

func (t *refreshed) session() Session {
	if t.CustomerID != nil {
		return Session{ID: t.SessionID, Kind: auth.Customer, Account: *t.CustomerID, ExpiresAt: t.ExpiresAt}
	}
	return Session{ID: t.SessionID, Kind: auth.Staff, Account: *t.StaffID, ExpiresAt: t.ExpiresAt}
}

// lockRefreshToken returns a token and lets nobody else use it until the
// transaction ends; nil when there is none.
func (tx *Tx) lockRefreshToken(ctx context.Context, hash []byte) (*refreshed, error) {
	// The lock comes first: a row that was locked after a wait shows what the one
	// before wrote, while what is joined to it does not.
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
	return oneRow[refreshed](ctx, tx, statement, args{"hash": hash, "grace": RefreshGrace})
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

// successor returns what a used token was exchanged for. A rejection says that the
// token must not come any more.
func (tx *Tx) successor(ctx context.Context, token *refreshed, plain string, keys [][]byte) (string, error) {
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
	// Another instance has a key that this one has not been given yet. To revoke
	// would sign everybody out whose request goes astray while keys are rotated.
	return "", fault.Unavailable(nil, "the session was refreshed a moment ago elsewhere; try again")
}

// RevokeSession ends one session and returns whether it was there to be ended.
func (w *Writer) RevokeSession(ctx context.Context, id SessionID) (bool, error) {
	var n int64
	err := w.inTx(ctx, func(tx *Tx) (err error) {
		n, err = tx.revokeSessions(ctx, "id = @id", args{"id": id})
		return err
	})
	return n > 0, err
}

// RevokeSessions ends all sessions of an account and returns how many there were.
func (w *Writer) RevokeSessions(ctx context.Context, kind auth.Kind, account uuid.UUID) (int, error) {
	var n int64
	err := w.inTx(ctx, func(tx *Tx) (err error) {
		n, err = tx.revokeAccount(ctx, kind, account, SessionID{})
		return err
	})
	return int(n), err
}

// revokeAccount ends all sessions of an account but one; the zero ID spares none.
func (tx *Tx) revokeAccount(ctx context.Context, kind auth.Kind, account uuid.UUID, but SessionID) (int64, error) {
	table, err := accountTableOf(kind)
	if err != nil {
		return 0, err
	}
	return tx.revokeSessions(ctx, table.column+" = @account AND id <> @but", args{"account": account, "but": but})
}

func (tx *Tx) revokeSessions(ctx context.Context, where string, values args) (int64, error) {
	return tx.exec(ctx, `-- name: RevokeSessions
UPDATE sessions
SET revoked_at = now()
WHERE revoked_at IS NULL AND expires_at > now() AND `+where, values)
}

// InvalidToken refuses a token of an e-mail.
func InvalidToken() error {
	return fault.Reject(fault.ReasonInvalidToken, "token", "this token is damaged, used or expired; ask for another e-mail")
}

func sessionEnded() error {
	return fault.Reject(fault.ReasonInvalidToken, "refreshToken", "the session has ended, or this is not its newest token; sign in again")
}

// InvalidCredentials refuses an account or its password, without saying which.
func InvalidCredentials() error {
	return fault.Reject(fault.ReasonInvalidCredentials, "", "e-mail or password are not right, or the account cannot be used; check both, or ask for a new password")
}
