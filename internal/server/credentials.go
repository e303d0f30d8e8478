package server

import (
	"net/http"

	"shopflow.dev/shopflow/internal/stores"
)

// RevealStoreCredentials answers POST /api/v1/stores/{name}/credentials.
func (s *server) RevealStoreCredentials(w http.ResponseWriter, r *http.Request, name StoreName) {
	s.GetStoreCredentials(w, r, name)
}

// GetStoreCredentials answers GET /api/v1/stores/{name}/credentials.
func (s *server) GetStoreCredentials(w http.ResponseWriter, r *http.Request, name StoreName) {
	credentials, err := s.stores.Credentials(r.Context(), viewer(r), name)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.encode(w, r, http.StatusOK, Credentials{
		URL:            credentials.URL,
		AdminURL:       credentials.AdminURL,
		Email:          credentials.Email,
		Password:       credentials.Password,
		PublishableKey: credentials.PublishableKey,
		Keys:           keysOf(credentials.Keys),
	})
}

func keysOf(keys []stores.Key) []CredentialKey {
	var shown []CredentialKey
	for _, key := range keys {
		shown = append(shown, CredentialKey{Name: key.Name, Title: key.Title, Value: key.Value})
	}
	return shown
}
