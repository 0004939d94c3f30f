// Package proxies runs nginx and Varnish with the configurations in deploy in front of a server,
// and looks at what they keep.
package proxies
