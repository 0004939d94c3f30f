package model

import "souk/store"

// InventoryBulk is what became of a list of changes of stock.
type InventoryBulk struct {
	Results    []*InventoryBulkResult
	UserErrors []UserError
}

// InventoryBulkResult is what became of one change of a list.
type InventoryBulkResult struct {
	Index          int
	InventoryLevel *store.InventoryLevel
	UserErrors     []UserError
}

// Delivers yields the levels.
func (p *InventoryBulk) Delivers(yield func(any)) {
	for _, r := range p.Results {
		yield(r.InventoryLevel)
	}
}

// ReviewBulk is what became of a list of verdicts on reviews.
type ReviewBulk struct {
	Results    []*ReviewBulkResult
	UserErrors []UserError
}

// ReviewBulkResult is what became of one verdict of a list.
type ReviewBulkResult struct {
	Index      int
	Review     *store.Review
	UserErrors []UserError
}

// Delivers yields the reviews.
func (p *ReviewBulk) Delivers(yield func(any)) {
	for _, r := range p.Results {
		yield(r.Review)
	}
}
