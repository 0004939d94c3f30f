// Package plans proves that the statements of the store have good plans in a shop
// of 100,000 products.
package plans
