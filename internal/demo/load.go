package demo

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"muntija/fixtures"
	"muntija/internal/auth"
	"muntija/internal/calendar"
	"muntija/internal/criteria"
	"muntija/internal/fault"
	"muntija/internal/highs"
	"muntija/internal/intake"
	"muntija/internal/media"
	"muntija/internal/place"
	"muntija/internal/registry"
	"muntija/internal/seal"
	"muntija/internal/service"
	"muntija/internal/store"
)

// Families is how many families the demo has.
const Families = 400

// Password is the one password of all people of the demo.
const Password = "nakhla-warda-nol-2026"

// Account is one sign-in of the demo.
type Account struct {
	Role     auth.Role
	Party    place.Country
	Email    string
	Password string
}

// person is one account with the name and the areas of its person.
type person struct {
	Account
	name  string
	areas string
	left  bool // the account is closed at the end: their files wait for a colleague
	id    int64
}

func people() []*person {
	p := func(party place.Country, role auth.Role, email, name, areas string) *person {
		return &person{Account: Account{role, party, email + "@demo.muntija.example", Password}, name: name, areas: areas}
	}
	hoda := p("EG", auth.FieldWorker, "hoda.worker", "هدى عبد المنعم", "EG-SHG,EG-KN,EG-FYM")
	hoda.left = true
	return []*person{
		p("EG", auth.FieldWorker, "fatma.worker", "فاطمة حسن", "EG-SHG,EG-KN,EG-LX,EG-ASN,EG-AST"),
		p("EG", auth.FieldWorker, "sayed.worker", "سيد عبد الرحيم", "EG-C,EG-GZ,EG-KB,EG-FYM,EG-BNS,EG-MN"),
		p("EG", auth.FieldWorker, "nagwa.worker", "نجوى شعبان", "EG-ALX,EG-BH,EG-KFS,EG-GH,EG-MNF,EG-DK,EG-SHR,EG-DT"),
		p("EG", auth.FieldWorker, "salem.worker", "سالم عوض", "EG-MT,EG-SIN,EG-JS,EG-WAD,EG-BA,EG-IS,EG-PTS,EG-SUZ"),
		p("EG", auth.Reviewer, "mahmoud.reviewer", "محمود فؤاد", "*"),
		p("EG", auth.Reviewer, "hala.reviewer", "هالة زكريا", "*"),
		p("EG", auth.Coordinator, "salwa.coordinator", "سلوى عبد الغني", "*"),
		p("EG", auth.Analyst, "karim.analyst", "كريم منصور", "*"),
		p("EG", auth.Administrator, "iman.admin", "إيمان شوقي", "*"),
		p("QA", auth.FieldWorker, "noora.worker", "نورة الكعبي", "*"),
		p("QA", auth.Reviewer, "khalid.reviewer", "خالد المهندي", "*"),
		p("QA", auth.Coordinator, "maryam.coordinator", "مريم السليطي", "*"),
		p("QA", auth.Analyst, "hamad.analyst", "حمد النعيمي", "*"),
		p("QA", auth.Administrator, "aisha.admin", "عائشة المري", "*"), hoda,
	}
}

// clock is the simulated time of the loading.
type clock struct{ at atomic.Int64 }

func (c *clock) now() time.Time  { return time.UnixMilli(c.at.Load()).UTC() }
func (c *clock) set(t time.Time) { c.at.Store(t.UnixMilli()) }

type loader struct {
	svc    *service.Service
	db     *store.DB
	clock  *clock
	people []*person
	keys   int
	gen    Generator
	rnd    *rand.Rand
	now    time.Time
	todo   []act
	after  []func(context.Context) error // what is done now, after all acts

	pictures map[string]*media.File
	photos   map[string]func() *media.File // of products, drawn once
}

// act is one thing that somebody does at a time.
type act struct {
	at time.Time
	do func(context.Context) error
}

