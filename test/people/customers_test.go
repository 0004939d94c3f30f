package people

import (
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"souk/test/harness"
)

const viewerQuery = `{ viewer {
  customer { id displayName email emailVerified phone createdAt updatedAt version
    addresses { totalCount nodes { id } } reviews { totalCount nodes { title } } }
  staff { id email roles { id name isAdministrator permissions } permissions }
  permissions
  addresses { totalCount nodes { id isDefault } }
  reviews(first: 1) { totalCount totalCountPrecision nodes { title product { slug } } pageInfo { hasNextPage } }
} }`

func TestViewer(t *testing.T) {
	p := startPeople(t)
	t.Run("is empty for nobody", func(t *testing.T) {
		answer := p.ask(t, "", viewerQuery, nil)
		require.Equal(t, map[string]any{
			"customer": nil, "staff": nil, "permissions": []any{},
			"addresses": map[string]any{"totalCount": 0., "nodes": []any{}},
			"reviews": map[string]any{
				"totalCount": 0., "totalCountPrecision": "EXACT", "nodes": []any{}, "pageInfo": map[string]any{"hasNextPage": false},
			},
		}, answer.At("viewer"))
	})
	t.Run("is a customer with her reviews in any state", func(t *testing.T) {
		harness.Execute(t, p.db.PrimaryURL, `UPDATE reviews SET status = 'PENDING' WHERE id = '01900000-0000-7000-8000-000000000601'`)
		require.NoError(t, p.db.WaitReplica(t.Context()))
		answer := p.ask(t, "maya", viewerQuery, nil)
		require.Equal(t, "Maya", answer.At("viewer", "customer", "displayName"))
		require.Equal(t, "maya.private@example.com", answer.At("viewer", "customer", "email"))
		require.Equal(t, false, answer.At("viewer", "customer", "emailVerified"))
		require.Equal(t, 2., answer.At("viewer", "reviews", "totalCount"))
		require.Equal(t, "Tall", answer.At("viewer", "reviews", "nodes", 0, "title"), "the newest first")
		require.Equal(t, true, answer.At("viewer", "reviews", "pageInfo", "hasNextPage"))
		require.Equal(t, []any{}, answer.At("viewer", "permissions"))
	})
	t.Run("leaves out reviews of what is not on sale any more", func(t *testing.T) {
		harness.Execute(t, p.db.PrimaryURL, `UPDATE products SET status = 'ARCHIVED' WHERE slug = 'floor-lamp'`)
		require.NoError(t, p.db.WaitReplica(t.Context()))
		answer := p.ask(t, "maya", viewerQuery, nil)
		require.Equal(t, 1., answer.At("viewer", "reviews", "totalCount"))
		require.Equal(t, "linen-shirt", answer.At("viewer", "reviews", "nodes", 0, "product", "slug"))
	})
	t.Run("is a staff member who sees herself and no more", func(t *testing.T) {
		answer := p.ask(t, "di", viewerQuery, nil)
		require.Equal(t, diID, answer.At("viewer", "staff", "id"))
		require.Equal(t, []any{"CATALOGUE_READ", "CATALOGUE_WRITE"}, answer.At("viewer", "permissions"), "what is included is named")
		require.Equal(t, answer.At("viewer", "permissions"), answer.At("viewer", "staff", "permissions"))
		require.Equal(t, "Writers", answer.At("viewer", "staff", "roles", 0, "name"))
		answer = p.ask(t, "di", `query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }`,
			map[string]any{"ids": []string{adaID, diID, administratorID, writersID, eveKeyID, mayaID}})
		require.Equal(t, []any{
			nil, map[string]any{"__typename": "Staff", "id": diID}, nil, map[string]any{"__typename": "Role", "id": writersID}, nil, nil,
		}, answer.At("nodes"))
	})
	t.Run("is a machine with its permissions", func(t *testing.T) {
		answer := p.ask(t, "eve", viewerQuery, nil)
		require.Nil(t, answer.At("viewer", "staff"))
		require.Equal(t, []any{"CATALOGUE_READ", "CATALOGUE_WRITE", "API_KEYS_MANAGE"}, answer.At("viewer", "permissions"))
	})
}

