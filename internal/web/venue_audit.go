package web

import (
	"bytes"
	"fmt"

	"muntija/internal/exhibition"
	"muntija/internal/service"
	"muntija/internal/sheet"
)

// auditPage is the Body of plan/audit: every rule of safety with its value, limit, verdict and source, to be printed and signed.
type auditPage struct {
	*service.PlanView
	Lang   string
	Lines  []auditRow
	Broken int
	Unsaid int
	Height int
}

type auditRow struct {
	exhibition.AuditLine
	Name, Measured, Asked, From, Where string
}

func (s *Server) planAudit(r *request) error {
	v, err := s.plan(r)
	if err != nil {
		return err
	}
	b := auditPage{PlanView: v, Lang: r.lang(), Lines: r.words().audit(v.Plan), Height: pictureHeight(v.Plan)}
	for _, l := range b.Lines {
		switch l.Verdict {
		case exhibition.AuditBroken:
			b.Broken++
		case exhibition.AuditUnsaid:
			b.Unsaid++
		}
	}
	return r.page(0, "plan/audit", nil, b)
}

// audit measures a plan and puts what it finds into words.
func (w words) audit(p *exhibition.Plan) []auditRow {
	var out []auditRow
	for _, l := range p.Audit() {
		row := auditRow{AuditLine: l, Name: w.T("audit_plan.rule." + string(l.Rule)), Where: w.join(l.Codes), From: w.T("audit_plan.source." + l.Source)}
		if l.Own {
			row.From = w.T("audit_plan.own_limit")
		}
		limit := w.quantity(l.Limit, l.Unit)
		if l.Unit == exhibition.NoUnit { // a width that must be free everywhere: what is measured is whether it is
			limit = w.metre(l.Limit)
			row.Measured = w.T("audit_plan.breaches", l.Broken)
		} else {
			row.Measured = w.quantity(l.Value, l.Unit)
		}
		switch {
		case l.Verdict == exhibition.AuditUnsaid:
			row.Measured = w.T("audit_plan.unsaid." + string(l.Rule))
		case l.AtLeast:
			row.Measured = w.T("audit_plan.at_least", row.Measured)
		case l.Rule == exhibition.RuleDeadEnd && l.Value == 0:
			row.Measured = w.T("audit_plan.no_dead_end")
		case l.Rule == exhibition.RuleCable && l.Broken == 0:
			row.Measured = w.T("audit_plan.cables")
		}
		if row.Asked = w.T("audit_plan.least", limit); l.Most {
			row.Asked = w.T("audit_plan.most", limit)
		}
		out = append(out, row)
	}
	return out
}

func (s *Server) planAuditSheet(r *request) error {
	v, err := s.plan(r)
	if err != nil {
		return err
	}
	w := r.words()
	var rows [][]string
	for _, l := range w.audit(v.Plan) {
		rows = append(rows, []string{l.Name, l.Measured, l.Asked, w.T("audit_plan.verdict." + string(l.Verdict)), l.Where, l.From})
	}
	var out bytes.Buffer
	if err := sheet.WriteAudit(&out, rows, r.lang()); err != nil {
		return err
	}
	return r.attachment(fmt.Sprintf("audit-%d-%d.xlsx", v.Hall.ID, v.Row.Number), xlsxType, out.Bytes())
}
