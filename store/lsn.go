package store

import (
	"fmt"
	"math"
)

// LSN is a position in the primary's log, in bytes. What was committed before it
// is there on a replica that has replayed that far.
type LSN uint64

// everything is a position that no replica reaches: what must be seen after it is
// read on the primary.
const everything LSN = math.MaxUint64

// parseLSN reads a position as Postgres writes it: two hexadecimal halves.
func parseLSN(text string) (LSN, error) {
	var high, low uint32
	if _, err := fmt.Sscanf(text, "%X/%X", &high, &low); err != nil {
		return 0, fmt.Errorf("read log position: %w", err)
	}
	return LSN(high)<<32 | LSN(low), nil
}