// Load fills an empty database with the demo and returns its sign-ins. A database that has the demo is left as it is; one with other people in it is
// refused.
func Load(ctx context.Context, db *store.DB, keys *seal.Keyring, log *slog.Logger) ([]Account, error) {
	l := &loader{db: db, clock: &clock{}, people: people(), gen: Generator{Seed: 2026}, rnd: rand.New(rand.NewPCG(2026, 11)), now: time.Now().UTC().Truncate(time.Minute),
		pictures: map[string]*media.File{}}
	l.svc = service.New(service.Deps{DB: db, Keys: keys, Clock: l.clock.now, Log: log, PlanCache: highs.UserCache()})
	var accounts []Account
	for _, p := range l.people {
		if !p.left {
			accounts = append(accounts, p.Account)
		}
	}
	have, err := l.present(ctx)
	if err != nil || have {
		return accounts, err
	}
	l.clock.set(l.now.AddDate(0, -42, 0))
	if err := l.hire(ctx); err != nil {
		return nil, err
	}
	for _, party := range place.Countries() {
		body, err := fixtures.Criteria(string(party))
		if err != nil {
			return nil, err
		}
		if _, err := l.svc.Criteria.Seed(ctx, auth.SystemActor(party), body); err != nil {
			return nil, fmt.Errorf("criteria of %s: %w", party, err)
		}
	}
	l.draw()
	if err := l.svc.Exhibitions.SeedHolidays(ctx, auth.SystemActor(""), fixtures.Holidays()); err != nil {
		return nil, err
	}
	l.plan()
	l.on(-345, 9, l.venues)
	l.on(-25, 8, l.writeTemplates)
	l.planExhibitions()
	l.incentives()
	slices.SortStableFunc(l.todo, func(a, b act) int { return cmp.Compare(a.at.UnixMilli(), b.at.UnixMilli()) })
	for _, a := range l.todo {
		l.clock.set(a.at)
		if err := a.do(ctx); err != nil {
			var f *fault.Error
			if errors.As(err, &f) && len(f.Problems) > 0 {
				return nil, fmt.Errorf("the demo at %s: %w: %+v", a.at.Format(time.DateOnly), err, f.Problems.Blocking())
			}
			return nil, fmt.Errorf("the demo at %s: %w", a.at.Format(time.DateOnly), err)
		}
	}
	if err := l.importRosters(ctx); err != nil {
		return nil, err
	}
	l.clock.set(l.now)
	for _, do := range l.after {
		if err := do(ctx); err != nil {
			return nil, fmt.Errorf("the demo today: %w", err)
		}
	}
	if err := l.leave(ctx); err != nil {
		return nil, err
	}
	for _, party := range place.Countries() { // the server does it when it starts its jobs
		if _, err := l.svc.Duplicates.Run(ctx, l.who(party, auth.Administrator, "", 0), l.write(0)); err != nil {
			return nil, fmt.Errorf("asking for duplicates of %s: %w", party, err)
		}
	}
	if err := l.draftCriteria(ctx); err != nil {
		return nil, err
	}
	return accounts, l.reports(ctx)
}

// leave closes the accounts of those who left, so that the administrator finds files to hand over.
func (l *loader) leave(ctx context.Context) error {
	for _, p := range l.people {
		if !p.left {
			continue
		}
		admin := l.who(p.Party, auth.Administrator, "", 0)
		v, err := l.svc.People.User(ctx, admin, p.id)
		if err != nil {
			return err
		}
		if err := l.svc.People.SetActive(ctx, admin, p.id, false, l.write(v.Version)); err != nil {
			return fmt.Errorf("closing the account of %s: %w", p.Email, err)
		}
	}
	return nil
}

// present reports whether the demo is in the database already.
func (l *loader) present(ctx context.Context) (bool, error) {
	n, found := 0, false
	err := l.db.View(ctx, func(tx *store.Tx) error {
		var err error
		if n, err = tx.CountUsers(); err != nil || n == 0 {
			return err
		}
		_, err = tx.UserByEmail(l.people[0].Email)
		found = err == nil
		if fault.Is(err, fault.NotFound) {
			return nil
		}
		return err
	})
	if err != nil {
		return false, err
	}
	if n > 0 && !found {
		return false, errors.New("the database has people of its own; the demo needs an empty one")
	}
	return found, nil
}

