// Schemagen runs gqlgen with this project's checks of the schema. It writes no
// code when a field has no access rule, or one without effect. Run it in the
// module's root.
package main

import (
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
	rules, err := access.Compile(schema)
	if err != nil {
		return err
	}
	return api.Generate(cfg, api.PrependPlugin(&plugin{rules: rules, file: "graph/typeof.generated.go"}))
}
