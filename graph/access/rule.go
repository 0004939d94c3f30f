package access

import (
	"souk/internal/auth"
	"souk/internal/fault"
)

// Audience is whom a field is for.
type Audience string

// The audiences, as the schema's enum Access describes them.
const (
	Public   Audience = "PUBLIC"
	Customer Audience = "CUSTOMER"
	SignedIn Audience = "SIGNED_IN"
	Owner    Audience = "OWNER"
	Staff    Audience = "STAFF"
)

// Rule says who may ask for a field. The zero value is for everybody.
type Rule struct {
	To Audience
	// Permission is what staff need; "" when the audience is not Staff or Owner,
	// for Staff whoever they are, and for Owner when no staff may.
	Permission auth.Permission
}

// public reports whether the rule lets everybody pass.
func (r Rule) public() bool { return r.To == Public || r.To == "" }

// verdict is what a rule means for one principal. refusal is nil when it lets the
// principal pass; when ofOwner is set, it does so for the principal's own objects.
type verdict struct {
	refusal error
	ofOwner bool
}

// judge decides what can be decided without the object. An audience that it does
// not know gets nobody in.
func (r Rule) judge(p auth.Principal) verdict {
	allowed := false
	switch r.To {
	case Public, "":
		allowed = true
	case Customer:
		allowed = p.Kind == auth.Customer
	case SignedIn:
		allowed = p.Kind == auth.Customer || p.Kind == auth.Staff
	case Staff:
		allowed = p.IsStaff() && (r.Permission == "" || p.May(r.Permission))
	case Owner:
		allowed = p.May(r.Permission)
	}
	if allowed {
		return verdict{}
	}
	return verdict{refusal: r.refusal(p), ofOwner: r.To == Owner && p.Kind == auth.Customer}
}

// refusal returns the error for a principal whom the rule does not let pass.
func (r Rule) refusal(p auth.Principal) error {
	if p.IsAnonymous() {
		return fault.Unauthenticated("sign in: this is for %s", r.audience())
	}
	switch {
	case r.Permission == "":
		return fault.Forbidden("this is for %s", r.audience())
	case r.To == Owner:
		return fault.Forbidden("this belongs to somebody else: seeing it takes the permission %s", r.Permission)
	default:
		return fault.Forbidden("this takes the permission %s", r.Permission)
	}
}

// audience names those whom the rule lets pass.
func (r Rule) audience() string {
	switch r.To {
	case Customer:
		return "customers"
	case SignedIn:
		return "customers and staff who have signed in"
	case Owner:
		return "the customer to whom it belongs"
	}
	if r.Permission != "" {
		return "staff with the permission " + string(r.Permission)
	}
	return "staff"
}
