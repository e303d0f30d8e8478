package apiclient

import "context"

// Create creates a store, and returns it as it is now; created is false if it existed already with the same settings.
func (p *Platform) Create(ctx context.Context, settings CreateStore) (store Store, created bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	answer, err := p.api.CreateStoreWithResponse(ctx, settings)
	if err != nil {
		return Store{}, false, p.unreachable(err)
	}
	switch {
	case answer.JSON201 != nil:
		return *answer.JSON201, true, nil
	case answer.JSON200 != nil:
		return *answer.JSON200, false, nil
	default:
		return Store{}, false, newError(answer.HTTPResponse, answer.ApplicationProblemJSONDefault)
	}
}

// Get returns the store.
func (p *Platform) Get(ctx context.Context, name string) (Store, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	answer, err := p.api.GetStoreWithResponse(ctx, name)
	if err != nil {
		return Store{}, p.unreachable(err)
	}
	return result(answer.JSON200, answer.HTTPResponse, answer.ApplicationProblemJSONDefault)
}

// Update changes the settings of the store.
func (p *Platform) Update(ctx context.Context, name string, settings UpdateStore) (Store, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	answer, err := p.api.UpdateStoreWithResponse(ctx, name, settings)
	if err != nil {
		return Store{}, p.unreachable(err)
	}
	return result(answer.JSON202, answer.HTTPResponse, answer.ApplicationProblemJSONDefault)
}

// Delete starts to delete the store.
func (p *Platform) Delete(ctx context.Context, name string) (Store, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	answer, err := p.api.DeleteStoreWithResponse(ctx, name)
	if err != nil {
		return Store{}, p.unreachable(err)
	}
	return result(answer.JSON202, answer.HTTPResponse, answer.ApplicationProblemJSONDefault)
}

// Credentials returns how to sign in to the store's own administration.
func (p *Platform) Credentials(ctx context.Context, name string) (Credentials, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	answer, err := p.api.GetStoreCredentialsWithResponse(ctx, name)
	if err != nil {
		return Credentials{}, p.unreachable(err)
	}
	return result(answer.JSON200, answer.HTTPResponse, answer.ApplicationProblemJSONDefault)
}

// Find returns every store that matches the parameters, from all pages.
func (p *Platform) Find(ctx context.Context, params ListStoresParams) (StoreList, error) {
	all := StoreList{Items: []Store{}}
	for {
		page, err := p.page(ctx, params)
		if err != nil {
			return StoreList{}, err
		}
		all.Items, all.Total = append(all.Items, page.Items...), page.Total
		if page.Continue == "" {
			return all, nil
		}
		params.Continue = page.Continue
	}
}

func (p *Platform) page(ctx context.Context, params ListStoresParams) (StoreList, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	answer, err := p.api.ListStoresWithResponse(ctx, &params)
	if err != nil {
		return StoreList{}, p.unreachable(err)
	}
	return result(answer.JSON200, answer.HTTPResponse, answer.ApplicationProblemJSONDefault)
}

// Reset lets a store whose data is lost start with what is left of it.
func (p *Platform) Reset(ctx context.Context, name string) (Store, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	answer, err := p.api.ResetStoreWithResponse(ctx, name, ResetStore{StartEmpty: true})
	if err != nil {
		return Store{}, p.unreachable(err)
	}
	return result(answer.JSON202, answer.HTTPResponse, answer.ApplicationProblemJSONDefault)
}

// Retry tells ShopFlow to retry the store immediately.
func (p *Platform) Retry(ctx context.Context, name string) (Store, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	answer, err := p.api.RetryStoreWithResponse(ctx, name)
	if err != nil {
		return Store{}, p.unreachable(err)
	}
	return result(answer.JSON202, answer.HTTPResponse, answer.ApplicationProblemJSONDefault)
}
