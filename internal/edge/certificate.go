package edge

import (
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"
)

// lookAgain is how often at most the files of a certificate are looked at. Whoever renews
// one does so weeks before it ends.
const lookAgain = time.Second

// Certificate is a certificate with its key in two files, which are read again when they
// change: certificates are renewed while the server runs.
type Certificate struct {
	certFile, keyFile string

	mu      sync.Mutex
	current *tls.Certificate
	looked  time.Time
	seen    [2]stamp // of the files that were read last, also of those that could not be used
}

// stamp tells a version of a file from another.
type stamp struct {
	changed time.Time
	size    int64
}

// LoadCertificate reads a certificate, its chain and its key, in PEM.
func LoadCertificate(certFile, keyFile string) (*Certificate, error) {
	c := &Certificate{certFile: certFile, keyFile: keyFile}
	var err error
	if c.seen, err = c.stamps(); err != nil {
		return nil, err
	}
	c.current, err = c.read()
	return c, err
}

func (c *Certificate) read() (*tls.Certificate, error) {
	pair, err := tls.LoadX509KeyPair(c.certFile, c.keyFile)
	if err != nil {
		return nil, fmt.Errorf("read the certificate %s with its key %s: %w", c.certFile, c.keyFile, err)
	}
	return &pair, nil
}

func (c *Certificate) stamps() (found [2]stamp, err error) {
	for i, file := range []string{c.certFile, c.keyFile} {
		info, statErr := os.Stat(file)
		if statErr != nil {
			err = errors.Join(err, statErr)
			continue
		}
		found[i] = stamp{info.ModTime(), info.Size()}
	}
	return found, err
}

func (c *Certificate) config(log *slog.Logger) *tls.Config {
	return &tls.Config{
		MinVersion:     tls.VersionTLS12,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return c.latest(log), nil },
	}
}

// latest returns the certificate of the files. While they cannot be used, as when only one
// of them has been replaced yet, it is the one before.
func (c *Certificate) latest(log *slog.Logger) *tls.Certificate {
	c.mu.Lock()
	defer c.mu.Unlock()
	if time.Since(c.looked) < lookAgain {
		return c.current
	}
	c.looked = time.Now()
	now, err := c.stamps()
	if err == nil && now == c.seen {
		return c.current
	}
	var renewed *tls.Certificate
	if err == nil {
		renewed, err = c.read()
	}
	if err != nil {
		if now != c.seen { // once for each version
			log.Warn("the new TLS certificate cannot be used; the one before stays", "error", err)
		}
		c.seen = now
		return c.current
	}
	c.seen, c.current = now, renewed
	log.Info("TLS certificate renewed", "expires_at", renewed.Leaf.NotAfter)
	return renewed
}
