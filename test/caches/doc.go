// Package caches proves what an operator sees of a server's caches.
package caches
