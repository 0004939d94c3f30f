package resolvers

import (
	"souk/graph/model"
	"souk/store"
)

// apiKeyCreated finishes the creation of an API key: its secret is shown this once.
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
