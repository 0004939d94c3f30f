package auth

import (
	"context"
	"net/netip"
)

type addressKey struct{}

// WithAddress returns a context of a request from an address.
func WithAddress(ctx context.Context, address netip.Addr) context.Context {
	return context.WithValue(ctx, addressKey{}, address)
}

// Network names a request's origin, for rate limits: its IPv4 address, or the
// /64 network of its IPv6 address, because every household has 2^64 addresses.
// "" when the address is not known.
func Network(ctx context.Context) string {
	address, ok := ctx.Value(addressKey{}).(netip.Addr)
	if !ok || !address.IsValid() {
		return ""
	}
	address = address.Unmap().WithZone("")
	if address.Is4() {
		return address.String()
	}
	network, err := address.Prefix(64)
	if err != nil {
		return "" // only for more bits than an address has
	}
	return network.String()
}
