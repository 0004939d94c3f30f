package devstack

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Sources of Postgres, for Options.Postgres.
const (
	SourceMachine = "machine" // installed already
	SourceNPM     = "npm"     // the prebuilt package of the npm registry
)

// oldestPostgres is the first major version with the features that the store
// uses: CREATE DATABASE writes to the log, so that clones reach the replica
// block by block.
const oldestPostgres = 15

// extensions are required by the schema and the tests. Some distributions
// package them separately from the server.
var extensions = [...]string{"pg_trgm", "unaccent", "fuzzystrmatch", "pg_stat_statements"}

// install is one set of Postgres programs.
type install struct {
	bin     string // folder of initdb and postgres
	version string // such as "15.18"
	major   int
}

func (i install) program(name string) string { return filepath.Join(i.bin, name) }

// install finds the programs, installs missing ones, and decides who runs them
// and where their files are.
func (s *Stack) install(ctx context.Context) error {
	want := majorOf(filepath.Join(s.dir, "data", "primary"))
	found, why := s.findPostgres(ctx, want)
	if ctx.Err() != nil {
		return ctx.Err() // the programs that were found could not be run
	}
	redisProgram := findRedis()
	if missing := missingPackages(found == nil && s.opts.Postgres == "", redisProgram == ""); len(missing) > 0 && canApt() {
		s.log.Info("installing with apt", "packages", missing)
		if err := s.aptInstall(ctx, missing); err != nil {
			s.log.Warn("apt could not install", "packages", missing, "error", err)
		}
		redisProgram = findRedis()
		if found == nil {
			found, why = s.findPostgres(ctx, want)
		}
	}
	if found == nil && (s.opts.Postgres == "" || s.opts.Postgres == SourceNPM) && (want == 0 || want == npmMajor) {
		var err error
		if found, err = s.npmInstall(ctx); err != nil {
			return fmt.Errorf("no Postgres %d or newer on this machine (%s), and npm could not install one: %w", oldestPostgres, why, err)
		}
	}
	switch {
	case found == nil && want != 0:
		return fmt.Errorf("the data in %s was created by Postgres %d, which is not installed (%s): install it, or remove that folder", s.dir, want, why)
	case found == nil:
		return fmt.Errorf("no Postgres %d or newer: %s", oldestPostgres, why)
	}
	s.postgres = *found
	if redisProgram == "" {
		s.log.Info("no Redis on this machine, and it could not be installed: continuing without it")
	}
	return s.settle(redisProgram)
}

// settle decides who runs the servers and where their files are.
func (s *Stack) settle(redisProgram string) error {
	var err error
	if s.account, err = chooseAccount(filepath.Join(s.dir, "data")); err != nil {
		return err
	}
	if s.data, err = s.place(); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(s.dir, "log"), 0o755); err != nil {
		return err
	}
	s.primary = &cluster{name: "primary", dir: filepath.Join(s.data, "primary")}
	if !s.opts.WithoutReplica {
		s.replica = &cluster{name: "replica", dir: filepath.Join(s.data, "replica")}
	}
	if redisProgram != "" {
		s.redis = &redis{program: redisProgram, dir: filepath.Join(s.data, "redis")}
	}
	return nil
}

// findPostgres returns the newest usable installation, of exactly the major
// version want unless that is 0. It uses an npm package of an earlier run only
// if the machine has none. If there is none at all, it returns nil and the
// reason.
func (s *Stack) findPostgres(ctx context.Context, want int) (*install, string) {
	var best *install
	reasons := []string{}
	for _, bin := range postgresFolders(s.opts.Postgres) {
		candidate, err := inspect(ctx, bin)
		switch {
		case errors.Is(err, os.ErrNotExist):
		case err != nil:
			reasons = append(reasons, err.Error())
		case want != 0 && candidate.major != want:
			reasons = append(reasons, fmt.Sprintf("%s is version %s", bin, candidate.version))
		case best == nil, candidate.major > best.major && bin != npmPrograms():
			best = &candidate
		}
	}
	if len(reasons) == 0 {
		reasons = append(reasons, "none found")
	}
	return best, strings.Join(reasons, "; ")
}

// postgresFolders lists the folders in which distributions install the server's
// programs; Debian's is not in the PATH.
func postgresFolders(source string) []string {
	switch source {
	case "", SourceMachine:
	case SourceNPM:
		return []string{npmPrograms()}
	default:
		return []string{source}
	}
	var folders []string
	if path, err := exec.LookPath("postgres"); err == nil {
		folders = append(folders, filepath.Dir(resolve(path)))
	}
	for _, pattern := range []string{
		"/usr/lib/postgresql/*/bin",
		"/usr/pgsql-*/bin",
		"/opt/homebrew/opt/postgresql@*/bin",
		"/usr/local/opt/postgresql@*/bin",
		"/home/linuxbrew/.linuxbrew/opt/postgresql@*/bin",
		"/Applications/Postgres.app/Contents/Versions/*/bin",
	} {
		matches, _ := filepath.Glob(pattern)
		folders = append(folders, matches...)
	}
	if source == "" {
		folders = append(folders, npmPrograms())
	}
	return folders
}

// inspect reads the version of an installation and checks that it is complete.
func inspect(ctx context.Context, bin string) (install, error) {
	for _, program := range []string{"initdb", "postgres"} {
		if _, err := os.Stat(filepath.Join(bin, program)); err != nil {
			return install{}, err
		}
	}
	said, err := exec.CommandContext(ctx, filepath.Join(bin, "postgres"), "--version").Output()
	if err != nil {
		return install{}, fmt.Errorf("%s does not run: %w", bin, err)
	}
	version := regexp.MustCompile(`\d+(\.\d+)?`).FindString(string(said))
	major, err := strconv.Atoi(strings.Split(version, ".")[0])
	if err != nil {
		return install{}, fmt.Errorf("%s has the unknown version %q", bin, strings.TrimSpace(string(said)))
	}
	if major < oldestPostgres {
		return install{}, fmt.Errorf("%s is version %s", bin, version)
	}
	for _, extension := range extensions {
		if !hasExtension(bin, major, extension) {
			return install{}, fmt.Errorf("%s lacks the extension %s", bin, extension)
		}
	}
	return install{bin: bin, version: version, major: major}, nil
}

func hasExtension(bin string, major int, name string) bool {
	folders := []string{
		filepath.Join(bin, "../share/postgresql/extension"),
		filepath.Join(bin, "../share/extension"),
		fmt.Sprintf("/usr/share/postgresql/%d/extension", major),
		"/usr/share/postgresql/extension",
		"/usr/share/pgsql/extension",
	}
	if said, err := exec.Command(filepath.Join(bin, "pg_config"), "--sharedir").Output(); err == nil {
		folders = append(folders, filepath.Join(strings.TrimSpace(string(said)), "extension"))
	}
	return slices.ContainsFunc(folders, func(folder string) bool {
		_, err := os.Stat(filepath.Join(folder, name+".control"))
		return err == nil
	})
}

// majorOf reads the version that created a data folder; 0 when there is none.
func majorOf(dir string) int {
	content, err := os.ReadFile(filepath.Join(dir, "PG_VERSION"))
	if err != nil {
		return 0
	}
	major, _ := strconv.Atoi(strings.TrimSpace(string(content)))
	return major
}
