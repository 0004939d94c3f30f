// Souk is a headless-commerce API: a shop's catalogue over GraphQL, on Postgres
// and Redis. This file is the command line; internal/app assembles the server.
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"github.com/alecthomas/kong"
	// Named here, so that the compiler begins with it: it is the longest package of all,
	// 15 s, and one core would have nothing else to do at the end of a first build.
	_ "github.com/redis/go-redis/v9"

	"souk/internal/app"
	"souk/internal/artwork"
	"souk/internal/command"
	"souk/internal/config"
	"souk/internal/devstack"
	"souk/internal/edge/graphiql"
	"souk/internal/redis"
	"souk/internal/telemetry"
	"souk/migrations"
)

// commands is the command line; each command's --help is the reference.
type commands struct {
	Serve     serve             `cmd:"" help:"Serve the API."`
	Worker    worker            `cmd:"" help:"Run the jobs: the work behind the requests."`
	Dev       dev               `cmd:"" help:"Run everything on this machine: databases, demo shop, API, GraphiQL."`
	Migrate   command.Migrate   `cmd:"" help:"Apply, revert or list database migrations."`
	Seed      command.Seed      `cmd:"" help:"Fill the shop with generated products, customers and reviews."`
	Import    command.Import    `cmd:"" help:"Import real files: Shopify exports, taxonomies, any CSV or JSON lines."`
	Keys      command.Keys      `cmd:"" help:"Create or rotate the keys that sign access tokens."`
	Staff     command.Staff     `cmd:"" help:"Create or list staff accounts."`
	Shop      command.Shop      `cmd:"" help:"Show or change the shop's settings, such as its currency."`
	Documents command.Documents `cmd:"" help:"Register, list, check or remove the documents that apps send by their IDs."`
	Token     command.Token     `cmd:"" help:"Print an access token of a staff member or a customer."`
	Cache     command.Cache     `cmd:"" help:"Choose how caches hear of changes."`
	Schema    command.Schema    `cmd:"" help:"Print the schema for clients, or compare two versions of it."`
	Doctor    command.Doctor    `cmd:"" help:"Check the set-up and explain what is wrong."`
	Version   versionCommand    `cmd:"" help:"Show the version."`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	redis.LogTo(slog.New(slog.DiscardHandler)) // a command prints the errors of its calls; for a server see logLibraries
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
		hint := "(see " + helpFor(err) + ")"
		if strings.Contains(err.Error(), "--database-url") {
			hint = "(or set DATABASE_URL; after make run: source .dev/env)"
		}
		fmt.Fprintln(os.Stderr, "souk:", err, hint)
		return int(command.ExitUsage)
	}
	return exitCode(ctx, parsed.Run())
}

