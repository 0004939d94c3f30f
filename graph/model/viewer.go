package model

import (
	"souk/internal/auth"
	"souk/store"
)

// Viewer is who asks.
type Viewer struct {
	// Customer and Staff are the keys of who has signed in; nil: not as such.
	Customer    *store.CustomerID
	Staff       *store.StaffID
	Permissions []auth.Permission
}
