package apiclient

import (
	"context"
	"fmt"
	"io"
	"net/http"
)

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
