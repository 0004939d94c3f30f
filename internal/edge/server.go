// Package edge is Souk's HTTP side: two listeners, the middleware that every
// request passes, health, and the pages around the GraphQL handler. It knows
// GraphQL only as an http.Handler.
package edge

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"souk/internal/door"
	"souk/internal/edge/inflight"
	"souk/internal/edge/origin"
	"souk/internal/telemetry"
)

// Limits on one connection. They stop clients that send or read slowly on
// purpose, and leave room for a phone on a poor network.
const (
	readHeaderTimeout = 5 * time.Second
	idleTimeout       = 120 * time.Second
	// writeMargin is how long a client has, after the request's deadline, to
	// read the rest of its response.
	writeMargin = 30 * time.Second

	// headerRoom is for the headers of a request beside its query string. By default
	// Envoy passes on 60 KB, and nginx less.
	headerRoom = 64 << 10

	defaultReadTimeout     = 30 * time.Second
	defaultRequestTimeout  = 30 * time.Second
	defaultShutdownTimeout = 25 * time.Second // within Kubernetes' 30 s
)

// Options configure a Server.
type Options struct {
	// Listen is the API's address and OpsListen that of metrics and profiles.
	// Port 0 selects a free port: see Addr. "" means no such listener: a worker has no
	// API.
	Listen, OpsListen string
	// Development serves GraphiQL and the demo's pictures, answers only to names of this
	// machine and to Hosts, and lets /readyz show the text of errors.
	Development bool
	// Hosts are further names that a development server answers to, in lower case.
	Hosts []string
	// Origins are those whose pages may call the API; nil means none.
	Origins *origin.List
	// Certificate makes the API's listener speak TLS; nil means plain HTTP.
	Certificate *Certificate
	// RequestTimeout ends a request's context; 0 means 30 s.
	RequestTimeout time.Duration
	// ReadTimeout is how long a client can take to send a request, its body included; 0
	// means 30 s.
	ReadTimeout time.Duration
	// MaxBodyBytes limits the body of a request; 0 means door's default.
	MaxBodyBytes int64
	// DrainDelay is how long /readyz fails before the listener closes, so that
	// load balancers stop sending requests first. 0 closes immediately.
	DrainDelay time.Duration
	// ShutdownTimeout bounds Stop, after the drain delay; 0 means 25 s.
	// Requests that still run then are aborted.
	ShutdownTimeout time.Duration

	// Telemetry is required.
	Telemetry *telemetry.Telemetry
	// GraphQL serves /graphql. Required for an API.
	GraphQL http.Handler
	// Authenticate returns a request's context with its principal, or a
	// fault: UNAUTHENTICATED becomes 401, UNAVAILABLE 503. nil: every request
	// is anonymous.
	Authenticate func(context.Context, *http.Request) (context.Context, error)
	// PublicKeys is the JWK set at /.well-known/jwks.json; nil means none.
	PublicKeys []byte
	// DemoImages serves /demo/images/… in development: the demo shop's images. nil
	// means none.
	DemoImages http.Handler
	// GraphiQL serves / and its assets in development: a *graphiql.Page.
	GraphiQL http.Handler
	// Schema is the text of /schema.graphql; "" means that there is none.
	Schema string
	// Checks are the probes of /readyz.
	Checks []Check
}

// Server is the running edge.
type Server struct {
	options Options
	log     *slog.Logger
	health  *health

	api, ops         *http.Server
	apiAddr, opsAddr string
	failed           chan error
	serving          sync.WaitGroup
	draining         atomic.Bool
	watch            context.Context // of the health's watch; ends with the server
	stopWatch        context.CancelFunc
	stopOnce         sync.Once
	stopErr          error
}

