package server

import "net/http"

// GetCapacity answers GET /api/v1/admin/capacity.
func (s *server) GetCapacity(w http.ResponseWriter, r *http.Request) {
	capacity, err := s.observer.Capacity(r.Context())
	if err != nil {
		s.fail(w, r, err)
		return
	}
	response := Capacity{
		Nodes:     []NodeCapacity{},
		Requested: StoresUse{CPUMillicores: capacity.CPU, MemoryBytes: capacity.Memory, StorageBytes: capacity.Storage, Pods: capacity.Pods},
	}
	for _, count := range s.feed.CountByState() {
		response.Stores += count
	}
	for _, node := range capacity.Nodes {
		response.Nodes = append(response.Nodes, NodeCapacity{
			Name: node.Name, Ready: node.Ready, CPUMillicores: node.CPU, MemoryBytes: node.Memory, PodsCapacity: node.Pods,
			CPUUsedMillicores: node.UsedCPU, MemoryUsedBytes: node.UsedMemory,
		})
	}
	s.encode(w, r, http.StatusOK, response)
}
