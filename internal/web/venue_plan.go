package web

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"muntija/internal/auth"
	"muntija/internal/exhibition"
	"muntija/internal/fault"
	"muntija/internal/service"
	"muntija/internal/sheet"
	"muntija/internal/web/render"
)

var planRoutes = []route{
	{method: "GET", path: "/plans/:id", access: permit, action: auth.VenueView, handle: (*Server).planShow},
	{method: "PUT", path: "/plans/:id", access: permit, action: auth.VenueEdit, upload: true, handle: (*Server).planPut},
	{method: "GET", path: "/plans/:id/drawing", access: permit, action: auth.VenueView, handle: (*Server).planDrawing},
	{method: "GET", path: "/plans/:id/drawing.svg", access: permit, action: auth.VenueView, handle: (*Server).planSVG},
	{method: "GET", path: "/plans/:id/print", access: permit, action: auth.VenueView, handle: (*Server).planPrint},
	{method: "GET", path: "/plans/:id/audit", access: permit, action: auth.VenueView, handle: (*Server).planAudit},
	{method: "GET", path: "/plans/:id/audit.xlsx", access: permit, action: auth.VenueView, handle: (*Server).planAuditSheet},
	{method: "GET", path: "/plans/:id/export.json", access: permit, action: auth.VenueView, handle: (*Server).planJSON},
	{method: "GET", path: "/plans/:id/export.xlsx", access: permit, action: auth.VenueView, handle: (*Server).planSheet},
	{method: "GET", path: "/plans/:id/import", access: permit, action: auth.VenueEdit, handle: (*Server).planImport},
	{method: "POST", path: "/plans/:id/import", access: permit, action: auth.VenueEdit, upload: true, handle: (*Server).planImported},
	{method: "GET", path: "/plans/:id/grid", access: permit, action: auth.VenueEdit, handle: (*Server).planGrid},
	{method: "POST", path: "/plans/:id/grid", access: permit, action: auth.VenueEdit, handle: (*Server).planGridAdd},
	{method: "GET", path: "/plans/:id/limits", access: permit, action: auth.VenueEdit, handle: (*Server).planLimits},
	{method: "POST", path: "/plans/:id/limits", access: permit, action: auth.VenueEdit, handle: (*Server).planLimitsSave},
	{method: "GET", path: "/plans/:id/booths/new", access: permit, action: auth.VenueEdit, handle: (*Server).boothNew},
	{method: "POST", path: "/plans/:id/booths/new", access: permit, action: auth.VenueEdit, handle: (*Server).boothSave},
	{method: "GET", path: "/plans/:id/booths/:n", access: permit, action: auth.VenueEdit, handle: (*Server).boothEdit},
	{method: "POST", path: "/plans/:id/booths/:n", access: permit, action: auth.VenueEdit, handle: (*Server).boothSave},
	{method: "POST", path: "/plans/:id/booths/:n/delete", access: permit, action: auth.VenueEdit, handle: (*Server).boothDelete},
	{method: "POST", path: "/plans/:id/release", access: permit, action: auth.VenueRelease, handle: (*Server).planRelease},
	{method: "POST", path: "/plans/:id/draft", access: permit, action: auth.VenueEdit, handle: (*Server).planDraft},
	{method: "POST", path: "/plans/:id/delete", access: permit, action: auth.VenueEdit, handle: (*Server).planDelete},
}

func planURL(id int64) string { return "/plans/" + itoa(id) }

// asFault finds the error of package fault in a chain.
func asFault(err error, f **fault.Error) bool { return errors.As(err, f) }

func (s *Server) plan(r *request) (*service.PlanView, error) {
	id, err := r.id("id")
	if err != nil {
		return nil, err
	}
	return s.svc.Venues.Plan(r.ctx(), r.actor, id)
}

// editablePlan reads a draft that the actor may draw.
func (s *Server) editablePlan(r *request) (*service.PlanView, error) {
	v, err := s.plan(r)
	if err == nil && !v.Editable {
		err = fault.New(fault.State, "error.plan.released")
	}
	return v, err
}

