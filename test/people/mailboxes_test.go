package people

import (
	"testing"

	"github.com/stretchr/testify/require"

	"souk/internal/auth"
	"souk/test/harness"
	"souk/test/shop"
)

const (
	readable = "ann@bücher.example"
	punycode = "ann@xn--bcher-kva.example"
)

func TestAMailboxHasOneAccountHoweverItsDomainIsWritten(t *testing.T) {
	for _, pair := range [][2]string{{readable, punycode}, {punycode, readable}, {readable, "Ann@BÜCHER.example."}} {
		db := shop.New(t)
		server := harness.Start(t, db)
		registered := func(email string) string {
			answer := server.Query(t, customerRegister, input("email", email, "password", newPassword, "displayName", "Ann"))
			require.Equal(t, true, answer.At("customerRegister", "accepted"), string(answer.Raw))
			template, token := mailed(t, db, readable)
			if template == "ACCOUNT_EXISTS" {
				require.Empty(t, token)
				return template
			}
			sessionOf(t, server.Query(t, emailVerify, input("token", token)), "emailVerify")
			return template
		}
		require.Equal(t, "EMAIL_VERIFY", registered(pair[0]))
		for _, email := range []string{readable, punycode, "ANN@bücher.EXAMPLE", pair[1]} {
			s := sessionOf(t, signIn(t, server, email, newPassword), "sessionCreate")
			require.NoError(t, db.WaitReplica(t.Context())) // which may not have the account yet
			viewer := server.With(s.AccessToken).Query(t, `{ viewer { customer { email } } }`, nil)
			require.Equal(t, readable, viewer.At("viewer", "customer", "email"), string(viewer.Raw))
			require.Equal(t, "ACCOUNT_EXISTS", registered(email))
			server.Query(t, passwordResetRequest, input("email", email))
			template, _ := mailed(t, db, readable)
			require.Equal(t, "PASSWORD_RESET", template)
		}
		require.Equal(t, "1", harness.Text(t, db.PrimaryURL, `SELECT count(*)::text FROM customers WHERE email LIKE 'ann@%'`))
		require.NoError(t, db.WaitReplica(t.Context()))
		staff := server.As(t, auth.Principal{Kind: auth.Staff, Permissions: []auth.Permission{auth.CustomersRead}})
		for _, email := range pair {
			found := staff.Query(t, `query ($s: String) { customers(filter: {search: $s}) { nodes { email } } }`, map[string]any{"s": email})
			require.Equal(t, readable, found.At("customers", "nodes", 0, "email"), string(found.Raw))
		}
	}
}

// TestAccountsOfOlderVersionsKeepWorking has a mailbox that was stored in its ASCII form,
// and one that has two accounts.
func TestAccountsOfOlderVersionsKeepWorking(t *testing.T) {
	db := shop.New(t)
	server := harness.Start(t, db)
	for _, email := range []string{"one@xn--bcher-kva.example", readable, punycode} {
		first := "first" + email[:3] + "@example.com"
		if email == punycode {
			first = "second@example.com"
		}
		registered(t, server, db, first)
		harness.Execute(t, db.PrimaryURL, `UPDATE customers SET email = '`+email+`' WHERE email = '`+first+`'`)
	}
	require.NoError(t, db.WaitReplica(t.Context()))
	for email, stored := range map[string]string{
		"one@bücher.example": "one@xn--bcher-kva.example", "one@xn--bcher-kva.example": "one@xn--bcher-kva.example",
		readable: readable, punycode: punycode, "Ann@BÜCHER.example": "",
	} {
		s := sessionOf(t, signIn(t, server, email, goodPassword), "sessionCreate")
		if stored != "" {
			require.NoError(t, db.WaitReplica(t.Context())) // which may not have the account yet
			viewer := server.With(s.AccessToken).Query(t, `{ viewer { customer { email } } }`, nil)
			require.Equal(t, stored, viewer.At("viewer", "customer", "email"), "each account by its own spelling")
		}
		server.Query(t, passwordResetRequest, input("email", email))
		if stored != "" {
			template, _ := mailed(t, db, stored)
			require.Equal(t, "PASSWORD_RESET", template)
		}
		server.Query(t, customerRegister, input("email", email, "password", goodPassword, "displayName", "Ann"))
	}
	require.Equal(t, "3", harness.Text(t, db.PrimaryURL, `SELECT count(*)::text FROM customers WHERE email LIKE '%cher%'`), "no third account")
}

func TestAStaffMembersMailboxIsTakenInEachSpelling(t *testing.T) {
	for _, pair := range [][2]string{{readable, punycode}, {punycode, readable}} {
		server := harness.Start(t, shop.New(t), harness.AsStaff(auth.StaffManage))
		create := func(email string) *harness.Answer {
			return server.Query(t, `mutation ($input: StaffCreateInput!) { staffCreate(input: $input) { staff { email } userErrors { code field } } }`,
				input("email", email, "displayName", "Ann", "roleIds", []string{}))
		}
		require.Equal(t, readable, create(pair[0]).At("staffCreate", "staff", "email"))
		for _, email := range pair {
			require.Equal(t, map[string]any{"code": "TAKEN", "field": []any{"input", "email"}}, create(email).At("staffCreate", "userErrors", 0))
		}
	}
}
