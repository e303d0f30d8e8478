package server

import "net/http"

// CheckName answers GET /api/v1/names/{name}.
func (s *server) CheckName(w http.ResponseWriter, r *http.Request, name string) {
	check, err := s.stores.CheckName(r.Context(), name)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.encode(w, r, http.StatusOK, NameCheck{Name: name, Status: NameCheckStatus(check.Status), Reason: check.Reason, URL: check.URL})
}

// ListPlans answers GET /api/v1/plans.
func (s *server) ListPlans(w http.ResponseWriter, r *http.Request) {
	list := PlanList{Items: []Plan{}}
	for _, plan := range s.stores.Plans() {
		shown := Plan{Name: plan.Name, Description: plan.Description, Sizes: []PlanSize{}}
		for _, size := range plan.Sizes {
			shown.Sizes = append(shown.Sizes, PlanSize{Engine: string(size.Engine), CPUMillicores: size.CPU, MemoryBytes: size.Memory, StorageBytes: size.Storage})
		}
		list.Items = append(list.Items, shown)
	}
	s.encode(w, r, http.StatusOK, list)
}

// GetPlatform answers GET /api/v1/platform.
func (s *server) GetPlatform(w http.ResponseWriter, r *http.Request) {
	heartbeat, err := s.stores.Controller(r.Context())
	if err != nil {
		s.fail(w, r, err)
		return
	}
	shown := PlatformHealth{Controller: ControllerHealth{Alive: heartbeat.Alive}}
	if !heartbeat.LastSeen.IsZero() {
		last := heartbeat.LastSeen.UTC()
		shown.Controller.LastSeen = &last
	}
	s.encode(w, r, http.StatusOK, shown)
}

// GetCapacity answers GET /api/v1/admin/capacity.
func (s *server) GetCapacity(w http.ResponseWriter, r *http.Request) {
	capacity, err := s.stores.Capacity(r.Context())
	if err != nil {
		s.fail(w, r, err)
		return
	}
	shown := Capacity{
		Nodes:     []NodeCapacity{},
		Requested: StoresUse{CPUMillicores: capacity.CPU, MemoryBytes: capacity.Memory, StorageBytes: capacity.Storage, Pods: capacity.Pods},
	}
	for _, count := range s.events.CountByState() {
		shown.Stores += count
	}
	for _, node := range capacity.Nodes {
		shown.Nodes = append(shown.Nodes, NodeCapacity{
			Name: node.Name, Ready: node.Ready, CPUMillicores: node.CPU, MemoryBytes: node.Memory, PodsCapacity: node.Pods,
			CPUUsedMillicores: node.UsedCPU, MemoryUsedBytes: node.UsedMemory,
		})
	}
	s.encode(w, r, http.StatusOK, shown)
}
