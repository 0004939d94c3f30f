package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// KnownDocument is a document that clients may send the name of.
type KnownDocument struct {
	// Name is what was asked for.
	Name string
	// Hash is the SHA-256 of the text in hexadecimal.
	Hash string
	Text string
	// Trusted means that it was pushed, and not registered by a client.
	Trusted bool
}

// knownDocumentRow is a name that was asked for, with its document if there is one.
type knownDocumentRow struct {
	Name       string
	Generation int64
	Trusted    *bool
	Hash       *string
	Text       *string
}

// knownDocuments finds pushed documents by their name or their hash, before those that
// clients registered.
const knownDocuments = `-- name: KnownDocuments
SELECT asked.name, g.generation, found.trusted, encode(found.hash, 'hex') AS hash, found.text
FROM document_generation g
CROSS JOIN (
  SELECT a.name, CASE WHEN a.name ~ '^[0-9a-f]{64}$' THEN decode(a.name, 'hex') END AS hash
  FROM unnest(@names::text[]) AS a (name)
) AS asked
LEFT JOIN LATERAL (
  (SELECT 1 AS rank, true AS trusted, d.hash, d.text FROM documents d WHERE d.name = asked.name)
  UNION ALL
  (SELECT 2, true, d.hash, d.text FROM documents d WHERE d.hash = asked.hash LIMIT 1)
  UNION ALL
  (SELECT 3, false, d.hash, d.text FROM automatic_documents d WHERE d.hash = asked.hash)
  ORDER BY rank
  LIMIT 1
) AS found ON true`

// KnownDocuments returns those of the documents with the names that exist, in any order,
// and the generation that they are of: the lowest, if they are of several. What a replica
// lacks, or all if it has not yet replayed the generation, is read on the primary: a document
// that was registered a moment ago is found. found is what the replica has, also with an error.
func (s *Store) KnownDocuments(ctx context.Context, names []string, generation int64) (found []KnownDocument, current int64, err error) {
	r := s.Reader(View{}, 0)
	rows, err := readKnownDocuments(ctx, r, names)
	if err != nil {
		return nil, 0, err
	}
	found, missing, current := splitKnown(rows)
	if current < generation {
		found, missing = nil, names
	}
	if len(missing) == 0 || r.pinned == s.router.primary {
		return found, current, nil
	}
	r.OnPrimary()
	if rows, err = readKnownDocuments(ctx, r, missing); err != nil {
		return found, current, err
	}
	more, _, newest := splitKnown(rows)
	if len(found) == 0 {
		return more, newest, nil
	}
	return append(found, more...), min(current, newest), nil // the replica may still have what was removed since
}

func readKnownDocuments(ctx context.Context, r *Reader, names []string) (items []*knownDocumentRow, err error) {
	err = r.query(ctx, knownDocuments, pgx.StrictNamedArgs{"names": names}, func(rows pgx.Rows) (err error) {
		items, err = pgx.CollectRows(rows, pgx.RowToAddrOfStructByName[knownDocumentRow])
		return err
	})
	return items, err
}

func splitKnown(rows []*knownDocumentRow) (found []KnownDocument, missing []string, generation int64) {
	for _, row := range rows {
		generation = row.Generation
		if row.Text == nil {
			missing = append(missing, row.Name)
			continue
		}
		found = append(found, KnownDocument{Name: row.Name, Hash: *row.Hash, Text: *row.Text, Trusted: *row.Trusted})
	}
	return found, missing, generation
}

// DocumentGeneration returns the generation of the documents, which rises when one is
// removed, and when one is pushed that a client has registered before. It uses the connection
// of the probes.
func (s *Store) DocumentGeneration(ctx context.Context) (generation int64, err error) {
	const statement = `-- name: DocumentGeneration
SELECT g.generation FROM document_generation g`
	err = s.primary.probe.QueryRow(ctx, statement).Scan(&generation)
	return generation, err
}

// AutomaticDocument is a document that a client registers.
type AutomaticDocument struct {
	Hash, Text string
	// Owner is whom it counts for.
	Owner string
	// Bytes is what it counts as.
	Bytes int64
}

