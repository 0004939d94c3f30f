// Package paging proves that the pages of every connection, in every order and
// both directions, make up one list, also while others write.
package paging
