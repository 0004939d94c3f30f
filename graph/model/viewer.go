package model

import (
	"souk/internal/auth"
	"souk/store"
)

// Viewer is the caller.
type Viewer struct {
	// Customer and Staff are the keys of the signed-in account; nil when the
	// caller has no such account.
	Customer    *store.CustomerID
	Staff       *store.StaffID
	Permissions []auth.Permission
}
