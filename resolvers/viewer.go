package resolvers

import (
	"souk/graph/model"
	"souk/internal/auth"
	"souk/store"
)

// viewer returns the account and the permissions of the caller.
func viewer(p auth.Principal) *model.Viewer {
	v := &model.Viewer{Permissions: []auth.Permission{}}
	switch p.Kind {
	case auth.Customer:
		id := store.CustomerID(p.ID)
		v.Customer = &id
	case auth.Staff:
		id := store.StaffID(p.ID)
		v.Staff = &id
	}
	for _, permission := range auth.AllPermissions() {
		if p.May(permission) {
			v.Permissions = append(v.Permissions, permission)
		}
	}
	return v
}

// viewingCustomer returns the key of the customer. If the viewer is not a customer, it
// returns the zero key, which no customer has.
func viewingCustomer(v *model.Viewer) store.CustomerID {
	if v.Customer == nil {
		return store.CustomerID{}
	}
	return *v.Customer
}
