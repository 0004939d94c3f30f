package resolvers

import (
	"souk/graph/model"
	"souk/internal/auth"
	"souk/store"
)

// viewer says who asks.
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

// viewingCustomer is the customer who asks; the zero key, which nobody has, for
// everybody else.
func viewingCustomer(v *model.Viewer) store.CustomerID {
	if v.Customer == nil {
		return store.CustomerID{}
	}
	return *v.Customer
}
