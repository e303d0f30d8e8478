package apiclient

import "context"

// Events returns what Kubernetes reported about the store, the newest first.
func (p *Platform) Events(ctx context.Context, name string) (StoreEventList, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	answer, err := p.api.ListStoreEventsWithResponse(ctx, name)
	if err != nil {
		return StoreEventList{}, p.unreachable(err)
	}
	return result(answer.JSON200, answer.HTTPResponse, answer.ApplicationProblemJSONDefault)
}
