// Package people proves what concerns accounts: registration, sessions,
// credentials, staff, API keys, customers and their addresses, the audit log, and
// that no secret is logged.
package people
