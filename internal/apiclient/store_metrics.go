package apiclient

import "context"

// Metrics returns what the store uses now.
func (p *Platform) Metrics(ctx context.Context, name string) (StoreMetrics, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	answer, err := p.api.GetStoreMetricsWithResponse(ctx, name)
	if err != nil {
		return StoreMetrics{}, p.unreachable(err)
	}
	return result(answer.JSON200, answer.HTTPResponse, answer.ApplicationProblemJSONDefault)
}
