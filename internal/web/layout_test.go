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
	"muntija/internal/intake"
	"muntija/internal/place"
	"muntija/internal/store"
	"muntija/internal/testkit"
)

// layoutValues is the form of a proposal as a browser sends it.
func layoutValues(change func(*intake.Layout)) url.Values {
	terms := exhibition.DefaultLayout()
	terms.Seconds = 1
	in := intake.FromLayout(&terms)
	if change != nil {
		change(in)
	}
	v := url.Values{"wave": {"1"}}
	for name, value := range in.Values() {
		v.Set(name, value)
	}
	return v
}

// laidOut works the job of the only proposal off.
func laidOut(t *testing.T, s *testkit.Site) {
	t.Helper()
	var job int64
	s.View(t, func(tx *store.Tx) error {
		r, err := tx.LayoutAtWork()
		if err == nil && r != nil {
			job = r.JobID
		}
		return err
	})
	if err := s.Jobs.Work(t.Context(), job); err != nil {
		t.Fatal(err)
	}
}

// asked gets what a script reads.
func asked(t *testing.T, b *testkit.Browser, path string) *testkit.Page {
	t.Helper()
	req, err := http.NewRequest(http.MethodGet, "http://example.com"+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept", "application/json")
	return b.Do(req).Want(200)
}

// TestLayoutPages asks for a proposal, sees it beside the hall, takes one line and then the rest, by forms alone.
func TestLayoutPages(t *testing.T) {
	s, b, e, who, hall := placingSite(t)
	post(b, hall+"/layouts", layoutValues(func(l *intake.Layout) { l.Crowd, l.Radius = "كثير", "99" })).Want(422).Check()
	post(b, hall+"/layouts", layoutValues(func(l *intake.Layout) { l.Stay = "nobody" })).Want(422).Check()
	none := func(l *intake.Layout) { l.SameCraft, l.Crowd, l.Heavy, l.Goods, l.Wishes = "0", "0", "0", "0", "٠" }
	if p := post(b, hall+"/layouts", layoutValues(none)).Want(422).Check(); !p.Has("أوزان كل الرغبات صفر") {
		t.Error("a proposal without wishes is not explained")
	}
	at := post(b, hall+"/layouts", layoutValues(nil)).Want(303).Header.Get("Location")
	if p := b.Get(at).Want(200).Check(); !p.Has("أوقف") {
		t.Error("a proposal at work cannot be stopped")
	}
	post(b, hall+"/layouts", layoutValues(nil)).Want(409).Check()
	post(b, at+"/accept", url.Values{"all": {"yes"}}).Want(409).Check()
	laidOut(t, s)
	p := b.Get(at).Want(200).Check()
	if !p.Has(who[0].Name, who[1].Name, "اقبل الاقتراح كله") {
		t.Error("the proposal does not say who would stand where")
	}
	b.Get(at + "?lang=en").Want(200).Check()
	if svg := b.Get(at + "/drawing.svg").Want(200); !bytes.Contains(svg.Body, []byte(who[0].Name)) || !bytes.Contains(svg.Body, []byte("#b3541e")) {
		t.Error("the drawing of the proposal lacks the exhibitors or their frames")
	}
	for _, bad := range []url.Values{nil, {"step": {"x"}}, {"step": {"-4"}}, {"step": {"999"}}} {
		post(b, at+"/accept", bad).Want(422).Check()
	}
	post(b, at+"/accept", url.Values{"step": {fmt.Sprint(who[0].ID)}}).Want(303)
	if p := b.Get(at).Want(200).Check(); !p.Has("قُبل من الاقتراح") {
		t.Error("what was taken over is not said")
	}
	placed := func() (out []exhibition.Placement) {
		s.View(t, func(tx *store.Tx) (err error) {
			out, err = tx.Placements(e.ID)
			return err
		})
		return out
	}
	if got := placed(); len(got) != 1 || got[0].ParticipationID != who[0].ID {
		t.Fatalf("taken over was one line, placed are %+v", got)
	}
	post(b, at+"/accept", url.Values{"all": {"yes"}}).Want(303)
	post(b, at+"/cancel", nil).Want(409)
	if got := placed(); len(got) != 2 {
		t.Fatalf("placed are %+v", got)
	}

	// The other's booth: the cost, who makes room, and both moved by one press.
	both := placed()
	drag := fmt.Sprintf("%s/drag?participation=%d&booth=%d", hall, both[0].ParticipationID, both[1].Booth)
	page := b.Get(drag).Want(200).Check()
	if !page.Has(who[0].Name, who[1].Name, "نفّذ كل ذلك") {
		t.Error("the page of a drag lacks who moves")
	}
	b.Get(drag + "&lang=en").Want(200).Check()
	var answer struct {
		Possible bool
		Moves    []string
		Room     []string
	}
	if err := json.Unmarshal(asked(t, b, drag).Body, &answer); err != nil || !answer.Possible || len(answer.Moves) != 2 || len(answer.Room) != 1 {
		t.Fatalf("got %+v, %v", answer, err)
	}
	arrange := url.Values{"wave": {"1"}, "move": answer.Moves}
	post(b, hall+"/arrange", arrange).Want(303)
	if after := placed(); after[0].ParticipationID != both[1].ParticipationID || after[1].ParticipationID != both[0].ParticipationID {
		t.Errorf("after the exchange: %+v", after)
	}
	post(b, hall+"/arrange", arrange).Want(409)
	for _, bad := range []url.Values{nil, {"move": {"x"}}, {"move": {"1:2"}}, {"move": {"1:-2:0"}}, {"move": {"0:1:1"}}, {"move": {"1:2:99999999999999999999"}}} {
		post(b, hall+"/arrange", bad).Want(422)
	}
	post(b, hall+"/arrange", url.Values{"move": {"999:1:0"}}).Want(404)
	for _, bad := range []string{"", "?participation=1", "?participation=x&booth=1", "?participation=1&booth=-1", "?participation=999&booth=1", "?participation=1&booth=77"} {
		b.Get(hall + "/drag" + bad).Want(404)
	}

	// What is one country's question is not the other's, nor a field worker's.
	guest := s.As(t, auth.Coordinator, place.Qatar)
	guest.Get(at).Want(404)
	guest.Get(at + "/drawing.svg").Want(404)
	post(guest, at+"/accept", url.Values{"all": {"yes"}}).Want(404)
	guest.Get(fmt.Sprintf("%s/drag?participation=%d&booth=1", hall, who[0].ID)).Want(404)
	own := s.As(t, auth.FieldWorker, place.Egypt)
	own.Get(at).Want(403)
	b.Get(hall + "/layouts/99").Want(404)
	b.Get(strings.Replace(at, "/halls/1/", "/halls/2/", 1)).Want(404)
}
