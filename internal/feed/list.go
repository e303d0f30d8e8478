package feed

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/problem"
	"shopflow.dev/shopflow/internal/stores"
)

// MaxPage is how many stores a page has at most.
const MaxPage = 500

// Query says which stores a list has. Empty fields match every store.
type Query struct {
	Engine, State, Owner string
	// Text is in the name or the title, whatever the case.
	Text string
	// Limit is the size of a page; everything but 1 to MaxPage means MaxPage.
	Limit int
	// Continue is that of the previous page; empty for the first.
	Continue string
}

// Page is a part of a list. Its stores are shared and must not be changed.
type Page struct {
	Stores []*v1alpha1.Store
	// Total counts the stores of all pages.
	Total int
	// Continue asks for the next page; it is empty on the last one.
	Continue string
	// Version changes whenever the page does.
	Version string
}

// List returns a page of the stores that the viewer sees, by name.
func (w *Watcher) List(viewer stores.Viewer, query Query) (Page, error) {
	after, err := base64.RawURLEncoding.DecodeString(query.Continue)
	if err != nil {
		return Page{}, problem.Errorf(problem.InvalidContinue, "The continue token is invalid; list the stores again without it")
	}
	if query.Limit <= 0 || query.Limit > MaxPage {
		query.Limit = MaxPage
	}
	found := w.find(viewer, query)
	page := Page{Total: len(found)}
	begin, exact := slices.BinarySearchFunc(found, string(after), func(store *v1alpha1.Store, name string) int { return strings.Compare(store.Name, name) })
	if exact {
		begin++
	}
	end := min(begin+query.Limit, len(found))
	page.Stores = found[begin:end]
	if end < len(found) {
		page.Continue = base64.RawURLEncoding.EncodeToString([]byte(found[end-1].Name))
	}
	page.Version = page.version()
	return page, nil
}

// find returns the stores that match the query, by name.
func (w *Watcher) find(viewer stores.Viewer, query Query) []*v1alpha1.Store {
	text := strings.ToLower(query.Text)
	var found []*v1alpha1.Store
	w.mu.Lock()
	for _, store := range w.stores {
		if viewer.Sees(store) &&
			(query.Engine == "" || query.Engine == string(store.Spec.Engine)) &&
			(query.State == "" || query.State == string(store.State())) &&
			(query.Owner == "" || query.Owner == store.Spec.Owner) &&
			(text == "" || strings.Contains(store.Name, text) || strings.Contains(strings.ToLower(store.Spec.DisplayName), text)) {
			found = append(found, store)
		}
	}
	w.mu.Unlock()
	slices.SortFunc(found, func(a, b *v1alpha1.Store) int { return strings.Compare(a.Name, b.Name) })
	return found
}

// version is made of the versions of the page's stores.
func (p Page) version() string {
	hash := sha256.New()
	fmt.Fprintln(hash, p.Total, p.Continue)
	for _, store := range p.Stores {
		fmt.Fprintln(hash, store.UID, store.ResourceVersion)
	}
	return base64.RawURLEncoding.EncodeToString(hash.Sum(nil)[:12])
}
