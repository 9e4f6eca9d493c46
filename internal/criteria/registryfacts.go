package criteria

import (
	"muntija/internal/calendar"
	"muntija/internal/registry"
)

// FactsOf reads the facts of a family: its record, the papers on file and the visits made. On is the day of assessment: licences count as
// in force on it. The service sets what only it can know, by Cross: the registrations of others, and the closing date of the round.
func FactsOf(f *registry.Family, papers []registry.Document, visits []registry.Visit, on calendar.Date) *Facts {
	v := new(Facts)
	v.Of(f, papers, visits, on)
	return v
}

// Of is [FactsOf] into facts whose memory is used again, for runs over many families.
func (v *Facts) Of(f *registry.Family, papers []registry.Document, visits []registry.Visit, on calendar.Date) {
	*v = Facts{}
	r := &f.Record
	v.SetDate(Today, on)
	v.SetDate(ApplicationDate, r.Case.ApplicationDate)
	if !f.Status.SubmittedAt.IsZero() {
		v.SetDate(SubmissionDate, calendar.Of(f.Status.SubmittedAt))
	}
	v.SetCode(Channel, string(r.Case.Channel))
	v.given(SocialUnit, r.Case.SocialUnit != "")
	v.given(Association, r.Case.Association != "")
	v.lead(&r.Lead)
	v.given(GuardianNamed, r.Guardian.Name != "")
	v.given(GuardianProven, r.Guardian.Name != "" && r.Guardian.Proof != "")
	v.household(&r.Household)
	v.SetCode(Area, r.Address.Area)
	v.project(&r.Project)
	v.skills(&r.Skills)
	v.formal(r.Formal, on)
	v.finance(&r.Finance)
	var scopes []string
	for _, c := range r.Consents {
		if c.Given {
			scopes = append(scopes, string(c.Scope))
		}
	}
	if len(r.Consents) > 0 {
		v.SetSet(Consents, scopes...)
	}
	for i := range papers {
		if papers[i].RemovedAt.IsZero() {
			v.AddPaper(papers[i].Type, papers[i].ValidUntil)
		}
	}
	v.SetInt(Visits, int64(len(visits)))
	var last calendar.Date
	for _, x := range visits {
		if (x.Finding == "active" || x.Finding == "partly_active") && x.Date > last {
			last = x.Date
		}
	}
	v.SetDate(LastActiveVisit, last)
}

// Cross sets the counts of other active registrations that share the person, the household or the licence.
func (f *Facts) Cross(person, household, licence int) {
	f.SetInt(OtherActivePerson, int64(person))
	f.SetInt(OtherActiveHousehold, int64(household))
	f.SetInt(OtherActiveLicence, int64(licence))
}

// given sets what is true once the form holds it. An empty field of a draft is not a "no": the fact stays missing, and the checklist asks
// for it.
func (f *Facts) given(r Ref, there bool) {
	if there {
		f.SetBool(r, true)
	}
}

func (f *Facts) lead(l *registry.LeadProducer) {
	f.SetCode(Nationality, l.Nationality)
	f.SetDate(BirthDate, l.BirthDate)
	f.SetCode(Sex, string(l.Sex))
	f.SetCode(MaritalStatus, string(l.MaritalStatus))
	f.SetAnswer(Breadwinner, l.Breadwinner)
	f.SetCode(Education, string(l.Education))
	f.SetAnswer(Literacy, l.Literacy)
	f.given(LiteracyAttested, l.Literacy == registry.Yes && l.LiteracyBy != "")
	f.SetCode(Disability, string(l.Disability))
	f.SetCode(IDType, l.IDType)
	f.SetDate(IDValidUntil, l.IDExpiry)
}

func (f *Facts) household(h *registry.Household) {
	f.count(HouseholdSize, h.Size)
	// Dependents may be none; it is an answer once the size is.
	if h.Size > 0 || h.Dependents > 0 {
		f.SetInt(Dependents, int64(h.Dependents))
	}
	f.SetCode(IncomeBand, string(h.IncomeBand))
	f.SetCode(Tenure, string(h.Tenure))
	// As for the protection status: no benefit is an answer once the income band, on the same step of the form, is.
	if h.IncomeBand != "" || len(h.Benefits) > 0 {
		var current []string
		for _, b := range h.Benefits {
			if b.Status == "current" {
				current = append(current, string(b.Programme))
			}
		}
		f.SetSet(Benefits, current...)
	}
}

func (f *Facts) project(p *registry.Project) {
	f.SetCode(Craft, p.Craft)
	if c, ok := registry.CraftByCode(p.Craft); ok {
		f.SetBool(Food, c.Food)
		f.SetBool(Cosmetic, c.Cosmetic)
	}
	f.SetCode(Stage, string(p.Stage))
	f.SetAnswer(AtHome, p.AtHome)
	f.count(WorkersFamily, p.WorkersFamily)
	if p.WorkersFamily > 0 || p.WorkersOther > 0 { // as for dependents
		f.SetInt(WorkersOther, int64(p.WorkersOther))
	}
	f.SetCode(ProductReview, string(p.ProductReview))
}

func (f *Facts) count(r Ref, n int) {
	if n > 0 {
		f.SetInt(r, int64(n))
	}
}

// skills takes the best result of all courses and tests, as one passed is enough.
func (f *Facts) skills(s *registry.Skills) {
	f.SetAnswer(CentreGraduate, s.CentreGraduate)
	f.SetCode(CraftProof, string(s.CraftProof))
	rank := map[registry.TrainingResult]int{"failed": 1, "attending": 2, "passed": 3}
	var best registry.TrainingResult
	var passed calendar.Date
	for _, t := range s.Training {
		if rank[t.Result] > rank[best] {
			best = t.Result
		}
		if t.Result == "passed" && t.Date > passed {
			passed = t.Date
		}
	}
	f.SetCode(TrainingResult, string(best))
	f.SetDate(TrainingDate, passed)
}

// formal keeps the items in force on a day: stated valid (or not stated otherwise) and not expired.
func (f *Facts) formal(items []registry.FormalItem, on calendar.Date) {
	var kinds []string
	for _, x := range items {
		if x.State != "" && x.State != "valid" || !x.ExpiresOn.IsZero() && x.ExpiresOn < on {
			continue
		}
		kinds = append(kinds, string(x.Kind))
	}
	f.SetSet(Formal, kinds...)
	for _, x := range items {
		if d, ok := dayOf(x.ExpiresOn); ok && x.Kind == "household_licence" && (x.State == "" || x.State == "valid") {
			if old, known := f.get(HouseholdLicenceUntil); !known || d > old {
				f.set(HouseholdLicenceUntil, d)
			}
		}
	}
}

func (f *Facts) finance(x *registry.Finance) {
	if x.EstValue > 0 {
		f.SetInt(ProjectValue, x.EstValue)
	}
	if x.OwnShareGiven || x.OwnShare > 0 {
		f.SetInt(OwnShare, int64(x.OwnShare))
	}
	f.SetCode(Guarantee, string(x.Guarantee))
	f.SetAnswer(GuaranteeAccepted, x.GuaranteeAccepted)
	f.SetAnswer(ContractAccepted, x.ContractAccepted)
	running := 0
	for _, l := range x.Loans {
		if l.State == "running" || l.State == "late" {
			running++
		}
	}
	f.SetInt(RunningLoans, int64(running))
}
