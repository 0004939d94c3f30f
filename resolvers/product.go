package resolvers

import "souk/store"

func productKey(p *store.Product) store.ProductID { return p.ID }
