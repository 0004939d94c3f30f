package resolvers

import (
	"souk/graph/model"
	"souk/store"
)

// jobFilter converts a filter.
func jobFilter(in *model.JobFilter) store.JobFilter {
	if in == nil {
		return store.JobFilter{}
	}
	return store.JobFilter{States: in.States, Kind: in.Kind}
}
