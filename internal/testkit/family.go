package testkit

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"strconv"
	"sync"
	"testing"

	"muntija/internal/auth"
	"muntija/internal/calendar"
	"muntija/internal/demo"
	"muntija/internal/fault"
	"muntija/internal/intake"
	"muntija/internal/media"
	"muntija/internal/place"
	"muntija/internal/registry"
	"muntija/internal/store"
)

// Form returns a complete form without problems as of [Start]: the i-th of a party. Every i has its own identity number, phone and licence. Egypt: a woman
// of 35 who weaves in Akhmim (Sohag, EG-SHG, craft TX); Qatar: a woman of 40 who makes bukhoor in Al Rayyan (QA-RA, craft PF). With the papers of
// [Papers] it meets every hard criterion. The caller may change it.
func Form(i int, party place.Country) *intake.Registration {
	r := &intake.Registration{
		Case: intake.Case{Channel: "social_unit", ApplicationDate: "2026-03-01", Round: "2026-1", FileNo: fmt.Sprintf("%d/2026", i+1)},
		Lead: intake.Lead{IDExpiry: "2030-01-01", Sex: "f", Nationality: string(party), MaritalStatus: "married", Breadwinner: "yes", Education: "technical",
			Literacy: "yes", LiteracyBy: "فاطمة حسن", Disability: "none",
			Phones: []intake.Phone{{Number: demo.Mobile(party, 1_000_000+i), Use: "own", WhatsApp: "yes"}}},
		Household: intake.Household{Size: "3", Dependents: "1", IncomeBand: "below_half", Tenure: "owned", Members: []intake.Member{
			{Name: "أحمد", Relation: "husband", Sex: "m", BirthYear: "1986"}, {Name: "ليلى", Relation: "daughter", Sex: "f", BirthYear: "2015"}}},
		Skills: intake.Skills{CentreGraduate: "no", CraftProof: "sample_seen",
			Training: []intake.Training{{Kind: "aptitude_test", Title: "اختبار صلاحية", Centre: "مركز التكوين المهني", Date: "2026-02-01", Result: "passed"}}},
		Consents: []intake.Consent{{Scope: "own_ministry", Version: registry.ConsentVersion, Given: "yes", Date: "2026-03-01", How: "signature"}},
	}
	name := names[i%len(names)]
	r.Lead.GivenName = name[0]
	if party == place.Qatar {
		year := 1985
		r.Case.Channel = "online"
		r.Lead.RestOfName, r.Lead.NameEN = "علي ناصر المسند", name[1]+" Ali Al-Misnad"
		r.Lead.IDType, r.Lead.IDNumber = "qid", demo.QatariID(year, "634", i)
		r.Lead.BirthDate = "1985-07-01"
		r.Address = intake.Address{Area: "QA-RA", Zone: "52", Street: "341", Building: strconv.Itoa(i%200 + 1), Lat: "25.29", Lon: "51.42", Accuracy: "12"}
		r.Project = intake.Project{Name: "دخون " + name[0], NameEN: name[1] + " Dukhoon", Craft: "PF", Activity: "بخور ودخون وعطور", Stage: "operating", AtHome: "yes", WorkersFamily: "2",
			WorkersOther: "0", Capacity: "٥٠ عبوة", SalesBand: "medium", Channels: []string{"home", "social_media"}, ProductReview: "approved"}
		r.Formal = []intake.FormalItem{{Kind: "household_licence", Number: fmt.Sprintf("HL-%06d", i+1), Issuer: "وزارة التجارة والصناعة", IssuedOn: "2025-10-01", ExpiresOn: "2026-10-01", State: "valid"}}
		r.Finance = intake.Finance{EstValue: "15000", OwnShare: "100"}
		return r
	}
	birth, err := calendar.New(1990, 3, 15)
	if err != nil {
		panic(err)
	}
	birth = birth.AddDays(i / 5000) // a day has 5,000 numbers
	r.Case.SocialUnit, r.Case.Association = "وحدة أخميم", "جمعية تنمية الحرف"
	r.Lead.RestOfName, r.Lead.NameEN = "محمود علي السيد", name[1]+" Mahmoud Ali Elsayed"
	r.Lead.IDType, r.Lead.IDNumber = "eg_nid", demo.EgyptianNID(birth, "26", i, true)
	r.Lead.BirthDate = birth.String()
	r.Address = intake.Address{Area: "EG-SHG", District: "مركز أخميم", Village: "الكوثر", Street: "شارع النيل", Building: strconv.Itoa(i%200 + 1), Lat: "26.562346", Lon: "31.745", Accuracy: "12"}
	r.Project = intake.Project{Name: "نسيج " + name[0], NameEN: name[1] + " Weaving", Craft: "TX", Activity: "نسيج يدوي من القطن", Stage: "operating", AtHome: "yes", WorkersFamily: "2",
		WorkersOther: "0", Capacity: "٢٠ قطعة", SalesBand: "low", Channels: []string{"home", "market", "exhibition"}, Equipment: "نول", Materials: "قطن", ProductReview: "pending"}
	r.Finance = intake.Finance{EstValue: "12500", OwnShare: "25", Guarantee: "collective", GuaranteeAccepted: "yes", ContractAccepted: "yes"}
	return r
}

