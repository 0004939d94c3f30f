package main

import (
	"go/types"
	"testing"

	"github.com/99designs/gqlgen/codegen"
	"github.com/stretchr/testify/require"
	"github.com/vektah/gqlparser/v2/ast"
)

func TestOwnedTypesAreFoundByTheirMethod(t *testing.T) {
	pkg := goPackage(t, storePath, `
type CustomerID [16]byte
type ByValue struct{}
func (ByValue) OwnedBy() (CustomerID, bool) { return CustomerID{}, false }
type ByPointer struct{}
func (*ByPointer) OwnedBy() (owner CustomerID, ok bool) { return }
type Other struct{}
func (Other) OwnedBy() (string, bool) { return "", false }
type None struct{}`)
	for name, want := range map[string]bool{"ByValue": true, "ByPointer": true, "Other": false, "None": false} {
		named := pkg.Scope().Lookup(name).Type()
		require.Equal(t, want, isOwned(named), name)
		require.Equal(t, want, isOwned(types.NewPointer(named)), name)
	}
}

func TestAFieldOfAnInputThatNeedsAResolverIsReported(t *testing.T) {
	field := func(name string, resolved bool) *codegen.Field {
		return &codegen.Field{FieldDefinition: &ast.FieldDefinition{Name: name}, IsResolver: resolved}
	}
	err := inputsBound(codegen.Objects{{
		Definition: &ast.Definition{Name: "VendorFilter"}, Type: types.Typ[types.Int],
		Fields: []*codegen.Field{field("name", false), field("age", true)},
	}})
	require.EqualError(t, err, "VendorFilter.age: no field of int fits")
}
