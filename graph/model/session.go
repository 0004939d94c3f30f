package model

import (
	"time"

	"souk/store"
)

// Session is a sign-in with the tokens that its client goes on with. It is not to
// be logged.
type Session struct {
	ID                    store.SessionID
	AccessToken           string
	AccessTokenExpiresAt  time.Time
	RefreshToken          string
	RefreshTokenExpiresAt time.Time
}
