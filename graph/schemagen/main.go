// Schemagen is gqlgen with this project's demands on the schema: it makes the
// generated code anew, and refuses before it writes anything when a field has no
// access rule, or one that means nothing. Run it in the module's root.
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
	// gqlgen tells each resolver that it thinks of, by the standard logger.
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
	// gqlgen deletes what it will write before any plugin has a say.
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
