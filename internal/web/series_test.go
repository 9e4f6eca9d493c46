package web_test

import (
	"net/url"
	"strconv"
	"testing"

	"muntija/internal/auth"
	"muntija/internal/place"
	"muntija/internal/registry"
	"muntija/internal/store"
	"muntija/internal/testkit"
)

// TestSeasonEdited changes a season from both sides at once: the second sees what the first stored beside what was typed, and decides; an exhibition that lies
// outside after it is shown as a clash.
func TestSeasonEdited(t *testing.T) {
	s := familySite(t)
	today := s.Clock.Today()
	eg, qa := formsAs(t, s, auth.Coordinator, place.Egypt), formsAs(t, s, auth.Coordinator, place.Qatar)
	eg.Post("/seasons", url.Values{"name": {"موسم الشتاء"}, "first": {today.String()}, "last": {today.AddDays(90).String()}}).Want(303)
	const at = "/seasons/1"
	if !eg.Get("/calendar").Has("موسم الشتاء") {
		t.Error("the calendar does not lead to the season")
	}
	show := showForm(today.AddDays(20), "3")
	show.Set("season", "1")
	eg.Post("/exhibitions", show).Want(303)
	page := eg.Get(at).Want(200).Check()
	if !page.Has("بيت العرب") {
		t.Errorf("the season does not name its exhibition: %.400s", page.Text())
	}
	theirs := qa.Get(at).Want(200).Check().Fields(at)
	if qa.Get(at).Has("بيت العرب") {
		t.Error("the other party sees a draft in the season")
	}
	pressOn(t, eg, at, at, url.Values{"name": {"موسم شتاء الأسر"}, "last": {today.AddDays(22).String()}}).Want(303)
	if page := eg.Get(at); !page.Has("خارج") {
		t.Errorf("an exhibition outside of its season is not shown as a clash: %.600s", page.Text())
	}
	theirs.Set("name", "موسم الدوحة")
	clash := qa.Post(at, theirs).Want(409).Check()
	if !clash.Has("موسم شتاء الأسر", "موسم الدوحة") || clash.Fields(at).Get("name") != "موسم الدوحة" {
		t.Errorf("the clash does not show both names, or lost what was typed: %.600s", clash.Text())
	}
	qa.Post(at, clash.Fields(at)).Want(303)
	if !eg.Get(at).Has("موسم الدوحة") {
		t.Error("what was stored knowingly is not on file")
	}
	wrong := pressOn(t, qa, at, at, url.Values{"last": {"1999-01-01"}}).Want(422).Check()
	if wrong.Fields(at).Get("last") != "1999-01-01" {
		t.Error("what was typed is lost")
	}
	qa.Get("/seasons/77").Want(404)
	formsAs(t, s, auth.Analyst, place.Egypt).Get(at).Want(200).Check()
	formsAs(t, s, auth.Analyst, place.Egypt).Post(at, theirs).Want(403)
}

// TestSeries gathers editions under their series, which both parties describe; who sees no edition sees no series.
func TestSeries(t *testing.T) {
	s := familySite(t)
	eg, qa := formsAs(t, s, auth.Coordinator, place.Egypt), formsAs(t, s, auth.Coordinator, place.Qatar)
	eg.Get("/series").Want(200).Check()
	agreed(t, s, s.Clock.Today().AddDays(20), "3")
	draft := showForm(s.Clock.Today().AddDays(60), "3")
	draft.Set("series", "سلسلة سرية")
	eg.Post("/exhibitions", draft).Want(303)
	if page := qa.Get("/series").Want(200).Check(); !page.Has("بيت العرب") || page.Has("سلسلة سرية") {
		t.Errorf("what the other party sees of series: %.400s", page.Text())
	}
	at := "/series/one?name=" + url.QueryEscape("بيت العرب")
	qa.Get("/series/one?name=" + url.QueryEscape("سلسلة سرية")).Want(404)
	qa.Get("/series/one").Want(404)
	theirs := qa.Get(at).Want(200).Check().Fields("/series/one")
	pressOn(t, eg, at, "/series/one", url.Values{"about": {"معارض مشتركة كل شتاء"}, "name_en": {"House of the Arabs"}}).Want(303)
	theirs.Set("about", "سلسلة قطرية")
	clash := qa.Post("/series/one", theirs).Want(409).Check()
	if !clash.Has("معارض مشتركة كل شتاء", "سلسلة قطرية") {
		t.Errorf("the clash is not shown: %.600s", clash.Text())
	}
	if page := eg.Get(at); page.Has("سلسلة قطرية") || !page.Has("معارض مشتركة كل شتاء") {
		t.Error("the first text was overwritten")
	}
	bad := pressOn(t, eg, at, "/series/one", url.Values{"name_en": {"بيت"}}).Want(422).Check()
	if bad.Fields("/series/one").Get("name_en") != "بيت" {
		t.Error("what was typed is lost")
	}
}

