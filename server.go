// Souk is a headless-commerce API: a shop's catalogue over GraphQL, on Postgres
// and Redis. This file is the command line; internal/app assembles the server.
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"souk/internal/app"
	"souk/internal/artwork"
	"souk/internal/command"
	"souk/internal/config"
	"souk/internal/devstack"
	"souk/internal/edge/graphiql"
	"souk/migrations"
)

// commands is the command line; each command's --help is the reference.
type commands struct {
	Serve   serve          `cmd:"" help:"Serve the API."`
	Dev     dev            `cmd:"" help:"Run everything on this machine: databases, demo shop, API, GraphiQL."`
	Migrate migrate        `cmd:"" help:"Apply, revert or list database migrations."`
	Seed    command.Seed   `cmd:"" help:"Fill the shop with generated products, customers and reviews."`
	Import  command.Import `cmd:"" help:"Import real files: Shopify exports, taxonomies, any CSV or JSON lines."`
	Keys    command.Keys   `cmd:"" help:"Create or rotate the keys that sign access tokens."`
	Staff   command.Staff  `cmd:"" help:"Create or list staff accounts."`
	Shop    command.Shop   `cmd:"" help:"Show or change the shop's settings, such as its currency."`
	Token   command.Token  `cmd:"" help:"Print an access token of a staff member or a customer."`
	Doctor  command.Doctor `cmd:"" help:"Check the set-up and explain what is wrong."`
	Version versionCommand `cmd:"" help:"Show the version."`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:]))
}

// run runs one command and returns the exit code: 0, 1 for a failure, or the code
// of a command.Exit or command.Failure.
func run(ctx context.Context, args []string) int {
	var c commands
	parser, err := kong.New(&c, kong.Name("souk"),
		kong.Description("A headless-commerce API: catalogue, stock, customers, reviews and staff over GraphQL."),
		kong.UsageOnError(), kong.ConfigureHelp(kong.HelpOptions{Compact: true, FlagsLast: true}),
		kong.BindTo(ctx, (*context.Context)(nil)))
	if err != nil {
		fmt.Fprintln(os.Stderr, "souk:", err)
		return 1
	}
	parsed, err := parser.Parse(args)
	if err != nil {
		hint := "(see souk --help)"
		if strings.Contains(err.Error(), "--database-url") {
			hint = "(or set DATABASE_URL; after make run: source .dev/env)"
		}
		fmt.Fprintln(os.Stderr, "souk:", err, hint)
		return int(command.ExitUsage)
	}
	return exitCode(ctx, parsed.Run())
}

// exitCode prints the reason why a command failed, unless it is a command.Exit,
// and returns the exit code.
func exitCode(ctx context.Context, err error) int {
	var exit command.Exit
	code := 1
	switch {
	case err == nil:
		return 0
	case errors.As(err, &exit):
		return int(exit)
	case errors.Is(err, context.Canceled) && ctx.Err() != nil:
		fmt.Fprintln(os.Stderr, "souk: interrupted")
		return 130
	}
	if failure, ok := errors.AsType[*command.Failure](err); ok {
		code = int(failure.Code)
	}
	fmt.Fprintln(os.Stderr, "souk:", command.OneLine(err))
	return code
}

type serve struct {
	config.Server `embed:""`
}

// Run serves until it receives a signal, or a listener fails.
func (s *serve) Run(ctx context.Context) error {
	if err := s.Check(); err != nil {
		return err
	}
	if err := command.RequireSchema(ctx, s.DatabaseURL); err != nil {
		return err
	}
	return serveUntilDone(ctx, s.Server, app.Options{Version: version()}, nil)
}

// serveUntilDone serves until ctx ends and then lets running requests finish.
// ready, when set, runs once the API responds.
func serveUntilDone(ctx context.Context, cfg config.Server, options app.Options, ready func(*app.App)) error {
	server, err := app.New(ctx, cfg, options)
	if err != nil {
		return err
	}
	if err := server.Start(ctx); err != nil {
		return errors.Join(err, server.Stop(context.WithoutCancel(ctx)))
	}
	server.Telemetry.Logger.InfoContext(ctx, "serving", "api", server.Addr(), "ops", server.OpsAddr(), "env", string(cfg.Env))
	if cfg.RedisURL == "" {
		server.Telemetry.Logger.InfoContext(ctx, "no REDIS_URL: each instance counts sign-in attempts separately")
	}
	if ready != nil {
		ready(server)
	}
	select {
	case <-ctx.Done():
		err = nil
	case err = <-server.Failed():
	}
	return errors.Join(err, server.Stop(context.WithoutCancel(ctx)))
}

type dev struct {
	Run  devRun  `cmd:"" default:"withargs" help:"Start databases unless DATABASE_URL is set, migrate, fill an empty shop, serve. The default."`
	Exec devExec `cmd:"" help:"Start databases, run a command, and stop them: souk dev exec -- go test ./..."`
}

type devRun struct {
	config.Server `embed:""`
	Dir           string `env:"SOUK_DEV_DIR" default:".dev" help:"Folder for the databases' files."`
	Products      int    `default:"500" help:"Number of products of the demo shop that fills an empty shop; 0: none."`
}

