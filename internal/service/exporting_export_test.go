package service

// JobFrom makes exports of more than n families jobs, so that a test needs no thousands.
func (s *Exports) JobFrom(n int) { s.atOnce = n }