// hire makes the people. Their one password is hashed once: the only step that does not go through a use-case, which would hash it for each.
func (l *loader) hire(ctx context.Context) error {
	hash, err := auth.HashPassword(ctx, Password)
	if err != nil {
		return err
	}
	at := l.clock.now()
	return l.db.Update(ctx, func(tx *store.Tx) error {
		for _, p := range l.people {
			u := auth.User{Email: p.Email, Name: p.name, Role: p.Role, Party: p.Party, Areas: auth.ParseAreas(p.areas), Locale: "ar", PasswordHash: hash, Active: true,
				CreatedAt: at, PasswordAt: at}
			if err := tx.InsertUser(&u); err != nil {
				return err
			}
			p.id = u.ID
			e := store.AuditEntry{At: at, ActorName: "system", Role: string(auth.System), Party: string(p.Party), Action: string(auth.UserManage), Entity: "user", EntityID: u.ID, Note: "demo"}
			if err := tx.Audit(&e); err != nil {
				return err
			}
		}
		return nil
	})
}

func (l *loader) actor(p *person) auth.Actor {
	return auth.Actor{UserID: p.id, Name: p.name, Role: p.Role, Party: p.Party, Areas: auth.ParseAreas(p.areas), Locale: "ar", Address: "127.0.0.1"}
}

// who returns a person of a role who works in an area; n chooses among several.
func (l *loader) who(party place.Country, role auth.Role, area string, n int) auth.Actor {
	var fit []*person
	for _, p := range l.people {
		if p.Party == party && p.Role == role && (area == "" || auth.ParseAreas(p.areas).Has(area)) {
			fit = append(fit, p)
		}
	}
	if len(fit) == 0 {
		panic(fmt.Sprintf("demo: nobody is %s in %s", role, area))
	}
	return l.actor(fit[n%len(fit)])
}

func (l *loader) write(version int64) service.Write {
	l.keys++
	return service.Write{Key: "demo-" + strconv.Itoa(l.keys), Version: version}
}

// fates are the ends of the 400 lives, in proportion.
var fates = []struct {
	state registry.State
	share int
}{
	{registry.Approved, 196}, {registry.Submitted, 44}, {registry.UnderReview, 24}, {registry.Returned, 26}, {registry.Draft, 24}, {registry.Rejected, 26},
	{registry.Suspended, 14}, {registry.Expired, 16}, {registry.Withdrawn, 16}, {registry.Graduated, 14},
}

func (l *loader) plan() {
	i := 0
	for _, f := range fates {
		for range f.share {
			party := place.Egypt
			if i%5 == 4 { // 80 of 400 families are Qatar's
				party = place.Qatar
			}
			l.life(i, party, f.state)
			i++
		}
	}
}

// life is one family on its way: what is known of it as the acts go on.
type life struct {
	l        *loader
	i        int
	party    place.Country
	id       int64
	rec      registry.Record
	worker   auth.Actor
	reviewer auth.Actor
}

// thirdTime is the family that is somebody's third registration: the queue of duplicates shows her as a group.
const thirdTime = 210

