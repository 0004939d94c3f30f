package importer

import "context"

// Reader turns one input file of a format into records.
//
// Read calls emit for each record, in file order, and stops with emit's error
// when it returns one. What it cannot take it hands to reject and goes on; only
// what makes the rest of the file unreadable is an error. emit and reject are
// not safe for use from several goroutines, and keep nothing of a Fault's Row
// after they return.
type Reader interface {
	Read(ctx context.Context, in *Input, emit func(Record) error, reject func(Fault)) error
}
