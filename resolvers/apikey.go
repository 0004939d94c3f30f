package resolvers

import (
	"souk/graph/model"
	"souk/store"
)

// apiKeyCreated returns the payload of a new API key. Only this payload shows the
// secret.
func apiKeyCreated(created store.CreatedAPIKey, key *model.Payload[store.APIKey], err error) (*model.APIKeyCreatePayload, error) {
	if err != nil {
		return nil, err
	}
	all := &model.APIKeyCreatePayload{APIKey: key.Object, UserErrors: key.UserErrors}
	if created.Secret != "" && key.Object != nil {
		all.Secret = &created.Secret
	}
	return all, nil
}
