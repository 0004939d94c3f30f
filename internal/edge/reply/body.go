package reply

import (
	"errors"
	"fmt"
	"os"

	"souk/internal/door"
	"souk/internal/fault"
)

// TooLarge is the refusal of a body, or of a query string, of more than limit bytes.
// asked is its size, or limit+1 if that is as far as it was read.
func TooLarge(limit, asked int64) *door.Refusal {
	size := fmt.Sprintf("%d bytes", limit)
	if limit%(1<<10) == 0 {
		size = fmt.Sprintf("%d KB", limit>>10)
	}
	return &door.Refusal{
		Code: door.BodyTooLarge, Limit: limit, Asked: asked,
		Message: fmt.Sprintf("The request is larger than the limit of %s. Send a smaller query, or values in several requests.", size),
	}
}

// Unread is the refusal of a body that could not be read to its end.
func Unread(err error) (Kind, *fault.Error) {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return BodyTooSlow, fault.Wrap(err, fault.CodeTimeout, "The request body did not arrive in time. Send it again.")
	}
	return BadRequest, fault.Wrap(err, fault.CodeBadUserInput, "The request body ended early. Send it again.")
}
