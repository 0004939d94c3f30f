package plans

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"souk/internal/auth"
	"souk/internal/auth/secret"
	"souk/internal/fault"
	"souk/store"
)

// quick is what a change of one object may do, and the proof of who makes it: it
// reads a bounded number of pages however big the shop is. Of what is derived from
// a product only the pages count.
var quick = planRule{sorted: -1, buffers: 3_000}

// change is a call of a writer on behalf of somebody.
func change(name string, by auth.Principal, do func(ctx context.Context, w *store.Writer) error) planCall {
	return planCall{name: name, rule: quick, write: func(ctx context.Context, s *store.Store) error {
		return do(ctx, s.Writer(s.Reader(everything, 0), store.Origin{By: by, Action: "test", RequestID: "test"}))
	}}
}

func proof(name string, write func(ctx context.Context, s *store.Store) error) planCall {
	return planCall{name: name, rule: quick, write: write}
}

// to is a patch that sets a field.
func to[T any](value T) store.Patch[T] { return store.Patch[T]{Set: true, Value: value} }

func toValue[T any](value T) store.Patch[*T] { return to(&value) }

// credentials are what shows who somebody is, and what cleans up behind it. mode
// makes what they insert differ from run to run.
func credentials(t *testing.T, conn *pgx.Conn, k planKeys, mode string) []planCall {
	t.Helper()
	session := func(n int) uuid.UUID {
		var id uuid.UUID
		require.NoError(t, conn.QueryRow(t.Context(), `SELECT session_id FROM refresh_tokens WHERE hash = $1`, secret.Hash(fmt.Sprintf("token-%d-2", n))).Scan(&id))
		return id
	}
	// Every ninth session is one of staff, and every fiftieth has expired.
	first := map[string]int{"force_custom_plan": 9, "force_generic_plan": 108}[mode]
	staffSession := session(first)
	var member uuid.UUID
	require.NoError(t, conn.QueryRow(t.Context(), `SELECT staff_id FROM sessions WHERE id = $1`, staffSession).Scan(&member))
	customer := auth.Principal{Kind: auth.Customer, ID: uuid.UUID(k.customers[1])}
	fresh, used := fmt.Sprintf("token-%d-2", first+1), fmt.Sprintf("token-%d-1", first+2)
	refresh := func(plain string) func(ctx context.Context, w *store.Writer) error {
		return func(ctx context.Context, w *store.Writer) error {
			_, err := w.RefreshSession(ctx, plain, [][]byte{[]byte("a key of thirty-two bytes or more")})
			return err
		}
	}
	return []planCall{
		proof("staff principal", func(ctx context.Context, s *store.Store) error {
			return known(s.StaffPrincipal(ctx, member, staffSession))
		}),
		proof("API key", func(ctx context.Context, s *store.Store) error {
			hash := sha256.Sum256(fmt.Append(nil, first))
			return second(s.APIKeyPrincipal(ctx, fmt.Sprintf("key-%d", first), hash[:]))
		}),
		proof("known customer of another issuer", func(ctx context.Context, s *store.Store) error {
			return second(s.CustomerPrincipal(ctx, store.ExternalCustomer{Issuer: "https://issuer.example", Subject: "subject-9"}))
		}),
		proof("new customer of another issuer", func(ctx context.Context, s *store.Store) error {
			return second(s.CustomerPrincipal(ctx, store.ExternalCustomer{Issuer: "https://issuer.example", Subject: mode, Name: "New", Email: mode + "@issuer.example"}))
		}),
		chunk(proof("clean-up", func(ctx context.Context, s *store.Store) error { return second(s.RemoveExpired(ctx)) })),
		change("refresh", customer, refresh(fresh)),
		change("refresh again", customer, refresh(fresh)),
		change("refresh with a stolen token", customer, func(ctx context.Context, w *store.Writer) error {
			return refusedWrite(refresh(used)(ctx, w))
		}),
		change("sign in", customer, func(ctx context.Context, w *store.Writer) error {
			_, err := w.CreateSession(ctx, auth.Customer, customer.ID, time.Hour)
			return err
		}),
		change("sign out", customer, func(ctx context.Context, w *store.Writer) error {
			return second(w.RevokeSession(ctx, store.SessionID(session(first+3))))
		}),
		change("sign out everywhere", customer, func(ctx context.Context, w *store.Writer) error {
			return second(w.RevokeSessions(ctx, auth.Customer, customer.ID))
		}),
		change("ask for a new password", customer, func(ctx context.Context, w *store.Writer) error {
			return second(w.RequestReset(ctx, auth.Customer, "customer-9@example.com"))
		}),
		change("ask for a new password of staff", customer, func(ctx context.Context, w *store.Writer) error {
			return second(w.RequestReset(ctx, auth.Staff, "staff-9@example.com"))
		}),
		passwords(mode),
	}
}

