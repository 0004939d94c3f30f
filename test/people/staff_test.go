package people

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"souk/internal/auth"
	"souk/internal/auth/secret"
	"souk/test/harness"
)

const staffFields = "staff { id email displayName isDisabled permissions roles { id name } version }"

// staffRow is what decides what a staff member may do.
func (p *people) staffRow(t *testing.T, digits string) []any {
	t.Helper()
	return p.row(t, `SELECT s.version, s.disabled_at IS NOT NULL,
		(SELECT string_agg(r.name, ',' ORDER BY r.name) FROM staff_roles g JOIN roles r ON r.id = g.role_id WHERE g.staff_id = s.id)
		FROM staff s WHERE s.id = $1`, key(digits))
}

func TestStaffCreate(t *testing.T) {
	p := startPeople(t)
	input := map[string]any{"email": " Fay@example.com ", "displayName": "Fay", "roleIds": []string{writersID, peopleRoleID}, "idempotencyKey": "fay"}
	payload := p.made(t, "ada", "staffCreate", staffFields, input)
	fay, _ := payload["staff"].(map[string]any)
	require.Equal(t, "Fay@example.com", fay["email"])
	require.Equal(t, false, fay["isDisabled"])
	require.Equal(t, []any{"CATALOGUE_READ", "CATALOGUE_WRITE", "STAFF_MANAGE", "API_KEYS_MANAGE"}, fay["permissions"])

	t.Run("queues one invitation, whose token opens the account", func(t *testing.T) {
		again := p.made(t, "ada", "staffCreate", staffFields, input)
		require.Equal(t, payload, again)
		row := p.row(t, `SELECT template, recipient, variables FROM email_queue`)
		require.Equal(t, "STAFF_INVITATION", row[0])
		require.Equal(t, "Fay@example.com", row[1])
		token := harness.At(row[2], "token").(string)
		row = p.row(t, `SELECT s.display_name, k.hash, k.purpose, k.expires_at > now() + interval '8 days', k.used_at IS NULL, s.password_hash
			FROM one_time_tokens k JOIN staff s ON s.id = k.staff_id`)
		require.Equal(t, []any{"Fay", secret.Hash(token), "PASSWORD_RESET", true, true, nil}, row)
	})
	t.Run("refuses", func(t *testing.T) {
		for name, test := range map[string]struct {
			as    string
			input map[string]any
			code  string
			field []any
		}{
			"an address in use":         {"ada", map[string]any{"email": "FAY@EXAMPLE.COM", "roleIds": []string{}}, "TAKEN", []any{"email"}},
			"no address":                {"ada", map[string]any{"email": "fay", "roleIds": []string{}}, "INVALID", []any{"email"}},
			"an address with a name":    {"ada", map[string]any{"email": "F <f@example.com>", "roleIds": []string{}}, "INVALID", []any{"email"}},
			"a role of none":            {"ada", map[string]any{"roleIds": []string{writersID, mayaID}}, "NOT_FOUND", []any{"roleIds", "1"}},
			"a role twice":              {"ada", map[string]any{"roleIds": []string{writersID, writersID}}, "DUPLICATE", []any{"roleIds", "1"}},
			"a role beyond the caller":  {"cy", map[string]any{"roleIds": []string{writersID}}, "FORBIDDEN", []any{"roleIds", "0"}},
			"an administrator of a few": {"cy", map[string]any{"roleIds": []string{administratorID}}, "FORBIDDEN", []any{"roleIds", "0"}},
		} {
			t.Run(name, func(t *testing.T) {
				input := map[string]any{"email": "gil@example.com", "displayName": "Gil"}
				for field, value := range test.input {
					input[field] = value
				}
				code, field := p.refusedFor(t, test.as, "staffCreate", input)
				require.Equal(t, test.code, code)
				require.Equal(t, test.field, field)
			})
		}
	})
}

