package config

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"souk/internal/door"
)

const (
	// minAccessTokenLifetime is longer than the clocks of instances differ and than a
	// client needs to fetch the next token.
	minAccessTokenLifetime = 30 * time.Second
	// maxAccessTokenLifetime bounds how long a stolen token of a customer, or the token
	// of a disabled one, is good for: it cannot be revoked. Identity providers that
	// state a maximum state a day.
	maxAccessTokenLifetime = 24 * time.Hour
	// maxSessionLifetime is how long browsers keep a cookie at most: 400 days.
	maxSessionLifetime = 400 * 24 * time.Hour
	// maxReplicaLag is a day: a reader that may see older data wants a backup.
	maxReplicaLag = 24 * time.Hour
	// maxWait is far above what load balancers and orchestrators wait for a request or
	// a shutdown; what is longer is a mistake in the unit.
	maxWait = 10 * time.Minute
	// maxHTTPCacheAge is a day: a price that is older is a mistake in the unit.
	maxHTTPCacheAge = 24 * time.Hour
	// maxHTTPCacheTagBytes is the most that Fastly and Cloudflare read.
	maxHTTPCacheTagBytes = 16 << 10
	// minHTTPCacheTagBytes has room for the names of all lists, which together have 62 bytes: a
	// page with none of its names would stay after a change.
	minHTTPCacheTagBytes = 128
	// maxJobsConcurrency is far above what a database has connections for.
	maxJobsConcurrency = 1000
	// maxSamplesPerSecond is a load that a primary hardly feels.
	maxSamplesPerSecond = 1000
	// maxMaxConns is above the max_connections of any Postgres that serves well.
	maxMaxConns = 10_000
)

// faults collects what is wrong with a configuration, in the order of the settings.
type faults []error

func (f *faults) add(format string, a ...any) { *f = append(*f, fmt.Errorf(format, a...)) }

func (f *faults) addErr(err error) {
	if err != nil {
		*f = append(*f, err)
	}
}

// Check reports all errors of the configuration at once: whatever can be seen without
// asking a server, and would otherwise let a server start that cannot work. It does
// not repeat values that may contain a password.
func (c Server) Check() error {
	var f faults
	c.Database.check(&f)
	if c.RedisURL != "" {
		f.addErr(checkRedis(c.RedisURL))
	}
	c.checkListeners(&f)
	f.duration("SOUK_REQUEST_TIMEOUT", c.RequestTimeout, 0, maxWait)
	f.duration("SOUK_DRAIN_DELAY", c.DrainDelay, 0, maxWait)
	f.duration("SOUK_SHUTDOWN_TIMEOUT", c.ShutdownTimeout, 0, maxWait)
	f.web("OTEL_EXPORTER_OTLP_ENDPOINT", c.OTLPEndpoint, "http://localhost:4318")
	f.duration("SOUK_SLOW_OPERATION", c.SlowOperation, 0, maxWait)
	if c.MaxConcurrency < 0 || c.MaxConcurrency == 1 {
		f.add("SOUK_MAX_CONCURRENCY is %d; write 2 or more, or 0 to never refuse", c.MaxConcurrency)
	}
	// One address can have a quarter of the memory, which must be enough for one answer.
	if least := 4 * c.Limits.AnswerBytes; c.AnswerMemory < least {
		f.add("SOUK_ANSWER_MEMORY_BYTES is %d; it must be at least four times SOUK_MAX_ANSWER_BYTES, %d", c.AnswerMemory, least)
	}
	checkLimits(&f, c.Limits)
	c.Cache.check(&f)
	c.HTTPCache.check(&f)
	c.Documents.check(&f)
	c.Auth.check(&f, c.Env)
	c.Browser.check(&f, c.Env)
	c.Jobs.check(&f)
	return errors.Join(f...)
}

// Check reports all errors of the configuration at once, as that of Server does.
func (c Worker) Check() error {
	var f faults
	c.Database.check(&f)
	c.Jobs.check(&f)
	if c.OpsListen != "" {
		f.address("SOUK_OPS_LISTEN", c.OpsListen)
	}
	f.web("OTEL_EXPORTER_OTLP_ENDPOINT", c.OTLPEndpoint, "http://localhost:4318")
	return errors.Join(f...)
}

func (c Cache) check(f *faults) {
	if c.CacheSampleOneIn < 0 {
		f.add("SOUK_CACHE_SAMPLE_ONE_IN is %d; write 1 or more, or 0 to compare nothing", c.CacheSampleOneIn)
	}
	if c.CacheSamplesPerSecond < 0 || c.CacheSamplesPerSecond > maxSamplesPerSecond {
		f.add("SOUK_CACHE_SAMPLES_PER_SECOND is %d; write 1 to %d, or 0 to compare nothing", c.CacheSamplesPerSecond, maxSamplesPerSecond)
	}
}

