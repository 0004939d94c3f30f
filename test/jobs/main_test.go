package jobs

import (
	"flag"
	"os"
	"testing"

	"souk/internal/dbtest"
)

// TestMain lets more tests run at once than there are processors: in a short run, most of
// their time they wait for a worker to be taken for dead. A full run has so much to do that
// they would be in each other's way, and some measure time.
func TestMain(m *testing.M) {
	flag.Parse()
	if !dbtest.Full() {
		_ = flag.Set("test.parallel", "6")
	}
	os.Exit(m.Run())
}