func TestNobodyRisesByWhatTheyMayManage(t *testing.T) {
	p := startPeople(t)
	ownRole := harness.At(p.made(t, "cy", "roleCreate", "role { id }", map[string]any{"name": "Helpers", "permissions": []string{"STAFF_MANAGE"}}),
		"role", "id").(string)
	for name, attempt := range map[string]struct {
		mutation string
		input    map[string]any
	}{
		"by a role for oneself":           {"staffUpdate", map[string]any{"id": cyID, "roleIds": []string{peopleRoleID, writersID}}},
		"by the administrators' role":     {"staffUpdate", map[string]any{"id": cyID, "roleIds": []string{administratorID}}},
		"by a role for another":           {"staffUpdate", map[string]any{"id": diID, "roleIds": []string{writersID, peopleRoleID}}},
		"by taking from who may do more":  {"staffUpdate", map[string]any{"id": adaID, "roleIds": []string{}}},
		"by disabling who may do more":    {"staffUpdate", map[string]any{"id": adaID, "isDisabled": true}},
		"by renaming who may do more":     {"staffUpdate", map[string]any{"id": adaID, "displayName": "Nobody"}},
		"by a new role":                   {"roleCreate", map[string]any{"name": "All", "permissions": []string{"CUSTOMERS_READ"}}},
		"by more for one's own role":      {"roleUpdate", map[string]any{"id": peopleRoleID, "permissions": []string{"STAFF_MANAGE", "AUDIT_READ"}}},
		"by more for a role one made":     {"roleUpdate", map[string]any{"id": ownRole, "permissions": []string{"CATALOGUE_READ"}}},
		"by less for a role above":        {"roleUpdate", map[string]any{"id": writersID, "permissions": []string{}}},
		"by another name for a role":      {"roleUpdate", map[string]any{"id": writersID, "name": "Readers"}},
		"by removing a role above":        {"roleDelete", map[string]any{"id": writersID}},
		"by changing the administrators'": {"roleUpdate", map[string]any{"id": administratorID, "permissions": []string{"STAFF_MANAGE"}}},
		"by a key":                        {"apiKeyCreate", map[string]any{"name": "k", "permissions": []string{"AUDIT_READ"}, "expiresAt": inDays(1)}},
	} {
		t.Run(name, func(t *testing.T) {
			code, _ := p.refusedFor(t, "cy", attempt.mutation, attempt.input)
			require.Equal(t, "FORBIDDEN", code)
		})
	}
	require.Equal(t, []any{int64(1), false, "People"}, p.staffRow(t, "0903"))
	require.Equal(t, []any{int64(1), false, "Administrator"}, p.staffRow(t, "0901"))
	require.Equal(t, []any{int64(0)}, p.row(t, `SELECT count(*) FROM api_keys WHERE name = 'k'`))

	t.Run("by a disabled administrator who is put back", func(t *testing.T) {
		p.made(t, "ada", "staffUpdate", staffFields, map[string]any{"id": boID, "isDisabled": true})
		code, _ := p.refusedFor(t, "cy", "staffUpdate", map[string]any{"id": boID, "isDisabled": false})
		require.Equal(t, "FORBIDDEN", code)
	})
	t.Run("and what is within one's own is allowed", func(t *testing.T) {
		p.made(t, "cy", "staffUpdate", staffFields, map[string]any{"id": cyID, "displayName": "Cyril", "roleIds": []string{peopleRoleID, ownRole}})
		p.made(t, "cy", "roleUpdate", "role { id }", map[string]any{"id": ownRole, "permissions": []string{"API_KEYS_MANAGE"}})
	})
	t.Run("and nobody changes the administrators' role", func(t *testing.T) {
		for _, mutation := range []string{"roleUpdate", "roleDelete"} {
			code, _ := p.refusedFor(t, "ada", mutation, map[string]any{"id": administratorID})
			require.Equal(t, "FORBIDDEN", code)
		}
	})
}