// life plans the acts of one family up to its fate.
func (l *loader) life(i int, party place.Country, fate registry.State) {
	days := 20 + l.rnd.IntN(390)
	switch {
	case fate == registry.Submitted || fate == registry.UnderReview || fate == registry.Returned || fate == registry.Draft:
		days = 1 + l.rnd.IntN(24)
	case fate == registry.Expired && party == place.Egypt:
		days = 36*31 + 10 + l.rnd.IntN(60)
	case fate == registry.Expired:
		days = 12*31 + 10 + l.rnd.IntN(30)
	case party == place.Qatar: // a term of twelve months: nobody else has outlived it
		days = 20 + l.rnd.IntN(320)
	}
	start := l.now.AddDate(0, 0, -days).Truncate(24 * time.Hour).Add(time.Duration(6*60+l.rnd.IntN(7*60)) * time.Minute)
	x := &life{l: l, i: i, party: party}
	x.rec = l.gen.Record(i, party, calendar.Of(start.Add(3*time.Hour)))
	if fate == registry.Submitted && i%8 == 0 {
		x.rec = l.again(i-195, party, calendar.Of(start.Add(3*time.Hour)), false) // 195: the same party
	}
	if i == thirdTime { // and a third time the woman whom 200 takes down again
		x.rec = l.again(200-195, party, calendar.Of(start.Add(3*time.Hour)), true)
	}
	area := x.rec.Address.Area
	x.worker, x.reviewer = l.who(party, auth.FieldWorker, area, i), l.who(party, auth.Reviewer, area, i)
	if fate == registry.Draft {
		x.at(start, x.draft)
		return
	}
	x.at(start, x.register)
	if fate == registry.Submitted {
		if i%3 == 0 {
			x.papers(start)
		}
		return
	}
	if fate == registry.Withdrawn && i%2 == 0 {
		x.at(start.Add(30*time.Hour), x.step(registry.StepWithdraw, "family_request"))
		return
	}
	x.papers(start)
	review := start.Add(time.Duration(20+l.rnd.IntN(60)) * time.Hour)
	if latest := l.now.Add(-3 * time.Hour); review.After(latest) {
		review = latest
	}
	x.at(review, x.step(registry.StepTake))
	decide := review.Add(time.Duration(15+l.rnd.IntN(90)) * time.Minute)
	switch fate {
	case registry.UnderReview:
		return
	case registry.Returned:
		x.at(decide, x.note(registry.StepReturn, "صورة البطاقة غير واضحة، وينقص خطاب الجمعية.", "unclear_document", "missing_document"))
		return
	case registry.Rejected:
		x.at(decide, x.note(registry.StepReject, "لم تُستوفَ الشروط بعد استكمال الأوراق.", pick(l.rnd, []string{"criteria_not_met", "not_active", "duplicate"})))
		return
	}
	x.at(decide, x.approve)
	later := func(d int) time.Time { return decide.AddDate(0, 0, d) }
	switch fate {
	case registry.Approved:
		x.afterApproval(decide)
	case registry.Suspended:
		x.at(later(9), x.visit("inactive", "activity"))
		x.at(later(10), x.note(registry.StepSuspend, "زيارتان لم تجدا إنتاجًا.", "not_active"))
	case registry.Withdrawn:
		x.at(later(8), x.step(registry.StepWithdraw, "family_request"))
	case registry.Graduated:
		x.at(later(12), x.note(registry.StepGraduate, "أصبح للأسرة سجل تجاري وتُصدّر إنتاجها."))
	case registry.Expired:
		x.at(l.now.Add(-time.Duration(1+l.rnd.IntN(90))*time.Hour), x.expire)
	}
}

// again is the record of a woman who is registered already, as another worker takes it down: another spelling, two neighbouring digits of her number exchanged, or the third time
// one of them wrong.
func (l *loader) again(i int, party place.Country, applied calendar.Date, third bool) registry.Record {
	rec := l.gen.Record(i, party, applied)
	lead := &rec.Lead
	habit := strings.NewReplacer("ة", "ه", "أ", "ا", "إ", "ا", "ى", "ي", "عبد ", "عبد")
	lead.GivenName, lead.RestOfName = habit.Replace(lead.GivenName), habit.Replace(lead.RestOfName)
	if id := []byte(lead.IDNumber); len(id) > 4 && third {
		id[len(id)-4] = '0' + (id[len(id)-4]-'0'+1)%10
		lead.IDNumber = string(id)
	} else if len(id) > 3 {
		n := len(id) - 3
		for n > 1 && id[n] == id[n-1] {
			n--
		}
		id[n], id[n-1] = id[n-1], id[n]
		lead.IDNumber = string(id)
	}
	rec.Formal, rec.Case.FileNo = nil, ""
	return rec
}

