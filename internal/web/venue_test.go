package web_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"muntija/internal/auth"
	"muntija/internal/exhibition"
	"muntija/internal/place"
	"muntija/internal/store"
	"muntija/internal/store/storetest"
	"muntija/internal/testkit"
)

// venueForm is a venue as typed, with Arabic digits.
func venueForm() url.Values {
	return url.Values{"venue.name.ar": {"أرض المعارض"}, "venue.name.en": {"Exhibition Ground"}, "venue.city.ar": {"القاهرة"}, "venue.area": {"EG-C"},
		"venue.setting": {"indoor"}, "venue.floor": {"٤٠٠٠"}}
}

// post sends a form as a page does: with an idempotency key.
func post(b *testkit.Browser, path string, form url.Values) *testkit.Page {
	out := url.Values{"idempotency_key": {testkit.Key()}}
	for k, v := range form {
		out[k] = v
	}
	return b.Post(path, out)
}

// drawnPlan enters a venue with a hall of 40 × 30 m by the pages and returns the address of its plan.
func drawnPlan(t testing.TB, b *testkit.Browser) string {
	t.Helper()
	venue := post(b, "/venues/new", venueForm()).Want(303).Header.Get("Location")
	return post(b, venue+"/halls", url.Values{"hall.name.ar": {"القاعة"}, "hall.width": {"٤٠"}, "hall.depth": {"30,0"}}).Want(303).Header.Get("Location")
}

// planVersion is what the plan's forms stand on.
func planVersion(t testing.TB, b *testkit.Browser, plan string) string {
	t.Helper()
	var d struct{ Version int64 }
	if err := json.Unmarshal(b.Get(plan+"/drawing").Want(200).Body, &d); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprint(d.Version)
}

func put(b *testkit.Browser, plan, version, key string, body []byte) *testkit.Page {
	req, _ := http.NewRequest(http.MethodPut, "http://example.com"+plan, bytes.NewReader(body))
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json")
	req.Header.Set("X-CSRF-Token", b.CSRF())
	req.Header.Set("If-Match", `"`+version+`"`)
	req.Header.Set("Idempotency-Key", key)
	return b.Do(req)
}