// passwords is the way of a customer from the registration to another password.
func passwords(mode string) planCall {
	return change("register, verify, reset", auth.Principal{}, func(ctx context.Context, w *store.Writer) error {
		address := mode + "@register.example"
		sent, err := w.Register(ctx, store.Registration{Email: address, DisplayName: "New", PasswordHash: "first"})
		if err != nil {
			return err
		}
		session, err := w.VerifyEmail(ctx, sent.Variables["token"], time.Hour)
		if err != nil {
			return err
		}
		if err := second(w.Register(ctx, store.Registration{Email: address, DisplayName: "New", PasswordHash: "first"})); err != nil {
			return err
		}
		if err := second(w.SignIn(ctx, auth.Customer, session.Account, "first", "again", time.Hour)); err != nil {
			return err
		}
		if err := w.ChangePassword(ctx, auth.Customer, session.Account, "again", "second", session.ID); err != nil {
			return err
		}
		reset, err := w.RequestReset(ctx, auth.Customer, address)
		if err != nil {
			return err
		}
		return w.ConfirmReset(ctx, reset.Variables["token"], "third")
	})
}

// staleBatch is a batch of the catalogue's shop.
var staleBatch = uuid.MustParse("01900000-0000-7000-8000-00000000ba01")

// largeBranch moves the largest branch of categories, whose products are too many to be
// refreshed with the change, and back.
func largeBranch(by auth.Principal, k planKeys) planCall {
	call := change("a large branch of categories", by, func(ctx context.Context, w *store.Writer) error {
		large, other := k.filled[0], k.filled[1]
		if err := w.MoveCategory(ctx, store.CategoryMove{ID: large, ParentID: toValue(other)}); err != nil {
			return err
		}
		return w.MoveCategory(ctx, store.CategoryMove{ID: large, ParentID: to[*store.CategoryID](nil)})
	})
	call.rule.scans, call.rule.buffers = true, 100_000 // it writes the branch, and a row and a mark for each product
	return call
}

// chunk is a call that a job makes: it changes hundreds of rows.
func chunk(call planCall) planCall {
	call.rule.buffers = 50_000
	return call
}