// planPage is the Body of plan/show.
type planPage struct {
	*service.PlanView
	Lang       string
	Findings   []shownFinding
	Blocked    int
	More       int // findings that are not named
	Booths     []shownBooth
	Page       int
	Pages      int
	Editor     string // name of who saved last
	CanRelease bool
	Kinds      []exhibition.BoothKind
}

type shownBooth struct {
	*exhibition.Booth
	TypeName, Size, Place, Faces, Supply string
}

// boothsOnPage keeps the table of a large hall under 60 KB.
const boothsOnPage = 40

func (s *Server) planShow(r *request) error {
	v, err := s.plan(r)
	if err != nil {
		return err
	}
	w := r.words()
	body := planPage{PlanView: v, Lang: r.lang(), Findings: w.findings(v.Found), Blocked: exhibition.Blocked(v.Found), Editor: v.Editors[v.Row.UpdatedBy], Page: 1,
		CanRelease: v.Editable && auth.Can(r.actor, auth.VenueRelease), Kinds: exhibition.BoothKinds()}
	if len(body.Findings) > 20 { // the editor shows the others too
		body.Findings = body.Findings[:20]
	}
	body.More = len(v.Found) - len(body.Findings)
	body.Pages = max(1, (len(v.Plan.Booths)+boothsOnPage-1)/boothsOnPage)
	if q := r.query()["page"]; len(q) > 0 {
		if n, err := strconv.Atoi(q[0]); err == nil {
			body.Page = min(max(n, 1), body.Pages)
		}
	}
	from := (body.Page - 1) * boothsOnPage
	for i := from; i < min(from+boothsOnPage, len(v.Plan.Booths)); i++ {
		body.Booths = append(body.Booths, w.booth(&v.Plan.Booths[i]))
	}
	return r.page(0, "plan/show", nil, body)
}

func (w words) booth(b *exhibition.Booth) shownBooth {
	return shownBooth{Booth: b, TypeName: w.T("enum.booth_type." + string(b.Type)), Size: boothSize(b), Place: placeOf(b), Faces: w.faces(b.Open), Supply: w.supply(b)}
}

func (w words) faces(f exhibition.Face) string {
	var parts []string
	for _, l := range f.String() {
		parts = append(parts, w.T("enum.booth_face."+string(l)))
	}
	return w.join(parts)
}

// drawing is what the editor reads and what it gets as the answer to a save.
type drawing struct {
	Version  int64            `json:"version"`
	Plan     *exhibition.Plan `json:"plan,omitempty"`
	Findings []shownFinding   `json:"findings"`
	Blocked  int              `json:"blocked"`
	Warned   int              `json:"warned"`
	Editable bool             `json:"editable"`
	By       string           `json:"by,omitempty"`
	Clash    bool             `json:"clash,omitempty"`
}

func (r *request) drawing(v *service.PlanView) drawing {
	blocked := exhibition.Blocked(v.Found)
	return drawing{Version: v.Row.Version, Plan: v.Plan, Findings: r.words().findings(v.Found), Blocked: blocked, Warned: len(v.Found) - blocked, Editable: v.Editable,
		By: v.Editors[v.Row.UpdatedBy]}
}

func (s *Server) planDrawing(r *request) error {
	v, err := s.plan(r)
	if err != nil {
		return err
	}
	return r.c.JSON(r.drawing(v))
}

// planPut is the editor's save: the whole drawing at a version. Somebody else's save in between is answered with what is on file, 409, and the editor merges.
func (s *Server) planPut(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	p, err := exhibition.ParsePlan(r.c.Body())
	if err == nil {
		var version int64
		var found []exhibition.Finding
		version, found, err = s.svc.Venues.SavePlan(r.ctx(), r.actor, id, p, r.write())
		if err == nil {
			blocked := exhibition.Blocked(found)
			return r.c.JSON(drawing{Version: version, Findings: r.words().findings(found), Blocked: blocked, Warned: len(found) - blocked, Editable: true})
		}
	}
	switch ps, invalid := problems(err); {
	case invalid:
		w := r.words()
		text := w.T(ps[0].Key, ps[0].Args...)
		if ps[0].Field != "" {
			text = ps[0].Field + ": " + text
		}
		return r.c.Status(422).JSON(fiber.Map{"status": 422, "detail": text})
	case fault.Is(err, fault.Stale):
		v, err := s.plan(r)
		if err != nil {
			return err
		}
		d := r.drawing(v)
		d.Clash = true
		return r.c.Status(409).JSON(d)
	}
	return err
}

