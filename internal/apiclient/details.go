package apiclient

import (
	"context"
	"fmt"
	"io"
	"net/http"
)

// Find returns every store that the parameters ask for, from as many pages as it takes.
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

// Retry has the store tried again at once.
func (p *Platform) Retry(ctx context.Context, name string) (Store, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	answer, err := p.api.RetryStoreWithResponse(ctx, name)
	if err != nil {
		return Store{}, p.unreachable(err)
	}
	return result(answer.JSON202, answer.HTTPResponse, answer.ApplicationProblemJSONDefault)
}

// Reports returns what Kubernetes said about the store, the newest first.
func (p *Platform) Reports(ctx context.Context, name string) (StoreEventList, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	answer, err := p.api.ListStoreEventsWithResponse(ctx, name)
	if err != nil {
		return StoreEventList{}, p.unreachable(err)
	}
	return result(answer.JSON200, answer.HTTPResponse, answer.ApplicationProblemJSONDefault)
}

// Metrics returns what the store uses.
func (p *Platform) Metrics(ctx context.Context, name string) (StoreMetrics, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	answer, err := p.api.GetStoreMetricsWithResponse(ctx, name)
	if err != nil {
		return StoreMetrics{}, p.unreachable(err)
	}
	return result(answer.JSON200, answer.HTTPResponse, answer.ApplicationProblemJSONDefault)
}

// Logs copies the store's logs to the writer, until there are no more or the context is done.
func (p *Platform) Logs(ctx context.Context, name string, params StreamStoreLogsParams, to io.Writer) error {
	response, err := p.api.StreamStoreLogs(ctx, name, &params)
	if err != nil {
		return p.unreachable(err)
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		answer, err := ParseStreamStoreLogsResponse(response)
		if err != nil {
			return fmt.Errorf("read why there are no logs: %w", err)
		}
		return newError(response, answer.ApplicationProblemJSONDefault)
	}
	if _, err := io.Copy(to, response.Body); err != nil {
		return p.unreachable(err)
	}
	return nil
}
