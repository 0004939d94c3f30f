package people

import (
	"testing"

	"github.com/stretchr/testify/require"

	"souk/internal/auth"
	"souk/test/harness"
	"souk/test/shop"
)

// TestALookalikeOfAnAddressOpensNoAccount registers with addresses that the
// database takes for another's once case no longer counts.
func TestALookalikeOfAnAddressOpensNoAccount(t *testing.T) {
	db := shop.New(t)
	server := harness.Start(t, db)
	harness.Execute(t, db.PrimaryURL, `INSERT INTO customers (id, display_name, email)
VALUES ('01900000-0000-7000-8000-00000000f001', 'Mike', 'Mike@example.com')`) // as an import does

	for name, email := range map[string]string{
		"a Kelvin sign": "mi\u212Ae@example.com", "a dotted capital I": "m\u0130ke@example.com", "a wide letter": "\uff4dike@example.com",
	} {
		t.Run(name+" is no e-mail address", func(t *testing.T) {
			refusal := map[string]any{"code": "INVALID", "field": []any{"input", "email"}}
			for mutation, answer := range map[string]*harness.Answer{
				"customerRegister":     server.Query(t, customerRegister, input("email", email, "password", goodPassword, "displayName", "M")),
				"passwordResetRequest": server.Query(t, passwordResetRequest, input("email", email)),
			} {
				require.Equal(t, refusal["code"], answer.At(mutation, "userErrors", 0, "code"), string(answer.Raw))
				require.Equal(t, refusal["field"], answer.At(mutation, "userErrors", 0, "field"))
			}
		})
	}
	t.Run("the mail goes to the address that the account has", func(t *testing.T) {
		server.Query(t, customerRegister, input("email", "MIKE@example.com", "password", goodPassword, "displayName", "M"))
		require.Equal(t, "Mike@example.com", harness.Text(t, db.PrimaryURL, `SELECT string_agg(recipient, ' ') FROM email_queue`))
		_, link := mailed(t, db, "Mike@example.com")
		sessionOf(t, server.Query(t, emailVerify, input("token", link)), "emailVerify")
		server.Query(t, customerRegister, input("email", "mike@example.com", "password", goodPassword, "displayName", "M"))
		template, _ := mailed(t, db, "Mike@example.com")
		require.Equal(t, "ACCOUNT_EXISTS", template)
	})
}

func TestAnEnumsValueIsWrittenAsInTheSchema(t *testing.T) {
	db := shop.New(t)
	server := harness.Start(t, db, harness.AsStaff(auth.AllPermissions()...))
	for name, tc := range map[string]struct {
		query string
		value any
		at    string
	}{
		"in a variable":           {`mutation ($v: AccountKind!) { sessionCreate(input: {email: "a@example.com", password: "x", accountKind: $v}) { userErrors { code } } }`, "staff", "variable.v"},
		"in an input":             {`mutation ($v: SessionCreateInput!) { sessionCreate(input: $v) { userErrors { code } } }`, map[string]any{"email": "a@example.com", "password": "x", "accountKind": "staff"}, "variable.v.accountKind"},
		"in a list":               {`mutation ($v: [Permission!]!) { roleCreate(input: {name: "R", permissions: $v}) { userErrors { code } } }`, []any{"AUDIT_READ", "staff_manage"}, "variable.v[1]"},
		"in place of a list":      {`mutation ($v: [Permission!]!) { roleCreate(input: {name: "R", permissions: $v}) { userErrors { code } } }`, "staff_manage", "variable.v"},
		"in a list of an input's": {`mutation ($v: RoleCreateInput!) { roleCreate(input: $v) { userErrors { code } } }`, map[string]any{"name": "R", "permissions": []any{"audit_read"}}, "variable.v.permissions[0]"},
	} {
		t.Run(name, func(t *testing.T) {
			answer := server.Do(t, tc.query, map[string]any{"v": tc.value})
			require.Len(t, answer.Errors, 1, string(answer.Raw))
			require.Equal(t, "BAD_USER_INPUT", answer.Errors[0].Extensions["code"])
			require.Contains(t, answer.Errors[0].Message, "it is not a valid")
			require.Contains(t, answer.Errors[0].Message, "Variable `$"+tc.at[len("variable."):])
		})
	}
	made := server.Query(t, `mutation ($v: RoleCreateInput!) { roleCreate(input: $v) { role { permissions } userErrors { code } } }`,
		map[string]any{"v": map[string]any{"name": "R", "permissions": []any{"AUDIT_READ"}}})
	require.Equal(t, []any{"AUDIT_READ"}, made.At("roleCreate", "role", "permissions"))
}

// TestAttemptsOfOthersDoNotKeepTheOwnerOut uses up the sign-ins of an account.
func TestAttemptsOfOthersDoNotKeepTheOwnerOut(t *testing.T) {
	db := shop.New(t)
	server := harness.Start(t, db)
	registered(t, server, db, "Owner@example.com")
	var last *harness.Answer
	for range 11 {
		last = signIn(t, server, "OWNER@example.com", newPassword)
	}
	require.Equal(t, "TOO_MANY_ATTEMPTS", code(last, "sessionCreate"))
	require.Equal(t, "TOO_MANY_ATTEMPTS", code(signIn(t, server, "owner@example.com", goodPassword), "sessionCreate"))

	server.Query(t, passwordResetRequest, input("email", "owner@example.com"))
	_, link := mailed(t, db, "Owner@example.com")
	refused := server.Query(t, passwordResetConfirm, input("token", "x"+link, "newPassword", newPassword))
	require.Equal(t, "INVALID_TOKEN", code(refused, "passwordResetConfirm"))
	require.Equal(t, "TOO_MANY_ATTEMPTS", code(signIn(t, server, "owner@example.com", goodPassword), "sessionCreate"), "a wrong link opens nothing")
	server.Query(t, passwordResetConfirm, input("token", link, "newPassword", newPassword))
	sessionOf(t, signIn(t, server, "owner@example.com", newPassword), "sessionCreate")
}
