package web

import (
	"muntija/internal/service"
	"muntija/internal/store"
)

// jobListPage is the body of job/list.
type jobListPage struct {
	Jobs []service.JobView
}

func (s *Server) jobList(r *request) error {
	jobs, err := s.svc.Jobs.List(r.ctx(), r.actor)
	if err != nil {
		return err
	}
	return r.page(0, "job/list", nil, jobListPage{jobs})
}

// jobPage is the body of job/show.
type jobPage struct {
	*service.JobView
	Rows []outcomeCount // of a re-check, in the order of the outcomes
}

type outcomeCount struct {
	Overall string
	N       int64
}

// jobShow shows one job. Asked by a script for what changes, it answers with that part alone.
func (s *Server) jobShow(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	v, err := s.svc.Jobs.Job(r.ctx(), r.actor, id)
	if err != nil {
		return err
	}
	body := jobPage{JobView: v}
	if v.Recheck != nil {
		for _, o := range []string{"eligible", "needs_review", "incomplete", "not_eligible"} {
			if n := v.Recheck.Overall[o]; n > 0 {
				body.Rows = append(body.Rows, outcomeCount{o, n})
			}
		}
	}
	if r.isHTMX() {
		return r.fragment(0, "job/show", "job-state", nil, body)
	}
	return r.page(0, "job/show", nil, body)
}

func (s *Server) jobCancel(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	if err := s.svc.Jobs.Cancel(r.ctx(), r.actor, id, r.write()); err != nil {
		return err
	}
	return r.redirect("/jobs/"+itoa(id), "info", "flash.job.cancelled")
}

// Moving reports whether the page is to ask again.
func (p jobPage) Moving() bool { return p.State == store.JobQueued || p.State == store.JobRunning }
