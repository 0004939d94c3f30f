package test

import "time"

const (
	// patience is how long a test waits for what is to happen soon.
	patience = 20 * time.Second
	tickTime = 5 * time.Millisecond
)
