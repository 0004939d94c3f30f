// Sdlgen writes the schema's file for clients: sdlgen FILE.
package main

import (
	"fmt"
	"os"

	"souk/graph"
)

func main() {
	const readable = 0o644
	if err := os.WriteFile(os.Args[1], []byte(graph.SDL()), readable); err != nil {
		fmt.Fprintln(os.Stderr, "sdlgen:", err)
		os.Exit(1)
	}
}
