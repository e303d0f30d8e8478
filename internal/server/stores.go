package server

import (
	"net/http"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/auth"
	"shopflow.dev/shopflow/internal/stores"
)

// ListStores answers GET /api/v1/stores.
func (s *server) ListStores(w http.ResponseWriter, r *http.Request, _ ListStoresParams) {
	all, err := s.stores.List(r.Context(), viewer(r))
	if err != nil {
		s.fail(w, r, err)
		return
	}
	list := StoreList{Items: make([]Store, 0, len(all))}
	for i := range all {
		list.Items = append(list.Items, present(&all[i], s.clock.Now()))
	}
	s.encode(w, r, http.StatusOK, list)
}

// CreateStore answers POST /api/v1/stores.
func (s *server) CreateStore(w http.ResponseWriter, r *http.Request) {
	var body CreateStore
	if err := decode(r, &body); err != nil {
		s.fail(w, r, err)
		return
	}
	store, created, err := s.stores.Create(r.Context(), stores.Request{
		Name:        body.Name,
		Engine:      v1alpha1.Engine(body.Engine),
		Version:     body.Version,
		Plan:        v1alpha1.Plan(body.Plan),
		DisplayName: body.DisplayName,
		AdminEmail:  body.AdminEmail,
		Owner:       auth.From(r.Context()).User.ID,
	})
	s.record(r, "store.create", body.Name, err)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	status := http.StatusOK
	if created {
		status = http.StatusCreated
		w.Header().Set("Location", "/api/v1/stores/"+store.Name)
	}
	s.encode(w, r, status, present(store, s.clock.Now()))
}

// GetStore answers GET /api/v1/stores/{name}.
func (s *server) GetStore(w http.ResponseWriter, r *http.Request, name StoreName) {
	store, err := s.stores.Get(r.Context(), viewer(r), name)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.encode(w, r, http.StatusOK, present(store, s.clock.Now()))
}

// DeleteStore answers DELETE /api/v1/stores/{name}.
func (s *server) DeleteStore(w http.ResponseWriter, r *http.Request, name StoreName) {
	store, err := s.stores.Delete(r.Context(), viewer(r), name)
	s.record(r, "store.delete", name, err)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.encode(w, r, http.StatusAccepted, present(store, s.clock.Now()))
}

// GetStoreCredentials answers GET /api/v1/stores/{name}/credentials.
func (s *server) GetStoreCredentials(w http.ResponseWriter, r *http.Request, name StoreName) {
	credentials, err := s.stores.Credentials(r.Context(), viewer(r), name)
	if err == nil {
		err = s.recordFirst(r, "store.credentials", name)
	} else {
		s.record(r, "store.credentials", name, err)
	}
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
	})
}
