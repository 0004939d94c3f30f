package plans

import (
	"context"
	"time"

	"souk/store"
)

// documentWork is what an instance does with the documents that clients name.
func documentWork(ctx context.Context, s *store.Store, mode string) error {
	if _, _, err := s.KnownDocuments(ctx, append(documentNames(50), documentHash(1), documentHash(-1)), 1); err != nil {
		return err
	}
	if err := s.RegisterDocument(ctx, store.AutomaticDocument{Hash: documentHash(-1), Text: mode, Owner: "192.0.2.1", Bytes: 300}); err != nil {
		return err
	}
	if err := s.TrimDocumentsOf(ctx, "192.0.2.1", 1000); err != nil {
		return err
	}
	if err := s.TrimDocuments(ctx, 500_000, 10_000); err != nil {
		return err
	}
	if _, err := s.RecentDocuments(ctx, 100); err != nil {
		return err
	}
	if err := s.RemoveOldDocumentUses(ctx); err != nil {
		return err
	}
	if _, err := s.DocumentClients(ctx, 100); err != nil {
		return err
	}
	return s.RecordDocumentUses(ctx, []store.DocumentUse{{Hash: documentHash(1), ClientName: mode, Uses: 1, Latencies: []int64{1}, LastUsedAt: time.Now()}})
}