// TestVenuePages walks venues, halls and plans by forms alone, as without JavaScript.
func TestVenuePages(t *testing.T) {
	s := familySite(t)
	b := s.As(t, auth.Coordinator, place.Egypt)
	b.Get("/venues").Want(200).Check()
	wrong := venueForm()
	wrong.Set("venue.area", "QA-DA")
	wrong.Set("venue.floor", "-3")
	if p := post(b, "/venues/new", wrong).Want(422).Check(); !bytes.Contains(p.Body, []byte(`value="أرض المعارض"`)) {
		t.Error("what was typed is lost")
	}
	plan := drawnPlan(t, b)
	for _, path := range []string{plan, plan + "/grid", plan + "/limits", plan + "/import", plan + "/booths/new", plan + "/print", plan + "/audit", plan + "/audit?lang=en", "/venues", "/venues/1", "/venues/1/edit", "/halls/1/name"} {
		if p := b.Get(path).Want(200).Check(); len(p.Body) > 60<<10 {
			t.Errorf("%s has %d bytes", path, len(p.Body))
		}
	}
	// A hall without a floor is a problem beside its field, and nothing is stored.
	for _, size := range []string{"0", "-4", "abc", ""} {
		post(b, "/venues/1/halls", url.Values{"hall.name.ar": {"بلا أرض"}, "hall.width": {size}, "hall.depth": {"20"}}).Want(422).Check()
	}
	grid := url.Values{"grid.type": {"stand_3x3"}, "grid.rows": {"٢"}, "grid.columns": {"5"}, "grid.aisle": {"٣٫٢"}, "grid.x": {"5"}, "grid.y": {"8"}, "grid.back": {"yes"}, "grid.corners": {"yes"},
		"grid.fit": {"yes"}, "grid.numbering": {"row"}, "version": {planVersion(t, b, plan)}}
	post(b, plan+"/grid", grid).Want(303)
	if p := b.Get(plan).Want(200).Check(); !p.Has("A-1", "B-5") {
		t.Error("the grid is not in the table")
	}
	// The form of an older version shows who saved meanwhile, and what is on file.
	first := b.Get(plan + "/booths/1").Want(200)
	booth := url.Values{"booth.code": {"A-1"}, "booth.type": {"stand_3x3"}, "booth.x": {"6.5"}, "booth.y": {"9.5"}, "booth.angle": {"0"}, "booth.open": {"F"}, "version": {planVersion(t, b, plan)}}
	if !bytes.Contains(first.Body, []byte(`value="A-1"`)) {
		t.Error("the form of a booth names it")
	}
	post(b, plan+"/booths/1", booth).Want(303)
	if p := post(b, plan+"/booths/1", booth).Want(409).Check(); !p.Has("سلوى عبد الغني", "المحفوظ الآن") {
		t.Error("the clash does not say who saved and what is on file")
	}
	booth.Set("version", planVersion(t, b, plan))
	booth.Set("booth.code", "B-1")
	post(b, plan+"/booths/1", booth).Want(422).Check()
	b.Get(plan + "/booths/999").Want(404)
	// Nobody of the other country, and no other role, gets near.
	b2 := s.As(t, auth.Coordinator, place.Qatar)
	for _, path := range []string{plan, plan + "/drawing", plan + "/drawing.svg", plan + "/export.json", plan + "/export.xlsx", plan + "/print", "/venues/1", "/halls/1/name"} {
		b2.Get(path).Want(404)
	}
	s.As(t, auth.Analyst, place.Egypt).Get(plan + "/grid").Want(403)
	// A file comes back as it went.
	out := b.Get(plan + "/export.json").Want(200).Body
	if _, err := exhibition.ParsePlan(out); err != nil {
		t.Fatal(err)
	}
	book := b.Get(plan + "/export.xlsx").Want(200).Body
	for name, file := range map[string][]byte{"plan.json": out, "booths.xlsx": book} {
		b.Upload(plan+"/import", url.Values{"version": {planVersion(t, b, plan)}, "idempotency_key": {testkit.Key()}}, "plan.file", name, file).Want(303)
	}
	for name, file := range map[string][]byte{"a.json": []byte(`{"format":"muntija-plan/9"}`), "b.xlsx": []byte("PK\x03\x04 broken"), "c.json": []byte("{"), "d.pdf": []byte("%PDF-1.7"), "e.json": nil} {
		b.Upload(plan+"/import", url.Values{"version": {planVersion(t, b, plan)}, "idempotency_key": {testkit.Key()}}, "plan.file", name, file).Want(422).Check()
	}
	if svg := b.Get(plan + "/drawing.svg").Want(200); !bytes.Contains(svg.Body, []byte(">A-1<")) || bytes.Contains(svg.Body, []byte("style=")) || bytes.Contains(svg.Body, []byte("<script")) {
		t.Error("the picture lacks its booths, or has a style or script")
	}
}

// TestPlanPut is the editor's contract: saved once for each key, a clash with what is on file, hostile drawings refused with nothing saved.
func TestPlanPut(t *testing.T) {
	s := familySite(t)
	b := s.As(t, auth.Coordinator, place.Egypt)
	plan := drawnPlan(t, b)
	body := `{"format":"muntija-plan/1","outline":[[0,0],[40000,0],[40000,30000],[0,30000]],"booths":[{"id":1,"code":"A-1","type":"stand_3x3","x":9000,"y":9000,"w":3000,"d":3000,"open":"F"}],"limits":{}}`
	for range 2 {
		if p := put(b, plan, "1", "same", []byte(body)).Want(200); !bytes.Contains(p.Body, []byte(`"version":2`)) {
			t.Errorf("got %s", p.Body)
		}
	}
	moved := strings.Replace(body, `"x":9000`, `"x":9500`, 1)
	if p := put(b, plan, "1", "other", []byte(moved)).Want(409); !bytes.Contains(p.Body, []byte(`"clash":true`)) || !bytes.Contains(p.Body, []byte(`"x":9000`)) {
		t.Errorf("got %s", p.Body)
	}
	for i, bad := range []string{``, `[]`, `{`, `{"format":"x"}`, strings.Replace(body, "40000,0", "4e99,0", 1), strings.Replace(body, "stand_3x3", "<script>", 1), strings.Replace(body, `"w":3000`, `"w":-1`, 1),
		`{"format":"muntija-plan/1","outline":[[0,0],[0,0],[0,0]],"limits":{}}`, strings.Replace(body, `"A-1"`, `"\u0000"`, 1)} {
		if p := put(b, plan, "2", fmt.Sprint("bad", i), []byte(bad)); p.Status != 422 {
			t.Errorf("%q: %d %s", bad, p.Status, p.Body)
		}
	}
	if p := put(b, plan, "2", "large", bytes.Repeat([]byte("x"), exhibition.MaxPlanBytes+10)); p.Status != 413 {
		t.Errorf("a body of 2 MB and more: %d", p.Status)
	}
	if got := planVersion(t, b, plan); got != "2" {
		t.Errorf("version %s after refusals, want 2", got)
	}
}