// helpFor is the command that shows the help of what was called.
func helpFor(err error) string {
	path := "souk"
	if wrong, ok := errors.AsType[*kong.ParseError](err); ok && wrong.Context != nil {
		for _, at := range wrong.Context.Path {
			if at.Command != nil {
				path += " " + at.Command.Name
			}
		}
	}
	return path + " --help"
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

// logLibraries sets where the libraries log that have one logger for the process, and the
// standard library. Otherwise they write lines of their own form among those of the log.
// A process that serves sets it once, here and not in what it is made of.
func logLibraries(log *slog.Logger) {
	redis.LogTo(log)
	telemetry.LogOpenTelemetry(log)
	slog.SetDefault(log)
}

type serve struct {
	config.Server `embed:""`
}

// Run serves until it receives a signal, or a listener fails. In production the log has
// the reason why it did not start, so that all that it writes is of one form.
func (s *serve) Run(ctx context.Context) error {
	options := app.Options{Version: version()}
	err := s.run(ctx, options)
	var logged command.Exit
	if err == nil || errors.As(err, &logged) || ctx.Err() != nil || s.Env == config.Development {
		return err
	}
	app.Logger(s.Server, options).ErrorContext(ctx, "not started", "error", command.OneLine(err))
	return command.Exit(1)
}

type worker struct {
	config.Worker `embed:""`
}

// Run runs jobs until it receives a signal. The log has the reason why it did not start,
// as that of serve does.
func (w *worker) Run(ctx context.Context) error {
	options := app.Options{Version: version()}
	err := w.run(ctx, options)
	var logged command.Exit
	if err == nil || errors.As(err, &logged) || ctx.Err() != nil || w.Env == config.Development {
		return err
	}
	app.WorkerLogger(w.Worker, options).ErrorContext(ctx, "not started", "error", command.OneLine(err))
	return command.Exit(1)
}

func (w *worker) run(ctx context.Context, options app.Options) error {
	if err := w.Check(); err != nil {
		return err
	}
	if err := command.RequireSchema(ctx, w.DatabaseURL); err != nil {
		return err
	}
	logLibraries(app.WorkerLogger(w.Worker, options))
	worker, err := app.NewWorker(ctx, w.Worker, options)
	if err != nil {
		return err
	}
	if err := worker.Start(ctx); err != nil {
		return errors.Join(err, worker.Stop(context.WithoutCancel(ctx)))
	}
	worker.Telemetry.Logger.LogAttrs(ctx, slog.LevelInfo, "started", append([]slog.Attr{
		slog.String("ops", worker.OpsAddr()), slog.String("version", options.Version), slog.Int("pid", os.Getpid()),
	}, w.Attrs()...)...)
	return stop(ctx, worker, worker.Telemetry.Logger)
}

func (s *serve) run(ctx context.Context, options app.Options) error {
	if err := s.Check(); err != nil {
		return err
	}
	if err := command.RequireSchema(ctx, s.DatabaseURL); err != nil {
		return err
	}
	return serveUntilDone(ctx, s.Server, options, nil)
}

// serveUntilDone serves until ctx ends and then lets running requests finish.
// ready, when set, runs once the API responds. Until then an error is returned as that of
// any command; what happens later is in the log.
func serveUntilDone(ctx context.Context, cfg config.Server, options app.Options, ready func(*app.App)) error {
	logLibraries(app.Logger(cfg, options))
	server, err := app.New(ctx, cfg, options)
	if err != nil {
		return err
	}
	if len(options.DemoAccounts) == 0 {
		command.WarnOfDemo(ctx, cfg.DatabaseURL, server.Telemetry.Logger)
	}
	if err := server.Start(ctx); err != nil {
		return errors.Join(err, server.Stop(context.WithoutCancel(ctx)))
	}
	log := server.Telemetry.Logger
	log.LogAttrs(ctx, slog.LevelInfo, "started", append([]slog.Attr{
		slog.String("api", server.Addr()), slog.String("ops", server.OpsAddr()),
		slog.String("version", options.Version), slog.Int("pid", os.Getpid()),
	}, cfg.Attrs()...)...)
	if cfg.RedisURL == "" {
		log.InfoContext(ctx, "no REDIS_URL: each instance counts sign-in attempts separately")
	}
	if ready != nil {
		ready(server)
	}
	return stop(ctx, server, log)
}

// stop waits until ctx ends or a listener fails, and stops the server.
func stop(ctx context.Context, server *app.App, log *slog.Logger) error {
	var failure error
	select {
	case <-ctx.Done():
		log.InfoContext(ctx, "stopping", "reason", context.Cause(ctx).Error()) // names the signal
	case failure = <-server.Failed():
		log.ErrorContext(ctx, "stopping", "reason", failure.Error())
	}
	began := time.Now()
	err := server.Stop(context.WithoutCancel(ctx))
	took := slog.Int64("duration_ms", time.Since(began).Milliseconds())
	if err != nil {
		log.ErrorContext(ctx, "stopped", took, "error", err)
	} else {
		log.InfoContext(ctx, "stopped", took)
	}
	if failure != nil || err != nil {
		return command.Exit(1)
	}
	return nil
}

type dev struct {
	Run   devRun   `cmd:"" default:"withargs" help:"Serve a shop on databases that it starts, or on another database of DATABASE_URL, which it does not change. The default."`
	Exec  devExec  `cmd:"" help:"Start databases, run a command, and stop them: souk dev exec -- go test ./..."`
	Reset devReset `cmd:"" help:"Remove the data of the databases that souk dev starts."`
}

type devRun struct {
	config.Server `embed:""`
	Dir           string `env:"SOUK_DEV_DIR" default:".dev" help:"Folder for the databases' files."`
	Demo          *bool  `negatable:"" help:"Fill an empty shop with generated products and make two accounts with a published password, one of them an administrator's. By default it does so in databases of its own only, also if DATABASE_URL names them, while the shop is untouched or the demo already. --no-demo is remembered there until --demo."`
	Products      int    `default:"500" help:"Number of products of the demo; 0: none."`
}

// Run starts what is missing and serves. When it returns, everything that it
// started has ended.
func (d *devRun) Run(ctx context.Context) (err error) {
	d.Env = config.Development
	d.WithWorker = true
	if d.Listen == ":8080" {
		d.Listen = "127.0.0.1:8080" // the development databases trust every user
	}
	log := devLog()
	// The keys come first: a key file that is not there must not cost the start of three
	// databases.
	forShell, err := d.chooseKeys()
	if err != nil {
		return err
	}
	own := d.DatabaseURL == "" || devstack.IsIdle(d.Dir, d.DatabaseURL)
	if own {
		stack, err := devstack.Start(ctx, devstack.Options{Dir: d.Dir, Log: log, Env: forShell})
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, stack.Stop(context.WithoutCancel(ctx))) }()
		d.useStack(stack.Env())
	}
	if err := d.makeKeys(); err != nil {
		return err
	}
	if err := d.Check(); err != nil {
		return err
	}
	if own {
		err = migrations.Up(ctx, d.DatabaseURL)
	} else {
		var release func() error
		release, err = d.useForeign(ctx, forShell, log)
		defer func() { err = errors.Join(err, release()) }()
	}
	if err != nil {
		return err
	}
	demo := command.Demo{
		Asked: d.Demo, Own: own, Refused: filepath.Join(d.Dir, noDemoFile),
		Products: d.Products, Listen: d.Listen, Log: log,
	}
	accounts, err := demo.Prepare(ctx, d.DatabaseURL)
	if err != nil {
		return err
	}
	drawings, err := artwork.Load()
	if err != nil {
		return err
	}
	options := app.Options{Version: version(), DemoAccounts: accounts, DemoImages: drawings.Handler()}
	options.GraphiQLSources, d.GraphiQLDir = d.graphiqlFolders()
	return serveUntilDone(ctx, d.Server, options, func(server *app.App) { d.announce(ctx, server, accounts, log) })
}

