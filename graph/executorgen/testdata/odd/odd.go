// Package odd has Go types of which the plugin must refuse something.
package odd

// Odd has a field of each kind.
type Odd struct {
	Name    string
	Pointer **Odd
}

// HasName makes gqlgen ask before it reads the name.
func (*Odd) HasName() bool { return true }

// Perhaps returns whether there is one.
func (*Odd) Perhaps() (string, bool) { return "", false }

// Slice is an object that is no struct.
type Slice []string

// Query is for a field that returns it.
type Query struct{}