func TestCustomerUpdate(t *testing.T) {
	p := startPeople(t)
	const selection = "customer { displayName phone version }"
	payload := p.made(t, "maya", "customerUpdate", selection, map[string]any{"displayName": " Maya K. ", "phone": "+49 30 123456"})
	require.Equal(t, map[string]any{"displayName": "Maya K.", "phone": "+49 30 123456", "version": 2.}, payload["customer"])

	t.Run("keeps what is absent and clears what is null", func(t *testing.T) {
		payload := p.made(t, "maya", "customerUpdate", selection, map[string]any{"phone": nil})
		require.Equal(t, map[string]any{"displayName": "Maya K.", "phone": nil, "version": 3.}, payload["customer"])
	})
	t.Run("changes nothing without a change", func(t *testing.T) {
		payload := p.made(t, "maya", "customerUpdate", selection, map[string]any{"displayName": "Maya K."})
		require.Equal(t, 3., harness.At(payload, "customer", "version"))
	})
	for name, test := range map[string]struct {
		input map[string]any
		code  string
		field string
	}{
		"an old version":       {map[string]any{"displayName": "X", "expectedVersion": 1}, "VERSION_CONFLICT", "expectedVersion"},
		"no name":              {map[string]any{"displayName": nil}, "REQUIRED", "displayName"},
		"blanks for a name":    {map[string]any{"displayName": "  "}, "REQUIRED", "displayName"},
		"a name of 101":        {map[string]any{"displayName": strings.Repeat("é", 101)}, "TOO_LONG", "displayName"},
		"a line end in a name": {map[string]any{"displayName": "a\nb"}, "INVALID", "displayName"},
		"NUL in a name":        {map[string]any{"displayName": "a\x00b"}, "INVALID", "displayName"},
		"words for a phone":    {map[string]any{"phone": "call me"}, "INVALID", "phone"},
		"a phone of 41":        {map[string]any{"phone": strings.Repeat("1", 41)}, "TOO_LONG", "phone"},
	} {
		t.Run("refuses "+name, func(t *testing.T) {
			code, field := p.refusedFor(t, "maya", "customerUpdate", test.input)
			require.Equal(t, test.code, code)
			require.Equal(t, []any{test.field}, field)
		})
	}
}

// address is an input that is fine, with changes.
func address(changes map[string]any) map[string]any {
	input := map[string]any{"name": "Maya K.", "line1": "1 Road", "city": "Town", "countryCode": "DE"}
	for field, value := range changes {
		input[field] = value
	}
	return input
}

const addressFields = "address { id name line1 line2 city countryCode phone isDefault version }"