// useStack takes the addresses of the databases that were started.
func (d *devRun) useStack(env map[string]string) {
	d.DatabaseURL, d.RedisURL, d.ReplicaURLs = env["DATABASE_URL"], env["REDIS_URL"], nil
	if replica := env["DATABASE_REPLICA_URLS"]; replica != "" {
		d.ReplicaURLs = []string{replica}
	}
}

// useForeign requires a migrated database, which it does not change, and writes the
// addresses for a shell. Until release is called, the folder is in use.
func (d *devRun) useForeign(ctx context.Context, forShell map[string]string, log *slog.Logger) (release func() error, err error) {
	release = func() error { return nil }
	if err := command.RequireSchema(ctx, d.DatabaseURL); err != nil {
		return release, err
	}
	env := map[string]string{"DATABASE_URL": d.DatabaseURL}
	maps.Copy(env, forShell)
	if d.RedisURL != "" {
		env["REDIS_URL"] = d.RedisURL
	}
	if len(d.ReplicaURLs) > 0 {
		env["DATABASE_REPLICA_URLS"] = strings.Join(d.ReplicaURLs, ",")
	}
	path, held, err := devstack.WriteEnv(d.Dir, env)
	if errors.Is(err, devstack.ErrRunning) {
		log.Warn("the env file stays, since it belongs to the databases that run there: give --dir another folder to get one", "dir", d.Dir)
		return release, nil
	}
	if err != nil {
		return release, err
	}
	log.Info("using the database of DATABASE_URL; nothing in it is migrated or filled unless you say so", "for_a_shell", "source "+path)
	return held, nil
}