// afterApproval gives some approved families a visit, and some changes that wait for a reviewer.
func (x *life) afterApproval(decide time.Time) {
	l := x.l
	if follow := decide.AddDate(0, 0, 25+l.rnd.IntN(60)); follow.Before(l.now.Add(-24 * time.Hour)) {
		x.at(follow, x.visit("active", "follow_up"))
	}
	x.products(decide)
	if x.i%17 == 3 && decide.Before(l.now.Add(-72*time.Hour)) {
		x.at(l.now.Add(-time.Duration(5+l.rnd.IntN(40))*time.Hour), x.amend)
	}
}

func (x *life) at(t time.Time, do func(context.Context) error) {
	x.l.todo = append(x.l.todo, act{t, do})
}

func (x *life) draft(ctx context.Context) error {
	form := intake.FromRecord(&x.rec)
	form.Finance, form.Consents, form.Formal, form.Skills = intake.Finance{}, nil, nil, intake.Skills{}
	if x.i%2 == 0 {
		form.Household, form.Project.Activity, form.Lead.Phones = intake.Household{}, "", nil
	}
	id, err := x.l.svc.Families.Create(ctx, x.worker, form, x.l.write(0))
	x.id = id
	return err
}

func (x *life) register(ctx context.Context) error {
	id, err := x.l.svc.Families.Register(ctx, x.worker, intake.FromRecord(&x.rec), x.l.write(0))
	x.id = id
	return err
}

// papers plans the papers that criteria ask for, most of the time all of them, and the first visit.
func (x *life) papers(start time.Time) {
	types := []registry.DocumentType{"id_card", "photo", "application_form", "product_photo"}
	if x.party == place.Egypt {
		types = append(types, "guarantee", "contract", "craft_proof", "aptitude_result")
		if x.rec.Skills.CentreGraduate == registry.Yes {
			types = append(types, "centre_certificate")
		}
		if x.rec.Guardian.Name != "" {
			types = append(types, "guardianship")
		}
	} else {
		types = append(types, "household_licence", "owner_consent")
	}
	if x.rec.Lead.Disability != "none" {
		types = append(types, "disability_card")
	}
	if c, _ := registry.CraftByCode(x.rec.Project.Craft); c.Food {
		types = append(types, "health_certificate")
	}
	for n, t := range types {
		x.at(start.Add(time.Duration(10+n)*time.Minute), func(ctx context.Context) error {
			in := intake.Document{Type: string(t)}
			if t == "health_certificate" || t == "household_licence" {
				in.ValidUntil = calendar.Of(start).AddDays(330).String()
			}
			_, err := x.l.svc.Families.AddDocument(ctx, x.worker, x.id, in, x.l.picture(t, x.i), x.l.write(0))
			return err
		})
	}
	x.at(start.Add(40*time.Minute), x.visit("active", "verification"))
}

func (x *life) visit(finding, kind string) func(context.Context) error {
	return func(ctx context.Context) error {
		in := intake.Visit{Date: calendar.Of(x.l.clock.now().Add(3 * time.Hour)).String(), Kind: kind, Finding: finding, Lat: x.rec.Address.Lat, Lon: x.rec.Address.Lon}
		switch finding {
		case "active":
			in.Note = "شوهد الإنتاج والخامات في المنزل."
		case "inactive":
			in.Note = "لا أثر لإنتاج، والأدوات غير مستعملة."
		}
		return x.l.svc.Families.RecordVisit(ctx, x.worker, x.id, in, x.l.write(0))
	}
}

func (x *life) version(ctx context.Context) (version int64, err error) {
	err = x.l.db.View(ctx, func(tx *store.Tx) error {
		f, err := tx.FamilyByID(store.Scope{Party: x.party}, x.id)
		if err == nil {
			version = f.Version
		}
		return err
	})
	return version, err
}