func TestAddresses(t *testing.T) {
	p := startPeople(t)
	defaults := func(t *testing.T, as string) (ids []string) {
		t.Helper()
		nodes, _ := p.ask(t, as, viewerQuery, nil).At("viewer", "addresses", "nodes").([]any)
		for _, node := range nodes {
			if harness.At(node, "isDefault") == true {
				ids = append(ids, harness.At(node, "id").(string))
			}
		}
		return ids
	}
	create := func(t *testing.T, as string, changes map[string]any) string {
		t.Helper()
		return harness.At(p.made(t, as, "addressCreate", addressFields, address(changes)), "address", "id").(string)
	}
	settled := func(t *testing.T) {
		t.Helper()
		require.NoError(t, p.db.WaitReplica(t.Context()))
	}
	first := create(t, "maya", map[string]any{"countryCode": "de"})
	second := create(t, "maya", map[string]any{"isDefault": false})
	settled(t)
	require.Equal(t, []string{first}, defaults(t, "maya"), "the first one is the default")
	require.Equal(t, []any{int64(3)}, p.row(t, `SELECT version FROM customers WHERE display_name = 'Maya'`), "raised by each address")

	t.Run("one default follows another", func(t *testing.T) {
		payload := p.made(t, "maya", "addressUpdate", addressFields, map[string]any{"id": second, "isDefault": true, "line2": "Flat 2"})
		require.Equal(t, true, harness.At(payload, "address", "isDefault"))
		require.Equal(t, "DE", harness.At(payload, "address", "countryCode"))
		settled(t)
		require.Equal(t, []string{second}, defaults(t, "maya"))
		third := create(t, "maya", map[string]any{"isDefault": true})
		settled(t)
		require.Equal(t, []string{third}, defaults(t, "maya"))
		payload = p.made(t, "maya", "addressDelete", "deletedAddressId", map[string]any{"id": third})
		require.Equal(t, third, payload["deletedAddressId"])
		settled(t)
		require.Equal(t, []string{first}, defaults(t, "maya"), "the oldest takes its place")
		code, field := p.refusedFor(t, "maya", "addressUpdate", map[string]any{"id": first, "isDefault": false})
		require.Equal(t, "INVALID", code)
		require.Equal(t, []any{"isDefault"}, field)
	})

	t.Run("of another answer as what does not exist", func(t *testing.T) {
		gone := create(t, "maya", nil)
		p.made(t, "maya", "addressDelete", "deletedAddressId", map[string]any{"id": gone})
		settled(t)
		for _, mutation := range []string{"addressUpdate", "addressDelete"} {
			input := func(id string) map[string]any {
				if mutation == "addressDelete" {
					return map[string]any{"id": id}
				}
				return map[string]any{"id": id, "city": "Elsewhere", "expectedVersion": 99, "isDefault": false}
			}
			others := p.change(t, "john", mutation, "", input(first))
			nobodys := p.change(t, "john", mutation, "", input(gone))
			require.Equal(t, nobodys, others)
			require.Equal(t, "NOT_FOUND", harness.At(others, "userErrors", 0, "code"))
		}
		const query = `query ($id: ID!) { node(id: $id) { id } nodes(ids: [$id]) { id } }`
		for _, as := range []string{"john", "di", "cy", "eve", ""} {
			others := p.ask(t, as, query, map[string]any{"id": first})
			require.Nil(t, others.At("node"), as)
			require.Equal(t, []any{nil}, others.At("nodes"), as)
			require.Nil(t, p.ask(t, as, query, map[string]any{"id": mayaID}).At("node"), as)
		}
		require.Equal(t, first, p.ask(t, "maya", query, map[string]any{"id": first}).At("node", "id"))
		require.Equal(t, first, p.ask(t, "ada", query, map[string]any{"id": first}).At("node", "id"), "with CUSTOMERS_READ")
		require.Equal(t, []any{"Town"}, p.row(t, `SELECT city FROM addresses WHERE is_default`))
	})

	t.Run("are checked", func(t *testing.T) {
		for name, test := range map[string]struct {
			changes map[string]any
			code    string
			field   string
		}{
			"no name":                 {map[string]any{"name": " "}, "REQUIRED", "name"},
			"no street":               {map[string]any{"line1": ""}, "REQUIRED", "line1"},
			"no town":                 {map[string]any{"city": ""}, "REQUIRED", "city"},
			"a long street":           {map[string]any{"line1": strings.Repeat("x", 256)}, "TOO_LONG", "line1"},
			"a long postal code":      {map[string]any{"postalCode": strings.Repeat("1", 21)}, "TOO_LONG", "postalCode"},
			"a control character":     {map[string]any{"company": "a\x1bb"}, "INVALID", "company"},
			"a separator of lines":    {map[string]any{"region": "a\u2028b"}, "INVALID", "region"},
			"a country of no list":    {map[string]any{"countryCode": "XX"}, "INVALID", "countryCode"},
			"a country of three":      {map[string]any{"countryCode": "DEU"}, "INVALID", "countryCode"},
			"a country across codes":  {map[string]any{"countryCode": "D "}, "INVALID", "countryCode"},
			"a code taken from users": {map[string]any{"countryCode": "UK"}, "INVALID", "countryCode"},
			"a phone of letters":      {map[string]any{"phone": "phone"}, "INVALID", "phone"},
		} {
			t.Run("for "+name, func(t *testing.T) {
				code, field := p.refusedFor(t, "maya", "addressCreate", address(test.changes))
				require.Equal(t, test.code, code)
				require.Equal(t, []any{test.field}, field)
			})
		}
	})

	t.Run("under a key are made once", func(t *testing.T) {
		again := map[string]any{"idempotencyKey": "a-1"}
		id := create(t, "john", again)
		require.Equal(t, id, create(t, "john", again))
		code, _ := p.refusedFor(t, "john", "addressCreate", address(map[string]any{"idempotencyKey": "a-1", "city": "Other"}))
		require.Equal(t, "IDEMPOTENCY_CONFLICT", code)
	})

	t.Run("are a hundred at most", func(t *testing.T) {
		harness.Execute(t, p.db.PrimaryURL, `INSERT INTO addresses (id, customer_id, name, line1, city, country_code)
			SELECT gen_random_uuid(), '01900000-0000-7000-8000-000000000702', 'n', 'l', 'c', 'DE' FROM generate_series(1, 99)`)
		code, _ := p.refusedFor(t, "john", "addressCreate", address(nil))
		require.Equal(t, "TOO_MANY", code)
	})
}

func TestDefaultAddressUnderConcurrency(t *testing.T) {
	p := startPeople(t)
	const writers = 20
	answers := make([]*harness.Answer, writers)
	errs := make([]error, writers)
	together := func(do func(i int)) {
		var done sync.WaitGroup
		for i := range writers {
			done.Go(func() { do(i) })
		}
		done.Wait()
		for i := range writers {
			require.NoError(t, errs[i])
			require.Empty(t, answers[i].Errors)
		}
		require.Equal(t, []any{int64(1)}, p.row(t, `SELECT count(*) FROM addresses WHERE is_default`))
	}
	query := changeQuery("addressCreate", addressFields)
	together(func(i int) {
		answers[i], errs[i] = p.send("maya", query, map[string]any{"input": address(map[string]any{"isDefault": i%2 == 0})})
	})
	ids := make([]any, writers)
	for i, answer := range answers {
		ids[i] = answer.At("addressCreate", "address", "id")
		require.NotNil(t, ids[i])
	}
	query = changeQuery("addressUpdate", addressFields)
	together(func(i int) {
		answers[i], errs[i] = p.send("maya", query, map[string]any{"input": map[string]any{"id": ids[i], "isDefault": true}})
	})
	for _, answer := range answers {
		require.Empty(t, answer.At("addressUpdate", "userErrors"))
	}
}

