package config

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"os"
	"strings"
	"time"

	"souk/internal/auth/token"
)

// Secret is a setting that is never printed.
type Secret string

const redacted = "[redacted]"

// Format redacts the secret for every verb.
func (s Secret) Format(f fmt.State, _ rune) {
	if s != "" {
		_, _ = io.WriteString(f, redacted)
	}
}

// LogValue redacts the secret in logs.
func (s Secret) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(s)) }

// MarshalText redacts the secret in JSON.
func (s Secret) MarshalText() ([]byte, error) { return []byte(fmt.Sprint(s)), nil }

// Signing configures Souk's own access tokens.
type Signing struct {
	Keys     Secret `env:"SOUK_KEYS" placeholder:"JSON" help:"The key set that signs access tokens, as souk keys new prints it. Use the environment variable: others on the machine can read flags."`
	KeysFile string `env:"SOUK_KEYS_FILE" placeholder:"FILE" help:"A file with the key set, instead of SOUK_KEYS. One of the two is required in production."`
	Issuer   string `env:"SOUK_ISSUER" default:"souk" help:"Issuer in Souk's access tokens."`
	Audience string `env:"SOUK_AUDIENCE" default:"souk" help:"Audience in Souk's access tokens."`
}

// Auth configures how callers are authenticated.
type Auth struct {
	Signing `embed:""`

	AccessTokenLifetime time.Duration `env:"SOUK_ACCESS_TOKEN_LIFETIME" default:"5m" help:"How long an access token is valid: 30s to 24h. A customer's token cannot be revoked earlier."`
	SessionLifetime     time.Duration `env:"SOUK_SESSION_LIFETIME" default:"720h" help:"How long a session can be refreshed after the sign-in: longer than an access token is valid, at most 9600h."`

	OIDCIssuer   string `name:"oidc-issuer" env:"SOUK_OIDC_ISSUER" placeholder:"URL" help:"Exact issuer of an external identity provider whose access tokens are accepted for customers."`
	OIDCJWKSURL  string `name:"oidc-jwks-url" env:"SOUK_OIDC_JWKS_URL" placeholder:"URL" help:"Address of that provider's key set."`
	OIDCAudience string `name:"oidc-audience" env:"SOUK_OIDC_AUDIENCE" help:"Audience in that provider's tokens for this shop."`

	TrustedProxies []string `env:"SOUK_TRUSTED_PROXIES" placeholder:"CIDR" help:"Networks of load balancers whose X-Forwarded-For is trusted. Empty: the address of the connection is the client's."`
}

const howToKeys = "run `souk keys new --file keys.json` once for the whole deployment and set SOUK_KEYS_FILE to the file, or SOUK_KEYS to its text"

// KeySet reads the key set. In development it may be missing: then a new one is
// created, and everyone must sign in again after a restart.
func (s Signing) KeySet(env Env) (*token.KeySet, error) {
	switch {
	case s.Keys != "" && s.KeysFile != "":
		return nil, errors.New("SOUK_KEYS and SOUK_KEYS_FILE are both set; set one of them")
	case s.Keys != "":
		keys, err := token.Parse([]byte(s.Keys))
		if err != nil {
			return nil, fmt.Errorf("SOUK_KEYS: %w; %s", err, howToKeys)
		}
		return keys, nil
	case s.KeysFile != "":
		data, err := os.ReadFile(s.KeysFile)
		if err != nil {
			return nil, fmt.Errorf("SOUK_KEYS_FILE: %w; %s", err, howToKeys)
		}
		keys, err := token.Parse(data)
		if err != nil {
			return nil, fmt.Errorf("SOUK_KEYS_FILE: %w; %s", err, howToKeys)
		}
		return keys, nil
	case env != Development:
		return nil, errors.New("neither SOUK_KEYS nor SOUK_KEYS_FILE is set, so nobody could sign in; " + howToKeys)
	}
	return token.New()
}

// Proxies reads the networks of trusted proxies. A single address is a network
// with one address.
func (a Auth) Proxies() ([]netip.Prefix, error) {
	var networks []netip.Prefix
	for i, text := range a.TrustedProxies {
		text = strings.TrimSpace(text)
		network, err := netip.ParsePrefix(text)
		if address, single := netip.ParseAddr(text); err != nil && single == nil {
			network, err = netip.PrefixFrom(address, address.BitLen()), nil
		}
		if err != nil {
			return nil, fmt.Errorf("SOUK_TRUSTED_PROXIES, number %d, is not a network such as 10.0.0.0/8", i+1)
		}
		networks = append(networks, network.Masked())
	}
	return networks, nil
}
