package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"

	"golang.org/x/term"

	"souk/internal/auth"
	"souk/internal/auth/password"
	"souk/internal/fault"
	"souk/store"
)

// Staff manages staff accounts.
type Staff struct {
	Create StaffCreate `cmd:"" help:"Create an account with a password, for example the first administrator's."`
	List   StaffList   `cmd:"" help:"List the accounts with their roles."`

	DisableDemo StaffDisableDemo `cmd:"" help:"Disable the demo accounts, whose password is published."`
}

// passwordVariable holds the new account's password when there is no terminal.
// A flag would show it to everyone on the machine.
const passwordVariable = "SOUK_STAFF_PASSWORD"

// StaffCreate creates an account.
type StaffCreate struct {
	Primary `embed:""`
	Email   string `required:"" placeholder:"E-MAIL" help:"E-mail address to sign in with."`
	Name    string `placeholder:"NAME" help:"Name shown in the audit log. Default: the part of the e-mail address before the @."`
	Role    string `default:"Administrator" placeholder:"NAME" help:"The account's role; add others later with staffUpdate. Default: ${default}."`

	Out io.Writer `kong:"-"` // nil: standard output
}

// Help is shown below the command's usage.
func (*StaffCreate) Help() string {
	return "The password is read from the terminal, or from " + passwordVariable + ". It needs at least " +
		fmt.Sprint(password.MinCharacters) + " characters; common passwords are refused."
}

// Run creates the account.
func (c *StaffCreate) Run(ctx context.Context) error {
	var problems fault.Problems
	email := store.CheckEmail(&problems, "email", c.Email)
	if err := problems.Err(); err != nil {
		return inWords(err)
	}
	name := c.Name
	if name == "" {
		name, _, _ = strings.Cut(email, "@")
	}
	shop, err := openStore(ctx, c.DatabaseURL)
	if err != nil {
		return err
	}
	defer shop.Close()
	plain, err := newPassword(ctx, email)
	if err != nil {
		return err
	}
	if err := password.Check(plain, email); err != nil {
		return inWords(err)
	}
	hasher, err := password.New(password.Config{})
	if err != nil {
		return err
	}
	hash, err := hasher.Hash(ctx, plain)
	if err != nil {
		return inWords(err)
	}
	if _, err := consoleWriter(shop, "souk staff create").AppointStaff(ctx, email, name, c.Role, hash); err != nil {
		return inWords(err)
	}
	_, err = fmt.Fprintf(output(c.Out), `%s can sign in now, with the role %s:
  over GraphQL  mutation { sessionCreate(input: {email: "…", password: "…", accountKind: STAFF}) { session { accessToken } } }
  for a script  souk token --email %s
`, email, c.Role, email)
	return err
}

// StaffList lists the accounts.
type StaffList struct {
	Primary `embed:""`

	Out io.Writer `kong:"-"` // nil: standard output
}

// Run lists the accounts, oldest first.
func (c *StaffList) Run(ctx context.Context) error {
	shop, err := openStore(ctx, c.DatabaseURL)
	if err != nil {
		return err
	}
	defer shop.Close()
	reader := shop.Reader(store.View{Staff: true}, 0)
	table := tabwriter.NewWriter(output(c.Out), 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "E-MAIL\tNAME\tROLES\tSTATE")
	request := store.PageRequest{Order: store.StaffByAge, Limit: 100}
	for {
		page, err := reader.ListStaff(ctx, request)
		if err != nil {
			return err
		}
		if err := listStaff(ctx, table, reader, page.Items); err != nil {
			return err
		}
		if !page.HasNext {
			return table.Flush()
		}
		request.After = page.Positions[len(page.Positions)-1]
	}
}

func listStaff(ctx context.Context, out io.Writer, reader *store.Reader, staff []*store.Staff) error {
	ids := make([]store.StaffID, len(staff))
	for i, s := range staff {
		ids[i] = s.ID
	}
	held, err := reader.RolesByStaffIDs(ctx, ids)
	if err != nil {
		return err
	}
	roles := map[store.StaffID][]string{}
	for _, role := range held {
		roles[role.StaffID] = append(roles[role.StaffID], role.Name)
	}
	for _, s := range staff {
		state := "active"
		if s.IsDisabled() {
			state = "disabled"
		}
		fmt.Fprintf(out, "%s\t%s\t%s\t%s\n", s.Email, s.DisplayName, strings.Join(roles[s.ID], ", "), state)
	}
	return nil
}

// newPassword reads a new account's password from the environment, or asks for
// it twice.
func newPassword(ctx context.Context, email string) (string, error) {
	if given := os.Getenv(passwordVariable); given != "" {
		return given, nil
	}
	if !term.IsTerminal(int(os.Stdin.Fd())) {
		return "", errors.New("no terminal to ask for the password: set " + passwordVariable)
	}
	plain, err := askSecretly(ctx, "Password for "+email+": ")
	if err != nil {
		return "", err
	}
	again, err := askSecretly(ctx, "Repeat the password: ")
	switch {
	case err != nil:
		return "", err
	case plain != again:
		return "", errors.New("the passwords are different; start again")
	}
	return plain, nil
}

// askSecretly reads a line from the terminal without showing it. An interrupt
// ends it and restores the terminal.
func askSecretly(ctx context.Context, prompt string) (string, error) {
	terminal := int(os.Stdin.Fd())
	before, err := term.GetState(terminal)
	if err != nil {
		return "", fmt.Errorf("ask for the password: %w", err)
	}
	fmt.Fprint(os.Stderr, prompt)
	defer fmt.Fprintln(os.Stderr)
	type line struct {
		text []byte
		err  error
	}
	read := make(chan line, 1)
	go func() {
		text, err := term.ReadPassword(terminal)
		read <- line{text, err}
	}()
	select {
	case <-ctx.Done():
		return "", errors.Join(ctx.Err(), term.Restore(terminal, before))
	case got := <-read:
		if got.err != nil {
			return "", fmt.Errorf("ask for the password: %w", got.err)
		}
		return string(got.text), nil
	}
}

// openStore opens a database that has all migrations.
func openStore(ctx context.Context, databaseURL string) (*store.Store, error) {
	if err := RequireSchema(ctx, databaseURL); err != nil {
		return nil, err
	}
	return store.Open(ctx, store.Config{PrimaryURL: databaseURL, MaxConns: 2})
}

// consoleWriter writes for a person at the command line, who has no account.
func consoleWriter(shop *store.Store, action string) *store.Writer {
	return shop.Writer(shop.Reader(store.View{}, 0), store.Origin{
		By: auth.Principal{Kind: auth.Operator}, Action: action, RequestID: "command line",
	})
}

func output(out io.Writer) io.Writer {
	if out == nil {
		return os.Stdout
	}
	return out
}

// inWords turns a refusal into a message for a person.
func inWords(err error) error {
	if problems, ok := fault.Rejected(err); ok {
		texts := make([]string, len(problems))
		for i, p := range problems {
			texts[i] = strings.TrimPrefix(strings.Join(p.Field, ".")+": "+p.Message, ": ")
		}
		return errors.New(strings.Join(texts, "; "))
	}
	if f, ok := errors.AsType[*fault.Error](err); ok && f.Err == nil {
		return errors.New(f.Message)
	}
	return err
}