func TestCustomersForStaff(t *testing.T) {
	p := startPeople(t)
	harness.Execute(t, p.db.PrimaryURL, `
		INSERT INTO customers (id, display_name, email, created_at)
		SELECT ('01900000-0000-7000-8000-0000001' || lpad(i::text, 5, '0'))::uuid, 'Élan ' || lpad(i::text, 3, '0'), 'elan' || i || '@example.com',
		       timestamptz '2026-02-01' + (i / 3) * interval '1 hour'
		FROM generate_series(1, 50) AS i;
		INSERT INTO customers (id, display_name, created_at) VALUES
		  ('01900000-0000-7000-8000-000000200001', '100% Wool', '2026-03-01'), ('01900000-0000-7000-8000-000000200002', '100 Days', '2026-03-01');`)
	require.NoError(t, p.db.WaitReplica(t.Context()))
	const query = `query ($first: Int, $after: String, $last: Int, $before: String, $search: String) {
		customers(first: $first, after: $after, last: $last, before: $before, filter: {search: $search}) {
			totalCount pageInfo { hasNextPage endCursor startCursor hasPreviousPage } nodes { displayName email addresses { totalCount } } } }`
	walk := func(t *testing.T, search any) (names []string) {
		t.Helper()
		var after any
		for {
			answer := p.ask(t, "ada", query, map[string]any{"first": 7, "after": after, "search": search})
			nodes, _ := answer.At("customers", "nodes").([]any)
			for _, node := range nodes {
				names = append(names, harness.At(node, "displayName").(string))
			}
			if answer.At("customers", "pageInfo", "hasNextPage") == false {
				require.EqualValues(t, len(names), answer.At("customers", "totalCount"))
				return names
			}
			after = answer.At("customers", "pageInfo", "endCursor")
		}
	}
	t.Run("are listed page by page, the newest first", func(t *testing.T) {
		names := walk(t, nil)
		require.Len(t, names, 54)
		require.Contains(t, names[:2], "100 Days")
		require.Equal(t, "Élan 050", names[2])
		require.Len(t, unique(names), 54)
		answer := p.ask(t, "ada", query, map[string]any{"last": 2})
		require.Equal(t, names[53], answer.At("customers", "nodes", 1, "displayName"))
	})
	t.Run("are found by the beginning of a name, in its order", func(t *testing.T) {
		names := walk(t, " elan 0")
		require.Len(t, names, 50)
		require.Equal(t, "Élan 001", names[0])
		require.Equal(t, "Élan 050", names[49])
		require.Equal(t, []string{"100% Wool"}, walk(t, "100%"), "no pattern")
		require.Empty(t, walk(t, "lan"))
	})
	t.Run("are found by the whole e-mail address", func(t *testing.T) {
		require.Equal(t, []string{"Élan 007"}, walk(t, "ELAN7@example.com"))
		require.Empty(t, walk(t, "elan7@"))
	})
	t.Run("are found one by one", func(t *testing.T) {
		const one = `query ($id: ID!) { customer(id: $id) { displayName } }`
		require.Equal(t, "Maya", p.ask(t, "ada", one, map[string]any{"id": mayaID}).At("customer", "displayName"))
		require.Nil(t, p.ask(t, "ada", one, map[string]any{"id": adaID}).At("customer"))
		require.Nil(t, p.ask(t, "ada", one, map[string]any{"id": "rubbish"}).At("customer"))
	})
	t.Run("need a cursor of the same search", func(t *testing.T) {
		answer := p.ask(t, "ada", query, map[string]any{"first": 1, "search": "elan"})
		answer, err := p.send("ada", query, map[string]any{"first": 1, "after": answer.At("customers", "pageInfo", "endCursor")})
		require.NoError(t, err)
		require.Len(t, answer.Errors, 1)
	})
	t.Run("cost the same number of statements however many they are", func(t *testing.T) {
		const query = `query ($n: Int) { customers(first: $n) { nodes { id addresses { nodes { id } totalCount } reviews { nodes { id } } } } }`
		few := p.statements(t, "ada", query, map[string]any{"n": 2})
		require.Equal(t, map[string]int{"ListCustomers": 1, "ListAddresses": 1, "CountAddresses": 1, "ListReviewsByCustomer": 1}, few)
		require.Equal(t, few, p.statements(t, "ada", query, map[string]any{"n": 20}))
	})
}

func unique(names []string) map[string]bool {
	set := map[string]bool{}
	for _, name := range names {
		set[name] = true
	}
	return set
}
