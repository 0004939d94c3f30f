package store

import (
	"context"

	"github.com/google/uuid"

	"souk/internal/auth"
)

// DisableAccount disables an account, ends its sessions, and voids the tokens that were
// sent to it. It is for an operator with direct access to the database: it disables the
// last administrator too. An account that is disabled already stays as it is.
func (w *Writer) DisableAccount(ctx context.Context, kind auth.Kind, id uuid.UUID) error {
	table, err := accountTableOf(kind)
	if err != nil {
		return err
	}
	return w.inTx(ctx, func(tx *Tx) error {
		if err := tx.lockStaff(ctx); err != nil {
			return err
		}
		n, err := tx.exec(ctx, `-- name: DisableAccount
UPDATE `+table.name+`
SET disabled_at = now()
WHERE id = @id AND disabled_at IS NULL`, args{"id": id})
		if err != nil || n == 0 {
			return err
		}
		if err := tx.voidTokens(ctx, kind, id); err != nil {
			return err
		}
		if _, err := tx.revokeAccount(ctx, kind, id, SessionID{}); err != nil {
			return err
		}
		tx.changed(table.subject, id, []AuditChange{{Field: "isDisabled", Before: text(false), After: text(true)}})
		return nil
	})
}