// RegisterDocument keeps a document. It does nothing if there is one with the hash.
func (s *Store) RegisterDocument(ctx context.Context, d AutomaticDocument) error {
	const statement = `-- name: RegisterDocument
INSERT INTO automatic_documents (hash, text, owner, bytes)
VALUES (decode(@hash, 'hex'), @text, @owner, @bytes)
ON CONFLICT (hash) DO NOTHING`
	_, err := s.primary.pool.Exec(ctx, statement, args{"hash": d.Hash, "text": d.Text, "owner": d.Owner, "bytes": d.Bytes})
	if err != nil {
		return fmt.Errorf("register document: %w", writeFault(err))
	}
	return nil
}

// TrimDocumentsOf removes those documents of an owner that were used longest ago, until
// the others count as at most limit bytes.
func (s *Store) TrimDocumentsOf(ctx context.Context, owner string, limit int64) error {
	const statement = `-- name: TrimDocumentsOf
DELETE FROM automatic_documents d
USING (
  SELECT o.hash, sum(o.bytes) OVER (ORDER BY o.used_at DESC, o.hash) AS held
  FROM automatic_documents o
  WHERE o.owner = @owner
) AS newer
WHERE d.hash = newer.hash AND newer.held > @limit`
	if _, err := s.primary.pool.Exec(ctx, statement, args{"owner": owner, "limit": limit}); err != nil {
		return fmt.Errorf("trim documents: %w", writeFault(err))
	}
	return nil
}

// TrimDocuments removes documents that clients registered until all count as at most
// total bytes, and those of each owner as at most limit. Owners that have little lose
// nothing: the others get equal shares of what is left, and each keeps what was used last.
func (s *Store) TrimDocuments(ctx context.Context, total, limit int64) error {
	// Owners by what they have, the smallest first: level is the share of each that
	// follows. The first owner with more than the level decides it.
	const statement = `-- name: TrimDocuments
WITH owners AS (
  SELECT o.owner, sum(o.bytes) AS bytes
  FROM automatic_documents o
  GROUP BY o.owner
), levels AS (
  SELECT o.bytes, (@total::numeric - sum(o.bytes) OVER smaller + o.bytes) / (count(*) OVER () - row_number() OVER smaller + 1) AS level
  FROM owners o
  WINDOW smaller AS (ORDER BY o.bytes, o.owner ROWS UNBOUNDED PRECEDING)
), share AS (
  SELECT least(@limit::numeric, max(l.level)) AS bytes
  FROM levels l
  WHERE l.bytes > l.level
)
DELETE FROM automatic_documents d
USING share, (
  SELECT o.hash, sum(o.bytes) OVER (PARTITION BY o.owner ORDER BY o.used_at DESC, o.hash) AS held
  FROM automatic_documents o
) AS newer
WHERE d.hash = newer.hash AND newer.held > share.bytes`
	if _, err := s.primary.pool.Exec(ctx, statement, args{"total": total, "limit": limit}); err != nil {
		return fmt.Errorf("trim documents: %w", writeFault(err))
	}
	return nil
}

// DocumentUse is how often a client used a document since the last time that it was
// recorded.
type DocumentUse struct {
	Hash          string
	ClientName    string
	ClientVersion string
	// Operation is the name of the operation that ran last.
	Operation string
	Trusted   bool
	Uses      int64
	// Cost is in points, of all uses.
	Cost int64
	// Latencies counts the uses by their latency.
	Latencies  []int64
	LastUsedAt time.Time
}

// RecordDocumentUses adds uses to those that are recorded. uses must be in the order of
// their hashes, client names, versions and trust, so that instances do not wait for each other in
// a circle. A document that a client registered counts as used.
func (s *Store) RecordDocumentUses(ctx context.Context, uses []DocumentUse) error {
	batch := &pgx.Batch{}
	for _, u := range uses {
		batch.Queue(`-- name: RecordDocumentUse
INSERT INTO document_uses AS u (hash, client_name, client_version, operation, trusted, uses, cost, latencies, last_used_at)
VALUES (decode(@hash, 'hex'), @name, @version, @operation, @trusted, @uses, @cost, @latencies, @at)
ON CONFLICT (hash, client_name, client_version, trusted) DO UPDATE
SET operation = excluded.operation, uses = u.uses + excluded.uses, cost = u.cost + excluded.cost,
  latencies = ARRAY(
    SELECT coalesce(l.before, 0) + coalesce(l.more, 0)
    FROM unnest(u.latencies, excluded.latencies) WITH ORDINALITY AS l (before, more, place)
    ORDER BY l.place
  ),
  last_used_at = greatest(u.last_used_at, excluded.last_used_at)`, args{
			"hash": u.Hash, "name": u.ClientName, "version": u.ClientVersion, "operation": u.Operation, "trusted": u.Trusted,
			"uses": u.Uses, "cost": u.Cost, "latencies": u.Latencies, "at": u.LastUsedAt,
		})
	}
	hashes := make([]string, 0, len(uses))
	for _, u := range uses {
		hashes = append(hashes, u.Hash)
	}
	batch.Queue(`-- name: TouchDocuments
UPDATE automatic_documents d
SET used_at = now()
FROM (
  SELECT a.hash
  FROM automatic_documents a
  WHERE a.hash = ANY (ARRAY(SELECT decode(h, 'hex') FROM unnest(@hashes::text[]) AS h)) AND a.used_at < now() - interval '30 seconds'
  ORDER BY a.hash
  FOR UPDATE SKIP LOCKED
) AS used
WHERE d.hash = used.hash`, args{"hashes": hashes})
	if err := s.primary.pool.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("record document uses: %w", writeFault(err))
	}
	return nil
}

