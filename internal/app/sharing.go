package app

import (
	"context"
	"fmt"
	"time"

	"souk/graph/cachecontrol"
	"souk/graph/executor"
	"souk/graph/relay"
	"souk/internal/auth"
	"souk/internal/cache"
	"souk/internal/config"
	"souk/internal/edge/gql"
	"souk/loaders"
	"souk/store"
)

// sharing tells caches in front of the server what they can keep.
type sharing struct{ config.HTTPCache }

// watch returns the source of a response, and what must be called when it has been read. For
// an answer that can be kept, this notes for how long, and what it shows. Any other answer
// costs nothing.
func (s sharing) watch(ctx context.Context, fields *executor.Selected, source loaders.Source) (loaders.Source, func()) {
	shared := gql.SharedOf(ctx)
	if shared == nil || fields == nil || !auth.For(ctx).IsAnonymous() {
		return source, func() {}
	}
	policy, _ := fields.Summary().(cachecontrol.Policy)
	shared.MaxAge = min(policy.MaxAge, s.HTTPCacheMaxAge).Truncate(time.Second)
	if shared.MaxAge == 0 || s.HTTPCacheTagBytes == 0 {
		return source, func() {}
	}
	shown := &cache.Shown{Name: nameOf}
	return shown.Source(source), func() { shared.Tags = shown.Names(s.HTTPCacheTagBytes) }
}

// nameOf returns the name of an object in the tags of an answer: its noun and its global ID.
func nameOf(noun string, id [16]byte) string {
	switch noun {
	case "product":
		return noun + ":" + relay.ID(store.ProductID(id))
	case "category":
		return noun + ":" + relay.ID(store.CategoryID(id))
	case "vendor":
		return noun + ":" + relay.ID(store.VendorID(id))
	case "collection":
		return noun + ":" + relay.ID(store.CollectionID(id))
	}
	panic(fmt.Sprintf("no global ID of a %s is known", noun))
}
