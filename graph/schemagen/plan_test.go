package main

import (
	"strings"
	"testing"

	"github.com/99designs/gqlgen/codegen/config"
	"github.com/stretchr/testify/require"
)

// shop is a schema with one type for each way to bind a type.
const shop = `
type Vendor implements Node @noun(kind: 4) { id: ID! status: Status! }
type ApiKey implements Node @noun(kind: 11) { id: ID! }
type Session @noun(kind: 12) { id: ID! }
type Level { onHand: Int! }
type LevelConnection { nodes: [Level!]! edges: [LevelEdge!]! }
type LevelEdge { node: Level! }
type VendorConnection { nodes: [Vendor!]! }
enum Status { ACTIVE ON_HOLD }
enum Direction { ASC DESC }
enum AuditSubjectKind { VENDOR API_KEY }
type VendorCreatePayload { vendor: Vendor userErrors: [UserError!]! }
type VendorDeletePayload { deletedVendorId: ID userErrors: [UserError!]! }
type LevelBulkSetPayload { results: [LevelResult!]! userErrors: [UserError!]! }
type LevelResult { index: Int! level: Level userErrors: [UserError!]! }
type SessionCreatePayload { session: Session userErrors: [UserError!]! }
type RegisterPayload { accepted: Boolean! userErrors: [UserError!]! }
type SecretPayload { apiKey: ApiKey secret: String userErrors: [UserError!]! }
`

func shopPackages(t *testing.T) goPackages {
	return goPackages{
		storePath: goPackage(t, storePath, `
type Vendor struct{}
type VendorID [16]byte
type APIKey struct{}
type APIKeyID [16]byte
type Session struct{}
type SessionID [16]byte
type Level struct{}
type Status string
const Active, Held Status = "ACTIVE", "ON_HOLD"
type Subject string
const (
	SubjectVendor Subject = "VENDOR"
	SubjectAPIKey Subject = "API_KEY"
)`),
		relayPath: goPackage(t, relayPath, "type Node any\ntype VendorConnection struct{}"),
		modelPath: goPackage(t, modelPath, "type Session struct{}"),
	}
}

func planOf(t *testing.T, schema string, pkgs goPackages) (*plan, error) {
	return newPlan(schemaOf(t, schema), config.TypeMap{
		"AuditSubjectKind": {Model: config.StringList{"souk/store.Subject"}},
		"Vendor":           {Fields: map[string]config.TypeMapField{"status": {Resolver: true}}},
	}, pkgs)
}

func TestTypesAreBoundByNameAndFields(t *testing.T) {
	p, err := planOf(t, shop, shopPackages(t))
	require.NoError(t, err)
	for name, want := range map[string]string{
		"Node":                 "souk/graph/relay.Node",
		"Vendor":               "souk/store.Vendor",
		"ApiKey":               "souk/store.APIKey",
		"Session":              "souk/graph/model.Session", // handwritten in graph/model, which comes before the store
		"Level":                "souk/store.Level",
		"LevelConnection":      "souk/graph/relay.LevelConnection",
		"LevelEdge":            "souk/graph/relay.LevelEdge",
		"VendorConnection":     "souk/graph/relay.VendorConnection",
		"Status":               "souk/store.Status",
		"VendorCreatePayload":  "souk/graph/model.VendorPayload",
		"VendorDeletePayload":  "souk/graph/model.VendorDeletePayload",
		"LevelResult":          "souk/graph/model.LevelBulkResult",
		"LevelBulkSetPayload":  "souk/graph/model.LevelBulkPayload",
		"SessionCreatePayload": "souk/graph/model.SessionPayload",
		"RegisterPayload":      "souk/graph/model.DonePayload",
	} {
		require.Equal(t, config.StringList{want}, p.models[name].Model, name)
	}
	for _, name := range []string{"Direction", "SecretPayload", "UserError", "Query"} {
		require.False(t, p.models.UserDefined(name), name)
	}
	require.True(t, p.models["Vendor"].Fields["status"].Resolver, "the fields of gqlgen.yml are kept")
	require.Equal(t, "Object", p.models["VendorCreatePayload"].Fields["vendor"].FieldName)
	require.Equal(t, "DeletedID", p.models["VendorDeletePayload"].Fields["deletedVendorId"].FieldName)
	require.Equal(t, "Object", p.models["LevelResult"].Fields["level"].FieldName)
	require.Equal(t, map[string]config.EnumValue{"ACTIVE": {Value: "souk/store.Active"}, "ON_HOLD": {Value: "souk/store.Held"}},
		p.models["Status"].EnumValues)
	require.Equal(t, config.StringList{"souk/graph/relay.VendorID", "souk/graph/relay.APIKeyID", "souk/graph/relay.SessionID"}, p.models["ID"].Model)
}

