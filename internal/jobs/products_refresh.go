package jobs

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/riverqueue/river"
)

const productsRefresh = "products_refresh"

// abandonedEvery is how often workers look for batches that no job is going to refresh. A
// worker finds out within ten seconds that it is time to look. So such a batch has a job
// again after 40 seconds at most.
const abandonedEvery = 30 * time.Second

// ProductsRefresh brings up to date what is derived from products, after a change that
// concerns too many of them to be done with it: the new name of a large vendor, or the
// end of a large category. The change has written the products to stale_products.
type ProductsRefresh struct {
	Version int `json:"version"`
	// Batch is the key of the products in stale_products.
	Batch uuid.UUID `json:"batch"`
	// Total is the number of products that the change has written.
	Total int `json:"total"`
}

// NewProductsRefresh returns the job for a batch of products.
func NewProductsRefresh(batch uuid.UUID, total int) ProductsRefresh {
	return ProductsRefresh{Version: 1, Batch: batch, Total: total}
}

// Kind is the name of the kind.
func (ProductsRefresh) Kind() string { return productsRefresh }

// InsertOpts are the options that the job is added with.
func (ProductsRefresh) InsertOpts() river.InsertOpts { return onQueue(productsRefresh) }

func (a ProductsRefresh) version() int { return a.Version }

// ProductRefresher refreshes products of a batch.
type ProductRefresher interface {
	// RefreshStaleProducts refreshes some products of a batch, in one transaction, and
	// returns how many. 0 means that none is left, also none that another transaction
	// is refreshing.
	RefreshStaleProducts(ctx context.Context, batch uuid.UUID) (int, error)
	// CountStaleProducts returns how many products of a batch are left.
	CountStaleProducts(ctx context.Context, batch uuid.UUID) (int, error)
	// AbandonedRefreshes returns a job for each batch that has products left and no job
	// that has not ended.
	AbandonedRefreshes(ctx context.Context) ([]ProductsRefresh, error)
}

// productsRefreshKind is the kind. A change enqueues its job itself. The schedule is for a
// job that was cancelled, failed for good or was removed: its products would stay stale.
func productsRefreshKind() kind {
	return kind{
		name: productsRefresh, args: ProductsRefresh{}, every: abandonedEvery,
		due: func(ctx context.Context, s Services) (due []Args, err error) {
			abandoned, err := s.Products.AbandonedRefreshes(ctx)
			for _, a := range abandoned {
				due = append(due, a)
			}
			return due, err
		},
		register: func(workers *river.Workers, s Services) {
			addWorker(workers, 1, func(ctx context.Context, a ProductsRefresh) error { return a.run(ctx, s.Products) })
		},
	}
}

func (a ProductsRefresh) run(ctx context.Context, products ProductRefresher) error {
	outcome := repeat(ctx, func(ctx context.Context) (bool, error) {
		n, err := products.RefreshStaleProducts(ctx, a.Batch)
		return n > 0, err
	})
	left, err := products.CountStaleProducts(context.WithoutCancel(ctx), a.Batch)
	if err == nil {
		err = river.MetadataSet(ctx, progressKey, Progress{Done: max(a.Total-left, 0), Total: a.Total})
	}
	if outcome != nil {
		return outcome // the progress is a detail of it
	}
	return err
}
