package command

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/jackc/pgx/v5"

	"souk/internal/follower"
)

// Cache sets up how caches hear of changes.
type Cache struct {
	Outbox CacheOutbox `cmd:"" help:"Let caches follow a table that triggers fill, where the database's log cannot be decoded."`
}

// CacheOutbox makes and removes the triggers.
type CacheOutbox struct {
	Enable  OutboxEnable  `cmd:"" help:"Make the triggers. All instances follow the outbox a few seconds later, and begin with empty caches."`
	Disable OutboxDisable `cmd:"" help:"Remove the triggers. All instances follow the log again."`
	Status  OutboxStatus  `cmd:"" help:"Say whether caches follow the log or the outbox, and which triggers are missing."`
}

// OutboxEnable makes the triggers.
type OutboxEnable struct {
	Primary `embed:""`

	Out io.Writer `kong:"-"` // nil: standard output
}

// Run makes the triggers and says what the outbox is then.
func (c *OutboxEnable) Run(ctx context.Context) error {
	return changeOutbox(ctx, c.Primary, output(c.Out), follower.EnableOutbox)
}

// OutboxDisable removes the triggers.
type OutboxDisable struct {
	Primary `embed:""`

	Out io.Writer `kong:"-"` // nil: standard output
}

// Run removes the triggers and says what the outbox is then.
func (c *OutboxDisable) Run(ctx context.Context) error {
	return changeOutbox(ctx, c.Primary, output(c.Out), follower.DisableOutbox)
}

// OutboxStatus shows which triggers there are.
type OutboxStatus struct {
	Primary `embed:""`

	Out io.Writer `kong:"-"` // nil: standard output
}

// Run shows the state.
func (c *OutboxStatus) Run(ctx context.Context) error {
	return changeOutbox(ctx, c.Primary, output(c.Out), func(context.Context, *pgx.Conn) error { return nil })
}

// changeOutbox changes the triggers and prints their state.
func changeOutbox(ctx context.Context, at Primary, out io.Writer, change func(context.Context, *pgx.Conn) error) error {
	if err := RequireSchema(ctx, at.DatabaseURL); err != nil {
		return err
	}
	conn, err := pgx.Connect(ctx, at.DatabaseURL)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	if err := change(ctx, conn); err != nil {
		return err
	}
	state, err := follower.InspectOutbox(ctx, conn)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(out, describeOutbox(state))
	return err
}

func describeOutbox(s follower.OutboxState) string {
	switch {
	case !s.On:
		return "outbox off: caches follow the database's log"
	case len(s.Missing) > 0:
		return "outbox on, and incomplete, so caches are out: triggers are missing for " + strings.Join(s.Missing, ", ")
	}
	return "outbox on: caches follow it, and each statement that changes what is cached is noted there"
}
