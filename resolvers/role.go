package resolvers

import (
	"github.com/99designs/gqlgen/graphql"

	"souk/graph/model"
	"souk/internal/auth"
	"souk/internal/fault"
	"souk/store"
)

// newRole reads a role that is to be made.
func newRole(in model.RoleCreateInput) store.RolePatch {
	return store.RolePatch{
		Name:        given(&in.Name),
		Permissions: store.Patch[[]auth.Permission]{Set: true, Value: in.Permissions},
	}
}

// rolePatch reads what an input changes.
func rolePatch(in model.RoleUpdateInput) (id store.RoleID, p store.RolePatch, err error) {
	if id, err = inputKey[store.RoleID](in.ID, "id"); err != nil {
		return id, p, err
	}
	var problems fault.Problems
	p = store.RolePatch{
		ExpectedVersion: in.ExpectedVersion,
		Name:            required(&problems, "name", in.Name),
		Permissions:     requiredList(&problems, "permissions", in.Permissions),
	}
	return id, p, problems.Err()
}

// requiredList is required for a list.
func requiredList[T any](problems *fault.Problems, field string, o graphql.Omittable[[]T]) store.Patch[[]T] {
	if o.IsSet() && o.Value() == nil {
		problems.Add(fault.ReasonRequired, field, "it is always a list; give one, if empty, or leave the field out")
		return store.Patch[[]T]{}
	}
	return patch(o)
}
