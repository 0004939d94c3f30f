package telemetry

import (
	"context"
	"errors"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
)

// Documents is a snapshot of the documents that clients name.
type Documents struct {
	// Results counts requests by what became of their document.
	Results map[string]int64
	// MemoryBytes are those of the texts in memory.
	MemoryBytes int64
	// Parsed is how many texts were parsed.
	Parsed int64
	// UsesLost is how many uses were not counted.
	UsesLost int64
}

// ObserveDocuments exports the documents. stat is called at each scrape, until stop is
// called.
func (m *Metrics) ObserveDocuments(stat func() Documents) (stop func(), err error) {
	var errs [4]error
	var results, parsed, lost metric.Int64ObservableCounter
	var bytes metric.Int64ObservableGauge
	results, errs[0] = m.meter.Int64ObservableCounter("souk_documents",
		metric.WithDescription("Documents of requests by result. Many of miss: clients start anew, or documents are removed too soon. Above zero for refused_text: somebody sends what is not registered. Above zero for not_registered or failed: look in the log."))
	bytes, errs[1] = m.meter.Int64ObservableGauge("souk_documents_memory", metric.WithUnit("By"),
		metric.WithDescription("Texts of registered documents in memory."))
	parsed, errs[2] = m.meter.Int64ObservableCounter("souk_documents_parsed",
		metric.WithDescription("Texts that were parsed and validated. A rate near that of requests means that the memory for parsed documents is too small, or that clients build a new text for each request."))
	lost, errs[3] = m.meter.Int64ObservableCounter("souk_document_uses_lost",
		metric.WithDescription("Uses of documents that were not counted, because there were too many different ones."))
	if err := errors.Join(errs[:]...); err != nil {
		return nil, err
	}
	return m.register(func(_ context.Context, o metric.Observer) error {
		d := stat()
		for result, n := range d.Results {
			o.ObserveInt64(results, n, metric.WithAttributeSet(attribute.NewSet(attribute.String("result", result))))
		}
		o.ObserveInt64(bytes, d.MemoryBytes)
		o.ObserveInt64(parsed, d.Parsed)
		o.ObserveInt64(lost, d.UsesLost)
		return nil
	}, results, bytes, parsed, lost)
}
