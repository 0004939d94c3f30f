package auth

import (
	"context"

	"github.com/google/uuid"
)

// Kind is what sort of caller a principal is.
type Kind string

// The kinds of callers.
const (
	Anonymous Kind = "ANONYMOUS"
	Customer  Kind = "CUSTOMER"
	Staff     Kind = "STAFF"
	APIKey    Kind = "API_KEY"
)

// Principal is who asks. The zero value is nobody in particular.
type Principal struct {
	Kind Kind
	// ID is the customer's, the staff member's or the API key's; zero for nobody.
	ID uuid.UUID
	// Session is the session that the caller signed in with; zero for an API key.
	Session uuid.UUID
	// Permissions are those of staff and API keys.
	Permissions Permissions
}

// IsAnonymous reports whether the caller has not said who it is.
func (p Principal) IsAnonymous() bool { return p.Kind == "" || p.Kind == Anonymous }

// IsStaff reports whether the caller works for the shop, as a person or as a
// machine.
func (p Principal) IsStaff() bool { return p.Kind == Staff || p.Kind == APIKey }

// May reports whether the caller is staff with the permission.
func (p Principal) May(permission Permission) bool {
	return p.IsStaff() && p.Permissions.Has(permission)
}

// String names the principal for keys and logs: its kind and its ID.
func (p Principal) String() string {
	if p.IsAnonymous() {
		return string(Anonymous)
	}
	return string(p.Kind) + ":" + p.ID.String()
}

type contextKey struct{}

// With returns a context of a request that p makes.
func With(ctx context.Context, p Principal) context.Context {
	return context.WithValue(ctx, contextKey{}, p)
}

// For returns who makes the request that ctx belongs to.
func For(ctx context.Context) Principal {
	p, _ := ctx.Value(contextKey{}).(Principal)
	return p
}
