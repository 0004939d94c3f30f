// Package clients proves what clients of a whole server get on the wire: statuses, headers
// and bodies. What clients send, and what they make of an answer, was measured with the real
// packages: Apollo Client, Relay, urql, graphql-request.
package clients
