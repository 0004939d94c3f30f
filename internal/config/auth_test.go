package config_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"

	"souk/internal/config"
)

func TestSecretsNeverPrint(t *testing.T) {
	cfg := config.Server{Auth: config.Auth{Signing: config.Signing{Keys: "s3cret"}}}
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("started", "config", cfg, "keys", cfg.Keys)
	asJSON, err := json.Marshal(cfg)
	require.NoError(t, err)
	printed := []string{log.String(), string(asJSON), cfg.Check().Error()}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		printed = append(printed, fmt.Sprintf(verb, cfg), fmt.Sprintf(verb, &cfg), fmt.Sprintf(verb, cfg.Keys))
	}
	for _, text := range printed {
		require.NotContains(t, text, "s3cret")
		require.NotContains(t, text, fmt.Sprintf("%x", "s3cret"))
	}
	require.Contains(t, printed[0], "[redacted]")
}
