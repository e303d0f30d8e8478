package server

import (
	"cmp"
	"net/http"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/auth"
	"shopflow.dev/shopflow/internal/feed"
	"shopflow.dev/shopflow/internal/problem"
	"shopflow.dev/shopflow/internal/stores"
)

// ListStores answers GET /api/v1/stores.
func (s *server) ListStores(w http.ResponseWriter, r *http.Request, params ListStoresParams) {
	if !s.synced() {
		s.fail(w, r, notSynced())
		return
	}
	page, err := s.feed.List(viewer(r), feed.Query{
		Engine: params.Engine, State: string(params.State), Owner: params.Owner, Text: params.Q, Limit: params.Limit, Continue: params.Continue,
	})
	if err != nil {
		s.fail(w, r, err)
		return
	}
	// Weak, because running phases have a duration. A client must revalidate its copy of the page.
	etag := `W/"` + page.Version + `"`
	w.Header().Set("ETag", etag)
	w.Header().Set("Cache-Control", "private, no-cache")
	if params.IfNoneMatch == etag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	list := StoreList{Items: make([]Store, 0, len(page.Stores)), Total: page.Total, Continue: page.Continue}
	for _, store := range page.Stores {
		list.Items = append(list.Items, storeResponse(store, s.clock.Now()))
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
	note(r).on(body.Name)
	user := auth.FromContext(r.Context()).User
	store, created, err := s.stores.Create(r.Context(), viewer(r), stores.Request{
		Name:        body.Name,
		Engine:      v1alpha1.Engine(body.Engine),
		Version:     body.Version,
		Plan:        v1alpha1.Plan(body.Plan),
		DisplayName: body.DisplayName,
		AdminEmail:  cmp.Or(body.AdminEmail, user.Email),
		Owner:       user.ID,
	})
	if err != nil {
		s.fail(w, r, err)
		return
	}
	status := http.StatusOK
	if created {
		s.feed.Await(r.Context(), store)
		status = http.StatusCreated
		w.Header().Set("Location", "/api/v1/stores/"+store.Name)
	}
	s.encode(w, r, status, storeResponse(store, s.clock.Now()))
}

// GetStore answers GET /api/v1/stores/{name}.
func (s *server) GetStore(w http.ResponseWriter, r *http.Request, name StoreName) {
	store, err := s.stores.Get(r.Context(), viewer(r), name)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.encode(w, r, http.StatusOK, storeResponse(store, s.clock.Now()))
}

// UpdateStore answers PATCH /api/v1/stores/{name}.
func (s *server) UpdateStore(w http.ResponseWriter, r *http.Request, name StoreName) {
	var body UpdateStore
	if err := decode(r, &body); err != nil {
		s.fail(w, r, err)
		return
	}
	store, err := s.stores.Update(r.Context(), viewer(r), name, stores.Change{
		Plan: v1alpha1.Plan(body.Plan), DisplayName: body.DisplayName, Refresh: body.Refresh,
	})
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.feed.Await(r.Context(), store)
	s.encode(w, r, http.StatusAccepted, storeResponse(store, s.clock.Now()))
}

// DeleteStore answers DELETE /api/v1/stores/{name}.
func (s *server) DeleteStore(w http.ResponseWriter, r *http.Request, name StoreName) {
	store, err := s.stores.Delete(r.Context(), viewer(r), name)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.feed.Await(r.Context(), store)
	s.encode(w, r, http.StatusAccepted, storeResponse(store, s.clock.Now()))
}

// ResetStore answers POST /api/v1/stores/{name}/reset.
func (s *server) ResetStore(w http.ResponseWriter, r *http.Request, name StoreName) {
	var body ResetStore
	if err := decode(r, &body); err != nil {
		s.fail(w, r, err)
		return
	}
	if !body.StartEmpty {
		var fields problem.Fields
		fields.Add("startEmpty", "Say true to accept that what is lost stays lost")
		s.fail(w, r, fields.Err())
		return
	}
	store, err := s.stores.Reset(r.Context(), viewer(r), name)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.encode(w, r, http.StatusAccepted, storeResponse(store, s.clock.Now()))
}

// RetryStore answers POST /api/v1/stores/{name}/retry.
func (s *server) RetryStore(w http.ResponseWriter, r *http.Request, name StoreName) {
	store, err := s.stores.Retry(r.Context(), viewer(r), name)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.encode(w, r, http.StatusAccepted, storeResponse(store, s.clock.Now()))
}
