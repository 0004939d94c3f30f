package app

import (
	"context"
	"encoding/hex"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"souk/internal/auth"
	"souk/internal/config"
	"souk/internal/documents"
	"souk/internal/door"
	"souk/internal/telemetry"
	"souk/store"
)

// openDocuments makes what finds the documents that clients name. It begins its work in the
// background, and stops before the store does.
func (a *App) openDocuments(cfg config.Server, guard *door.Door, schema graphql.ExecutableSchema) (*documents.Library, error) {
	o := documents.Options{
		Mode: cfg.Documents.Documents, Store: documentStore{a.Store}, Log: a.Telemetry.Logger,
		MemoryBytes: cfg.DocumentsMemory, TableBytes: cfg.DocumentsTableBytes, OwnerBytes: cfg.DocumentsClientBytes,
	}
	if o.Mode == "" {
		o.Mode = documents.Off
	}
	library := documents.New(o)
	stop, err := a.Telemetry.Metrics.ObserveDocuments(func() telemetry.Documents {
		d := telemetry.Documents{Results: map[string]int64{}, MemoryBytes: library.Memory(), Parsed: guard.Reads(), UsesLost: library.UsesLost()}
		for result, n := range library.Counts() {
			d.Results[string(result)] = n
		}
		return d
	})
	if err != nil {
		return nil, err
	}
	a.closers = append(a.closers, func(context.Context) error { stop(); return nil }, library.Stop)
	library.Start(warm(guard, schema))
	return library, nil
}

// planner is an executor that plans an operation before somebody runs it.
type planner interface {
	Plan(*graphql.OperationContext) error
}

// warm returns what takes a text through the door and plans its operations. A text that
// does not fit the schema any more is left out: the client that sends it is told why.
func warm(guard *door.Door, schema graphql.ExecutableSchema) func(door.Key, string) {
	plans, _ := schema.(planner)
	return func(key door.Key, text string) {
		if _, known := guard.KnownByKey(key); known {
			return
		}
		document, err := guard.Document(text)
		if err != nil {
			return
		}
		guard.Plan(document)
		for _, operation := range document.Tree.Operations {
			if plans != nil {
				op := &graphql.OperationContext{Doc: document.Tree, Operation: operation, Variables: defaults(operation)}
				_ = plans.Plan(op) // if it fails, so does its first request, which says why
			}
		}
	}
}

// defaults are the variables of an operation that are true if nobody sends them: a plan
// depends on which fields they switch on.
func defaults(operation *ast.OperationDefinition) map[string]any {
	variables := map[string]any{}
	for _, v := range operation.VariableDefinitions {
		if v.DefaultValue != nil && v.DefaultValue.Kind == ast.BooleanValue && v.DefaultValue.Raw == "true" {
			variables[v.Variable] = true
		}
	}
	return variables
}

// owner is whom the documents count for that a request registers: the staff member or the
// API key, and otherwise the address. Customers can make accounts, and anybody can send any
// name of a client, so that neither is an owner.
func owner(ctx context.Context) string {
	if p := auth.For(ctx); p.IsStaff() {
		return p.String()
	}
	return auth.Network(ctx)
}

// DocumentReader reads documents to register, with the schema behind a door.
func DocumentReader(guard *door.Door) store.DocumentReader {
	return func(d store.DocumentPush) (store.DocumentReading, error) {
		id := ""
		if d.DocumentID != nil {
			id = *d.DocumentID
		}
		reading, err := documents.Read(guard, id, d.Text)
		return store.DocumentReading(reading), err
	}
}

// documentStore is the store as documents need it.
type documentStore struct{ store *store.Store }

func (s documentStore) Known(ctx context.Context, names []string, generation int64) ([]documents.Known, int64, error) {
	found, current, err := s.store.KnownDocuments(ctx, names, generation)
	return knownDocuments(found), current, err
}

func (s documentStore) Recent(ctx context.Context, limit int) ([]documents.Known, error) {
	found, err := s.store.RecentDocuments(ctx, limit)
	return knownDocuments(found), err
}

func knownDocuments(found []store.KnownDocument) []documents.Known {
	known := make([]documents.Known, len(found))
	for i, d := range found {
		known[i] = documents.Known{Name: d.Name, Text: d.Text, Trusted: d.Trusted}
		_, _ = hex.Decode(known[i].Key[:], []byte(d.Hash)) // which Postgres encoded
	}
	return known
}

func (s documentStore) Generation(ctx context.Context) (int64, error) {
	return s.store.DocumentGeneration(ctx)
}

func (s documentStore) Register(ctx context.Context, r documents.Registration) error {
	return s.store.RegisterDocument(ctx, store.AutomaticDocument{Hash: r.Key.String(), Text: r.Text, Owner: r.Owner, Bytes: r.Bytes})
}

func (s documentStore) TrimOwner(ctx context.Context, owner string, limit int64) error {
	return s.store.TrimDocumentsOf(ctx, owner, limit)
}

func (s documentStore) Trim(ctx context.Context, total, owner int64) error {
	return s.store.TrimDocuments(ctx, total, owner)
}

func (s documentStore) Clients(ctx context.Context, limit int) ([]documents.Client, error) {
	found, err := s.store.DocumentClients(ctx, limit)
	clients := make([]documents.Client, len(found))
	for i, c := range found {
		clients[i] = documents.Client{Name: c.ClientName, Version: c.ClientVersion}
	}
	return clients, err
}

func (s documentStore) Record(ctx context.Context, counts []documents.Count) error {
	uses := make([]store.DocumentUse, len(counts))
	for i, c := range counts {
		uses[i] = store.DocumentUse{
			Hash: c.Key.String(), ClientName: c.Client.Name, ClientVersion: c.Client.Version, Operation: c.Operation,
			Trusted: c.Trusted, Uses: c.Uses, Cost: c.Cost, Latencies: c.Latencies[:], LastUsedAt: c.LastUsed,
		}
	}
	return s.store.RecordDocumentUses(ctx, uses)
}

func (s documentStore) RemoveOldUses(ctx context.Context) error {
	return s.store.RemoveOldDocumentUses(ctx)
}
