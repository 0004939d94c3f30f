package telemetry

import "sync"

const (
	// maxOperationNames bounds the series of operations. The apps of a shop have
	// about a hundred operations.
	maxOperationNames = 200
	// maxOperationName is the length up to which a name is a label.
	maxOperationName = 64

	anonymousOperation = "anonymous"
	otherOperation     = "other"
)

// operationNames are the names of operations that have a series of their own: the
// first ones that succeeded. Later ones are counted together, so that a client that
// invents names cannot fill the memory of the server and of its monitoring.
type operationNames struct {
	mu    sync.RWMutex
	known map[string]struct{}
}

// label returns the label of a name. worked reports whether the operation succeeded.
func (n *operationNames) label(name string, worked bool) string {
	if name == "" {
		return anonymousOperation
	}
	n.mu.RLock()
	_, known := n.known[name]
	n.mu.RUnlock()
	if known {
		return name
	}
	if !worked || len(name) > maxOperationName {
		return otherOperation
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.known) >= maxOperationNames {
		return otherOperation
	}
	if n.known == nil {
		n.known = make(map[string]struct{})
	}
	n.known[name] = struct{}{}
	return name
}