// TestAssociationEdited changes an association after it was entered, from two sides.
func TestAssociationEdited(t *testing.T) {
	s := familySite(t)
	eg, second := formsAs(t, s, auth.Coordinator, place.Egypt), formsAs(t, s, auth.Coordinator, place.Egypt)
	u := eg.Post("/exhibitors", url.Values{"name": {"جمعية سيناء"}, "area": {"EG-SIN"}, "craft": {"EM"}, "contact": {"أم محمد"}}).Want(303).Header.Get("Location")
	edit := u + "/edit"
	old := second.Get(edit).Want(200).Check().Fields(u)
	if old.Get("name") != "جمعية سيناء" || old.Get("contact") != "أم محمد" {
		t.Fatalf("the form does not hold what is on file: %v", old)
	}
	pressOn(t, eg, edit, u, url.Values{"name": {"جمعية حرف سيناء"}}).Want(303)
	old.Set("contact", "أم خالد")
	clash := second.Post(u, old).Want(409).Check()
	if !clash.Has("جمعية حرف سيناء") || clash.Fields(u).Get("contact") != "أم خالد" {
		t.Errorf("the clash is not shown: %.500s", clash.Text())
	}
	last := clash.Fields(u)
	last.Set("name", "جمعية حرف سيناء")
	second.Post(u, last).Want(303)
	if page := eg.Get(u); !page.Has("جمعية حرف سيناء", "أم خالد") {
		t.Errorf("not both changes are on file: %.400s", page.Text())
	}
	pressOn(t, eg, edit, u, url.Values{"name": {""}}).Want(422).Check()
	formsAs(t, s, auth.Coordinator, place.Qatar).Get(edit).Want(404)
	family := s.Family(t, 1, place.Egypt, registry.Approved)
	eg.Get("/exhibitors/" + strconv.FormatInt(family+50, 10) + "/edit").Want(404)
}

// TestPhotoPlace puts a photograph to a place, as a drag does.
func TestPhotoPlace(t *testing.T) {
	s := familySite(t)
	family := consenting(t, s, 1)
	worker := s.As(t, auth.FieldWorker, place.Egypt)
	id := productID(t, worker.Post(at(family, "/products"), keyed(productForm())).Want(303).Header.Get("Location"))
	for i := range 4 {
		worker.Upload(productAt(id, "/photos"), keyed(nil), "file", "a.png", testkit.PNG(60+i, 40)).Want(303)
	}
	order := func() []int64 {
		var ids []int64
		s.View(t, func(tx *store.Tx) error {
			photos, err := tx.ProductPhotosOf(id)
			for _, p := range photos {
				ids = append(ids, p.ID)
			}
			return err
		})
		return ids
	}
	a := order()
	to := func(photo int64, place string) *testkit.Page {
		return worker.Post(productAt(id, "/photos/", strconv.FormatInt(photo, 10), "/to"), keyed(url.Values{"place": {place}}))
	}
	for _, x := range []struct {
		photo int64
		place string
		want  []int64
	}{{a[0], "3", []int64{a[1], a[2], a[0], a[3]}}, {a[3], "١", []int64{a[3], a[1], a[2], a[0]}}, {a[1], "99", []int64{a[3], a[2], a[0], a[1]}}} {
		to(x.photo, x.place).Want(303)
		if got := order(); !equal(got, x.want) {
			t.Errorf("to place %s: got %v, want %v", x.place, got, x.want)
		}
	}
	for _, place := range []string{"", "0", "-1", "x", "99999999999999999999"} {
		if p := to(a[0], place); p.Status != 422 && p.Status != 400 {
			t.Errorf("to place %q: %d", place, p.Status)
		}
	}
	to(a[3]+1000, "1").Want(404)
	if page := worker.Get(productAt(id)).Want(200).Check(); len(page.Fields(productAt(id, "/photos/", strconv.FormatInt(a[0], 10), "/earlier"))) == 0 {
		t.Error("the photographs cannot be moved without a script")
	}
}

func equal(a, b []int64) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// TestTermsClash edits the terms of a proposal from both sides: the second sees what differs, in words, and nothing is overwritten unseen.
func TestTermsClash(t *testing.T) {
	s := familySite(t)
	eg, qa := formsAs(t, s, auth.Coordinator, place.Egypt), formsAs(t, s, auth.Coordinator, place.Qatar)
	first := s.Clock.Today().AddDays(30)
	u := eg.Post("/exhibitions", showForm(first, "5")).Want(303).Header.Get("Location")
	pressOn(t, eg, u, u+"/submit", nil).Want(303)
	edit := u + "/edit"
	theirs := qa.Get(edit).Want(200).Check().Fields(edit)
	pressOn(t, eg, edit, edit, url.Values{"capacity": {"9"}, "daily_to": {"23:00"}}).Want(303)
	theirs.Set("city", "الجيزة")
	clash := qa.Post(edit, theirs).Want(409).Check()
	if !clash.Has("الجيزة", "القاهرة", "23:00") || clash.Fields(edit).Get("city") != "الجيزة" {
		t.Errorf("the clash of terms is not shown: %.900s", clash.Text())
	}
	if eg.Get(u).Has("الجيزة") {
		t.Error("terms were overwritten unseen")
	}
}