func TestStaffUpdate(t *testing.T) {
	p := startPeople(t)
	t.Run("raises the version with the roles", func(t *testing.T) {
		payload := p.made(t, "ada", "staffUpdate", staffFields, map[string]any{"id": diID, "roleIds": []string{peopleRoleID}, "expectedVersion": 1})
		require.Equal(t, 2., harness.At(payload, "staff", "version"))
		require.Equal(t, "People", harness.At(payload, "staff", "roles", 0, "name"))
		code, _ := p.refusedFor(t, "ada", "staffUpdate", map[string]any{"id": diID, "displayName": "X", "expectedVersion": 1})
		require.Equal(t, "VERSION_CONFLICT", code)
		payload = p.made(t, "ada", "staffUpdate", staffFields, map[string]any{"id": diID, "roleIds": []string{peopleRoleID}, "displayName": "Di"})
		require.Equal(t, 2., harness.At(payload, "staff", "version"), "nothing changed")
	})
	t.Run("raises the version of who has a role that changes", func(t *testing.T) {
		p.made(t, "ada", "roleUpdate", "role { id }", map[string]any{"id": peopleRoleID, "name": "Humans"})
		require.Equal(t, []any{int64(3), false, "Humans"}, p.staffRow(t, "0904"))
		require.Equal(t, []any{int64(1), false, "Administrator"}, p.staffRow(t, "0901"))
	})
	t.Run("ends the sessions and links of who is disabled", func(t *testing.T) {
		harness.Execute(t, p.db.PrimaryURL, `
			INSERT INTO sessions (id, staff_id, expires_at) SELECT gen_random_uuid(), id, now() + interval '1 day' FROM staff;
			INSERT INTO one_time_tokens (hash, purpose, staff_id, email, expires_at)
			SELECT sha256(id::text::bytea), 'PASSWORD_RESET', id, email, now() + interval '1 day' FROM staff;`)
		payload := p.made(t, "ada", "staffUpdate", staffFields, map[string]any{"id": diID, "isDisabled": true})
		require.Equal(t, true, harness.At(payload, "staff", "isDisabled"))
		require.Equal(t, []any{"Di"}, p.row(t, `SELECT string_agg(DISTINCT f.display_name, ',') FROM sessions s JOIN staff f ON f.id = s.staff_id WHERE s.revoked_at IS NOT NULL`))
		require.Equal(t, []any{"Di"}, p.row(t, `SELECT f.display_name FROM one_time_tokens k JOIN staff f ON f.id = k.staff_id WHERE k.used_at IS NOT NULL`))
		p.made(t, "ada", "staffUpdate", staffFields, map[string]any{"id": diID, "isDisabled": false})
		require.Equal(t, []any{int64(5), false, "Humans"}, p.staffRow(t, "0904"))
	})
	t.Run("refuses nulls where there is always a value", func(t *testing.T) {
		for _, field := range []string{"displayName", "roleIds", "isDisabled"} {
			code, at := p.refusedFor(t, "ada", "staffUpdate", map[string]any{"id": diID, field: nil})
			require.Equal(t, "REQUIRED", code)
			require.Equal(t, []any{field}, at)
		}
	})
}

func TestTheLastAdministratorStays(t *testing.T) {
	p := startPeople(t)
	t.Run("of two who take each other's roles at once, one does", func(t *testing.T) {
		query := changeQuery("staffUpdate", "")
		raced := 0
		for round := 0; round < 10 || raced == 0 && round < 200; round++ {
			var answers [2]*harness.Answer
			var errs [2]error
			var done sync.WaitGroup
			for i, attempt := range []struct{ as, id string }{{"ada", boID}, {"bo", adaID}} {
				input := map[string]any{"id": attempt.id, "roleIds": []string{}}
				if round%2 == 1 {
					input = map[string]any{"id": attempt.id, "isDisabled": true}
				}
				done.Go(func() { answers[i], errs[i] = p.send(attempt.as, query, map[string]any{"input": input}) })
			}
			done.Wait()
			// Who comes second may by then be nobody any more, or one who may not.
			made := 0
			for i := range answers {
				require.NoError(t, errs[i])
				if len(answers[i].Errors) == 0 && harness.At(answers[i].Data, "staffUpdate", "userErrors", 0) == nil {
					made++
				} else if code := answers[i].At("staffUpdate", "userErrors", 0, "code"); code == "IN_USE" {
					raced++
				}
			}
			require.Equal(t, 1, made)
			require.Equal(t, []any{int64(1)}, p.row(t, `SELECT count(*) FROM staff s JOIN staff_roles g ON g.staff_id = s.id
				WHERE g.role_id = '01900000-0000-7000-8000-000000000001' AND s.disabled_at IS NULL`))
			harness.Execute(t, p.db.PrimaryURL, `UPDATE staff SET disabled_at = NULL;
				INSERT INTO staff_roles SELECT id, '01900000-0000-7000-8000-000000000001' FROM staff WHERE display_name IN ('Ada', 'Bo') ON CONFLICT DO NOTHING`)
			p.signIn(t, "ada")
			p.signIn(t, "bo")
		}
		require.NotZero(t, raced, "no two of them met, so this has shown nothing")
	})
	t.Run("also against themselves", func(t *testing.T) {
		p.made(t, "ada", "staffUpdate", staffFields, map[string]any{"id": boID, "isDisabled": true})
		code, field := p.refusedFor(t, "ada", "staffUpdate", map[string]any{"id": adaID, "roleIds": []string{writersID}})
		require.Equal(t, "IN_USE", code)
		require.Equal(t, []any{"roleIds"}, field)
		code, field = p.refusedFor(t, "ada", "staffUpdate", map[string]any{"id": adaID, "isDisabled": true})
		require.Equal(t, "IN_USE", code)
		require.Equal(t, []any{"isDisabled"}, field)
		require.Equal(t, []any{false, "Administrator"}, p.staffRow(t, "0901")[1:])
		p.made(t, "ada", "staffUpdate", staffFields, map[string]any{"id": adaID, "roleIds": []string{administratorID, writersID}})
	})
}

