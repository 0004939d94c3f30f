// Schemagen runs gqlgen with this project's rules. It binds the types of the schema to
// the types of the store, and generates the code that depends on the list of nouns,
// which are the types with @noun. Then it runs gqlgen. It reports all errors of the
// schema together, before it writes any file. Run it in the module's root.
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
	"souk/graph/executorgen"
)

func main() {
	// gqlgen logs every resolver that it looks at to the default logger.
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
	// gqlgen deletes its output files before it runs a plugin, so check everything
	// before.
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
	return api.Generate(cfg, api.PrependPlugin(&plugin{rules: rules}), api.AddPlugin(executorgen.Plugin{}))
}
