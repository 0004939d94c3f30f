package command

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/term"

	"souk/migrations"
)

// Migrate changes the database's schema.
type Migrate struct {
	Up     MigrateUp     `cmd:"" help:"Apply all missing migrations."`
	Down   MigrateDown   `cmd:"" help:"Revert the newest migration. It says what that destroys, and asks."`
	Status MigrateStatus `cmd:"" help:"List migrations and whether they are applied."`
}

// MigrateUp applies all missing migrations.
type MigrateUp struct {
	Primary `embed:""`

	Out io.Writer `kong:"-"` // nil: standard output
}

// Run applies them and says which.
func (m *MigrateUp) Run(ctx context.Context) error {
	out, count := output(m.Out), 0
	err := migrations.Apply(ctx, m.DatabaseURL, func(name string, took time.Duration) {
		count++
		fmt.Fprintf(out, "applied  %s  (%s)\n", name, took.Round(time.Millisecond))
	})
	if err != nil {
		return err
	}
	if count == 0 {
		fmt.Fprintln(out, "already current: no migration is missing")
		return nil
	}
	fmt.Fprintf(out, "the database is current: %d applied\n", count)
	return nil
}

// MigrateDown reverts the newest migration.
type MigrateDown struct {
	Primary `embed:""`
	Yes     bool `help:"Do not ask. Required without a terminal."`

	In  io.Reader `kong:"-"` // nil: standard input, if it is a terminal
	Out io.Writer `kong:"-"` // nil: standard output
}

// Run says what the reversal destroys, asks, and reverts.
func (m *MigrateDown) Run(ctx context.Context) error {
	// The trial locks the tables for everybody: not for a question that nobody can answer.
	in, err := m.answers()
	if err != nil {
		return err
	}
	out := output(m.Out)
	loss, err := migrations.NextLoss(ctx, m.DatabaseURL)
	if err != nil {
		return err
	}
	if loss.Name == "" {
		fmt.Fprintln(out, "no migration is applied: there is nothing to revert")
		return nil
	}
	describeLoss(out, loss)
	if err := confirm(ctx, in, out); err != nil {
		return err
	}
	if err := migrations.Revert(ctx, m.DatabaseURL, loss.Name); err != nil {
		return err
	}
	fmt.Fprintf(out, "reverted %s\n", loss.Name)
	return nil
}

func describeLoss(out io.Writer, loss migrations.Loss) {
	switch {
	case loss.Untried != "":
		fmt.Fprintf(out, "Reverting %s runs statements that cannot be tried beforehand, or not in a short time:\n\n%s\n\n", loss.Name, loss.Untried)
	case len(loss.Items) == 0:
		fmt.Fprintf(out, "Reverting %s destroys no rows: it changes indexes, functions or rules.\n", loss.Name)
	default:
		fmt.Fprintf(out, "Reverting %s destroys:\n", loss.Name)
		for _, item := range loss.Items {
			fmt.Fprintln(out, "  - "+item)
		}
		fmt.Fprintln(out, "It cannot be undone, except from a backup.")
	}
}

// answers returns where the answer comes from, or nil if none is needed.
func (m *MigrateDown) answers() (io.Reader, error) {
	switch {
	case m.Yes:
		return nil, nil
	case m.In != nil:
		return m.In, nil
	case !term.IsTerminal(int(os.Stdin.Fd())):
		return nil, errors.New("nothing was reverted: there is no terminal to ask at; add --yes")
	}
	return os.Stdin, nil
}

// confirm returns an error unless somebody agrees. Without in, nobody is asked.
func confirm(ctx context.Context, in io.Reader, out io.Writer) error {
	if in == nil {
		return nil
	}
	fmt.Fprint(out, "Revert it? Type yes: ")
	answer := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(in).ReadString('\n')
		answer <- strings.TrimSpace(line)
	}()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case given := <-answer:
		if given != "yes" {
			return errors.New("nothing was reverted")
		}
		return nil
	}
}

// MigrateStatus lists the migrations.
type MigrateStatus struct {
	Primary `embed:""`

	Out io.Writer `kong:"-"` // nil: standard output
}

// Run lists them, oldest first.
func (m *MigrateStatus) Run(ctx context.Context) error {
	list, err := migrations.List(ctx, m.DatabaseURL)
	if err != nil {
		return err
	}
	for _, step := range list {
		state := "missing"
		if step.Applied {
			state = "applied"
		}
		fmt.Fprintf(output(m.Out), "%-8s %s\n", state, step.Name)
	}
	return nil
}