func TestRoles(t *testing.T) {
	p := startPeople(t)
	payload := p.made(t, "ada", "roleCreate", "role { id name isAdministrator permissions version }",
		map[string]any{"name": "Auditors", "permissions": []string{"AUDIT_READ", "CATALOGUE_WRITE"}})
	role, _ := payload["role"].(map[string]any)
	require.Equal(t, []any{"CATALOGUE_READ", "CATALOGUE_WRITE", "AUDIT_READ"}, role["permissions"])
	for name, test := range map[string]struct {
		mutation string
		input    map[string]any
		code     string
	}{
		"a name in use":             {"roleCreate", map[string]any{"name": "aUDITORS", "permissions": []string{}}, "TAKEN"},
		"a name in use for another": {"roleUpdate", map[string]any{"id": writersID, "name": "Auditors"}, "TAKEN"},
		"a permission twice":        {"roleCreate", map[string]any{"name": "X", "permissions": []string{"AUDIT_READ", "AUDIT_READ"}}, "DUPLICATE"},
		"an old version":            {"roleUpdate", map[string]any{"id": role["id"], "name": "X", "expectedVersion": 7}, "VERSION_CONFLICT"},
		"a role that somebody has":  {"roleDelete", map[string]any{"id": writersID}, "IN_USE"},
		"a role of none":            {"roleDelete", map[string]any{"id": adaID}, "NOT_FOUND"},
	} {
		t.Run("refuses "+name, func(t *testing.T) {
			code, _ := p.refusedFor(t, "ada", test.mutation, test.input)
			require.Equal(t, test.code, code)
		})
	}
	t.Run("are listed with what they allow", func(t *testing.T) {
		require.NoError(t, p.db.WaitReplica(t.Context()))
		answer := p.ask(t, "ada", `{ roles(first: 10) { totalCount nodes { id name isAdministrator permissions } }
			staffMembers(first: 2) { totalCount pageInfo { hasNextPage } nodes { displayName roles { name } } } }`, nil)
		require.Equal(t, 4., answer.At("roles", "totalCount"))
		require.Equal(t, true, answer.At("roles", "nodes", 0, "isAdministrator"))
		require.Len(t, answer.At("roles", "nodes", 0, "permissions"), len(auth.AllPermissions()))
		require.Equal(t, 4., answer.At("staffMembers", "totalCount"))
		require.Equal(t, "Ada", answer.At("staffMembers", "nodes", 0, "displayName"))
		require.Equal(t, true, answer.At("staffMembers", "pageInfo", "hasNextPage"))
	})
	t.Run("go when nobody has them", func(t *testing.T) {
		payload := p.made(t, "ada", "roleDelete", "deletedRoleId", map[string]any{"id": role["id"]})
		require.Equal(t, role["id"], payload["deletedRoleId"])
		code, _ := p.refusedFor(t, "ada", "roleDelete", map[string]any{"id": role["id"]})
		require.Equal(t, "NOT_FOUND", code)
	})
	t.Run("of staff take one statement for all", func(t *testing.T) {
		require.Equal(t, map[string]int{"ListStaff": 1, "RolesByStaffIDs": 1},
			p.statements(t, "ada", `{ staffMembers { edges { node { id roles { name } } } } }`, nil))
	})
}
