package store

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"souk/internal/auth"
	"souk/internal/fault"
)

// Origin is where a change comes from: what the audit log keeps of it.
type Origin struct {
	// By is who makes the change.
	By auth.Principal
	// Action is the mutation's name.
	Action string
	// RequestID is the request's.
	RequestID string
	// Key makes a change repeatable whose input has no idempotency key of its own:
	// sent again under the same key by the same principal, it is answered with its
	// first outcome. "": not repeatable.
	Key string
	// Input returns what the change was asked to do, as something whose JSON is the
	// same for the same input. It is called when there is a key.
	Input func() any
}

// customer is the customer who makes the change; the zero key, which nobody has, when
// it is somebody else.
func (o Origin) customer() CustomerID {
	if o.By.Kind == auth.Customer {
		return CustomerID(o.By.ID)
	}
	return CustomerID{}
}

// Writer changes the shop for one mutation. Each exported method is a transaction
// on the primary: all of it happens, or nothing. What is refused comes back as a
// *fault.Rejection.
//
// Serialization failures and deadlocks are retried, so the closures given to inTx
// start over; they touch nothing but the transaction and their own results. When
// the connection is lost in the middle of a commit, the writer asks the database
// what became of the transaction, and says the truth; when that cannot be found
// out either, the error says so.
type Writer struct {
	store  *Store
	reader *Reader
	origin Origin
}

// Writer returns a writer whose changes reader sees from then on.
func (s *Store) Writer(reader *Reader, origin Origin) *Writer {
	return &Writer{store: s, reader: reader, origin: origin}
}

const (
	// maxAttempts bounds how often a transaction that lost a race is run.
	maxAttempts = 8
	// retryPause is the first pause between two attempts; each next one doubles.
	retryPause = 5 * time.Millisecond
	// retryPatience ends the attempts when each of them takes long: a request has
	// its own time-out.
	retryPatience = 10 * time.Second
	// IdempotencyLifetime is how long an outcome is kept for who asks again.
	IdempotencyLifetime = 24 * time.Hour
	// maxIdempotencyKey is longer than any UUID or hash that serves as one.
	maxIdempotencyKey = 255
)

// inTx runs do in a transaction and then brings up to date what is derived from
// the rows that it touched.
func (w *Writer) inTx(ctx context.Context, do func(*Tx) error) error {
	began, pause := time.Now(), retryPause
	for attempt := 1; ; attempt++ {
		lsn, err := w.store.attempt(ctx, w.origin, do)
		switch {
		case err == nil:
			w.reader.wrote(lsn)
			return nil
		case isRetryable(err) && ctx.Err() != nil:
			// A deadline looks like a network that is slow, and is the request's own.
			return fmt.Errorf("%w, and not tried again: %w", ctx.Err(), err)
		case !isRetryable(err) || attempt == maxAttempts || time.Since(began) > retryPatience:
			return writeFault(err)
		}
		if isLost(err) && attempt > 1 {
			w.store.primary.abandon()
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w, and not tried again: %w", ctx.Err(), err)
		case <-time.After(pause/2 + rand.N(pause)):
			pause *= 2
		}
	}
}

// repeatable runs do in a transaction, or, when it ran before under the same key,
// returns the outcome of that time. key is the input's own; nil: the origin's. An outcome holds what does not change
// with time: IDs, and the figures that the change itself made. What was refused
// has no outcome: nothing was changed, and sent again it is looked at again.
func repeatable[T any](ctx context.Context, w *Writer, key *string, do func(*Tx) (T, error)) (T, error) {
	keyed := *w
	if key != nil {
		keyed.origin.Key = *key
	}
	var outcome T
	err := keyed.inTx(ctx, func(tx *Tx) error {
		var again T // a run that has to be repeated leaves nothing
		stored, err := tx.claim(ctx)
		if err != nil {
			return err
		}
		if stored != nil {
			if err := json.Unmarshal(stored, &again); err != nil {
				return fmt.Errorf("read kept outcome: %w", err)
			}
			outcome = again
			return nil
		}
		if outcome, err = do(tx); err != nil {
			return err
		}
		return tx.keep(ctx, outcome)
	})
	if err != nil {
		var none T
		return none, err
	}
	return outcome, nil
}

// claim takes the origin's key for this transaction and returns the outcome that
// is stored under it; nil when there is none yet. While another transaction has
// the key, it waits for that one's end.
func (tx *Tx) claim(ctx context.Context) ([]byte, error) {
	key := tx.origin.Key
	switch {
	case key == "":
		return nil, nil
	case len(key) > maxIdempotencyKey:
		return nil, fault.Reject(fault.ReasonTooLong, "idempotencyKey", "an idempotency key has at most %d bytes; a UUID will do", maxIdempotencyKey)
	}
	const insert = `-- name: ClaimIdempotencyKey
INSERT INTO idempotency_keys AS k (principal, key, action, input_hash)
VALUES (@principal, @key, @action, @input_hash)
ON CONFLICT (principal, key) DO UPDATE
SET action = EXCLUDED.action, input_hash = EXCLUDED.input_hash, outcome = NULL, created_at = now()
WHERE k.created_at < now() - @lifetime::interval`
	var input any
	if tx.origin.Input != nil {
		input = tx.origin.Input()
	}
	asked, err := json.Marshal(input)
	if err != nil {
		return nil, fmt.Errorf("claim idempotency key: %w", err)
	}
	hash := sha256.Sum256(asked)
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
	type kept struct {
		Action    string
		InputHash []byte
		Outcome   []byte
	}
	first, err := oneRow[kept](ctx, tx, read, args{"principal": tx.origin.By.String(), "key": key})
	switch {
	case err != nil:
		return nil, err
	case first == nil:
		return nil, errors.New("claim idempotency key: it is neither free nor there")
	case first.Action != tx.origin.Action || string(first.InputHash) != string(hash[:]):
		return nil, fault.Reject(fault.ReasonIdempotencyConflict, "idempotencyKey",
			"this idempotency key was used with another input; take a new key for a new change")
	}
	return first.Outcome, nil
}

// keep stores the outcome under the key that the transaction has claimed.
func (tx *Tx) keep(ctx context.Context, outcome any) error {
	if tx.origin.Key == "" {
		return nil
	}
	stored, err := json.Marshal(outcome)
	if err != nil {
		return fmt.Errorf("keep outcome: %w", err)
	}
	const statement = `-- name: KeepIdempotencyOutcome
UPDATE idempotency_keys
SET outcome = @outcome
WHERE principal = @principal AND key = @key`
	_, err = tx.exec(ctx, statement, args{"outcome": stored, "principal": tx.origin.By.String(), "key": tx.origin.Key})
	return err
}