// planPrintPage is the Body of plan/print.
type planPrintPage struct {
	*service.PlanView
	Lang   string
	Booths []shownBooth
}

func (s *Server) planPrint(r *request) error {
	v, err := s.plan(r)
	if err != nil {
		return err
	}
	body := planPrintPage{PlanView: v, Lang: r.lang()}
	for i := range v.Plan.Booths {
		body.Booths = append(body.Booths, r.words().booth(&v.Plan.Booths[i]))
	}
	return r.page(0, "plan/print", nil, body)
}

func (s *Server) planSVG(r *request) error {
	v, err := s.plan(r)
	if err != nil {
		return err
	}
	return r.svg(v.Plan, nil, nil)
}

func (r *request) svg(p *exhibition.Plan, names map[int]string, framed map[int]bool) error {
	r.c.Set("Content-Type", "image/svg+xml; charset=utf-8")
	return r.c.Send(drawSVG(p, r.words(), names, framed))
}

// attachment names a download.
func (r *request) attachment(name, kind string, body []byte) error {
	r.c.Set("Content-Type", kind)
	r.c.Set("Content-Disposition", `attachment; filename="`+name+`"`)
	return r.c.Send(body)
}

func (s *Server) planJSON(r *request) error {
	v, err := s.plan(r)
	if err != nil {
		return err
	}
	b, err := v.Plan.JSON()
	if err != nil {
		return err
	}
	var out bytes.Buffer
	if err := json.Indent(&out, b, "", " "); err != nil {
		return fmt.Errorf("indenting plan %d: %w", v.Row.ID, err)
	}
	return r.attachment(fmt.Sprintf("plan-%d-%d.json", v.Hall.ID, v.Row.Number), "application/json", out.Bytes())
}

func (s *Server) planSheet(r *request) error {
	v, err := s.plan(r)
	if err != nil {
		return err
	}
	var out bytes.Buffer
	if err := sheet.WriteBooths(&out, v.Plan.Booths, r.lang()); err != nil {
		return err
	}
	return r.attachment(fmt.Sprintf("booths-%d-%d.xlsx", v.Hall.ID, v.Row.Number), xlsxType, out.Bytes())
}

// planFormPage is the Body of the forms of a plan: plan/import, plan/grid, plan/limits, plan/booth.
type planFormPage struct {
	*service.PlanView
	Lang       string
	Version    int64 // what the form is made on
	Types      []exhibition.BoothType
	Faces      []render.Option
	Numberings []exhibition.Numbering
	Limits     []exhibition.LimitField
	Booth      int    // number of the booth, 0 for a new one
	Code       string // of it
	ClashBy    string // who saved meanwhile
	Theirs     string // what is on file of the booth, in words
}

func (r *request) planForm(v *service.PlanView) planFormPage {
	body := planFormPage{PlanView: v, Lang: r.lang(), Version: v.Row.Version, Numberings: exhibition.Numberings(), Limits: v.Plan.Limits.Fields()}
	for _, k := range exhibition.BoothKinds() {
		body.Types = append(body.Types, k.Type)
	}
	for _, l := range "FRBL" {
		body.Faces = append(body.Faces, render.Option{Value: string(l), Label: r.words().T("enum.booth_face." + string(l))})
	}
	return body
}

// formClash makes a form that was filled in on an older version show who saved meanwhile; sent again it stands on what is on file.
func (r *request) formClash(v *service.PlanView, body *planFormPage) {
	body.ClashBy = v.Editors[v.Row.UpdatedBy]
	if b := v.Plan.BoothByID(body.Booth); b != nil {
		x := r.words().booth(b)
		body.Theirs = strings.Join([]string{b.Code, x.TypeName, "(" + x.Place + ")", x.Size, x.Faces, x.Supply}, " · ")
	} else if body.Booth != 0 {
		body.Theirs = r.words().T("plan.gone")
	}
}

