package app

import "os"

// Ballast returns memory that nobody uses, for as long as it is kept. Go collects garbage
// when the heap has doubled; a server that holds 20 MB allocates as much within a few requests,
// and would collect many times a second. Pages that are never written to are not in memory,
// so the ballast costs none. Whoever sets GOGC or GOMEMLIMIT has decided otherwise, and gets
// nil.
func Ballast() []byte {
	if os.Getenv("GOGC") != "" || os.Getenv("GOMEMLIMIT") != "" {
		return nil
	}
	return make([]byte, 16<<20)
}
