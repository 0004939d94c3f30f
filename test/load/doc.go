// Package load offers a whole server more than it can do, and has attackers at its
// door. It runs on Linux, where the server and its database can have processors apart
// from those of their clients.
package load
