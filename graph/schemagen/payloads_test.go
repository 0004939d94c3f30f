package main

import (
	"testing"

	"github.com/99designs/gqlgen/codegen/config"
	"github.com/stretchr/testify/require"
)

func TestPayloadsOfFieldsThatDoNotFitAreReported(t *testing.T) {
	_, err := planOf(t, shop+`
type VendorMovePayload { vendor: Vendor! userErrors: [String!]! }
type VendorsMoveResult { index: Int vendor: Vendor userErrors: [UserError!] }
type VendorsMovePayload { results: [VendorsMoveResult]! userErrors: [UserError!]! }
type ThingDeletePayload { deletedThingId: ID userErrors: [UserError!]! }
type ThingsDeletePayload { vendor: Vendor deletedThingIds: [ID!]! userErrors: [UserError!]! }
type VendorsDeletePayload { vendor: Vendor deletedApiKeyId: ID! deletedVendorIds: [ID!] userErrors: [UserError!]! }
type VendorHidePayload { vendorId: ID done: Boolean userErrors: [UserError!]! }
`, shopPackages(t))
	require.EqualError(t, err, `the schema and the Go code have 11 faults:
VendorsMoveResult.index has the type Int; it must be Int!
VendorsMoveResult.userErrors has the type [UserError!]; it must be [UserError!]!
ThingDeletePayload.deletedThingId: its name does not tell the noun of the ID; it must be `+"`deleted`, the noun, and `Id` or `Ids`"+`
ThingsDeletePayload.deletedThingIds: its name does not tell the noun of the ID; it must be `+"`deleted`, the noun, and `Id` or `Ids`"+`
VendorHidePayload.vendorId: its name does not tell the noun of the ID; it must be `+"`deleted`, the noun, and `Id` or `Ids`"+`
VendorHidePayload.done has the type Boolean; it must be Boolean!
VendorMovePayload.vendor has the type Vendor!; it must be Vendor
VendorMovePayload.userErrors has the type [String!]!; it must be [UserError!]!
VendorsDeletePayload.deletedApiKeyId has the type ID!; it must be ID
VendorsDeletePayload.deletedVendorIds has the type [ID!]; it must be [ID!]!
VendorsMovePayload.results has the type [VendorsMoveResult]!; it must be [VendorsMoveResult!]!`)
}

func TestIDsOfPayloadsAreKeys(t *testing.T) {
	p, err := planOf(t, shop+`
type PartPayload { vendor: Vendor deletedApiKeyId: ID userErrors: [UserError!]! }
type PartsPayload { vendor: Vendor deletedApiKeyIds: [ID!]! userErrors: [UserError!]! }`, shopPackages(t))
	require.NoError(t, err)
	require.False(t, p.models.UserDefined("PartPayload"))
	require.Equal(t, "*souk/store.APIKeyID", p.models["PartPayload"].Fields["deletedApiKeyId"].Type)
	require.Equal(t, config.StringList{"souk/graph/model.VendorAPIKeyPartsDeletePayload"}, p.models["PartsPayload"].Model)
	require.Equal(t, "Object", p.models["PartsPayload"].Fields["vendor"].FieldName)
	require.Equal(t, "DeletedIDs", p.models["PartsPayload"].Fields["deletedApiKeyIds"].FieldName)
	files, err := p.files()
	require.NoError(t, err)
	require.Contains(t, string(files["graph/model/generics.generated.go"]),
		"VendorAPIKeyPartsDeletePayload = PartsDeletePayload[store.Vendor, store.APIKeyID]")
}
