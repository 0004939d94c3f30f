package resolvers

import (
	"context"

	"souk/loaders"
	"souk/store"
)

// rolesOfStaff loads the roles of staff.
func rolesOfStaff(ctx context.Context, staff []*store.Staff) ([][]*store.Role, error) {
	ids := make([]store.StaffID, len(staff))
	for i, s := range staff {
		ids[i] = s.ID
	}
	found, err := loaders.All(ctx, loaders.For(ctx).RolesByStaff, ids)
	if err != nil {
		return nil, err
	}
	roles := make([][]*store.Role, len(staff))
	for i, held := range found {
		roles[i] = make([]*store.Role, len(held))
		for j, one := range held {
			roles[i][j] = &one.Role
		}
	}
	return roles, nil
}
