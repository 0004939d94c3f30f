package store

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"
	"unicode/utf8"

	"souk/internal/auth"
	"souk/internal/fault"
)

// Origin says where a change comes from. The audit log records it.
type Origin struct {
	// By is the principal who makes the change.
	By auth.Principal
	// Action is the name of the mutation.
	Action string
	// RequestID is the ID of the request.
	RequestID string
	// Key is the idempotency key of the request, for a change whose input can have one
	// and has none. If the same principal sends the change again with the same key, the
	// answer is the first outcome. "": the change is not idempotent.
	Key string
	// Input returns the input of the change, as a value whose JSON is the same for
	// the same input. It is called only if there is a key.
	Input func() any
}

// withoutKey returns a writer for a change whose input can have no idempotency key.
func (w *Writer) withoutKey() *Writer {
	unkeyed := *w
	unkeyed.origin.Key = ""
	return &unkeyed
}

func (o Origin) inputHash() (hash [sha256.Size]byte, err error) {
	var input any
	if o.Input != nil {
		input = o.Input()
	}
	text, err := json.Marshal(input)
	return sha256.Sum256(text), err
}

// customer returns the customer who makes the change. If it is another principal, it
// returns the zero key, which no customer has.
func (o Origin) customer() CustomerID {
	if o.By.Kind == auth.Customer {
		return CustomerID(o.By.ID)
	}
	return CustomerID{}
}

// Writer makes the changes of one mutation. Each exported method is one transaction
// on the primary: it makes all of its changes or none. A refused change returns a
// *fault.Rejection.
//
// Transactions that end in a serialization failure or a deadlock are retried. The
// closures passed to inTx therefore run again from the beginning, and must change
// nothing but the transaction and their own results. If the connection is lost during
// a commit, the writer asks the database whether the transaction was committed, and
// returns the result. If the database does not answer either, the error says that the
// outcome is not known.
type Writer struct {
	store  *Store
	reader *Reader
	origin Origin
}

// Writer returns a writer. All later reads of reader see its changes.
func (s *Store) Writer(reader *Reader, origin Origin) *Writer {
	return &Writer{store: s, reader: reader, origin: origin}
}

const (
	// maxAttempts is the maximum number of times that a transaction runs after
	// serialization failures, deadlocks or lost connections.
	maxAttempts = 8
	// retryPause is the pause before the second attempt. It doubles with each further
	// attempt.
	retryPause = 5 * time.Millisecond
	// retryTimeout stops the retries if the attempts take long. A request has its own
	// time-out.
	retryTimeout = 10 * time.Second
	// IdempotencyLifetime is how long an outcome is kept for repetitions of a change.
	IdempotencyLifetime = 24 * time.Hour
	// maxIdempotencyKey is in characters, longer than any UUID or hash used as a key.
	maxIdempotencyKey = 255
)

// inTx runs do in a transaction, and then updates what is derived from the rows that
// do changed.
func (w *Writer) inTx(ctx context.Context, do func(*Tx) error) error {
	w.reader.End() // it must not hold a connection while the change waits for one
	began, pause := time.Now(), retryPause
	for attempt := 1; ; attempt++ {
		lsn, err := w.store.attempt(ctx, w.origin, do)
		switch {
		case err == nil:
			w.reader.wrote(lsn)
			return nil
		case isRetryable(err) && ctx.Err() != nil:
			// An expired deadline looks like a slow network, but it is the request's
			// own.
			return fmt.Errorf("%w, not retried: %w", ctx.Err(), err)
		case !isRetryable(err) || attempt == maxAttempts || time.Since(began) > retryTimeout:
			return writeFault(err)
		}
		if isLost(err) && attempt > 1 {
			w.store.primary.resetPool()
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w, not retried: %w", ctx.Err(), err)
		case <-time.After(pause/2 + rand.N(pause)):
			pause *= 2
		}
	}
}

