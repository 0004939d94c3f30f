// Package clients proves what clients of a whole server get on the wire: statuses, headers
// and bodies. What clients send, and what they make of an answer, was measured with the real
// packages: Apollo Client, Relay, urql, graphql-request.
//
// Each folder but common is a small app of a client, with its package from npm as it is. "make
// test-clients" runs the apps, and docs/clients.md shows their code. A new one has a lock file,
// a build if it needs one, an app.mjs that passes what it can do to common/check.mjs, a line in
// apps, and its regions on the page.
package clients