// Run starts what is missing and serves. When it returns, everything that it
// started has ended.
func (d *devRun) Run(ctx context.Context) (err error) {
	d.Env = config.Development
	if d.Listen == ":8080" {
		d.Listen = "127.0.0.1:8080" // the development databases trust every user
	}
	if _, err := os.Stat(graphiqlSources); err == nil && d.GraphiQLDir == "" {
		d.GraphiQLDir = graphiqlSources
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{ReplaceAttr: withoutTime}))
	forShell, err := d.ownKeys()
	if err != nil {
		return err
	}
	if d.DatabaseURL == "" {
		stack, err := devstack.Start(ctx, devstack.Options{Dir: d.Dir, Log: log, Env: forShell})
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, stack.Stop(context.WithoutCancel(ctx))) }()
		env := stack.Env()
		d.DatabaseURL, d.RedisURL = env["DATABASE_URL"], env["REDIS_URL"]
		if replica := env["DATABASE_REPLICA_URLS"]; replica != "" {
			d.ReplicaURLs = []string{replica}
		}
	}
	if len(forShell) > 0 {
		if err := command.EnsureKeys(d.KeysFile); err != nil {
			return err
		}
	}
	if err := migrations.Up(ctx, d.DatabaseURL); err != nil {
		return err
	}
	if err := command.SeedIfEmpty(ctx, d.DatabaseURL, d.Products, log); err != nil {
		return err
	}
	accounts, err := command.DemoAccounts(ctx, d.DatabaseURL, d.Listen)
	if err != nil {
		return err
	}
	return serveUntilDone(ctx, d.Server, app.Options{Version: version(), DemoAccounts: accounts, DemoImages: artwork.Handler()},
		func(server *app.App) { d.announce(ctx, server, accounts, log) })
}

// ownKeys selects a key file in the development folder, unless other keys are
// given, and returns the environment that a shell needs to find it.
func (d *devRun) ownKeys() (map[string]string, error) {
	if d.Keys != "" || d.KeysFile != "" {
		return nil, nil
	}
	file, err := filepath.Abs(filepath.Join(d.Dir, "keys.json"))
	if err != nil {
		return nil, err
	}
	d.KeysFile = file
	return map[string]string{"SOUK_KEYS_FILE": file}, nil
}

// announce prints the addresses, and bundles GraphiQL while the API already
// serves.
func (d *devRun) announce(ctx context.Context, server *app.App, accounts []graphiql.DemoAccount, log *slog.Logger) {
	fmt.Fprintf(os.Stderr, "\n  GraphiQL   http://%[1]s/\n  GraphQL    http://%[1]s/graphql\n", server.Addr())
	if ops := server.OpsAddr(); ops != "" {
		fmt.Fprintf(os.Stderr, "  metrics    http://%s/metrics\n", ops)
	}
	if len(accounts) == 0 {
		fmt.Fprint(os.Stderr, "  no demo accounts: the database is on another machine, or other machines can reach the API\n")
	}
	for _, account := range accounts {
		fmt.Fprintf(os.Stderr, "  %-10s %s, password %s\n", strings.ToLower(account.Kind), account.Email, account.Password)
	}
	fmt.Fprint(os.Stderr, "  Ctrl-C stops everything.\n\n")
	go func() {
		if err := server.GraphiQL.Build(ctx); err != nil && ctx.Err() == nil {
			log.Warn("GraphiQL is not available", "reason", err)
		}
	}()
}

// graphiqlSources is the folder of GraphiQL's sources in a clone.
const graphiqlSources = "internal/edge/graphiql"

type devExec struct {
	Dir       string   `default:"" help:"Folder for the databases' files. Empty: .dev, or with --ephemeral a temporary folder. With --ephemeral it must be new or empty."`
	Ephemeral bool     `help:"For tests: faster but not durable; removes the databases' files and folders at the end."`
	Command   []string `arg:"" passthrough:"" help:"The command and its arguments."`
}

// Run starts the databases, runs the command and stops the databases.
func (d *devExec) Run(ctx context.Context) error {
	argv := d.Command
	if len(argv) > 0 && argv[0] == "--" {
		argv = argv[1:]
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{ReplaceAttr: withoutTime}))
	// Exec forwards signals to the command itself.
	code, err := devstack.Exec(context.WithoutCancel(ctx), devstack.Options{Dir: d.Dir, Ephemeral: d.Ephemeral, Log: log}, argv)
	if err != nil {
		return err
	}
	return command.ExitCode(code)
}

type migrate struct {
	Up     migrateUp     `cmd:"" help:"Apply all missing migrations."`
	Down   migrateDown   `cmd:"" help:"Revert the newest migration."`
	Status migrateStatus `cmd:"" help:"List migrations and whether they are applied."`
}

type (
	migrateUp struct {
		command.Primary `embed:""`
	}
	migrateDown struct {
		command.Primary `embed:""`
	}
	migrateStatus struct {
		command.Primary `embed:""`
	}
)

// Run applies all missing migrations.
func (m *migrateUp) Run(ctx context.Context) error { return migrations.Up(ctx, m.DatabaseURL) }

// Run reverts the newest migration.
func (m *migrateDown) Run(ctx context.Context) error { return migrations.Down(ctx, m.DatabaseURL) }

// Run lists the migrations.
func (m *migrateStatus) Run(ctx context.Context) error {
	list, err := migrations.List(ctx, m.DatabaseURL)
	if err != nil {
		return err
	}
	for _, step := range list {
		state := "missing"
		if step.Applied {
			state = "applied"
		}
		fmt.Printf("%-8s %s\n", state, step.Name)
	}
	return nil
}

type versionCommand struct{}

// Run shows the version.
func (versionCommand) Run() error {
	fmt.Println("souk", version())
	return nil
}

// version is the module's version, or the commit of the build.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 12 {
			return s.Value[:12]
		}
	}
	return info.Main.Version
}

// withoutTime removes the time from lines that people read as they appear.
func withoutTime(_ []string, a slog.Attr) slog.Attr {
	if a.Key == slog.TimeKey {
		return slog.Attr{}
	}
	return a
}