func (h HTTPCache) check(f *faults) {
	if h.HTTPCacheMaxAge < 0 || h.HTTPCacheMaxAge > maxHTTPCacheAge {
		f.add("SOUK_HTTP_CACHE_MAX_AGE is %s; write a duration up to %s, or 0 so that nothing is kept", h.HTTPCacheMaxAge, maxHTTPCacheAge)
	}
	if h.HTTPCacheTagBytes != 0 && (h.HTTPCacheTagBytes < minHTTPCacheTagBytes || h.HTTPCacheTagBytes > maxHTTPCacheTagBytes) {
		f.add("SOUK_HTTP_CACHE_TAG_BYTES is %d; write %d to %d, or 0 to send no tags", h.HTTPCacheTagBytes, minHTTPCacheTagBytes, maxHTTPCacheTagBytes)
	}
}

func (d Documents) check(f *faults) {
	if d.DocumentsMemory < 0 {
		f.add("SOUK_DOCUMENTS_MEMORY_BYTES is %d; write a number of bytes, or 0 to keep none", d.DocumentsMemory)
	}
	if d.DocumentsClientBytes < 0 || d.DocumentsTableBytes < d.DocumentsClientBytes {
		f.add("SOUK_DOCUMENTS_TABLE_BYTES is %d; it must be at least SOUK_DOCUMENTS_CLIENT_BYTES, %d", d.DocumentsTableBytes, d.DocumentsClientBytes)
	}
}

func (j Jobs) check(f *faults) {
	if j.JobsDatabaseURL != "" {
		if _, err := target(j.JobsDatabaseURL); err != nil {
			f.add("SOUK_JOBS_DATABASE_URL %w", err)
		}
	}
	if j.JobsConcurrency < 0 || j.JobsConcurrency > maxJobsConcurrency {
		f.add("SOUK_JOBS_CONCURRENCY is %d; write 1 to %d, or 0 for the default", j.JobsConcurrency, maxJobsConcurrency)
	}
}

func (d Database) check(f *faults) {
	primary, err := target(d.DatabaseURL)
	if err != nil {
		f.add("DATABASE_URL %w", err)
	}
	for i, replica := range d.ReplicaURLs {
		standby, err := target(replica)
		switch {
		case err != nil:
			f.add("DATABASE_REPLICA_URLS, number %d, %w", i+1, err)
		case primary != nil && slices.Equal(standby, primary):
			f.add("DATABASE_REPLICA_URLS, number %d, is the primary itself; leave it out, since reads go to the primary without a replica", i+1)
		}
	}
	f.duration("SOUK_MAX_REPLICA_LAG", d.MaxReplicaLag, 0, maxReplicaLag)
	if d.MaxConns < 0 || d.MaxConns > maxMaxConns {
		f.add("SOUK_DATABASE_MAX_CONNS is %d; write 1 to %d, or 0 to select it by the number of cores", d.MaxConns, maxMaxConns)
	}
}

// target returns the servers and the database that a URL leads to: host and port of
// each server, then the database.
func target(value string) ([]string, error) {
	if err := checkScheme(value, "postgres", "postgresql"); err != nil {
		return nil, err
	}
	parsed, err := pgx.ParseConfig(value)
	if err != nil {
		// Before the mark, pgx's error has the URL.
		_, cause, _ := strings.Cut(err.Error(), "`: ")
		return nil, fmt.Errorf("cannot be used: %s", cause)
	}
	for parameter := range parsed.RuntimeParams {
		if strings.HasPrefix(parameter, "pool_") {
			return nil, fmt.Errorf("has the parameter %s, which has no effect; leave it out, and set SOUK_DATABASE_MAX_CONNS for the size of a pool", parameter)
		}
	}
	servers := []string{}
	add := func(host string, port uint16) {
		if server := net.JoinHostPort(canonicalHost(host), fmt.Sprint(port)); !slices.Contains(servers, server) {
			servers = append(servers, server)
		}
	}
	add(parsed.Host, parsed.Port)
	for _, fallback := range parsed.Fallbacks {
		add(fallback.Host, fallback.Port)
	}
	return append(servers, parsed.Database), nil
}

// canonicalHost gives the names of this machine one spelling.
func canonicalHost(host string) string {
	if ip := net.ParseIP(host); host == "localhost" || ip.IsLoopback() {
		return "localhost"
	}
	return strings.ToLower(host)
}