func (x *life) take(ctx context.Context, step registry.Step, note string, reasons ...string) error {
	v, err := x.version(ctx)
	if err != nil {
		return err
	}
	by := x.reviewer
	if step == registry.StepWithdraw {
		by = x.worker
	}
	return x.l.svc.Families.Do(ctx, by, x.id, step, intake.Decision{Reasons: reasons, Note: note}, x.l.write(v))
}

func (x *life) step(step registry.Step, reasons ...string) func(context.Context) error {
	return func(ctx context.Context) error { return x.take(ctx, step, "", reasons...) }
}

func (x *life) note(step registry.Step, note string, reasons ...string) func(context.Context) error {
	return func(ctx context.Context) error { return x.take(ctx, step, note, reasons...) }
}

// approve approves, after waiving what a paper on file lets be waived; what the criteria still do not carry is repaired by an amendment of the facts a
// generator got wrong, so that an approved family of the demo is one.
func (x *life) approve(ctx context.Context) error {
	sheet, err := x.l.svc.Families.View(ctx, x.reviewer, x.id)
	if err != nil {
		return err
	}
	var result *criteria.Assessment
	if sheet.Checklist != nil {
		result = sheet.Checklist.Result
	}
	var proof int64
	for _, d := range sheet.Documents {
		if d.Type == "application_form" {
			proof = d.ID
		}
	}
	if result != nil && result.Overall != criteria.Eligible && result.Overall != criteria.ReviewNeeded {
		for _, r := range result.Results {
			if r.Outcome != criteria.NotMet && r.Outcome != criteria.FactsMissing {
				continue
			}
			in := intake.Waiver{Criterion: r.Code, Document: strconv.FormatInt(proof, 10), Reason: "بقرار لجنة المديرية لظروف الأسرة، ومحضرها مرفق بالطلب."}
			if err := x.l.svc.Families.Waive(ctx, x.reviewer, x.id, in, x.l.write(0)); err != nil {
				return err
			}
		}
	}
	return x.take(ctx, registry.StepApprove, "")
}

func (x *life) amend(ctx context.Context) error {
	if err := x.l.svc.Families.Amend(ctx, x.worker, x.id, x.l.write(0)); err != nil {
		return err
	}
	ed, err := x.l.svc.Families.Edit(ctx, x.worker, x.id)
	if err != nil {
		return err
	}
	values := map[string][]string{}
	for name, v := range ed.Form.Values() {
		if intake.StepOf(name) == "address" {
			values[name] = []string{v}
		}
	}
	values["address.street"], values["address.building"] = []string{"شارع المستشفى"}, []string{"7"}
	saved, err := x.l.svc.Families.SaveStep(ctx, x.worker, x.id, "address", values, x.l.write(ed.Version))
	if err != nil {
		return err
	}
	return x.l.svc.Families.Submit(ctx, x.worker, x.id, x.l.write(saved.Version))
}

func (x *life) expire(ctx context.Context) error {
	return x.l.svc.Families.Expire(ctx, auth.SystemActor(x.party), x.id)
}

// draftCriteria leaves Egypt's next version as a draft that asks for an age of 21 and a recent visit, so that the preview has something to show.
func (l *loader) draftCriteria(ctx context.Context) error {
	admin := l.who(place.Egypt, auth.Administrator, "", 0)
	sets, err := l.svc.Criteria.List(ctx, admin)
	if err != nil || len(sets) == 0 {
		return err
	}
	id, err := l.svc.Criteria.NewDraft(ctx, admin, sets[0].ID, l.write(0))
	if err != nil {
		return err
	}
	v, err := l.svc.Criteria.Set(ctx, admin, id)
	if err != nil {
		return err
	}
	for i, c := range v.Set.Criteria {
		if c.Code == "age" {
			c.Condition, c.Confirmed = "age >= 21", false
			c.Title = criteria.Text{AR: "ألا يقل السن عن 21 سنة وقت تقديم الطلب", EN: "At least 21 years old on the application date"}
			v.Set.Criteria[i] = c
		}
		if c.Code == "active" { // a recent visit that found the family producing becomes a requirement
			c.Weight, c.Confirmed = criteria.Hard, false
			v.Set.Criteria[i] = c
		}
	}
	return l.svc.Criteria.SaveDraft(ctx, admin, id, v.Set, l.write(v.Row.Version))
}

