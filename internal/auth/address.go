package auth

import (
	"context"
	"net/netip"
)

type addressKey struct{}

// addressed is the context of a request with its address.
type addressed struct {
	context.Context
	address netip.Addr
}

// Value returns the context itself under its own key, and the parent's values.
func (a *addressed) Value(key any) any {
	if key == (addressKey{}) {
		return a
	}
	return a.Context.Value(key)
}

// WithAddress returns a context of a request from an address.
func WithAddress(ctx context.Context, address netip.Addr) context.Context {
	return &addressed{ctx, address}
}

// Network names a request's origin, for rate limits: its IPv4 address, or the
// /64 network of its IPv6 address, because every household has 2^64 addresses.
// "" when the address is not known.
func Network(ctx context.Context) string {
	at, ok := ctx.Value(addressKey{}).(*addressed)
	if !ok || !at.address.IsValid() {
		return ""
	}
	address := at.address.Unmap().WithZone("")
	if address.Is4() {
		return address.String()
	}
	network, err := address.Prefix(64)
	if err != nil {
		return "" // only for more bits than an address has
	}
	return network.String()
}
