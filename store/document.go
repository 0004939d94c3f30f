package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"souk/internal/documents/latency"
)

// Document is a GraphQL document that somebody registered for an app. It does not change.
type Document struct {
	ID         DocumentID
	Name       string // that clients send
	Hash       string // SHA-256 of the text, in hexadecimal
	Text       string
	Client     string // the app that it was registered for; "" if that was not said
	Operations []string
	CreatedAt  time.Time
	Uses       []*DocumentClient
}

// DocumentClient is a client's use of a document.
type DocumentClient struct {
	// ClientName and ClientVersion are what the client calls itself.
	ClientName    string    `json:"client_name"`
	ClientVersion string    `json:"client_version"`
	Operation     string    `json:"operation"` // that ran last
	Count         int64     `json:"uses"`
	Cost          int64     `json:"cost"` // of all uses, in points
	Latencies     []int64   `json:"latencies"`
	FirstUsedAt   time.Time `json:"first_used_at"`
	LastUsedAt    time.Time `json:"last_used_at"`
}

// AverageCost returns the cost of one use, in points.
func (c *DocumentClient) AverageCost() float64 { return float64(c.Cost) / float64(max(c.Count, 1)) }

// P50Milliseconds returns the time that half of the uses did not exceed.
func (c *DocumentClient) P50Milliseconds() float64 { return c.quantile(0.5) }

// P99Milliseconds returns the time that 99 of 100 uses did not exceed.
func (c *DocumentClient) P99Milliseconds() float64 { return c.quantile(0.99) }

func (c *DocumentClient) quantile(part float64) float64 {
	return float64(latency.Quantile(c.Latencies, part).Microseconds()) / 1000
}

var documentColumns = columnsOf("Document",
	col("d.id", asUUID, func(d *Document) *DocumentID { return &d.ID }),
	col("d.name", asText, func(d *Document) *string { return &d.Name }),
	col("encode(d.hash, 'hex') AS hash", asText, func(d *Document) *string { return &d.Hash }),
	onlyFor("text", col("d.text", asText, func(d *Document) *string { return &d.Text })),
	col("d.client", asText, func(d *Document) *string { return &d.Client }),
	col("d.operations", asTexts, func(d *Document) *[]string { return &d.Operations }),
	col("d.created_at", asTime, func(d *Document) *time.Time { return &d.CreatedAt }),
	onlyFor("uses", col(`(
    SELECT coalesce(jsonb_agg(u.* ORDER BY u.last_used_at DESC), '[]')
    FROM (
      SELECT c.*, (
        SELECT array_agg(bucket.n ORDER BY bucket.place)
        FROM (
          SELECT l.place, sum(l.n) AS n
          FROM document_uses m
          CROSS JOIN unnest(m.latencies) WITH ORDINALITY AS l (n, place)
          WHERE m.hash = d.hash AND m.client_name = c.client_name AND m.client_version = c.client_version
          GROUP BY l.place
        ) AS bucket
      ) AS latencies
      FROM (
        SELECT u.client_name, u.client_version, (array_agg(u.operation ORDER BY u.last_used_at DESC))[1] AS operation,
          sum(u.uses) AS uses, sum(u.cost) AS cost, min(u.first_used_at) AS first_used_at, max(u.last_used_at) AS last_used_at
        FROM document_uses u
        WHERE u.hash = d.hash
        GROUP BY u.client_name, u.client_version
        ORDER BY last_used_at DESC
        LIMIT 100
      ) AS c
    ) AS u
  ) AS uses`, asJSON, func(d *Document) *[]*DocumentClient { return &d.Uses })),
)

// DocumentsByNewest is the order of documents.
var DocumentsByNewest = Order{"NEWEST:DESC", []sortKey{{"d.id", "uuid"}}, true}

var allDocuments = list{name: "ListDocuments", from: "documents d", where: "true"}

// ListDocuments returns a page of all documents.
func (r *Reader) ListDocuments(ctx context.Context, p PageRequest) (Page[Document], error) {
	return only(pages(ctx, r, documentColumns, allDocuments, noParent, p))
}