var names = [][2]string{{"هبة الله", "Hebatallah"}, {"منى", "Mona"}, {"سعاد", "Souad"}, {"زينب", "Zeinab"}, {"نجلاء", "Naglaa"}, {"أمل", "Amal"}, {"رضا", "Reda"}, {"فتحية", "Fathia"},
	{"نعمة", "Neama"}, {"شيماء", "Shaimaa"}, {"وفاء", "Wafaa"}}

// Papers are the types of document that a family of [Form] needs to meet every hard criterion of its party.
func Papers(party place.Country) []registry.DocumentType {
	if party == place.Qatar {
		return []registry.DocumentType{"id_card", "household_licence", "product_photo", "application_form"}
	}
	return []registry.DocumentType{"id_card", "guarantee", "contract", "aptitude_result", "craft_proof", "application_form"}
}

// Paper returns a small picture that has been through package media, ready to be added to a family.
func Paper() *media.File {
	f := *paper()
	return &f
}

var paper = sync.OnceValue(func() *media.File {
	f, err := media.Process(context.Background(), bytes.NewReader(PNG(64, 40)), "paper.png", media.DefaultLimits())
	if err != nil {
		panic(err)
	}
	return f
})

// PNG returns a picture of a size in pixels as a PNG file.
func PNG(width, height int) []byte {
	m := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			m.Set(x, y, color.RGBA{R: uint8(x * 3), G: uint8(y * 5), B: 90, A: 255})
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// Family makes the i-th family of a party and walks it to a state through the use-cases: the field worker enters it with its papers and a visit, the
// reviewer decides. It returns the family's id. Times are those of the office's clock, which moves on only if the state asks for it (expired: until the
// end of the term). Walk further with [Office.Do].
func (o *Office) Family(t testing.TB, i int, party place.Country, state registry.State) int64 {
	t.Helper()
	ctx := context.Background()
	worker, reviewer := Actor(auth.FieldWorker, party), Actor(auth.Reviewer, party)
	form := Form(i, party)
	if state == registry.Draft {
		id, err := o.Families.Create(ctx, worker, form, Write(0))
		fatal(t, err)
		return id
	}
	id, err := o.Families.Register(ctx, worker, form, Write(0))
	fatal(t, err)
	if state == registry.Submitted {
		return id
	}
	if state == registry.Withdrawn {
		o.Do(t, worker, id, registry.StepWithdraw, "family_request")
		return id
	}
	for _, p := range Papers(party) {
		o.Document(t, worker, id, p)
	}
	o.Visit(t, worker, id, "active")
	o.Do(t, reviewer, id, registry.StepTake)
	switch state {
	case registry.UnderReview:
	case registry.Returned:
		o.Do(t, reviewer, id, registry.StepReturn, "unclear_document")
	case registry.Rejected:
		o.Do(t, reviewer, id, registry.StepReject, "not_eligible")
	case registry.Approved:
		o.Do(t, reviewer, id, registry.StepApprove)
	case registry.Suspended:
		o.Do(t, reviewer, id, registry.StepApprove)
		o.Do(t, reviewer, id, registry.StepSuspend, "not_active")
	case registry.Graduated:
		o.Do(t, reviewer, id, registry.StepApprove)
		o.Do(t, reviewer, id, registry.StepGraduate)
	case registry.Expired:
		o.Do(t, reviewer, id, registry.StepApprove)
		o.Expire(t, id)
	default:
		t.Fatalf("testkit: no way to state %q", state)
	}
	return id
}

func fatal(t testing.TB, err error) {
	t.Helper()
	if err == nil {
		return
	}
	var f *fault.Error
	if errors.As(err, &f) && len(f.Problems) > 0 {
		t.Fatalf("%v: %+v", err, f.Problems)
	}
	t.Fatal(err)
}

// Do takes a step on a family at the version on file and fails the test if it is refused.
func (o *Office) Do(t testing.TB, actor auth.Actor, id int64, step registry.Step, reasons ...string) {
	t.Helper()
	fatal(t, o.Families.Do(context.Background(), actor, id, step, intake.Decision{Reasons: reasons}, Write(o.Load(t, actor.Party, id).Version)))
}

// Document adds a paper to a family and returns its id.
func (o *Office) Document(t testing.TB, actor auth.Actor, id int64, kind registry.DocumentType) int64 {
	t.Helper()
	doc, err := o.Families.AddDocument(context.Background(), actor, id, intake.Document{Type: string(kind)}, Paper(), Write(0))
	fatal(t, err)
	return doc
}

// Visit records a visit of the clock's day with a finding.
func (o *Office) Visit(t testing.TB, actor auth.Actor, id int64, finding registry.Finding) {
	t.Helper()
	in := intake.Visit{Date: o.Clock.Today().String(), Kind: "verification", Finding: string(finding), Note: "زيارة"}
	fatal(t, o.Families.RecordVisit(context.Background(), actor, id, in, Write(0)))
}

// Expire moves the clock past a family's last day and ends its term as the nightly job does.
func (o *Office) Expire(t testing.TB, id int64) {
	t.Helper()
	var f *registry.Family
	for _, party := range place.Countries() {
		o.View(t, func(tx *store.Tx) error {
			got, err := tx.FamilyByID(store.Scope{Party: party}, id)
			if err == nil {
				f = got
			} else if !fault.Is(err, fault.NotFound) {
				return err
			}
			return nil
		})
	}
	if f == nil {
		t.Fatalf("testkit: no family %d", id)
	}
	after := f.Status.ValidUntil.AddDays(1)
	for o.Clock.Today().Before(after) {
		o.Clock.Advance(24 * 60 * 60 * 1e9)
	}
	now := o.Clock.Now()
	event, err := f.Expire(now, o.Clock.Today())
	fatal(t, err)
	event.FamilyID = id
	o.Update(t, func(tx *store.Tx) error {
		x, err := tx.FamilyExtraOf(id)
		if err != nil {
			return err
		}
		g := *f
		if err := tx.UpdateFamily(&g, x); err != nil {
			return err
		}
		e := event
		if err := tx.InsertEvent(&e); err != nil {
			return err
		}
		return tx.Audit(&store.AuditEntry{At: now, ActorName: "system", Role: "system", Party: string(f.Party), Action: string(auth.FamilyExpire), Entity: "family",
			EntityID: id, Area: f.Record.Address.Area})
	})
}

// Load reads a family of a party from the store.
func (o *Office) Load(t testing.TB, party place.Country, id int64) *registry.Family {
	t.Helper()
	var f *registry.Family
	o.View(t, func(tx *store.Tx) error {
		var err error
		f, err = tx.FamilyByID(store.Scope{Party: party}, id)
		return err
	})
	return f
}
