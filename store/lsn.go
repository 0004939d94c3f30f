package store

import (
	"fmt"
	"math"
)

// LSN is a position in the primary's log, in bytes. A replica that has replayed the
// log up to a position has everything that was committed before it.
type LSN uint64

// maxLSN is a position that no replica reaches: a reader that requires it reads from
// the primary.
const maxLSN LSN = math.MaxUint64

// parseLSN parses a position as Postgres formats it: two hexadecimal halves.
func parseLSN(text string) (LSN, error) {
	var high, low uint32
	if _, err := fmt.Sscanf(text, "%X/%X", &high, &low); err != nil {
		return 0, fmt.Errorf("read log position: %w", err)
	}
	return LSN(high)<<32 | LSN(low), nil
}