// placingSite is an agreed exhibition with a hall of two booths and one exhibitor of each country; hall is the address of its placing.
func placingSite(t *testing.T) (s *testkit.Site, b *testkit.Browser, e *exhibition.Exhibition, who []*exhibition.Participation, hall string) {
	t.Helper()
	s = familySite(t)
	b = s.As(t, auth.Coordinator, place.Egypt)
	plan := drawnPlan(t, b)
	body := `{"format":"muntija-plan/1","outline":[[0,0],[40000,0],[40000,30000],[0,30000]],"doors":[{"id":9,"kind":"both","at":[20000,0],"width":3000}],
		"booths":[{"id":1,"code":"A-1","type":"stand_3x3","x":9000,"y":9000,"w":3000,"d":3000,"open":"F"},{"id":2,"code":"A-2","type":"stand_3x3","x":12000,"y":9000,"w":3000,"d":3000,"open":"F"}],"limits":{"dead_end":40000}}`
	put(b, plan, "1", "draw", []byte(body)).Want(200)
	post(b, plan+"/release", url.Values{"version": {"2"}}).Want(303)
	e = storetest.Exhibition(1, 4)
	for i, party := range []place.Country{"EG", "QA"} {
		f := storetest.Family(party, 700+i)
		s.Update(t, func(tx *store.Tx) error {
			if i == 0 {
				if err := tx.InsertExhibition(e); err != nil {
					return err
				}
			}
			if err := storetest.Save(tx, f, store.FamilyExtra{}); err != nil {
				return err
			}
			p, err := storetest.Take(tx, e, f.ID, party, exhibition.Accepted)
			who = append(who, p)
			return err
		})
	}
	halls := fmt.Sprintf("/exhibitions/%d/halls", e.ID)
	b.Get(halls).Want(200).Check()
	post(b, halls, url.Values{"plan": {strings.TrimPrefix(plan, "/plans/")}}).Want(303)
	b.Get(halls).Want(200).Check()
	return s, b, e, who, halls + "/1"
}

// TestPlacePages places by forms alone and reads what the drawing reads.
func TestPlacePages(t *testing.T) {
	s, b, e, who, hall := placingSite(t)
	if p := b.Get(hall).Want(200).Check(); !p.Has(who[0].Name, who[1].Name) {
		t.Error("the exhibitors without a booth are not listed")
	}
	form := url.Values{"participation": {fmt.Sprint(who[0].ID)}, "booth": {"1"}, "version": {"0"}, "wave": {"1"}}
	post(b, hall+"/place", form).Want(303)
	b.Get(hall + "/state").Want(200)
	if p := b.Get(hall + "/judge?participation=" + fmt.Sprint(who[1].ID)).Want(200); !bytes.Contains(p.Body, []byte(`"1":{"block":`)) {
		t.Errorf("the taken booth is not refused: %s", p.Body)
	}
	// The second exhibitor into the same booth, and hostile numbers.
	form.Set("participation", fmt.Sprint(who[1].ID))
	post(b, hall+"/place", form).Want(409)
	for _, bad := range []url.Values{{"participation": {"x"}, "booth": {"1"}}, {"participation": {"1"}}, {"participation": {"-1"}, "booth": {"1"}}} {
		post(b, hall+"/place", bad).Want(422)
	}
	b.Get(hall + "?wave=2").Want(404)
	b.Get(hall + "?wave=x").Want(404)
	// The other country sees the roster, places its own, and not ours.
	guest := s.As(t, auth.Coordinator, place.Qatar)
	if p := guest.Get(hall).Want(200).Check(); !p.Has(who[0].Name) {
		t.Error("the guest does not see who stands where")
	}
	form.Set("booth", "2")
	post(guest, hall+"/place", form).Want(303)
	form.Set("participation", fmt.Sprint(who[0].ID))
	form.Set("version", "1")
	post(guest, hall+"/place", form).Want(404)
	post(guest, hall+"/drop", nil).Want(403)
	for _, path := range []string{hall + "/print", hall + "/drawing.svg"} {
		if p := guest.Get(path).Want(200); !bytes.Contains(p.Body, []byte(who[0].Name)) {
			t.Errorf("%s lacks the exhibitor", path)
		}
	}
	// What is not agreed is nobody else's.
	s.Update(t, func(tx *store.Tx) error {
		e.Status = exhibition.Draft
		return tx.UpdateExhibition(e)
	})
	guest.Get(hall).Want(404)
	s.As(t, auth.FieldWorker, place.Egypt).Get(hall).Want(403)
}
