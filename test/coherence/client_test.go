package coherence

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"souk/internal/consistency"
)

// answer is what an instance answered.
type answer struct {
	Data   any
	Errors []struct{ Message string }

	token string
	raw   []byte
}

// post asks an instance. An answer with errors is an error.
func post(ctx context.Context, client *http.Client, url, credential, token, query string) (*answer, error) {
	body, err := json.Marshal(map[string]string{"query": query})
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/graphql", bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	if credential != "" {
		request.Header.Set("Authorization", "Bearer "+credential)
	}
	if token != "" {
		request.Header.Set(consistency.Header, token)
	}
	response, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	a := &answer{token: response.Header.Get(consistency.Header)}
	if a.raw, err = io.ReadAll(response.Body); err != nil {
		return nil, err
	}
	if err := json.Unmarshal(a.raw, a); err != nil {
		return nil, fmt.Errorf("%s: %w: %s", response.Status, err, a.raw)
	}
	if len(a.Errors) > 0 {
		return a, errors.New(a.Errors[0].Message)
	}
	return a, nil
}

// refusal is what a mutation says against its input.
func refusal(data any) error {
	fields, _ := data.(map[string]any)
	for _, payload := range fields {
		payload, _ := payload.(map[string]any)
		if list, _ := payload["userErrors"].([]any); len(list) > 0 {
			return fmt.Errorf("refused: %v", list)
		}
	}
	return nil
}

// seenIn lists the values of an answer. The key of a value is the path to it from the closest
// object with an ID, which it begins with.
func seenIn(value any, key string, seen []Seen) []Seen {
	switch value := value.(type) {
	case map[string]any:
		if id, ok := value["id"].(string); ok {
			key = id
		}
		for name, field := range value {
			if name != "id" {
				seen = seenIn(field, strings.TrimPrefix(key+"."+name, "."), seen)
			}
		}
	case []any:
		for i, item := range value {
			seen = seenIn(item, fmt.Sprint(key, ".", i), seen)
		}
	case nil:
	default:
		seen = append(seen, Seen{key, fmt.Sprint(value)})
	}
	return seen
}

// withExpected adds what should be in an answer and is not.
func withExpected(seen []Seen, expected []string) []Seen {
	has := make(map[string]bool, len(seen))
	for _, s := range seen {
		has[s.Key] = true
	}
	for _, key := range expected {
		if !has[key] {
			seen = append(seen, Seen{Key: key})
		}
	}
	return seen
}
