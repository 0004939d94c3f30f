package access

import (
	"slices"

	"souk/graph/access"
	"souk/internal/auth"
	"souk/internal/fault"
)

// caller is one as whom the matrix asks.
type caller struct {
	name string
	auth.Principal
}

var (
	anonymous = caller{"anonymous", auth.Principal{}}
	stranger  = caller{"another customer", auth.Principal{Kind: auth.Customer, ID: someoneElse}}
	owner     = caller{"the owner", auth.Principal{Kind: auth.Customer, ID: ownerOfSamples}}
	newcomer  = caller{"staff without permissions", auth.Principal{Kind: auth.Staff, ID: staffOfSamples}}
	director  = caller{"staff with every permission", auth.Principal{Kind: auth.Staff, Permissions: auth.AllPermissions()}}
)

// callersFor are those whom rules with the permissions tell apart.
func callersFor(permissions []auth.Permission) []caller {
	callers := []caller{anonymous, stranger, owner, newcomer}
	for _, permission := range permissions {
		with := auth.Permissions{permission}
		callers = append(callers,
			caller{"staff with " + string(permission), auth.Principal{Kind: auth.Staff, Permissions: with}},
			allBut(permission),
			caller{"an API key with " + string(permission), auth.Principal{Kind: auth.APIKey, Permissions: with}})
	}
	return callers
}

// everyCaller is everybody as whom the matrix may ask.
func everyCaller() []caller { return append(callersFor(auth.AllPermissions()), director) }

// allBut is staff with every permission that does not hold the one.
func allBut(permission auth.Permission) caller {
	all := slices.DeleteFunc(auth.AllPermissions(), func(p auth.Permission) bool {
		return holds(auth.Principal{Kind: auth.Staff, Permissions: auth.Permissions{p}}, permission)
	})
	return caller{"staff with all but " + string(permission), auth.Principal{Kind: auth.Staff, Permissions: all}}
}

// holds says what the schema says of permissions, in words of its own.
func holds(p auth.Principal, permission auth.Permission) bool {
	if p.Kind != auth.Staff && p.Kind != auth.APIKey {
		return false
	}
	return slices.ContainsFunc(p.Permissions, func(has auth.Permission) bool {
		includes := has == auth.CatalogueWrite || has == auth.InventoryWrite
		return has == permission || includes && permission == auth.CatalogueRead
	})
}

// outcome is what a rule means for a caller.
type outcome int

const (
	passes outcome = iota
	refuses
	ownOnly
)

// expected is the schema's description of the audiences, written a second time:
// the matrix must not ask the code that it is a test of.
func expected(rule access.Rule, c caller) outcome {
	isStaff := c.Kind == auth.Staff || c.Kind == auth.APIKey
	ok := false
	switch rule.To {
	case access.Public:
		ok = true
	case access.Customer:
		ok = c.Kind == auth.Customer
	case access.SignedIn:
		ok = c.Kind == auth.Customer || c.Kind == auth.Staff
	case access.Staff:
		ok = isStaff && (rule.Permission == "" || holds(c.Principal, rule.Permission))
	case access.Owner:
		if c.Kind == auth.Customer {
			return ownOnly
		}
		ok = isStaff && holds(c.Principal, rule.Permission)
	}
	if ok {
		return passes
	}
	return refuses
}

// refusalCode is the code of every refusal of the caller.
func refusalCode(c caller) string {
	if c.IsAnonymous() {
		return string(fault.CodeUnauthenticated)
	}
	return string(fault.CodeForbidden)
}