func TestFilesHaveEachNoun(t *testing.T) {
	p, err := planOf(t, shop, shopPackages(t))
	require.NoError(t, err)
	files, err := p.files()
	require.NoError(t, err)
	for file, texts := range map[string][]string{
		"graph/relay/nouns.generated.go": {
			"Vendor  Kind = 4", "store.VendorID |\n\t\tstore.APIKeyID |", "case store.APIKeyID:\n\t\treturn APIKey, \"an api key\"",
			"func UnmarshalSessionID(v any) (store.SessionID, error)", "LevelEdge       = Edge[store.Level]",
		},
		"graph/model/generics.generated.go": {
			"VendorDeletePayload = DeletePayload[store.VendorID]", "SessionPayload      = Payload[Session]",
		},
		"resolvers/nodes.generated.go": {
			"case relay.APIKey:\n\t\treturn loadNodes[store.APIKeyID, store.APIKey](ctx, loaders.APIKey, ids, indexes, into)",
			"case store.SubjectAPIKey:\n\t\treturn relay.ID(store.APIKeyID(key)), nil",
		},
	} {
		for _, text := range texts {
			require.Contains(t, string(files[file]), text)
		}
	}
	require.NotContains(t, string(files["graph/relay/nouns.generated.go"]), "VendorConnection", "it is handwritten")
	require.NotContains(t, string(files["resolvers/nodes.generated.go"]), "relay.Session", "it is not a node")
}

func TestAllTypesThatCannotBeBoundAreReported(t *testing.T) {
	pkgs := shopPackages(t)
	pkgs[storePath] = goPackage(t, storePath, `
type Vendor struct{}
type VendorID [16]byte
type Status string
const Active, OnSale Status = "ACTIVE", "ACTIVE"
type Subject string
const SubjectVendor, SubjectOrder Subject = "VENDOR", "ORDER"`)
	_, err := planOf(t, `
type Vendor implements Node @noun(kind: 4) { id: ID! }
type LevelConnection { nodes: [Vendor!]! }
enum Status { ACTIVE ON_HOLD }
enum AuditSubjectKind { VENDOR ORDER }`, pkgs)
	require.EqualError(t, err, `the schema and the Go code have 4 faults:
LevelConnection: Level is not bound to a Go type
Status.ACTIVE: several constants of souk/store.Status have this value: Active, OnSale
Status.ON_HOLD: no constant of souk/store.Status has this value
AuditSubjectKind.ORDER: no noun has this name in Go; audit events need it for the ID of the object`)
}

func TestAConstantWithoutAnEnumValueIsReported(t *testing.T) {
	pkgs := shopPackages(t)
	pkgs[storePath] = goPackage(t, storePath, `
type Vendor struct{}
type VendorID [16]byte
type Order struct{}
type OrderID [16]byte
type Subject string
const SubjectVendor, SubjectOrder, SubjectAddress Subject = "VENDOR", "ORDER", "ADDRESS"`)
	_, err := planOf(t, `
type Vendor implements Node @noun(kind: 4) { id: ID! }
type Order implements Node @noun(kind: 5) { id: ID! }
enum AuditSubjectKind { VENDOR }`, pkgs)
	require.EqualError(t, err, "the schema and the Go code have 1 fault:\n"+
		"AuditSubjectKind: souk/store.SubjectOrder has the value ORDER, which the enum lacks")
}

func TestAnInvalidKindHasNoFurtherFaults(t *testing.T) {
	for _, kind := range []string{"0", "300"} {
		_, err := planOf(t, strings.Replace(shop, "kind: 4)", "kind: "+kind+")", 1), shopPackages(t))
		require.EqualError(t, err, "the schema and the Go code have 1 fault:\nVendor: @noun needs a kind from 1 to 255")
	}
}
