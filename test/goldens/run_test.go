package goldens

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"souk/graph/relay"
	"souk/internal/auth"
	"souk/internal/dbtest"
	"souk/test/harness"
	"souk/test/shop"
)

// asker returns what the query's first line says of who asks; "" is nobody.
func asker(query string) string {
	line, _, _ := strings.Cut(query, "\n")
	who, _ := strings.CutPrefix(line, "# as: ")
	if who == line {
		return ""
	}
	return who
}

// as makes a server's requests those of who asks: "customer", or staff with the
// permissions that are named.
func as(who string) []func(*harness.Setup) {
	switch who {
	case "":
		return nil
	case "customer":
		return []func(*harness.Setup){harness.AsCustomer(shop.Customer)}
	}
	var permissions []auth.Permission
	for _, name := range strings.Fields(who) {
		permissions = append(permissions, auth.Permission(name))
	}
	return []func(*harness.Setup){harness.AsStaff(permissions...)}
}

func runGolden(t testing.TB, server *harness.Server, shop *dbtest.DB, query string, variables map[string]any) golden {
	t.Helper()
	began := time.Now()
	for name, value := range variables {
		if value == "<in a week>" {
			variables[name] = began.AddDate(0, 0, 7).UTC()
		}
	}
	statements := harness.CountStatements(t, shop)
	var got golden
	got.Statements = statements.During(t, func() { got.Answer = server.Query(t, query, variables).Raw })
	got.Answer = masked(got.Answer, began)
	return got
}

var (
	quoted     = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)
	secretForm = regexp.MustCompile(`^"(eyJ|souk_)`)
	personal   = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)
	seconds    = regexp.MustCompile(`"retryAfterSeconds":\d+`)
	named      = regexp.MustCompile(`"(token|requestId)":"[^"]*"`)
)

// masked replaces what differs from run to run: IDs that are not the shop's own,
// times since the test began and for a year from now, secrets, and what is random of who asks.
func masked(answer []byte, began time.Time) []byte {
	answer = seconds.ReplaceAll(answer, []byte(`"retryAfterSeconds":"<seconds>"`))
	answer = named.ReplaceAll(answer, []byte(`"$1":"<$1>"`))
	return quoted.ReplaceAllFunc(answer, func(value []byte) []byte {
		text := string(value[1 : len(value)-1])
		if _, key, ok := relay.ParseID(text); ok && !strings.HasPrefix(key.String(), "01900000-") {
			return []byte(`"<id>"`)
		}
		if at, err := time.Parse(time.RFC3339Nano, text); err == nil && at.After(began.Add(-time.Minute)) && at.Before(began.AddDate(1, 0, 0)) {
			return []byte(`"<time>"`)
		}
		if personal.MatchString(text) { // of who asks, whom the harness made
			return []byte(`"` + personal.ReplaceAllString(text, "<uuid>") + `"`)
		}
		if secretForm.Match(value) {
			return []byte(`"<secret>"`)
		}
		return value
	})
}
