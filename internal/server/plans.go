package server

import "net/http"

// ListPlans answers GET /api/v1/plans.
func (s *server) ListPlans(w http.ResponseWriter, r *http.Request) {
	list := PlanList{Items: []Plan{}}
	for _, plan := range s.stores.Plans() {
		response := Plan{Name: plan.Name, Description: plan.Description, Sizes: []PlanSize{}}
		for _, size := range plan.Sizes {
			response.Sizes = append(response.Sizes, PlanSize{Engine: string(size.Engine), CPUMillicores: size.CPU, MemoryBytes: size.Memory, StorageBytes: size.Storage})
		}
		list.Items = append(list.Items, response)
	}
	s.encode(w, r, http.StatusOK, list)
}
