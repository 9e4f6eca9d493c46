package service

import (
	"context"
	"sync"
)

// Jobs holds long work that survives a restart: re-checking with new criteria, ending terms, forgetting what is out of date.
type Jobs struct {
	core
	criteria *Criteria

	mu   sync.Mutex
	stop context.CancelFunc
	done chan struct{}
}

func newJobs(c core, cr *Criteria) *Jobs { return &Jobs{core: c, criteria: cr} }

// Start begins to run jobs, until Stop is called or ctx ends.
func (j *Jobs) Start(ctx context.Context) error { return nil }

// Stop ends the running of jobs and waits until the batch at hand is stored.
func (j *Jobs) Stop() {}
