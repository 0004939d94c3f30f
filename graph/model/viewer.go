package model

import (
	"souk/internal/auth"
	"souk/store"
)

// Viewer is the caller.
type Viewer struct {
	// Customer and Staff are the key of the signed-in account; nil if the caller has
	// no such account.
	Customer    *store.CustomerID
	Staff       *store.StaffID
	Permissions []auth.Permission
}
