package command

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/user"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/google/uuid"

	"souk/graph/relay"
	"souk/internal/importer"
)

// runFlags are the flags of an import about what staff have changed, and about taking
// the import back.
type runFlags struct {
	KeepEdits bool  `xor:"edits" help:"Keep what staff have changed since the import that wrote it, and list it. This is the default."`
	Overwrite bool  `xor:"edits" help:"Write the files' values over what staff have changed."`
	Undoable  *bool `negatable:"" help:"Record what the import changes, so that souk import undo can take it back for seven days. Default: up to 20,000 rows."`
}

func (f *runFlags) into(options *importer.Options) {
	options.Overwrite, options.Undoable, options.Actor = f.Overwrite, f.Undoable, actor()
}

// actor is who runs the command, for the list of runs and the audit log.
func actor() string {
	name := "unknown"
	if u, err := user.Current(); err == nil {
		name = u.Username
	}
	if host, err := os.Hostname(); err == nil {
		name += "@" + host
	}
	return name
}

type importUndo struct {
	Primary `embed:""`
	ID      string `arg:"" name:"run" help:"The run's ID, from souk import runs or the API; or the word last, for the newest run that is not undone and changed something."`
	DryRun  bool   `help:"Store nothing; only report what would be undone."`
	JSON    bool   `name:"json" help:"Print the report as JSON."`

	Out io.Writer `kong:"-"` // nil: standard output
}

// Help is shown below the command's usage.
func (*importUndo) Help() string {
	return "What is still as the import wrote it becomes what it was before; what it added goes, what it removed comes back. " +
		"What somebody has changed since stays, and is listed: the exit code is 3 then. A run that later runs have built on is undone after them."
}

// Run undoes an import run.
func (u *importUndo) Run(ctx context.Context) error {
	id, err := runID(u.ID)
	if err != nil {
		return err
	}
	report, err := importer.Undo(ctx, importer.UndoOptions{DatabaseURL: u.DatabaseURL, Run: id, DryRun: u.DryRun, Actor: actor()})
	if err != nil {
		return err
	}
	if u.JSON {
		encoder := json.NewEncoder(output(u.Out))
		encoder.SetIndent("", "  ")
		err = encoder.Encode(report)
	} else {
		err = report.Render(output(u.Out))
	}
	if err != nil {
		return err
	}
	return ExitCode(report.ExitCode())
}

// runID reads the ID of a run as the command line or the API shows it. The zero UUID
// is the newest run.
func runID(text string) (uuid.UUID, error) {
	if strings.EqualFold(text, "last") {
		return uuid.Nil, nil
	}
	if id, err := uuid.Parse(text); err == nil && id != uuid.Nil {
		return id, nil
	}
	if kind, id, ok := relay.ParseID(text); ok && kind == relay.ImportRun {
		return id, nil
	}
	return uuid.Nil, errors.New("this is not the ID of an import run: take it from souk import runs, or say last")
}

type importRuns struct {
	Primary `embed:""`
	Limit   int `default:"20" help:"How many runs to list."`

	Out io.Writer `kong:"-"` // nil: standard output
}

// Run lists the newest import runs.
func (l *importRuns) Run(ctx context.Context) error {
	runs, err := importer.ListRuns(ctx, l.DatabaseURL, l.Limit)
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(output(l.Out), 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "RUN\tSTARTED\tFORMAT\tSOURCE\tSTATE\tROWS\tREJECTED\tBY\tUNDO\tFILES")
	for _, r := range runs {
		undo := "no"
		if r.Undoable {
			undo = "until " + r.Started.Add(importer.UndoTime).UTC().Format(time.DateOnly)
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%d\t%d\t%s\t%s\t%s\n", r.ID, r.Started.UTC().Format(time.DateTime), r.Format, r.Source,
			strings.ToLower(r.Status), r.Rows, r.Rejected, r.Actor, undo, strings.Join(r.Files, " "))
	}
	return table.Flush()
}
