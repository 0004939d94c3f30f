// Package store keeps the shop in Postgres: a primary that takes the writes and any
// number of replicas that serve reads.
//
// Every method is one statement unless its comment says otherwise. A statement's
// first line names it (-- name: ListProducts), so that logs, traces, metrics and
// pg_stat_statements can tell which one it was. Methods that take many keys return
// the rows of all of them at once.
//
// The package has five floors. A file uses its own floor and those below it, and the keys,
// subjects and structs of the nouns.
//
// # 1. Pools and routing
//
// Two kinds of pools, the primary's and the replicas', which replica is fit to be
// read, and what an error of Postgres means.
//
//	store.go    Config, Open, Close; the pools
//	router.go   which server a read goes to
//	server.go   whether the servers are what the configuration calls them
//	replay.go   how far a replica has come
//	silence.go  when a replica says nothing
//	lsn.go      positions in the log
//	fault.go    the one file that reads SQLSTATEs
//
// # 2. Reading
//
// A Reader is one response's view of the shop: all of its statements go to one
// server. Use many for rows by their keys and one for a row that must exist.
//
//	reader.go    Reader, View, many, one
//	columns.go   the columns of nouns, and which of them a response needs
//	decode.go    values in Postgres' formats
//	keys.go      keys as an argument
//	positional.go
//	             arguments by number, as Postgres wants them
//	trip.go      Together: the statements of several reads in one round trip
//	moment.go    round trips, and the transaction in which a response reads
//	snapshot.go  what a round trip has seen
//
// # 3. Lists
//
// A list is constant fragments of SQL and an Order. The engine reads the pages of
// many parents by one statement, by keyset, in both directions.
//
//	list.go               list, pages, counts
//	keyset.go             Order, PageRequest, positions
//	listing.go            lists of products: Listing, ProductFilter, their orders
//	listing_saved.go      lists of collections: saved filters, as JSON and as conditions
//	product_unlisted.go   lists of products that are not on sale
//	facet.go, facet_sql.go
//	search.go             what a search looks for
//
// # 4. Writing
//
// A Writer makes the changes of one mutation. A method of it checks its input,
// begins a transaction, locks, checks what the database knows, writes, and says what
// it changed by Tx.changed. What follows from a change is done with the commit.
//
//	writer.go    Writer, Origin, inTx, idempotent
//	attempt.go   one attempt at a transaction; commits whose answer is lost
//	tx.go        Tx: statements, round trips, savepoints, rows to lock
//	bulk.go      lists of changes: Outcome, ErrorPolicy, bulk, bulkEach
//	input.go     Patch, Ref, Bulk
//	check.go     required, clearable, optional, textOrEmpty, checkID, and rules for values:
//	             nonEmptyLine, line, paragraphs, slugText, tags, URLs
//	slug.go      slugs that are made, and those that are taken
//	patch.go     the columns that an update assigns, and values as the audit log has them
//	change.go    Tx.changed and its effects
//	derived.go   what is derived from products
//	stale.go     what is derived from many products, by a job
//	enqueue.go   jobs that are added with the commit
//	audit.go     the audit log's events
//
// # 5. Nouns
//
// A noun's file has its struct, its lists and its rows by key; its _write file has
// its inputs, their checks, and the Writer's methods. A noun uses everything below.
// Nouns use each other's lock and hold functions, so that all lock in one order:
// a category, vendor or collection before its products, a product before its variants,
// images and reviews, a customer before their addresses, the administrators' role before
// staff and roles.
//
//	noun.go               the registers: the types of keys, the subjects of changes
//	product.go            with product_create.go, product_write.go, product_bulk.go,
//	                      product_options.go, product_attributes.go, product_categories.go,
//	                      product_slug.go
//	variant.go            with variant_write.go, variant_check.go, variant_price.go
//	image.go              image_write.go
//	category.go           category_write.go, category_move.go
//	vendor.go             vendor_write.go
//	collection.go         collection_write.go, collection_filter.go, collection_products.go
//	inventory.go          inventory_write.go
//	location.go           location_write.go
//	review.go             review_write.go, review_moderate.go
//	customer.go           customer_write.go
//	address.go            address_write.go, address_country.go
//	staff.go              staff_write.go, staff_rules.go (who may give what to whom)
//	role.go               role_write.go
//	apikey.go             apikey_write.go
//	shop.go               shop_write.go (the shop's settings)
//	audit_read.go         the audit log's list
//	import_run.go         runs of the importer, which writes them
//	job.go                job_write.go (the jobs behind the requests)
//	document.go           document_write.go, document_known.go (what instances look up and
//	                      record)
//	account.go            what an account signs in with
//	account_disable.go    sign-ins that end: the demo's accounts
//	authenticate.go       who a credential belongs to
//	session.go            sessions and refresh tokens
//	registration.go       new customers, and tokens that are sent by e-mail
//	reset.go              forgotten passwords
//	mailbox.go            the spellings of one e-mail address
//	email.go              e-mails that wait to be sent
//	expired.go            what is removed after its time
package store