// picture returns a small made-up paper, one of three for every kind: making safe what is uploaded takes most of the time of a demo's paper.
func (l *loader) picture(t registry.DocumentType, i int) *media.File {
	key := string(t) + strconv.Itoa(i%3)
	f, ok := l.pictures[key]
	if !ok {
		f = drawCard(t, i%3)
		l.pictures[key] = f
	}
	return f
}

// drawCard draws a coloured card.
func drawCard(t registry.DocumentType, i int) *media.File {
	m := image.NewRGBA(image.Rect(0, 0, 480, 300))
	h := uint32(i)*2654435761 + uint32(len(t))*40503
	for _, c := range t {
		h = h*31 + uint32(c)
	}
	base := color.RGBA{R: 150 + uint8(h%90), G: 130 + uint8(h>>8%90), B: 110 + uint8(h>>16%90), A: 255}
	draw.Draw(m, m.Bounds(), &image.Uniform{base}, image.Point{}, draw.Src)
	dark := &image.Uniform{color.RGBA{R: base.R / 2, G: base.G / 2, B: base.B / 2, A: 255}}
	draw.Draw(m, image.Rect(24, 24, 144, 174), dark, image.Point{}, draw.Src)
	for n := range 5 {
		draw.Draw(m, image.Rect(176, 40+n*36, 176+120+int(h>>(n*3)%160), 52+n*36), dark, image.Point{}, draw.Src)
	}
	for n := range 40 { // a weave at the foot
		x := n * 12
		draw.Draw(m, image.Rect(x, 250+int(h>>(n%16)&1)*10, x+10, 290), dark, image.Point{}, draw.Src)
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, nil); err != nil {
		panic(err)
	}
	f, err := media.Process(context.Background(), &b, string(t)+".jpg", media.DefaultLimits())
	if err != nil {
		panic(err)
	}
	return f
}

// reports orders a quarterly report of each ministry and one by month, and counts the figures, so that the first dashboard is whole.
func (l *loader) reports(ctx context.Context) error {
	for _, party := range place.Countries() {
		who := l.who(party, auth.Coordinator, "", 0)
		names := map[place.Country][2]string{place.Egypt: {"التقرير الربع سنوي للأسر المنتجة", "متابعة شهرية للتسجيل والقرارات"}, place.Qatar: {"التقرير الربع سنوي لمشروع من الوطن", "متابعة شهرية للتسجيل"}}[party]
		for i, form := range []service.ReportForm{
			{Name: names[0], Sections: []string{"registrations", "decisions", "people", "ladder", "exhibitions", "both"}, Span: "last_quarter", Langs: []string{"ar", "en"}, Every: "quarter", Active: true},
			{Name: names[1], Sections: []string{"registrations", "decisions"}, Span: "last_month", Langs: []string{"ar"}, Every: "month", Active: true},
		} {
			id, err := l.svc.Reports.Create(ctx, who, form, l.write(0))
			if err != nil {
				return fmt.Errorf("the report %d of %s: %w", i, party, err)
			}
			if i > 0 {
				continue
			}
			if _, err := l.svc.Reports.Run(ctx, who, id, l.write(0)); err != nil { // the server makes it when it starts its jobs
				return fmt.Errorf("asking for a report of %s: %w", party, err)
			}
		}
	}
	for {
		if more, err := l.svc.Dashboards.CountOn(ctx, 10_000); err != nil || !more {
			return err
		}
	}
}
