package people

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"souk/internal/auth"
	"souk/store"
	"souk/test/harness"
	"souk/test/shop"
)

const auditQuery = `query ($first: Int, $after: String, $subject: ID, $actor: ID) {
  auditEvents(first: $first, after: $after, filter: {subjectId: $subject, actorId: $actor}) {
    totalCount pageInfo { hasNextPage endCursor }
    nodes { id occurredAt actorKind actorId actorName action subjectKind subjectId requestId changes { field before after } }
  } }`

func TestAudit(t *testing.T) {
	p := startPeople(t)
	began := time.Now().Add(-time.Minute)
	p.made(t, "ada", "staffUpdate", "", map[string]any{"id": diID, "displayName": "Diana", "roleIds": []string{writersID, peopleRoleID}, "isDisabled": true})
	p.made(t, "bo", "roleUpdate", "", map[string]any{"id": writersID, "permissions": []string{"CATALOGUE_READ"}})
	p.made(t, "eve", "productUpdate", "", map[string]any{"id": shop.ShirtID, "title": "Flax shirt"})
	p.made(t, "maya", "customerUpdate", "", map[string]any{"displayName": "Private Name", "phone": "+49 30 987654"})
	p.made(t, "ada", "staffCreate", "", map[string]any{"email": "gil.private@example.com", "displayName": "Gil", "roleIds": []string{}})
	_, _ = p.refusedFor(t, "cy", "roleDelete", map[string]any{"id": writersID})
	require.NoError(t, p.db.WaitReplica(t.Context()))
	events := func(t *testing.T, variables map[string]any) []any {
		t.Helper()
		nodes, _ := p.ask(t, "ada", auditQuery, variables).At("auditEvents", "nodes").([]any)
		return nodes
	}
	t.Run("says who changed what, when and by which request", func(t *testing.T) {
		all := events(t, map[string]any{"subject": diID})
		require.Len(t, all, 1)
		event, _ := all[0].(map[string]any)
		at, err := time.Parse(time.RFC3339, event["occurredAt"].(string))
		require.NoError(t, err)
		require.True(t, at.After(began) && at.Before(time.Now().Add(time.Minute)))
		require.Equal(t, map[string]any{
			"id": event["id"], "occurredAt": event["occurredAt"],
			"actorKind": "STAFF", "actorId": adaID, "actorName": "Ada", "action": "staffUpdate",
			"subjectKind": "STAFF", "subjectId": diID, "requestId": "asked-by-ada",
			"changes": []any{
				map[string]any{"field": "displayName", "before": "Di", "after": "Diana"},
				map[string]any{"field": "isDisabled", "before": "false", "after": "true"},
				map[string]any{"field": "roles", "before": `["Writers"]`, "after": `["People","Writers"]`},
			},
		}, event)
	})
	t.Run("says that somebody changed something at the command line, who has no account", func(t *testing.T) {
		s, err := store.Open(t.Context(), store.Config{PrimaryURL: p.db.PrimaryURL, MaxConns: 1})
		require.NoError(t, err)
		defer s.Close()
		name := "Lamp House"
		_, err = s.Writer(s.Reader(store.View{}, 0), store.Origin{
			By: auth.Principal{Kind: auth.Operator}, Action: "souk shop set", RequestID: "command line",
		}).UpdateShop(t.Context(), store.ShopPatch{Name: store.Patch[*string]{Set: true, Value: &name}})
		require.NoError(t, err)
		require.NoError(t, p.db.WaitReplica(t.Context()))
		shopID := shop.ID[store.ShopID]("001")
		all := events(t, map[string]any{"subject": shopID})
		require.Len(t, all, 1)
		event, _ := all[0].(map[string]any)
		delete(event, "id")
		delete(event, "occurredAt")
		require.Equal(t, map[string]any{
			"actorKind": "OPERATOR", "actorId": nil, "actorName": nil, "action": "souk shop set",
			"subjectKind": "SHOP", "subjectId": shopID, "requestId": "command line",
			"changes": []any{map[string]any{"field": "name", "before": "Loom & Lamp", "after": "Lamp House"}},
		}, event)
		harness.Execute(t, p.db.PrimaryURL, `DELETE FROM audit_events WHERE actor_kind = 'OPERATOR'`)
		require.NoError(t, p.db.WaitReplica(t.Context()))
	})
	t.Run("has the newest first, and neither customers' own doing nor what was refused", func(t *testing.T) {
		answer := p.ask(t, "ada", auditQuery, nil)
		require.Equal(t, 4., answer.At("auditEvents", "totalCount"))
		var actions, actors []any
		nodes, _ := answer.At("auditEvents", "nodes").([]any)
		for _, node := range nodes {
			actions = append(actions, harness.At(node, "action"))
			actors = append(actors, harness.At(node, "actorName"))
		}
		require.Equal(t, []any{"staffCreate", "productUpdate", "roleUpdate", "staffUpdate"}, actions)
		require.Equal(t, []any{"Ada", "Eve", "Bo", "Ada"}, actors)
		require.Equal(t, "API_KEY", harness.At(nodes[1], "actorKind"))
		require.Equal(t, eveKeyID, harness.At(nodes[1], "actorId"))
		require.Equal(t, shop.ShirtID, harness.At(nodes[1], "subjectId"))
		require.NotContains(t, string(answer.Raw), "private")
		require.NotContains(t, string(answer.Raw), "Private")
	})
	t.Run("is filtered and paged", func(t *testing.T) {
		answer := p.ask(t, "ada", auditQuery, map[string]any{"actor": adaID, "first": 1})
		require.Equal(t, 2., answer.At("auditEvents", "totalCount"))
		require.Equal(t, "staffCreate", answer.At("auditEvents", "nodes", 0, "action"))
		answer = p.ask(t, "ada", auditQuery, map[string]any{"actor": adaID, "first": 1, "after": answer.At("auditEvents", "pageInfo", "endCursor")})
		require.Equal(t, "staffUpdate", answer.At("auditEvents", "nodes", 0, "action"))
		require.Equal(t, false, answer.At("auditEvents", "pageInfo", "hasNextPage"))
		require.Empty(t, events(t, map[string]any{"actor": adaID, "subject": shop.ShirtID}))
		require.Len(t, events(t, map[string]any{"actor": eveKeyID, "subject": shop.ShirtID}), 1)
		answer, err := p.send("ada", auditQuery, map[string]any{"subject": "rubbish"})
		require.NoError(t, err)
		require.Len(t, answer.Errors, 1)
		require.Equal(t, "BAD_USER_INPUT", answer.Errors[0].Extensions["code"])
	})
	t.Run("loads the names of all at once", func(t *testing.T) {
		require.Equal(t, map[string]int{"ListAuditEvents": 1, "ActorsByIDs": 1, "CountAuditEvents": 1},
			p.statements(t, "ada", auditQuery, nil))
	})
	t.Run("is for who may read it", func(t *testing.T) {
		id := harness.At(events(t, nil)[0], "id")
		const query = `query ($id: ID!) { node(id: $id) { ... on AuditEvent { action } } }`
		require.Equal(t, "staffCreate", p.ask(t, "ada", query, map[string]any{"id": id}).At("node", "action"))
		for _, as := range []string{"cy", "eve", "maya", ""} {
			require.Nil(t, p.ask(t, as, query, map[string]any{"id": id}).At("node"), as)
		}
	})
}