// changes are the changes of single objects.
func changes(k planKeys, mode string) []planCall {
	manager := auth.Principal{Kind: auth.Staff, ID: uuid.UUID(k.people.staff[0]), Permissions: auth.AllPermissions()}
	buyer := k.people.buyers[len(mode)] // another one for each mode
	customer := auth.Principal{Kind: auth.Customer, ID: uuid.UUID(buyer)}
	by := func(p auth.Principal, name string, do func(ctx context.Context, w *store.Writer) error) planCall {
		return change(name, p, do)
	}
	return []planCall{
		by(customer, "customer", func(ctx context.Context, w *store.Writer) error {
			return w.UpdateCustomer(ctx, store.CustomerPatch{DisplayName: toValue(mode)})
		}),
		by(customer, "addresses", func(ctx context.Context, w *store.Writer) error {
			yes := true
			address := store.NewAddress{Name: "A", Line1: "1", City: "C", CountryCode: "DE", IsDefault: &yes}
			id, err := w.CreateAddress(ctx, address)
			if err != nil {
				return err
			}
			if err := w.UpdateAddress(ctx, store.AddressPatch{ID: id, City: toValue("D")}); err != nil {
				return err
			}
			return w.DeleteAddress(ctx, store.Ref[store.AddressID]{ID: id})
		}),
		by(customer, "reviews", func(ctx context.Context, w *store.Writer) error {
			id, err := w.CreateReview(ctx, store.NewReview{ProductID: k.products[1], Rating: 3, Title: &mode, Body: &mode})
			if err != nil {
				return err
			}
			if err := w.UpdateReview(ctx, store.ReviewPatch{ID: id, Rating: toValue(4)}); err != nil {
				return err
			}
			return w.DeleteReview(ctx, store.Ref[store.ReviewID]{ID: id})
		}),
		by(manager, "verdicts", func(ctx context.Context, w *store.Writer) error {
			verdict := store.ReviewModerate{ID: k.reviews[len(mode)], Status: store.ReviewRejected}
			if err := w.ModerateReview(ctx, verdict); err != nil {
				return err
			}
			verdict.Status = store.ReviewPublished
			return second(w.BulkModerateReviews(ctx, store.Bulk[store.ReviewModerate]{Items: []store.ReviewModerate{verdict}, ErrorPolicy: store.AllOrNothing}))
		}),
		by(manager, "staff and roles", func(ctx context.Context, w *store.Writer) error { return staffChanges(ctx, w, mode) }),
		by(manager, "API keys", func(ctx context.Context, w *store.Writer) error {
			key, err := w.CreateAPIKey(ctx, store.NewAPIKey{Name: "K", Permissions: []auth.Permission{auth.AuditRead}, ExpiresAt: time.Now().Add(time.Hour)})
			if err != nil {
				return err
			}
			return w.RevokeAPIKey(ctx, store.APIKeyRevoke{ID: key.ID})
		}),
		by(manager, "stock", func(ctx context.Context, w *store.Writer) error { return stockChanges(ctx, w, k, mode) }),
		by(manager, "vendors", func(ctx context.Context, w *store.Writer) error {
			id, err := w.CreateVendor(ctx, store.NewVendor{Name: "Vendor " + mode})
			if err != nil {
				return err
			}
			if err := w.UpdateVendor(ctx, store.VendorPatch{ID: id, Name: toValue("Renamed " + mode)}); err != nil {
				return err
			}
			return w.DeleteVendor(ctx, store.Ref[store.VendorID]{ID: id})
		}),
		by(manager, "shop", func(ctx context.Context, w *store.Writer) error {
			return second(w.UpdateShop(ctx, store.ShopPatch{Name: toValue("Shop " + mode), Currency: toValue("EUR")}))
		}),
		largeBranch(manager, k),
		chunk(proof("stale products", func(ctx context.Context, s *store.Store) error {
			if err := second(s.CountStaleProducts(ctx, staleBatch)); err != nil {
				return err
			}
			if err := second(s.AbandonedRefreshes(ctx)); err != nil {
				return err
			}
			return second(s.RefreshStaleProducts(ctx, staleBatch))
		})),
		proof("documents by name", func(ctx context.Context, s *store.Store) error {
			return second(s.DocumentsByNames(ctx, documentNames(1)))
		}),
		proof("uses of documents", func(ctx context.Context, s *store.Store) error {
			return second(s.DocumentUsages(ctx, []string{documentHash(1)}, false, 100))
		}),
		{name: "documents of clients", rule: planRule{scans: true, sorted: -1, buffers: 50_000}, write: func(ctx context.Context, s *store.Store) error { return documentWork(ctx, s, mode) }},
		by(manager, "documents", func(ctx context.Context, w *store.Writer) error {
			texts := store.Bulk[store.DocumentPush]{Items: []store.DocumentPush{{Text: mode}, {Text: mode}}}
			pushed, err := w.PushDocuments(ctx, texts, func(d store.DocumentPush) (store.DocumentReading, error) {
				return store.DocumentReading{Name: d.Text, Hash: documentHash(1)}, nil
			})
			if err != nil {
				return err
			}
			return w.DeleteDocument(ctx, store.DocumentDelete{ID: *pushed[0].Value})
		}),
		by(manager, "jobs", func(ctx context.Context, w *store.Writer) error {
			for _, job := range k.people.jobs {
				err := w.CancelJob(ctx, store.JobCancel{ID: job}) // most have ended
				if _, refused := fault.Rejected(err); !refused {
					return err
				}
			}
			return errors.New("no job was cancelled")
		}),
		by(manager, "collections", func(ctx context.Context, w *store.Writer) error { return collectionChanges(ctx, w, k, mode) }),
		by(manager, "categories", func(ctx context.Context, w *store.Writer) error {
			id, err := w.CreateCategory(ctx, store.NewCategory{Name: "Category " + mode, ParentID: &k.categories[0]})
			if err != nil {
				return err
			}
			if err := w.UpdateCategory(ctx, store.CategoryPatch{ID: id, Name: toValue("Renamed " + mode)}); err != nil {
				return err
			}
			if err := w.MoveCategory(ctx, store.CategoryMove{ID: id, ParentID: toValue(k.categories[1])}); err != nil {
				return err
			}
			return w.DeleteCategory(ctx, store.Ref[store.CategoryID]{ID: id})
		}),
		{name: "products", rule: quick, write: func(ctx context.Context, s *store.Store) error {
			origin := store.Origin{By: manager, Action: "test", Key: mode, Input: func() any { return "input" }}
			return productChanges(ctx, s, origin, k)
		}},
	}
}
