package service

// SetBatch makes an import's transactions small and calls fn after each, for tests that stop in the middle.
func (s *Imports) SetBatch(n int, fn func()) { s.batch, s.onBatch = n, fn }
