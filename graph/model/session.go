package model

import (
	"time"

	"souk/store"
)

// Session is a signed-in session with its tokens. Do not log it.
type Session struct {
	ID                    store.SessionID
	AccessToken           string
	AccessTokenExpiresAt  time.Time
	RefreshToken          string
	RefreshTokenExpiresAt time.Time
}
