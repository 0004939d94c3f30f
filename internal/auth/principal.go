package auth

import (
	"context"

	"github.com/google/uuid"
)

// Kind is the type of a caller.
type Kind string

// The types of callers.
const (
	Anonymous Kind = "ANONYMOUS"
	Customer  Kind = "CUSTOMER"
	Staff     Kind = "STAFF"
	APIKey    Kind = "API_KEY"
	// Operator is somebody at the command line: they have access to the database, and no
	// account. No request is an operator's.
	Operator Kind = "OPERATOR"
)

// Principal is the caller. The zero value is an anonymous caller.
type Principal struct {
	Kind Kind
	// ID is the customer's, the staff member's or the API key's ID; zero for an
	// anonymous caller and for an operator.
	ID uuid.UUID
	// Session is the session that the caller signed in with; zero for an API key.
	Session uuid.UUID
	// Permissions are those of staff and API keys.
	Permissions Permissions
}

// IsAnonymous reports whether the request has no credentials.
func (p Principal) IsAnonymous() bool { return p.Kind == "" || p.Kind == Anonymous }

// IsStaff reports whether the caller is a staff member or an API key.
func (p Principal) IsStaff() bool { return p.Kind == Staff || p.Kind == APIKey }

// IsAudited reports whether the caller's changes are recorded in the audit log. Those
// that customers make to their own data are not.
func (p Principal) IsAudited() bool { return p.IsStaff() || p.Kind == Operator }

// May reports whether the caller is staff with the permission.
func (p Principal) May(permission Permission) bool {
	return p.IsStaff() && p.Permissions.Has(permission)
}

// String identifies the principal in keys and logs: its kind and its ID.
func (p Principal) String() string {
	if p.IsAnonymous() {
		return string(Anonymous)
	}
	return string(p.Kind) + ":" + p.ID.String()
}

type contextKey struct{}

// caller is the context of a request with its principal.
type caller struct {
	context.Context
	Principal
}

// Value returns the caller under its own key, and the parent's values.
func (c *caller) Value(key any) any {
	if key == (contextKey{}) {
		return c
	}
	return c.Context.Value(key)
}

// With returns the context of a request made by p.
func With(ctx context.Context, p Principal) context.Context { return &caller{ctx, p} }

// For returns the principal of the request that ctx belongs to.
func For(ctx context.Context) Principal {
	if c, ok := ctx.Value(contextKey{}).(*caller); ok {
		return c.Principal
	}
	return Principal{}
}
