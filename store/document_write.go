package store

import (
	"context"

	"souk/internal/fault"
)

// DocumentPush is a document to register.
type DocumentPush struct {
	Text string
	// DocumentID is the name that clients send; nil: the SHA-256 of the text.
	DocumentID *string
	// Client is the app that the document belongs to.
	Client *string
}

// DocumentReading is what a document is, as somebody who knows the schema read it.
type DocumentReading struct {
	// Name is the ID in the form in which it is kept.
	Name string
	// Hash is the SHA-256 of the text in hexadecimal.
	Hash string
	// Operations are the names of the operations, without those that have none.
	Operations []string
}

// DocumentReader reads a document, or refuses it with a *fault.Rejection.
type DocumentReader func(DocumentPush) (DocumentReading, error)

// DocumentDelete identifies a document to remove.
type DocumentDelete struct{ ID DocumentID }

// maxDocumentBytes is what a request can send as one string in a document's variable.
const maxDocumentBytes = 128 << 10

func (d *DocumentPush) check(read DocumentReader) (reading DocumentReading, err error) {
	var problems fault.Problems
	if d.Client != nil {
		*d.Client = line(maxLine)(&problems, "client", *d.Client)
	}
	if len(d.Text) > maxDocumentBytes {
		problems.Add(fault.ReasonTooLong, "text", "it has %d bytes; the limit is %d", len(d.Text), maxDocumentBytes)
		return reading, problems.Err()
	}
	reading, err = read(*d)
	if err := problems.Include(err); err != nil {
		return reading, err
	}
	return reading, problems.Err()
}

// PushDocuments registers documents. One that is registered already with the same text is
// left as it is, and one with another text is refused: apps in people's hands send its ID.
func (w *Writer) PushDocuments(ctx context.Context, b Bulk[DocumentPush], read DocumentReader) ([]Outcome[DocumentID], error) {
	type item struct {
		DocumentPush
		reading DocumentReading
		err     error
	}
	items := Bulk[item]{ErrorPolicy: b.ErrorPolicy, IdempotencyKey: b.IdempotencyKey}
	for _, d := range b.Items[:min(len(b.Items), MaxBulk+1)] { // one too many is refused
		reading, err := d.check(read)
		items.Items = append(items.Items, item{d, reading, err})
	}
	return bulkEach(ctx, w, items, func(*Tx) error { return nil }, func(tx *Tx, i item) (DocumentID, error) {
		if i.err != nil {
			return DocumentID{}, i.err
		}
		return tx.pushDocument(ctx, i.DocumentPush, i.reading)
	})
}

func (tx *Tx) pushDocument(ctx context.Context, d DocumentPush, r DocumentReading) (DocumentID, error) {
	id, err := newID[DocumentID]()
	if err != nil {
		return id, err
	}
	client := ""
	if d.Client != nil {
		client = *d.Client
	}
	// Instances that have it in memory as one that a client registered must forget it.
	const insert = `-- name: InsertDocument
WITH inserted AS (
  INSERT INTO documents (id, name, hash, text, client, operations)
  VALUES (@id, @name, decode(@hash, 'hex'), @text, @client, @operations)
  ON CONFLICT (name) DO NOTHING
  RETURNING hash
), raised AS (
  UPDATE document_generation
  SET generation = generation + 1
  WHERE EXISTS (SELECT FROM inserted i JOIN automatic_documents a ON a.hash = i.hash)
)
SELECT i.hash
FROM inserted i`
	n, err := tx.exec(ctx, insert, args{
		"id": id, "name": r.Name, "hash": r.Hash, "text": d.Text, "client": client, "operations": append([]string{}, r.Operations...),
	})
	if err != nil {
		return id, err
	}
	if n == 1 {
		tx.changed(SubjectDocument, id, []AuditChange{createdField("name", r.Name), createdField("hash", r.Hash), createdField("client", client)})
		return id, nil
	}
	const read = `-- name: DocumentOfName
SELECT d.id, encode(d.hash, 'hex') AS hash
FROM documents d
WHERE d.name = @name
FOR SHARE`
	found, err := oneRow[struct {
		ID   DocumentID
		Hash string
	}](ctx, tx, read, args{"name": r.Name})
	switch {
	case err != nil:
		return id, err
	case found == nil:
		return id, errVanished
	case found.Hash != r.Hash:
		return id, fault.Reject(fault.ReasonTaken, "text", "another text is registered under this ID, and apps may send it; use another ID, or remove that document first")
	}
	return found.ID, nil
}

const raiseDocumentGeneration = `-- name: RaiseDocumentGeneration
UPDATE document_generation
SET generation = generation + 1`

// DeleteDocument removes a document. Instances forget it within seconds. It also removes what
// clients registered with the same text, so that it does not run on as theirs; where clients
// may register documents, they can do so again.
func (w *Writer) DeleteDocument(ctx context.Context, d DocumentDelete) error {
	return w.inTx(ctx, func(tx *Tx) error { return tx.deleteDocument(ctx, d.ID) })
}

func (tx *Tx) deleteDocument(ctx context.Context, id DocumentID) error {
	old, err := lockRow[Document](ctx, tx, "document", `-- name: LockDocument
SELECT `+documentColumns.sql()+`
FROM documents d
WHERE d.id = @id
FOR UPDATE`, args{"id": id})
	if err != nil {
		return err
	}
	if err := tx.delete(ctx, "DeleteDocument", "documents", id); err != nil {
		return err
	}
	const forget = `-- name: DeleteAutomaticDocument
DELETE FROM automatic_documents
WHERE hash = decode(@hash, 'hex')`
	if _, err := tx.exec(ctx, forget, args{"hash": old.Hash}); err != nil {
		return err
	}
	if _, err := tx.exec(ctx, raiseDocumentGeneration, nil); err != nil {
		return err
	}
	tx.changed(SubjectDocument, id, []AuditChange{removedField("name", old.Name), removedField("hash", old.Hash), removedField("client", old.Client)})
	return nil
}