// chooseKeys selects the key file in the development folder, unless other keys are
// given, which must be readable. It returns the environment that a shell needs to find
// the keys.
func (d *devRun) chooseKeys() (forShell map[string]string, err error) {
	if d.Keys != "" {
		return nil, nil
	}
	if d.KeysFile, err = filepath.Abs(cmp.Or(d.KeysFile, filepath.Join(d.Dir, keysFile))); err != nil {
		return nil, err
	}
	if !d.hasOwnKeys() {
		_, err = d.KeySet(d.Env)
	}
	return map[string]string{"SOUK_KEYS_FILE": d.KeysFile}, err
}

// hasOwnKeys reports whether the key file is the development folder's, which is made if
// it is missing. A shell that has sourced the env file names it, also after a reset.
func (d *devRun) hasOwnKeys() bool {
	ours, err := filepath.Abs(filepath.Join(d.Dir, keysFile))
	return err == nil && d.KeysFile == ours
}

func (d *devRun) makeKeys() error {
	if !d.hasOwnKeys() {
		return nil
	}
	return command.EnsureKeys(d.KeysFile)
}

// Names of files in the development folder.
const (
	keysFile   = "keys.json"
	noDemoFile = "no-demo"
)

// announce prints the addresses, and bundles GraphiQL while the API already
// serves.
func (d *devRun) announce(ctx context.Context, server *app.App, accounts []graphiql.DemoAccount, log *slog.Logger) {
	scheme := "http"
	if d.TLSCertFile != "" {
		scheme = "https"
	}
	fmt.Fprintf(os.Stderr, "\n  GraphiQL   %[1]s://%[2]s/\n  GraphQL    %[1]s://%[2]s/graphql\n", scheme, server.Addr())
	if ops := server.OpsAddr(); ops != "" {
		fmt.Fprintf(os.Stderr, "  metrics    http://%s/metrics\n", ops)
	}
	if has, err := command.HasStaff(ctx, d.DatabaseURL); err == nil && !has {
		fmt.Fprint(os.Stderr, "  staff      nobody yet. In another terminal:\n"+
			"               source "+filepath.Join(d.Dir, "env")+"; bin/souk staff create --email you@example.com\n")
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

// graphiqlFolders returns the folder of GraphiQL's sources in a clone, or "", and
// the folder of its bundle. In a clone that is in bin/, also when "go run" has
// built the binary elsewhere.
func (d *devRun) graphiqlFolders() (sources, bundle string) {
	const inClone = "internal/edge/graphiql"
	if _, err := os.Stat(inClone); err != nil {
		return "", d.GraphiQLDir
	}
	return inClone, cmp.Or(d.GraphiQLDir, "bin/graphiql")
}

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
	log := devLog()
	// Exec forwards signals to the command itself.
	code, err := devstack.Exec(context.WithoutCancel(ctx), devstack.Options{Dir: d.Dir, Ephemeral: d.Ephemeral, Log: log}, argv)
	if err != nil {
		return err
	}
	return command.ExitCode(code)
}

type devReset struct {
	Dir string `env:"SOUK_DEV_DIR" default:".dev" help:"Folder with the databases' files."`
}

// Run removes the data, unless the databases run.
func (d *devReset) Run(ctx context.Context) error {
	err := devstack.Reset(ctx, d.Dir, devLog(), keysFile, noDemoFile)
	if errors.Is(err, devstack.ErrRunning) {
		return fmt.Errorf("%w: press Ctrl-C where \"make run\" or \"souk dev\" runs", err)
	}
	if err == nil && os.Getenv("DATABASE_URL") != "" {
		fmt.Fprintln(os.Stderr, "If this shell has sourced the env file of that folder, its variables name what is gone: open a new shell, or\n"+
			"  unset DATABASE_URL DATABASE_REPLICA_URLS REDIS_URL SOUK_KEYS_FILE")
	}
	return err
}

// devLog is the log for somebody at a terminal.
func devLog() *slog.Logger {
	return slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{ReplaceAttr: withoutTime}))
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
