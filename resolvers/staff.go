package resolvers

import (
	"context"

	"souk/loaders"
	"souk/store"
)

// rolesOfStaff returns the roles of each staff member.
func rolesOfStaff(ctx context.Context, staff []*store.Staff) ([][]*store.Role, error) {
	ids := make([]store.StaffID, len(staff))
	for i, s := range staff {
		ids[i] = s.ID
	}
	found, err := loaders.RolesByStaff.LoadMany(ctx, ids)
	if err != nil {
		return nil, err
	}
	roles := make([][]*store.Role, len(staff))
	for i, held := range found {
		roles[i] = make([]*store.Role, len(held))
		for j, role := range held {
			roles[i][j] = &role.Role
		}
	}
	return roles, nil
}
