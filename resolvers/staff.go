package resolvers

import (
	"context"
	"strconv"

	"souk/graph/model"
	"souk/internal/fault"
	"souk/loaders"
	"souk/store"
)

// newStaff reads an account that is to be made.
func newStaff(in model.StaffCreateInput) (store.StaffPatch, error) {
	var problems fault.Problems
	p := store.StaffPatch{
		DisplayName: given(&in.DisplayName),
		RoleIDs:     store.Patch[[]store.RoleID]{Set: true, Value: roleKeys(&problems, in.RoleIds)},
	}
	return p, problems.Err()
}

// staffPatch reads what an input changes.
func staffPatch(in model.StaffUpdateInput) (id store.StaffID, p store.StaffPatch, err error) {
	if id, err = inputKey[store.StaffID](in.ID, "id"); err != nil {
		return id, p, err
	}
	var problems fault.Problems
	p = store.StaffPatch{
		ExpectedVersion: in.ExpectedVersion,
		DisplayName:     required(&problems, "displayName", in.DisplayName),
		IsDisabled:      required(&problems, "isDisabled", in.IsDisabled),
	}
	if ids := requiredList(&problems, "roleIds", in.RoleIds); ids.Set {
		p.RoleIDs = store.Patch[[]store.RoleID]{Set: true, Value: roleKeys(&problems, ids.Value)}
	}
	return id, p, problems.Err()
}

// roleKeys reads the IDs of roles. One that is damaged is as good as one that does
// not exist.
func roleKeys(problems *fault.Problems, ids []string) []store.RoleID {
	keys := make([]store.RoleID, 0, len(ids))
	for i, id := range ids {
		key, err := inputKey[store.RoleID](id, "roleIds."+strconv.Itoa(i))
		if err != nil {
			problems.Add(fault.ReasonNotFound, "roleIds."+strconv.Itoa(i), "there is no role with this ID")
			continue
		}
		keys = append(keys, key)
	}
	return keys
}

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
