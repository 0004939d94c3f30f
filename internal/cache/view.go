package cache

import "souk/store"

// class is a number for all views that see the same values of a kind. It is a part of the
// key, so that no view gets another's.
type class byte

// seenBy returns the class of a view. ok is false if the values are not kept for the view.
type seenBy func(store.View) (c class, ok bool)

// byAll is for what everybody sees.
func byAll(store.View) (class, bool) { return 0, true }

// byDrafts is for what a view sees of products, and of their parts.
func byDrafts(v store.View) (class, bool) {
	if v.Drafts {
		return 1, true
	}
	return 0, true
}

// byShoppers is for what a customer, or a moderator, sees more of than others.
func byShoppers(v store.View) (class, bool) {
	c, _ := byDrafts(v)
	return c, v.Customer == nil && !v.Reviews
}
