package apiclient

import "context"

// Plans returns the sizes that a store can have.
func (p *Platform) Plans(ctx context.Context) (PlanList, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	answer, err := p.api.ListPlansWithResponse(ctx)
	if err != nil {
		return PlanList{}, p.unreachable(err)
	}
	return result(answer.JSON200, answer.HTTPResponse, answer.ApplicationProblemJSONDefault)
}
