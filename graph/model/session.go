package model

import (
	"time"

	"souk/store"
)

// Session is a signed-in session and its tokens. It must not be logged.
type Session struct {
	ID                    store.SessionID
	AccessToken           string
	AccessTokenExpiresAt  time.Time
	RefreshToken          string
	RefreshTokenExpiresAt time.Time
}
