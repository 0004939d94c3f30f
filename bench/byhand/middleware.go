package main

import (
	"context"
	"errors"
	"log/slog"
	"net/http"

	"souk/internal/edge"
	"souk/internal/identity"
	"souk/internal/telemetry"
)

// serveBehind serves behind all that Souk's server does to a request before its engine gets
// it, and after: the log, the metrics, the headers and the limits.
func serveBehind(ctx context.Context, s settings, answer http.Handler) error {
	reports, err := telemetry.New(ctx, telemetry.Options{})
	if err != nil {
		return err
	}
	server, err := edge.NewServer(edge.Options{
		Listen: s.listen, OpsListen: s.ops, Telemetry: reports, GraphQL: answer,
		Authenticate: (&identity.Authenticator{}).Authenticate,
	})
	if err != nil {
		return errors.Join(err, reports.Stop(ctx))
	}
	if err = server.Start(ctx); err == nil {
		reports.Logger.InfoContext(ctx, "started", slog.String("api", server.Addr()), slog.String("ops", server.OpsAddr()))
		select {
		case err = <-server.Failed():
		case <-ctx.Done():
		}
	}
	ctx = context.WithoutCancel(ctx)
	return errors.Join(err, server.Stop(ctx), reports.Stop(ctx))
}