// NewServer returns a server that is not listening yet.
func NewServer(o Options) (*Server, error) {
	if o.Telemetry == nil || o.Listen != "" && o.GraphQL == nil {
		return nil, errors.New("edge: Telemetry is required, and GraphQL for an API")
	}
	if o.ReadTimeout == 0 {
		o.ReadTimeout = defaultReadTimeout
	}
	if o.RequestTimeout == 0 {
		o.RequestTimeout = defaultRequestTimeout
	}
	if o.MaxBodyBytes == 0 {
		o.MaxBodyBytes = door.DefaultLimits().BodyBytes
	}
	if o.ShutdownTimeout == 0 {
		o.ShutdownTimeout = defaultShutdownTimeout
	}
	s := &Server{
		options: o,
		log:     o.Telemetry.Logger,
		failed:  make(chan error, 2), // one for each listener

	}
	s.watch, s.stopWatch = context.WithCancel(context.Background())
	s.health = newHealth(o.Checks, o.Development, s.draining.Load, s.log)
	s.api = s.newHTTPServer(nil)
	if o.Listen != "" {
		s.api.Handler = s.Handler()
	}
	s.api.ConnContext = inflight.LimitSendBuffer
	if o.Certificate != nil {
		s.api.TLSConfig = o.Certificate.config(s.log)
	}
	s.api.ReadTimeout = o.ReadTimeout
	s.api.ReadHeaderTimeout = min(readHeaderTimeout, o.ReadTimeout) // net/http lets the headers take longer than the whole
	// net/http's own limit is 1 MB. It took 37 ms to read so many of the shortest headers.
	s.api.MaxHeaderBytes = int(o.MaxBodyBytes) + headerRoom
	s.api.WriteTimeout = o.RequestTimeout + writeMargin
	// The ops server has no write timeout, because a CPU profile takes as long
	// as requested.
	s.ops = s.newHTTPServer(s.opsHandler())
	return s, nil
}

func (s *Server) newHTTPServer(h http.Handler) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: readHeaderTimeout,
		IdleTimeout:       idleTimeout,
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelWarn),
	}
}

// Start opens both listeners and serves in the background. When it returns nil,
// the addresses are bound and Addr returns them.
func (s *Server) Start(ctx context.Context) error {
	var api net.Listener
	var err error
	if s.options.Listen != "" {
		if api, err = listen(ctx, s.options.Listen, "SOUK_LISTEN"); err != nil {
			return err
		}
		s.apiAddr = api.Addr().String()
	}
	if s.options.OpsListen != "" {
		ops, err := listen(ctx, s.options.OpsListen, "SOUK_OPS_LISTEN")
		if err != nil {
			if api != nil {
				err = errors.Join(err, api.Close())
			}
			return err
		}
		s.opsAddr = ops.Addr().String()
		s.serve(s.ops, ops)
	}
	if api != nil {
		s.serve(s.api, api)
	}
	s.serving.Go(func() { s.health.watch(s.watch) })
	return nil
}

// listen opens an address. A port in use is the most frequent failure at start,
// so its message is one line with the setting that changes the port.
func listen(ctx context.Context, address, setting string) (net.Listener, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("%s is in use by another program: stop that program, or set %s to another address (port 0 selects a free port)", address, setting)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", setting, err)
	}
	return l, nil
}

func (s *Server) serve(server *http.Server, l net.Listener) {
	s.serving.Go(func() {
		serve := server.Serve
		if server.TLSConfig != nil {
			serve = func(l net.Listener) error { return server.ServeTLS(l, "", "") } // with HTTP/2
		}
		if err := serve(l); !errors.Is(err, http.ErrServerClosed) {
			s.failed <- fmt.Errorf("serve %s: %w", l.Addr(), err)
		}
	})
}

// Addr returns the API's address, host and port, after Start.
func (s *Server) Addr() string { return s.apiAddr }

// OpsAddr returns the ops listener's address after Start, "" without one.
func (s *Server) OpsAddr() string { return s.opsAddr }

// Failed delivers the error of a listener that broke after Start. In normal
// operation it delivers nothing.
func (s *Server) Failed() <-chan error { return s.failed }

// Stop makes /readyz fail, waits for the drain delay, lets running requests
// finish within the shutdown timeout, and closes both listeners, the ops
// listener last, so that the shutdown can be observed. It may be called more
// than once. When ctx ends, Stop stops waiting.
func (s *Server) Stop(ctx context.Context) error {
	s.stopOnce.Do(func() {
		s.draining.Store(true)
		s.stopWatch()
		wait(ctx, s.options.DrainDelay)
		ctx, cancel := context.WithTimeout(ctx, s.options.ShutdownTimeout)
		defer cancel()
		s.stopErr = errors.Join(shutdown(ctx, s.api), shutdown(ctx, s.ops))
		s.serving.Wait()
	})
	return s.stopErr
}

// shutdown lets requests finish until ctx ends, then aborts the remaining ones.
func shutdown(ctx context.Context, server *http.Server) error {
	err := server.Shutdown(ctx)
	if err == nil {
		return nil
	}
	return errors.Join(fmt.Errorf("requests were aborted after the shutdown timeout: %w", err), server.Close())
}

func wait(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
