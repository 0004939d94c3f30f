package importer

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/csv"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// BenchmarkTableAmazonIn reads and maps a file of 9,600 listings from memory.
// The rows per second of processor time are the figure to watch, as they do not
// depend on what else the machine does; csv_only is what encoding/csv takes of it.
func BenchmarkTableAmazonIn(b *testing.B) {
	data := realFile(b, "amazon-in/all-electronics.csv.gz")
	mapping, err := LoadMapping("amazon-in")
	require.NoError(b, err)
	b.Run("parse_and_map", func(b *testing.B) {
		b.ReportAllocs()
		rows, started := 0, processorTime()
		for b.Loop() {
			in, err := NewInput("electronics.csv", bytes.NewReader(data))
			require.NoError(b, err)
			err = mapping.reader("", "").Read(context.Background(), in, func(record Record) error {
				if _, is := record.(*Product); is {
					rows++
				}
				return nil
			}, func(Fault) {})
			require.NoError(b, err)
		}
		b.ReportMetric(float64(rows)/(processorTime()-started).Seconds(), "rows/cpu-s")
	})
	b.Run("csv_only", func(b *testing.B) {
		rows, started := 0, processorTime()
		for b.Loop() {
			reader := csv.NewReader(bytes.NewReader(data))
			reader.ReuseRecord = true
			for {
				if _, err := reader.Read(); err == io.EOF {
					break
				}
				rows++
			}
		}
		b.ReportMetric(float64(rows)/(processorTime()-started).Seconds(), "rows/cpu-s")
	})
}

// processorTime is what this process has used so far, on all cores.
func processorTime() time.Duration {
	var used syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &used)
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

func realFile(t testing.TB, name string) []byte {
	t.Helper()
	file, err := os.Open(filepath.Join(realData(t), name))
	require.NoError(t, err)
	defer file.Close()
	unzipped, err := gzip.NewReader(file)
	require.NoError(t, err)
	data, err := io.ReadAll(unzipped)
	require.NoError(t, err)
	return data
}
