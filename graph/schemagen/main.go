// Schemagen is gqlgen with this project's rules. It binds the schema's types to
// the store's, generates what depends on the list of the types that @noun
// registers, and then all that gqlgen generates. Everything that is wrong with the
// schema is reported at once, before anything is written. Run it in the module's
// root.
package main

import (
	"errors"
	"fmt"
	"log/slog"
	"os"

	"github.com/99designs/gqlgen/api"
	"github.com/99designs/gqlgen/codegen/config"
	"github.com/vektah/gqlparser/v2"

	"souk/graph/access"
)

func main() {
	// gqlgen logs each resolver that it considers, with the standard logger.
	slog.SetDefault(slog.New(slog.DiscardHandler))
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "schemagen:", err)
		os.Exit(1)
	}
}

func run() error {
	cfg, err := config.LoadConfig("gqlgen.yml")
	if err != nil {
		return fmt.Errorf("read gqlgen.yml: %w", err)
	}
	// gqlgen deletes its output files before any plugin runs, so check first.
	schema, err := gqlparser.LoadSchema(cfg.Sources...)
	if err != nil {
		return fmt.Errorf("read the schema: %w", err)
	}
	rules, accessErr := access.Compile(schema)
	pkgs, err := loadPackages(append(cfg.Models.ReferencedPackages(), storePath, relayPath, modelPath))
	if err != nil {
		return errors.Join(accessErr, err)
	}
	plan, planErr := newPlan(schema, cfg.Models, pkgs)
	if err := errors.Join(accessErr, planErr); err != nil {
		return err
	}
	if err := plan.write(); err != nil {
		return err
	}
	cfg.Models = plan.models
	return api.Generate(cfg, api.PrependPlugin(&plugin{rules: rules}))
}