// savePlanForm answers a form of a plan: problems beside the fields, a clash on the page, or on to the plan.
func (s *Server) savePlanForm(r *request, name string, in typed, ps fault.Problems, booth int, save func(id int64) (flash string, args []string, err error)) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	status := 422
	if ps.Err() == nil {
		flash, args, err := save(id)
		if err == nil {
			return r.redirect(planURL(id), "success", flash, args...)
		}
		if found, ok := problems(err); ok {
			ps = found
		} else if fault.Is(err, fault.Stale) {
			status = 409
		} else {
			return err
		}
	}
	v, err := s.editablePlan(r)
	if err != nil {
		return err
	}
	body := r.planForm(v)
	body.Booth = booth
	if b := v.Plan.BoothByID(booth); b != nil {
		body.Code = b.Code
	}
	if status == 409 {
		r.formClash(v, &body)
	} else {
		body.Version = r.version()
	}
	return r.page(status, name, in.form(ps), body)
}

func (s *Server) planImport(r *request) error {
	v, err := s.editablePlan(r)
	if err != nil {
		return err
	}
	return r.page(0, "plan/import", nil, r.planForm(v))
}

func (s *Server) planImported(r *request) error {
	in := typed(r.values())
	var ps fault.Problems
	var raw []byte
	head, err := r.c.FormFile("plan.file")
	switch {
	case err != nil || head.Size == 0:
		ps.Add("plan.file", "problem.required")
	case head.Size > exhibition.MaxPlanBytes:
		ps.Add("plan.file", "error.too_large")
	default:
		f, err := head.Open()
		if err != nil {
			return fmt.Errorf("opening an upload: %w", err)
		}
		defer f.Close()
		if raw, err = io.ReadAll(io.LimitReader(f, exhibition.MaxPlanBytes+1)); err != nil {
			return fmt.Errorf("reading an upload: %w", err)
		}
	}
	var plan *exhibition.Plan
	var booths []exhibition.Booth
	if ps == nil {
		if bytes.HasPrefix(bytes.TrimLeft(raw, " \r\n\t\ufeff"), []byte("{")) {
			plan, err = exhibition.ParsePlan(bytes.TrimPrefix(raw, []byte("\ufeff")))
		} else {
			booths, err = sheet.ReadBooths(bytes.NewReader(raw), int64(len(raw)))
		}
		ps = fileProblems(r.words(), err, "plan.file")
	}
	return s.savePlanForm(r, "plan/import", in, ps, 0, func(id int64) (string, []string, error) {
		if plan != nil {
			_, _, err = s.svc.Venues.SavePlan(r.ctx(), r.actor, id, plan, r.write())
		} else {
			err = s.svc.Venues.ReplaceBooths(r.ctx(), r.actor, id, booths, r.write())
		}
		if found := fileProblems(r.words(), err, "plan.file"); found != nil {
			err = found.Err()
		}
		return "flash.plan.imported", nil, err
	})
}

// fileProblems gathers what is wrong inside a file at the field of the file, with the place in it; nil for an error that is not the file's.
func fileProblems(w words, err error, field string) fault.Problems {
	var f *fault.Error
	if err == nil || !asFault(err, &f) || f.Kind != fault.Invalid && f.Kind != fault.TooLarge && f.Kind != fault.Unsupported {
		return nil
	}
	var out fault.Problems
	for i, p := range f.Problems {
		if i == 8 {
			break
		}
		out.Add(field, "problem.plan.at", p.Field, w.T(p.Key, p.Args...))
	}
	if out == nil {
		out.Add(field, f.Key, f.Args...)
	}
	return out
}

func (s *Server) planGrid(r *request) error {
	v, err := s.editablePlan(r)
	if err != nil {
		return err
	}
	form := &render.Form{Values: map[string]string{"grid.type": string(exhibition.Stand3x3), "grid.rows": "4", "grid.columns": "8", "grid.aisle": "3", "grid.back": "yes",
		"grid.corners": "yes", "grid.fit": "yes", "grid.numbering": string(exhibition.ByRow), "grid.block": "0", "grid.first": "1"}}
	box := v.Plan.Outline[0]
	for _, p := range v.Plan.Outline {
		box.X, box.Y = min(box.X, p.X), min(box.Y, p.Y)
	}
	form.Values["grid.x"], form.Values["grid.y"] = metres(box.X+3000), metres(box.Y+3000)
	return r.page(0, "plan/grid", form, r.planForm(v))
}

