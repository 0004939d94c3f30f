package clients

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"souk/internal/config"
	"souk/test/harness"
	"souk/test/shop"
)

// certificate makes a certificate of its own for this machine, in PEM, and its key.
func certificate(t *testing.T, serial int64) (cert, key []byte) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: "localhost"}, DNSNames: []string{"localhost"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	signed, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	require.NoError(t, err)
	encoded, err := x509.MarshalPKCS8PrivateKey(private)
	require.NoError(t, err)
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: signed}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: encoded})
}

// TestTLS serves with a certificate in files, which are replaced while the server runs.
func TestTLS(t *testing.T) {
	dir := t.TempDir()
	certFile, keyFile := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	place := func(file string, text []byte) {
		require.NoError(t, os.WriteFile(file+".new", text, 0o600))
		require.NoError(t, os.Rename(file+".new", file))
	}
	roots := x509.NewCertPool()
	renew := func(serial int64) (cert, key []byte) {
		cert, key = certificate(t, serial)
		roots.AppendCertsFromPEM(cert)
		return cert, key
	}
	cert, key := renew(1)
	place(certFile, cert)
	place(keyFile, key)
	server := harness.Start(t, shop.New(t), func(s *harness.Setup) {
		s.Config.Env, s.Config.TLSCertFile, s.Config.TLSKeyFile = config.Production, certFile, keyFile
	})
	url := "https://" + server.App.Addr() + "/graphql"
	ask := func(http2 bool, protocols ...string) got {
		transport := &http.Transport{
			TLSClientConfig: &tls.Config{RootCAs: roots, ServerName: "localhost", NextProtos: protocols}, ForceAttemptHTTP2: http2, DisableKeepAlives: true,
		}
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(shopQuery))
		require.NoError(t, err)
		r.Header.Set("Content-Type", "application/json")
		return do(t, transport, r)
	}
	serial := func() int64 { return ask(true).TLS.PeerCertificates[0].SerialNumber.Int64() }

	g := ask(true)
	require.Equal(t, http.StatusOK, g.StatusCode)
	require.Equal(t, "HTTP/2.0", g.Proto)
	require.Equal(t, "max-age=31536000", g.Header.Get("Strict-Transport-Security"))
	require.Equal(t, "HTTP/1.1", ask(false, "http/1.1").Proto, "for clients that know no more")
	require.EqualValues(t, 1, serial())

	plain := send(t, server, request{body: shopQuery})
	require.Equal(t, http.StatusBadRequest, plain.StatusCode, "plain HTTP is refused")
	require.Contains(t, plain.body, "HTTPS")

	cert, key = renew(2)
	place(certFile, cert) // a certificate without its key, for the moment
	require.Eventually(t, func() bool {
		serial()
		return strings.Contains(server.Log.String(), "new TLS certificate cannot be used")
	}, harness.Patience, harness.Tick)
	require.EqualValues(t, 1, serial(), "the one before stays")
	place(keyFile, key)
	require.Eventually(t, func() bool { return serial() == 2 }, harness.Patience, harness.Tick)
	require.Contains(t, server.Log.String(), "TLS certificate renewed")

	require.NoError(t, os.Remove(certFile))
	require.Eventually(t, func() bool {
		serial()
		return strings.Count(server.Log.String(), "new TLS certificate cannot be used") == 2
	}, harness.Patience, harness.Tick)
	require.EqualValues(t, 2, serial(), "files that are gone end no service")
}