// idempotent runs do in a transaction, or returns the stored outcome if do ran before
// under the same key. key is the input's own key; nil means the origin's key. An
// outcome contains only what does not change later: IDs, and the figures that the
// change itself produced. A refused change stores no outcome: it changed nothing, and
// a repetition is checked again.
func idempotent[T any](ctx context.Context, w *Writer, key *string, do func(*Tx) (T, error)) (T, error) {
	keyed := *w
	if key != nil {
		keyed.origin.Key = *key
	}
	var outcome T
	err := keyed.inTx(ctx, func(tx *Tx) error {
		var again T // outcome must stay empty if the transaction is retried
		stored, err := tx.claimKey(ctx)
		if err != nil {
			return err
		}
		if stored != nil {
			if err := json.Unmarshal(stored, &again); err != nil {
				return fmt.Errorf("read stored outcome: %w", err)
			}
			outcome = again
			return nil
		}
		if outcome, err = do(tx); err != nil {
			return err
		}
		return tx.storeOutcome(ctx, outcome)
	})
	if err != nil {
		var none T
		return none, err
	}
	return outcome, nil
}

// claimKey reserves the origin's key for this transaction and returns the outcome
// that is stored under it, or nil if there is none. If another transaction has
// reserved the key, claimKey waits until that transaction ends.
func (tx *Tx) claimKey(ctx context.Context) ([]byte, error) {
	key := tx.origin.Key
	switch {
	case key == "":
		return nil, nil
	case utf8.RuneCountInString(key) > maxIdempotencyKey:
		return nil, fault.Reject(fault.ReasonTooLong, "idempotencyKey", "an idempotency key can have at most %d characters; use a UUID", maxIdempotencyKey)
	}
	const insert = `-- name: ClaimIdempotencyKey
INSERT INTO idempotency_keys AS k (principal, key, action, input_hash)
VALUES (@principal, @key, @action, @input_hash)
ON CONFLICT (principal, key) DO UPDATE
SET action = EXCLUDED.action, input_hash = EXCLUDED.input_hash, outcome = NULL, created_at = now()
WHERE k.created_at < now() - @lifetime::interval`
	hash, err := tx.origin.inputHash()
	if err != nil {
		return nil, fmt.Errorf("claim idempotency key: %w", err)
	}
	n, err := tx.exec(ctx, insert, args{
		"principal": tx.origin.By.String(), "key": key, "action": tx.origin.Action, "input_hash": hash[:],
		"lifetime": IdempotencyLifetime,
	})
	if err != nil || n == 1 {
		return nil, err
	}
	const read = `-- name: IdempotencyOutcome
SELECT action, input_hash, outcome
FROM idempotency_keys
WHERE principal = @principal AND key = @key`
	type storedOutcome struct {
		Action    string
		InputHash []byte
		Outcome   []byte
	}
	stored, err := oneRow[storedOutcome](ctx, tx, read, args{"principal": tx.origin.By.String(), "key": key})
	switch {
	case err != nil:
		return nil, err
	case stored == nil:
		return nil, errors.New("claim idempotency key: the key exists but was not found")
	case stored.Action != tx.origin.Action || string(stored.InputHash) != string(hash[:]):
		return nil, fault.Reject(fault.ReasonIdempotencyConflict, "idempotencyKey",
			"this idempotency key was already used with another mutation or input; use a new key for a new change")
	}
	return stored.Outcome, nil
}

// storeOutcome stores the outcome under the key that the transaction has claimed.
func (tx *Tx) storeOutcome(ctx context.Context, outcome any) error {
	if tx.origin.Key == "" {
		return nil
	}
	stored, err := json.Marshal(outcome)
	if err != nil {
		return fmt.Errorf("store outcome: %w", err)
	}
	const statement = `-- name: KeepIdempotencyOutcome
UPDATE idempotency_keys
SET outcome = @outcome
WHERE principal = @principal AND key = @key`
	_, err = tx.exec(ctx, statement, args{"outcome": stored, "principal": tx.origin.By.String(), "key": tx.origin.Key})
	return err
}