func (s *Server) planGridAdd(r *request) error {
	in := typed(r.values())
	var ps fault.Problems
	g := exhibition.Grid{X: in.mmOf(&ps, "grid.x"), Y: in.mmOf(&ps, "grid.y"), Type: exhibition.BoothType(in.get("grid.type")), Width: in.mmOf(&ps, "grid.width"),
		Depth: in.mmOf(&ps, "grid.depth"), Rows: in.whole(&ps, "grid.rows"), Columns: in.whole(&ps, "grid.columns"), Aisle: in.mmOf(&ps, "grid.aisle"),
		BackToBack: in.ticked("grid.back"), Block: in.whole(&ps, "grid.block"), Corners: in.ticked("grid.corners"), Turned: in.ticked("grid.turned"), Prefix: in.get("grid.prefix"),
		First: in.whole(&ps, "grid.first"), Numbering: exhibition.Numbering(in.get("grid.numbering")), PowerW: in.whole(&ps, "grid.power"), Water: in.ticked("grid.water"),
		Fit: in.ticked("grid.fit")}
	return s.savePlanForm(r, "plan/grid", in, ps, 0, func(id int64) (string, []string, error) {
		added, left, err := s.svc.Venues.AddGrid(r.ctx(), r.actor, id, g, r.write())
		return "flash.plan.grid", []string{strconv.Itoa(added), strconv.Itoa(left)}, err
	})
}

func (s *Server) planLimits(r *request) error {
	v, err := s.editablePlan(r)
	if err != nil {
		return err
	}
	form := &render.Form{Values: map[string]string{}}
	for _, f := range v.Plan.Limits.Fields() {
		if f.Value != 0 {
			form.Values["limits."+f.Name] = metres(f.Value)
		}
	}
	if n := v.Plan.Limits.People; n > 0 {
		form.Values["limits.people"] = strconv.Itoa(n)
	}
	if v.Plan.Limits.NoDeadEnds {
		form.Values["limits.no_dead_ends"] = "yes"
	}
	return r.page(0, "plan/limits", form, r.planForm(v))
}

func (s *Server) planLimitsSave(r *request) error {
	in := typed(r.values())
	var ps fault.Problems
	l := exhibition.Limits{People: in.whole(&ps, "limits.people"), NoDeadEnds: in.ticked("limits.no_dead_ends")}
	for _, f := range l.Fields() {
		v := in.mmOf(&ps, "limits."+f.Name)
		if v != 0 && (v < f.Low || v > f.High) {
			ps.Add("limits."+f.Name, "problem.plan.between", metres(f.Low), metres(f.High))
		}
		l.Set(f.Name, v)
	}
	return s.savePlanForm(r, "plan/limits", in, ps, 0, func(id int64) (string, []string, error) {
		return "flash.plan.saved", nil, s.svc.Venues.SetLimits(r.ctx(), r.actor, id, l, r.write())
	})
}

func (s *Server) boothNew(r *request) error {
	v, err := s.editablePlan(r)
	if err != nil {
		return err
	}
	form := &render.Form{Values: map[string]string{"booth.type": string(exhibition.Stand3x3), "booth.angle": "0"}, Lists: map[string][]string{"booth.open": {"F"}}}
	return r.page(0, "plan/booth", form, r.planForm(v))
}

func (s *Server) boothEdit(r *request) error {
	v, err := s.editablePlan(r)
	if err != nil {
		return err
	}
	n, err := r.id("n")
	if err != nil {
		return err
	}
	b := v.Plan.BoothByID(int(n))
	if b == nil {
		return fault.New(fault.NotFound, "error.not_found")
	}
	body := r.planForm(v)
	body.Booth, body.Code = b.ID, b.Code
	return r.page(0, "plan/booth", boothForm(b), body)
}

