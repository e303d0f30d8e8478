package apiclient

import "context"

// Engines returns the engines, and which of them the platform has.
func (p *Platform) Engines(ctx context.Context) (EngineList, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	answer, err := p.api.ListEnginesWithResponse(ctx)
	if err != nil {
		return EngineList{}, p.unreachable(err)
	}
	return result(answer.JSON200, answer.HTTPResponse, answer.ApplicationProblemJSONDefault)
}
