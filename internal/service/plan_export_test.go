package service

// SetPlanMemory bounds what a solve may take; 0 is the default.
func (s *Service) SetPlanMemory(n int64) {
	s.Allocations.planMemory, s.SeasonPlans.planMemory, s.Layouts.planMemory = n, n, n
}

// Reclaimable is what a control group's use holds only as long as nobody wants it.
func Reclaimable(stat string) int64 { return reclaimable(stat) }
