package service

import "context"

// Batch sets how many families a re-check stores at once, and what is called after each stored batch. Only before the jobs run.
func (j *Jobs) Batch(size int, after func()) { j.batch, j.onBatch = size, after }

// Sketched sets from how many families on a party is compared by sketches. Only before the jobs run.
func (j *Jobs) Sketched(from int) { j.linkageFrom = from }

// Plan queues what is due today, as the loop of the jobs does.
func (j *Jobs) Plan(ctx context.Context) error { return j.plan(ctx) }
