package model

import "souk/store"

// InventoryBulk is the result of a list of stock changes.
type InventoryBulk struct {
	Results    []*InventoryBulkResult
	UserErrors []UserError
}

// InventoryBulkResult is the result of one stock change of a list.
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

// ReviewBulk is the result of a list of review decisions.
type ReviewBulk struct {
	Results    []*ReviewBulkResult
	UserErrors []UserError
}

// ReviewBulkResult is the result of one review decision of a list.
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
