package importer

import (
	"compress/gzip"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
)

// BenchmarkImport imports the Amazon listings into an empty shop, and again into
// the shop that has them, beside \copy of the same bytes into one flat table
// without an index. Compare rows/s of one run only: they depend on the machine.
func BenchmarkImport(b *testing.B) {
	files := unpacked(b, "amazon-in/*.csv.gz")
	options := Options{Format: FormatTable, Mapping: "amazon-in", Paths: files}
	b.Run("copy_flat", func(b *testing.B) {
		s := newShop(b)
		rows := int64(0)
		for b.Loop() {
			rows += s.copyFlat(files)
		}
		b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "rows/s")
	})
	b.Run("first", func(b *testing.B) {
		rows := int64(0)
		for b.Loop() {
			b.StopTimer()
			s := newShop(b)
			b.StartTimer()
			rows += s.run(options).Rows
		}
		b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "rows/s")
		b.ReportMetric(float64(peakRSS())/1e6, "peak-MB")
	})
	b.Run("again", func(b *testing.B) {
		s := newShop(b)
		s.run(options)
		rows := int64(0)
		for b.Loop() {
			rows += s.run(options).Rows
		}
		b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "rows/s")
	})
}

// copyFlat loads CSV files as they are, all columns text.
func (s *shop) copyFlat(files []string) (rows int64) {
	s.t.Helper()
	err := pgx.BeginFunc(context.Background(), s.conn, func(tx pgx.Tx) error {
		if _, err := tx.Exec(context.Background(), `DROP TABLE IF EXISTS flat; CREATE TABLE flat (name text, main_category text,
			sub_category text, image text, link text, ratings text, no_of_ratings text, discount_price text, actual_price text)`); err != nil {
			return err
		}
		for _, path := range files {
			file, err := os.Open(path)
			if err != nil {
				return err
			}
			tag, err := tx.Conn().PgConn().CopyFrom(context.Background(), file, "COPY flat FROM STDIN (FORMAT csv, HEADER)")
			_ = file.Close()
			if err != nil {
				return err
			}
			rows += tag.RowsAffected()
		}
		return nil
	})
	require.NoError(s.t, err)
	return rows
}

// unpacked unpacks files of the real data, so that gzip is no part of a figure.
func unpacked(b *testing.B, pattern string) (files []string) {
	b.Helper()
	packed, err := filepath.Glob(filepath.Join(realData(b), pattern))
	require.NoError(b, err)
	dir := b.TempDir()
	for _, path := range packed {
		from, err := os.Open(path)
		require.NoError(b, err)
		reader, err := gzip.NewReader(from)
		require.NoError(b, err)
		name := filepath.Join(dir, strings.TrimSuffix(filepath.Base(path), ".gz"))
		to, err := os.Create(name)
		require.NoError(b, err)
		_, err = io.Copy(to, reader)
		require.NoError(b, err)
		require.NoError(b, to.Close())
		require.NoError(b, from.Close())
		files = append(files, name)
	}
	return files
}