func checkRedis(value string) error {
	if err := checkScheme(value, "redis", "rediss", "unix"); err != nil {
		return fmt.Errorf("REDIS_URL %w", err)
	}
	if parsed, err := url.Parse(value); err == nil && parsed.Host == "" && parsed.Scheme != "unix" {
		return errors.New("REDIS_URL has no host; write redis://host:6379/0")
	}
	return nil
}

func (c Server) checkListeners(f *faults) {
	api := f.address("SOUK_LISTEN", c.Listen)
	if c.OpsListen == "" {
		return
	}
	ops := f.address("SOUK_OPS_LISTEN", c.OpsListen)
	if api.port == 0 || api.port != ops.port {
		return
	}
	if api.everywhere() || ops.everywhere() || canonicalHost(api.host) == canonicalHost(ops.host) {
		f.add("SOUK_LISTEN and SOUK_OPS_LISTEN have the same port %d; give one of them another", api.port)
	}
}

// checkLimits accepts positive limits. One of 0 would let nothing through, or, of the
// documents' memory, read each document again.
func checkLimits(f *faults, limits door.Limits) {
	values := reflect.ValueOf(limits)
	for field, value := range values.Fields() {
		if value.Int() < 1 {
			f.add("%s is %d; write 1 or more", field.Tag.Get("env"), value.Int())
		}
	}
}

type address struct {
	host string
	port int
}

func (a address) everywhere() bool {
	ip := net.ParseIP(a.host)
	return a.host == "" || ip != nil && ip.IsUnspecified()
}

func (f *faults) address(name, value string) address {
	host, service, err := net.SplitHostPort(value)
	if err != nil {
		f.add("%s is %q; write host:port, such as :8080", name, value)
		return address{}
	}
	port, err := net.LookupPort("tcp", service)
	if err != nil {
		f.add("%s is %q; write a port from 0 to 65535, such as :8080", name, value)
	}
	return address{host, port}
}

// duration accepts what is within the limits. 0 is the default, wherever there is one.
func (f *faults) duration(name string, value, least, most time.Duration) {
	if value != 0 && (value < least || value > most) {
		f.add("%s is %s; write %s to %s", name, plain(value), plain(least), plain(most))
	}
}

// plain writes a duration as people do: 10m, not 10m0s.
func plain(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// web accepts a URL that a program can post to; "" is left out.
func (f *faults) web(name, value, example string) {
	if value == "" {
		return
	}
	parsed, err := url.Parse(value)
	if err != nil || parsed.Scheme != "http" && parsed.Scheme != "https" || parsed.Hostname() == "" {
		f.add("%s is not an address that begins with http:// or https://, such as %s", name, example)
	}
}

func checkScheme(value string, schemes ...string) error {
	if value == "" {
		return errors.New("is not set; `souk dev` starts its own database")
	}
	parsed, err := url.Parse(value)
	switch {
	case err != nil:
		return errors.New("is not a URL")
	case !slices.Contains(schemes, parsed.Scheme):
		return fmt.Errorf("does not start with %s://", strings.Join(schemes, ":// or "))
	}
	return nil
}

func (a Auth) check(f *faults, env Env) {
	_, err := a.KeySet(env)
	f.addErr(err)
	_, err = a.Proxies()
	f.addErr(err)
	if a.Issuer == "" || a.Audience == "" {
		f.add("SOUK_ISSUER and SOUK_AUDIENCE must not be empty; tokens name them")
	}
	f.duration("SOUK_ACCESS_TOKEN_LIFETIME", a.AccessTokenLifetime, minAccessTokenLifetime, maxAccessTokenLifetime)
	f.duration("SOUK_SESSION_LIFETIME", a.SessionLifetime, minAccessTokenLifetime, maxSessionLifetime)
	// (A lifetime of tokens that is out of bounds is reported already.)
	if a.AccessTokenLifetime <= maxAccessTokenLifetime && a.SessionLifetime > 0 && a.SessionLifetime < a.AccessTokenLifetime {
		f.add("SOUK_SESSION_LIFETIME is %s, shorter than SOUK_ACCESS_TOKEN_LIFETIME, which is %s; make the session longer",
			plain(a.SessionLifetime), plain(a.AccessTokenLifetime))
	}
	a.checkProvider(f)
}

func (a Auth) checkProvider(f *faults) {
	given := 0
	for _, value := range []string{a.OIDCIssuer, a.OIDCJWKSURL, a.OIDCAudience} {
		if value != "" {
			given++
		}
	}
	if given != 0 && given != 3 {
		f.add("SOUK_OIDC_ISSUER, SOUK_OIDC_JWKS_URL and SOUK_OIDC_AUDIENCE belong together; set all or none")
	}
	f.web("SOUK_OIDC_JWKS_URL", a.OIDCJWKSURL, "https://id.example/.well-known/jwks.json")
}
