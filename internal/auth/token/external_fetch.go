package token

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const (
	// maxSetBytes is several hundred times the longest key set of a known
	// provider.
	maxSetBytes = 1 << 20

	// maxHeaderBytes bounds the headers of a provider's response.
	maxHeaderBytes = 64 << 10

	maxRedirects = 3
)

// newClient returns a client that keeps no connections between fetches, which
// are minutes apart. It follows redirects to https. It follows redirects to
// http on a loopback address only if the set's own address is one; otherwise a
// provider could make us read from our own machine.
func newClient(address *url.URL) *http.Client {
	local := address.Scheme == "http"
	return &http.Client{
		Transport: &http.Transport{
			Proxy:                  http.ProxyFromEnvironment,
			TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
			ForceAttemptHTTP2:      true,
			DisableKeepAlives:      true,
			MaxResponseHeaderBytes: maxHeaderBytes,
		},
		CheckRedirect: func(r *http.Request, via []*http.Request) error {
			if len(via) > maxRedirects {
				return errors.New("too many redirects")
			}
			if !safeScheme(r.URL, local) {
				return errors.New("it redirects to an address that is not https")
			}
			return nil
		},
	}
}

func safeScheme(address *url.URL, allowLoopback bool) bool {
	switch address.Scheme {
	case "https":
		return true
	case "http":
		return allowLoopback && isLoopback(address.Hostname())
	}
	return false
}

func isLoopback(host string) bool {
	return strings.EqualFold(host, "localhost") || net.ParseIP(host).IsLoopback()
}

// fetchKeys returns the usable keys at the address, at least one, and how long
// they are fresh. Its errors do not contain the address.
func fetchKeys(ctx context.Context, client *http.Client, address string) (map[keyName]any, time.Duration, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, 0, errors.New("the address is not usable")
	}
	request.Header.Set("Accept", "application/jwk-set+json, application/json")
	response, err := client.Do(request)
	if err != nil {
		if wrapped, ok := errors.AsType[*url.Error](err); ok {
			err = wrapped.Err
		}
		return nil, 0, fmt.Errorf("request the key set: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, 0, fmt.Errorf("request the key set: status %d", response.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, maxSetBytes+1))
	if err != nil {
		return nil, 0, fmt.Errorf("read the key set: %w", err)
	}
	if len(body) > maxSetBytes {
		return nil, 0, fmt.Errorf("read the key set: it has more than %d bytes", maxSetBytes)
	}
	keys, err := parseExternalKeys(body)
	if err != nil {
		return nil, 0, err
	}
	return keys, freshness(response.Header.Values("Cache-Control")), nil
}

// freshness reads Cache-Control. The result is limited to minFresh and
// maxFresh, so that a provider cannot make us fetch for every token, or use a
// withdrawn key for a day.
func freshness(headers []string) time.Duration {
	fresh := defaultFresh
	for directive := range strings.SplitSeq(strings.ToLower(strings.Join(headers, ",")), ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(directive), "=")
		switch name {
		case "no-store", "no-cache":
			return minFresh
		case "max-age":
			seconds, err := strconv.ParseUint(strings.Trim(value, `"`), 10, 31)
			if err != nil {
				continue
			}
			fresh = min(max(time.Duration(seconds)*time.Second, minFresh), maxFresh)
		}
	}
	return fresh
}
