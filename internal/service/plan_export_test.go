package service

// SetPlanMemory bounds what a solve may take; 0 is the default.
func (s *Service) SetPlanMemory(n int64) {
	s.Allocations.planMemory, s.SeasonPlans.planMemory, s.Layouts.planMemory = n, n, n
}
