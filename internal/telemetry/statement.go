package telemetry

import (
	"strconv"
	"strings"
)

const (
	namePrefix = "-- name: "
	// maxNameBytes bounds a label's length; our longest name has about half of
	// it.
	maxNameBytes = 64
	// unnamed is the label of statements without a name.
	unnamed = "unnamed"
)

// StatementName returns a statement's name in metrics, traces and logs: the
// word after "-- name: " in its first line; for transaction control, which pgx
// writes, its verb; for anything else, such as a migration, "unnamed".
func StatementName(sql string) string {
	sql = strings.TrimLeft(sql, " \t\r\n")
	if rest, ok := strings.CutPrefix(sql, namePrefix); ok {
		end := strings.IndexFunc(rest, func(r rune) bool { return !isWord(r) })
		if end < 0 {
			end = len(rest)
		}
		if 0 < end && end <= maxNameBytes {
			return rest[:end]
		}
		return unnamed
	}
	for _, verb := range [...]string{"begin", "commit", "rollback", "savepoint", "release"} {
		if len(sql) >= len(verb) && strings.EqualFold(sql[:len(verb)], verb) {
			return verb
		}
	}
	return unnamed
}

func isWord(r rune) bool {
	return r == '_' || '0' <= r && r <= '9' || 'A' <= r && r <= 'Z' || 'a' <= r && r <= 'z'
}

// statusText returns the status code as a label.
func statusText(status int) string { return strconv.Itoa(status) }
