//go:build linux

package rate

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"souk/test/catalogue"
	"souk/test/harness"
)

var (
	measure     = flag.Bool("rate", false, "measure, and print the table")
	length      = flag.Duration("length", 4*time.Second, "with -rate, how long each server is sent requests in a round")
	rounds      = flag.Int("rounds", 5, "with -rate, how many rounds")
	only        = flag.String("only", "", "with -rate, the name of the only operation")
	without     = flag.String("without", "", "with -rate, the name of a server that is left out")
	profiles    = flag.String("profiles", "", "with -rate, also write CPU profiles to the folder, and print the statements")
	connections = []int{8, 64}
)

// products of the shop that is measured, and of the one whose answers are compared. Of
// some of its products the first page has no vendor, price, image, review or category.
const (
	products      = 20_000
	smallProducts = 1000
)

func TestServersGiveTheSameAnswers(t *testing.T) {
	db := catalogue.New(t, smallProducts)
	all := operations(t)
	servers := launchAll(t, db)
	for _, slug := range []string{"product-1", "product-17", "product-19", "product-29", "old-product-11", "no-product"} {
		all = append(all, operation{"Product", all[1].text, map[string]any{"slug": slug}})
	}
	requireEqualAnswers(t, servers, all)
}

func TestRate(t *testing.T) {
	if !*measure {
		t.Skip("takes minutes; make bench-rate runs it")
	}
	if _, err := exec.LookPath("wrk"); err != nil {
		t.Fatal("wrk is not installed: apt-get install wrk")
	}
	db := catalogue.New(t, products)
	database := &database{url: db.PrimaryURL, postmaster: harness.Postmaster(t, db.PrimaryURL)}
	servers, all := launchAll(t, db), operations(t)
	requireEqualAnswers(t, servers, all)
	servers = slices.DeleteFunc(servers, func(s *server) bool { return s.name == *without })
	all = slices.DeleteFunc(all, func(o operation) bool { return *only != "" && o.name != *only })
	printHeader()
	for _, o := range all {
		for _, n := range connections {
			l := &load{t: t, database: database, operation: o, connections: n, dir: harness.Folder(t)}
			printLines(o, n, servers, l.measure(servers))
		}
	}
	if *profiles != "" {
		explain(t, database, servers, all)
	}
}

// explain loads each server once more with each operation, writes its profiles of CPU and
// of allocations, and prints the statements.
func explain(t *testing.T, d *database, servers []*server, all []operation) {
	require.NoError(t, os.MkdirAll(*profiles, 0o755))
	d.countPlanning(t)
	kinds := map[string]string{"cpu": "profile", "allocs": "allocs"}
	for _, o := range all {
		for _, s := range servers {
			l := &load{t: t, database: d, operation: o, connections: connections[0], dir: harness.Folder(t)}
			d.forget(t)
			saved := make(chan error, len(kinds))
			for kind, path := range kinds {
				file := strings.ReplaceAll(strings.ToLower(fmt.Sprintf("%s-%s.%s.pprof", o.name, s.name, kind)), " ", "-")
				go func() { saved <- s.save(path, max(1, int(length.Seconds())-1), filepath.Join(*profiles, file)) }()
			}
			one := l.send(s, *length)
			for range kinds {
				require.NoError(t, <-saved)
			}
			fmt.Printf("\n%s, %s: statements for each request\n", o.name, s.name)
			d.printStatements(t, one.requests)
		}
	}
}

// measure sends the operation to one server after the other, in rounds.
func (l *load) measure(servers []*server) [][]sample {
	samples := make([][]sample, len(servers))
	for _, s := range servers { // plans, statements and pools are there before it counts
		l.send(s, min(time.Second, *length))
	}
	for range *rounds {
		for i, s := range servers {
			samples[i] = append(samples[i], l.send(s, *length))
		}
	}
	return samples
}

func median[V ~int64 | ~float64](of []V) V {
	sorted := slices.Sorted(slices.Values(of))
	return sorted[len(sorted)/2]
}