// CountDocuments returns the number of documents.
func (r *Reader) CountDocuments(ctx context.Context) (Count, error) {
	return only(counts(ctx, r, allDocuments, noParent))
}

// DocumentsByIDs returns the documents that exist among ids, if the view shows documents,
// in any order.
func (r *Reader) DocumentsByIDs(ctx context.Context, ids []DocumentID) ([]*Document, error) {
	what := documentColumns.choose(r.selects)
	statement := `-- name: DocumentsByIDs
SELECT ` + what.sql + `
FROM documents d
WHERE d.id = ANY (@ids) AND @all`
	return many(ctx, r, what, statement, pgx.StrictNamedArgs{"ids": keysOf(ids), "all": r.view.Documents})
}

// DocumentUsage is a client's use of a document that may not be registered any more, or may
// never have been.
type DocumentUsage struct {
	DocumentClient
	// Name is the ID of the document that was registered first with this text; "" if none is.
	Name    string
	Hash    string
	Trusted bool // when it was used
}

var documentUsageColumns = columnsOf("",
	col("coalesce((SELECT d.name FROM documents d WHERE d.hash = u.hash ORDER BY d.id LIMIT 1), '')", asText, func(u *DocumentUsage) *string { return &u.Name }),
	col("encode(u.hash, 'hex')", asText, func(u *DocumentUsage) *string { return &u.Hash }),
	col("u.trusted", asBool, func(u *DocumentUsage) *bool { return &u.Trusted }),
	col("u.client_name", asText, func(u *DocumentUsage) *string { return &u.ClientName }),
	col("u.client_version", asText, func(u *DocumentUsage) *string { return &u.ClientVersion }),
	col("u.operation", asText, func(u *DocumentUsage) *string { return &u.Operation }),
	col("u.uses", asInt, func(u *DocumentUsage) *int64 { return &u.Count }),
	col("u.cost", asInt, func(u *DocumentUsage) *int64 { return &u.Cost }),
	col("u.latencies", asInts, func(u *DocumentUsage) *[]int64 { return &u.Latencies }),
	col("u.first_used_at", asTime, func(u *DocumentUsage) *time.Time { return &u.FirstUsedAt }),
	col("u.last_used_at", asTime, func(u *DocumentUsage) *time.Time { return &u.LastUsedAt }),
).all()

// DocumentUsages returns who used which documents, the last first, at most limit. hashes
// restricts them to texts, unless it is nil, and untrusted to those that would not run where
// only registered documents do.
func (s *Store) DocumentUsages(ctx context.Context, hashes []string, untrusted bool, limit int) ([]*DocumentUsage, error) {
	statement := `-- name: DocumentUsages
SELECT ` + documentUsageColumns.sql + `
FROM document_uses u
WHERE (@hashes::text[] IS NULL OR u.hash = ANY (ARRAY(SELECT decode(h, 'hex') FROM unnest(@hashes::text[]) AS h)))
  AND NOT (@untrusted AND u.trusted)
ORDER BY u.last_used_at DESC, u.hash, u.client_name, u.client_version, u.trusted
LIMIT @limit`
	return many(ctx, s.Reader(View{}, 0), documentUsageColumns, statement, pgx.StrictNamedArgs{"hashes": hashes, "untrusted": untrusted, "limit": limit})
}

// DocumentsByNames returns the documents whose names are among names, or whose texts have
// one of them as a hash, in any order.
func (s *Store) DocumentsByNames(ctx context.Context, names []string) ([]*Document, error) {
	what := documentColumns.all()
	statement := `-- name: DocumentsByNames
SELECT ` + what.sql + `
FROM documents d
WHERE d.name = ANY (@names) OR d.hash = ANY (ARRAY(SELECT decode(n, 'hex') FROM unnest(@names::text[]) AS n WHERE n ~ '^[0-9a-f]{64}$'))`
	return many(ctx, s.Reader(View{}, 0), what, statement, pgx.StrictNamedArgs{"names": names})
}
