// Package door tests what a whole server does with requests that ask for too much.
package door
