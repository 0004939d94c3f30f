package access

import (
	"souk/internal/auth"
	"souk/internal/fault"
)

// Audience is who can read a field.
type Audience string

// The audiences, as the schema's enum Access describes them.
const (
	Public   Audience = "PUBLIC"
	Customer Audience = "CUSTOMER"
	SignedIn Audience = "SIGNED_IN"
	Owner    Audience = "OWNER"
	Staff    Audience = "STAFF"
)

// Rule says who can read a field. The zero value lets everyone read it.
type Rule struct {
	To Audience
	// Permission is the permission that staff need. "" when the audience is
	// neither Staff nor Owner. For Staff, "" allows all staff; for Owner, ""
	// allows no staff.
	Permission auth.Permission
}

// IsPublic reports whether the rule lets everyone pass.
func (r Rule) IsPublic() bool { return r.To == Public || r.To == "" }

// verdict is the result of a rule for one principal. refusal is nil when the
// rule lets the principal pass. With ofOwner, it still lets the principal pass
// for their own objects.
type verdict struct {
	refusal error
	ofOwner bool
}

// judge decides what can be decided without the object. It refuses an audience
// that it does not know.
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

// implies reports whether everyone who passes r passes the other rule as well, for the
// same object.
func (r Rule) implies(other Rule) bool {
	for _, p := range principals() {
		if refused := other.judge(p); refused.refusal != nil {
			if passed := r.judge(p); passed.refusal == nil || passed.ofOwner && !refused.ofOwner {
				return false
			}
		}
	}
	return true
}

// principals returns one of everybody whom a rule can tell apart.
func principals() []auth.Principal {
	all := []auth.Principal{{}, {Kind: auth.Customer}, {Kind: auth.Staff}, {Kind: auth.APIKey}}
	for _, permission := range auth.AllPermissions() {
		with := auth.Permissions{permission}
		all = append(all, auth.Principal{Kind: auth.Staff, Permissions: with}, auth.Principal{Kind: auth.APIKey, Permissions: with})
	}
	return all
}

// refusal returns the error for a principal that the rule refuses.
func (r Rule) refusal(p auth.Principal) error {
	if p.IsAnonymous() {
		return fault.Unauthenticated("sign in: this is for %s", r.audience())
	}
	switch {
	case r.Permission == "":
		return fault.Forbidden("this is for %s", r.audience())
	case r.To == Owner:
		return fault.Forbidden("this belongs to someone else: you need the permission %s to see it", r.Permission)
	default:
		return fault.Forbidden("you need the permission %s", r.Permission)
	}
}

// audience describes who the rule lets pass.
func (r Rule) audience() string {
	switch r.To {
	case Customer:
		return "customers"
	case SignedIn:
		return "signed-in customers and staff"
	case Owner:
		return "the customer who owns it"
	}
	if r.Permission != "" {
		return "staff with the permission " + string(r.Permission)
	}
	return "staff"
}