// keptDocumentUses is how many rows of uses are kept of what is not registered: anybody can
// send any number of texts. keptTrustedUses is for registered documents, which are few, but
// with any name of a client: those of a thousand documents with a thousand versions of apps.
const (
	keptDocumentUses = 100_000
	keptTrustedUses  = 1_000_000
)

// RemoveOldDocumentUses removes the uses of those who have not used a document for 90 days,
// and the oldest of too many.
func (s *Store) RemoveOldDocumentUses(ctx context.Context) error {
	const statement = `-- name: RemoveOldDocumentUses
DELETE FROM document_uses u
WHERE u.trusted = @trusted AND u.last_used_at < greatest(now() - interval '90 days', (
  SELECT o.last_used_at
  FROM document_uses o
  WHERE o.trusted = @trusted
  ORDER BY o.last_used_at DESC
  OFFSET @kept
  LIMIT 1
))`
	for trusted, kept := range map[bool]int{true: keptTrustedUses, false: keptDocumentUses} {
		if _, err := s.primary.pool.Exec(ctx, statement, args{"trusted": trusted, "kept": kept}); err != nil {
			return fmt.Errorf("remove document uses: %w", writeFault(err))
		}
	}
	return nil
}

// DocumentClients returns the clients that have used registered documents most, by their
// names and versions.
func (s *Store) DocumentClients(ctx context.Context, limit int) (found []DocumentUser, err error) {
	const statement = `-- name: DocumentClients
SELECT u.client_name, u.client_version
FROM document_uses u
WHERE u.trusted
GROUP BY u.client_name, u.client_version
ORDER BY sum(u.uses) DESC, u.client_name, u.client_version
LIMIT @limit`
	r := s.Reader(View{}, 0)
	err = r.query(ctx, statement, pgx.StrictNamedArgs{"limit": limit}, func(rows pgx.Rows) (err error) {
		found, err = pgx.CollectRows(rows, pgx.RowToStructByName[DocumentUser])
		return err
	})
	return found, err
}

// DocumentUser is a client, as it calls itself.
type DocumentUser struct{ ClientName, ClientVersion string }

// RecentDocuments returns documents to have in memory, those that were used last first,
// and pushed ones before others. It reads the primary: a replica may have some that were
// removed.
func (s *Store) RecentDocuments(ctx context.Context, limit int) (found []KnownDocument, err error) {
	const statement = `-- name: RecentDocuments
(
  SELECT d.name, encode(d.hash, 'hex') AS hash, d.text, true AS trusted
  FROM documents d
  LEFT JOIN (
    SELECT u.hash, max(u.last_used_at) AS used_at
    FROM document_uses u
    GROUP BY u.hash
  ) AS used ON used.hash = d.hash
  ORDER BY used.used_at DESC NULLS LAST, d.created_at DESC
  LIMIT @limit
)
UNION ALL
(
  SELECT encode(d.hash, 'hex'), encode(d.hash, 'hex'), d.text, false
  FROM automatic_documents d
  WHERE NOT EXISTS (SELECT FROM documents p WHERE p.hash = d.hash)
  ORDER BY d.used_at DESC
  LIMIT @limit
)`
	r := s.Reader(View{}, 0)
	r.OnPrimary()
	err = r.query(ctx, statement, pgx.StrictNamedArgs{"limit": limit}, func(rows pgx.Rows) (err error) {
		found, err = pgx.CollectRows(rows, pgx.RowToStructByName[KnownDocument])
		return err
	})
	return found, err
}