func boothForm(b *exhibition.Booth) *render.Form {
	f := &render.Form{Values: map[string]string{"booth.code": b.Code, "booth.type": string(b.Type), "booth.x": metres(b.X), "booth.y": metres(b.Y), "booth.w": metres(b.Width),
		"booth.d": metres(b.Depth), "booth.angle": strconv.Itoa(b.Angle), "booth.power": strconv.Itoa(b.PowerW)}, Lists: map[string][]string{"booth.open": strings.Split(b.Open.String(), "")}}
	for name, is := range map[string]bool{"water": b.Water, "accessible": b.Accessible, "extraction": b.Extraction, "shaded": b.Shaded} {
		if is {
			f.Values["booth."+name] = "yes"
		}
	}
	return f
}

// boothSave takes the form of a booth, of one that is there or of a new one. A size that is left empty is the type's.
func (s *Server) boothSave(r *request) error {
	n := 0
	if text := r.c.Params("n"); text != "" {
		id, err := r.id("n")
		if err != nil {
			return err
		}
		n = int(id)
	}
	in := typed(r.values())
	var ps fault.Problems
	b := exhibition.Booth{ID: n, Code: strings.TrimSpace(in.get("booth.code")), Type: exhibition.BoothType(in.get("booth.type")), X: in.mmOf(&ps, "booth.x"), Y: in.mmOf(&ps, "booth.y"),
		Width: in.mmOf(&ps, "booth.w"), Depth: in.mmOf(&ps, "booth.d"), Angle: in.whole(&ps, "booth.angle"), PowerW: in.whole(&ps, "booth.power"), Water: in.ticked("booth.water"),
		Accessible: in.ticked("booth.accessible"), Extraction: in.ticked("booth.extraction"), Shaded: in.ticked("booth.shaded")}
	if kind, ok := b.Type.Kind(); ok {
		if b.Width == 0 {
			b.Width = kind.Width
		}
		if b.Depth == 0 {
			b.Depth = kind.Depth
		}
	}
	open, ok := exhibition.ParseFaces(strings.Join(in["booth.open"], ""))
	if !ok {
		ps.Add("booth.open", "problem.choice")
	}
	b.Open = open
	return s.savePlanForm(r, "plan/booth", in, ps, n, func(id int64) (string, []string, error) {
		err := s.svc.Venues.SaveBooth(r.ctx(), r.actor, id, b, r.write())
		if found, ok := problems(err); ok { // "booths[12].code" is this form's "booth.code"
			for i := range found {
				if _, field, cut := strings.Cut(found[i].Field, "]."); cut {
					found[i].Field = "booth." + field
				} else {
					found[i].Field = "booth.x"
				}
			}
			err = found.Err()
		}
		return "flash.plan.saved", nil, err
	})
}

func (s *Server) boothDelete(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	n, err := r.id("n")
	if err != nil {
		return err
	}
	if err := s.svc.Venues.DeleteBooth(r.ctx(), r.actor, id, int(n), r.write()); err != nil {
		return err
	}
	return r.redirect(planURL(id), "success", "flash.plan.saved")
}

func (s *Server) planRelease(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	if err := s.svc.Venues.Release(r.ctx(), r.actor, id, r.write()); err != nil {
		return err
	}
	return r.redirect(planURL(id), "success", "flash.plan.released")
}

func (s *Server) planDraft(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	draft, err := s.svc.Venues.Draft(r.ctx(), r.actor, id, r.write())
	if err != nil {
		return err
	}
	return r.redirect(planURL(draft), "success", "flash.plan.drafted")
}

func (s *Server) planDelete(r *request) error {
	v, err := s.plan(r)
	if err != nil {
		return err
	}
	if err := s.svc.Venues.DeleteDraft(r.ctx(), r.actor, v.Row.ID, r.write()); err != nil {
		return err
	}
	return r.redirect(venueURL(v.Venue.ID), "success", "flash.plan.deleted")
}

// State returns the plan's state for a badge.
func (p planPage) State() exhibition.PlanState { return p.Row.State }

// Usual is the usual value of a limit in metres.
func (p planFormPage) Usual(f exhibition.LimitField) string { return metres(f.Usual) }

// Height is the height of the drawing as a picture of pictureWidth.
func (p planPage) Height() int { return pictureHeight(p.Plan) }

// Height is the height of the drawing as a picture of pictureWidth.
func (p planPrintPage) Height() int { return pictureHeight(p.Plan) }
