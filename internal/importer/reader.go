package importer

import "context"

// Reader turns one input file of a format into records.
//
// Read calls emit for each record, in file order, and stops if emit returns an
// error, with that error. It passes what it cannot import to reject and
// continues; only an error that makes the rest of the file unreadable is
// returned. emit and reject are not safe for concurrent use, and keep nothing
// of a Fault's Row after they return.
type Reader interface {
	Read(ctx context.Context, in *Input, emit func(Record) error, reject func(Fault)) error
}
