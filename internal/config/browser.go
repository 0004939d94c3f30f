package config

import (
	"crypto/tls"
	"fmt"
	"strings"

	"souk/internal/edge/origin"
)

// Browser configures which web pages may call the API, and TLS.
type Browser struct {
	CORSOrigins []string `name:"cors-origins" env:"SOUK_CORS_ORIGINS" placeholder:"ORIGIN" help:"Origins whose web pages may call the API: https://shop.example, https://*.shop.example for all hosts below it, or * alone for every page, without credentials. Empty: no other origin in production, and in development the pages on this machine."`
	Hosts       []string `env:"SOUK_HOSTS" placeholder:"NAME" help:"Names that a development server answers to beside localhost, addresses and names without a dot. Production answers to every name."`
	TLSCertFile string   `name:"tls-cert-file" env:"SOUK_TLS_CERT_FILE" placeholder:"FILE" help:"A certificate with its chain, in PEM. With it the API speaks HTTPS and HTTP/2. The file is read again when it changes. Empty: plain HTTP, for behind a proxy."`
	TLSKeyFile  string   `name:"tls-key-file" env:"SOUK_TLS_KEY_FILE" placeholder:"FILE" help:"The certificate's private key, in PEM."`
}

// Origins reads the origins whose pages may call the API.
func (b Browser) Origins(env Env) (*origin.List, error) {
	if len(b.CORSOrigins) == 0 {
		return &origin.List{Local: env == Development}, nil
	}
	for i, one := range b.CORSOrigins { // each by itself, so that the message has its number
		if _, err := origin.Parse([]string{one}); err != nil {
			return nil, fmt.Errorf("SOUK_CORS_ORIGINS, number %d, %w", i+1, err)
		}
	}
	list, err := origin.Parse(b.CORSOrigins)
	if err != nil {
		return nil, fmt.Errorf("SOUK_CORS_ORIGINS %w", err)
	}
	return list, nil
}

// HostNames returns the names of SOUK_HOSTS as requests are compared with them.
func (b Browser) HostNames() []string {
	names := make([]string, len(b.Hosts))
	for i, name := range b.Hosts {
		names[i] = origin.Hostname(strings.TrimSpace(name))
	}
	return names
}

func (b Browser) check(f *faults, env Env) {
	_, err := b.Origins(env)
	f.addErr(err)
	for i, name := range b.HostNames() {
		if name == "" || strings.ContainsAny(b.Hosts[i], "/*") || strings.ContainsAny(name, ": ") {
			f.add("SOUK_HOSTS, number %d, is not a name such as shop.test", i+1)
		}
	}
	switch {
	case b.TLSCertFile == "" && b.TLSKeyFile == "":
	case b.TLSCertFile == "" || b.TLSKeyFile == "":
		f.add("SOUK_TLS_CERT_FILE and SOUK_TLS_KEY_FILE belong together; set both or none")
	default:
		if _, err := tls.LoadX509KeyPair(b.TLSCertFile, b.TLSKeyFile); err != nil {
			f.add("SOUK_TLS_CERT_FILE and SOUK_TLS_KEY_FILE cannot be used: %w", err)
		}
	}
}
