package intake

import (
	"reflect"
	"strconv"
	"strings"
	"sync"
	"unsafe"

	"muntija/internal/arabic"
	"muntija/internal/calendar"
	"muntija/internal/fault"
	"muntija/internal/place"
	"muntija/internal/registry"
)

// Currency is the one currency of a party's registry.
func Currency(party place.Country) string {
	if party == "QA" {
		return "QAR"
	}
	return "EGP"
}

// required are the fields without which a registration cannot be handed in: who it is, how to reach them, where they live, what they make. All
// else either has its own rule in Check or is asked by a criterion, which then says "facts missing". A number that may be 0 is never required.
var required = map[place.Country][]string{
	"EG": {"case.channel", "case.application_date",
		"lead.given_name", "lead.rest_of_name", "lead.id_type", "lead.id_number", "lead.birth_date", "lead.sex", "lead.nationality",
		"household.size", "address.area", "address.district", "project.craft", "project.activity", "project.stage"},
	"QA": {"case.channel", "case.application_date",
		"lead.given_name", "lead.rest_of_name", "lead.id_type", "lead.id_number", "lead.birth_date", "lead.sex", "lead.nationality",
		"household.size", "address.area", "address.zone", "project.craft", "project.activity", "project.stage"},
}

// requiredInRow are the fields that a row needs once anything stands in it.
var requiredInRow = []string{"lead.phones.number", "household.members.name", "household.members.relation", "household.benefits.programme",
	"household.benefits.status", "skills.training.kind", "formal.kind", "formal.state", "finance.loans.lender", "consents.scope"}

var requiredSets = sync.OnceValue(func() map[place.Country]map[string]bool {
	m := map[place.Country]map[string]bool{}
	for party, paths := range required {
		m[party] = map[string]bool{}
		for _, p := range append(paths[:len(paths):len(paths)], requiredInRow...) {
			m[party][p] = true
		}
	}
	return m
})

var requiredLeaves = sync.OnceValue(func() map[place.Country][]*leaf {
	m := map[place.Country][]*leaf{}
	for party, paths := range required {
		for _, p := range paths {
			m[party] = append(m[party], form().byPath[p])
		}
	}
	return m
})

// Required reports whether a field, with or without indexes, carries the mark of a required one on the party's form.
func Required(party place.Country, field string) bool {
	return requiredSets()[party][registry.StripIndex(field)]
}

// CheckDraft returns what is wrong with the shape of a draft: over-long values, too many rows, values that no list of the form offers. A draft may
// lack anything and hold half a number.
func (r *Registration) CheckDraft(ctx Context) fault.Problems {
	clean, ps := r.shaped(ctx)
	Recycle(clean)
	return form().sortProblems(ps)
}

// CheckStep returns the problems of one step, as Check finds them.
func (r *Registration) CheckStep(ctx Context, step Step) fault.Problems {
	_, all := r.Check(ctx)
	var ps fault.Problems
	for _, p := range all {
		if StepOf(p.Field) == step.Name {
			ps = append(ps, p)
		}
	}
	return ps
}

// shaped returns a clean copy of the registration, to be recycled, and the problems of its shape.
func (r *Registration) shaped(ctx Context) (*Registration, fault.Problems) {
	clean := registrations.Get().(*Registration)
	*clean = *r
	return clean, form().shape(reflect.ValueOf(clean).Elem(), ctx.Party)
}

// Check returns the record that the form describes and all its problems in the order of the form. The record holds whatever was sound; with
// blocking problems it is fit for a preview only. Rows in which nothing was typed are left out of it.
func (r *Registration) Check(ctx Context) (registry.Record, fault.Problems) {
	in, shape := r.shaped(ctx)
	defer Recycle(in)
	c := &checker{Context: ctx, ps: shape}
	var rec registry.Record

	for _, l := range requiredLeaves()[ctx.Party] {
		if *l.in(unsafe.Pointer(in)) == "" {
			c.add(l.path, "problem.required")
		}
	}
	rec.Case = c.caseOf(&in.Case)
	rec.Lead = c.lead(&in.Lead, rec.Case.ApplicationDate)
	rec.Guardian = c.guardian(&in.Guardian, rec)
	rec.Household = c.household(&in.Household)
	rec.Address = c.address(&in.Address)
	rec.Project = c.project(&in.Project)
	rec.Skills = c.skills(&in.Skills)
	rec.Formal = c.formal(in.Formal)
	rec.Finance = c.finance(&in.Finance)
	rec.Consents = c.consents(in.Consents)
	return rec, form().sortProblems(c.ps)
}

func (c *checker) caseOf(in *Case) registry.Case {
	return registry.Case{
		Channel:         code[registry.Channel](c, "channel", in.Channel),
		ApplicationDate: c.past("case.application_date", in.ApplicationDate),
		Round:           arabic.Digits(in.Round),
		FileNo:          arabic.Digits(in.FileNo),
		SocialUnit:      in.SocialUnit,
		Association:     in.Association,
	}
}

func (c *checker) lead(in *Lead, applied calendar.Date) registry.LeadProducer {
	out := registry.LeadProducer{
		GivenName:      c.personName("lead.given_name", in.GivenName),
		RestOfName:     c.personName("lead.rest_of_name", in.RestOfName),
		NameEN:         c.latin("lead.name_en", in.NameEN),
		IDExpiry:       c.date("lead.id_expiry", in.IDExpiry),
		BirthDate:      c.past("lead.birth_date", in.BirthDate),
		Sex:            code[registry.Sex](c, "sex", in.Sex),
		Nationality:    c.nationality("lead.nationality", in.Nationality),
		MaritalStatus:  code[registry.MaritalStatus](c, "marital_status", in.MaritalStatus),
		Breadwinner:    code[registry.Tri](c, "tri", in.Breadwinner),
		Education:      code[registry.Education](c, "education", in.Education),
		Literacy:       code[registry.Tri](c, "tri", in.Literacy),
		LiteracyBy:     in.LiteracyBy,
		Disability:     code[registry.Disability](c, "disability", in.Disability),
		DisabilityCard: c.number("lead.disability_card", in.DisabilityCard),
		Email:          in.Email,
	}
	out.IDType, out.IDNumber = c.identity("lead.id_type", "lead.id_number", in.IDType, in.IDNumber)
	if !out.IDExpiry.IsZero() && out.IDExpiry.Before(c.Today) {
		c.warn("lead.id_expiry", "problem.id_expired")
	}
	switch {
	case out.BirthDate.IsZero():
	case !applied.IsZero() && !out.BirthDate.Before(applied):
		c.add("lead.birth_date", "problem.born_after_application")
	case calendar.AgeOn(out.BirthDate, c.Today) > 120:
		c.warn("lead.birth_date", "problem.very_old")
	}
	c.crossCheck(out)
	if out.Literacy == registry.Yes && out.LiteracyBy == "" {
		c.warn("lead.literacy_by", "problem.literacy_by")
	}
	switch impaired := out.Disability != "" && out.Disability != "none"; {
	case impaired && in.DisabilityCard == "":
		c.warn("lead.disability_card", "problem.disability_card")
	case in.DisabilityCard != "" && !impaired && (in.Disability == "" || in.Disability == "none"):
		c.add("lead.disability", "problem.disability_kind")
	}

	phones, seen := 0, map[string]bool{}
	for i, p := range in.Phones {
		c.in("lead.phones", i)
		if p == (Phone{}) {
			continue
		}
		phones++
		c.need("number", p.Number)
		row := registry.Phone{
			Number:   c.phone("number", p.Number),
			Use:      code[registry.PhoneUse](c, "phone_use", p.Use),
			WhatsApp: c.yes("whatsapp", p.WhatsApp),
		}
		if row.Number != "" && seen[row.Number] {
			c.add("number", "problem.twice")
		}
		seen[row.Number] = true
		out.Phones = append(out.Phones, row)
	}
	c.out()
	if phones == 0 {
		c.add("lead.phones", "problem.phone_needed")
	}
	return out
}

func (c *checker) guardian(in *Guardian, rec registry.Record) registry.Guardian {
	out := registry.Guardian{
		Name:     c.personName("guardian.name", in.Name),
		Relation: code[registry.Relation](c, "relation", in.Relation),
		Phone:    c.phone("guardian.phone", in.Phone),
		Proof:    code[registry.GuardianProof](c, "guardian_proof", in.Proof),
	}
	out.IDType, out.IDNumber = c.identity("guardian.id_type", "guardian.id_number", in.IDType, in.IDNumber)
	on := rec.Case.ApplicationDate
	if on.IsZero() {
		on = c.Today
	}
	young := c.GuardianAge > 0 && !rec.Lead.BirthDate.IsZero() && calendar.AgeOn(rec.Lead.BirthDate, on) < c.GuardianAge
	if *in == (Guardian{}) {
		if young {
			c.add("guardian.name", "problem.guardian_needed", c.GuardianAge)
		}
		return out
	}
	// A guardian once named is named in full, whatever the age.
	c.need("guardian.name", in.Name)
	c.need("guardian.relation", in.Relation)
	c.need("guardian.id_number", in.IDNumber)
	c.need("guardian.proof", in.Proof)
	if out.IDNumber != "" && out.IDNumber == rec.Lead.IDNumber && out.IDType == rec.Lead.IDType {
		c.add("guardian.id_number", "problem.guardian_is_lead")
	}
	return out
}

func (c *checker) household(in *Household) registry.Household {
	out := registry.Household{
		Size:       c.whole("household.size", in.Size, 1, 60),
		Dependents: c.whole("household.dependents", in.Dependents, 0, 59),
		IncomeBand: code[registry.IncomeBand](c, "income_band", in.IncomeBand),
		Tenure:     code[registry.Tenure](c, "tenure", in.Tenure),
	}
	for i, m := range in.Members {
		c.in("household.members", i)
		if m == (Member{}) {
			continue
		}
		c.need("name", m.Name)
		c.need("relation", m.Relation)
		out.Members = append(out.Members, registry.Member{
			Name:      c.personName("name", m.Name),
			Relation:  code[registry.Relation](c, "relation", m.Relation),
			Sex:       code[registry.Sex](c, "sex", m.Sex),
			BirthYear: c.year("birth_year", m.BirthYear, 1900, c.Today.Year()),
			Works:     c.yes("works", m.Works),
		})
	}
	programmes := map[registry.Programme]bool{}
	for i, b := range in.Benefits {
		c.in("household.benefits", i)
		if b == (Benefit{}) {
			continue
		}
		c.need("programme", b.Programme)
		c.need("status", b.Status)
		row := registry.Benefit{
			Programme: code[registry.Programme](c, "programme", b.Programme),
			Status:    code[registry.BenefitStatus](c, "benefit_status", b.Status),
			Since:     c.past("since", b.Since),
		}
		if row.Programme != "" && row.Programme != "other" && programmes[row.Programme] {
			c.add("programme", "problem.twice")
		}
		programmes[row.Programme] = true
		out.Benefits = append(out.Benefits, row)
	}
	c.out()
	if n := len(out.Members); out.Size > 0 && out.Size < n+1 {
		c.add("household.size", "problem.household_size", n, n+1)
	}
	if out.Size > 0 && out.Dependents >= out.Size {
		c.add("household.dependents", "problem.dependents", out.Size)
	}
	return out
}

// box is a rectangle of degrees around a country's land, a little wider than its outermost points.
type box struct{ south, north, west, east float64 }

var boxes = map[place.Country]box{
	"EG": {21.9, 31.8, 24.6, 37.0}, // Jabal Uwaynat to Rafah, with the Red Sea coast to Shalateen
	"QA": {24.4, 26.3, 50.7, 51.8},
}

func (c *checker) address(in *Address) registry.Address {
	b := boxes[c.Party]
	out := registry.Address{
		Area:     c.area("address.area", in.Area),
		District: in.District,
		Village:  in.Village,
		Zone:     arabic.Digits(in.Zone),
		Street:   in.Street,
		Building: arabic.Digits(in.Building),
		Text:     in.Text,
		Landmark: in.Landmark,
		Lat:      c.degrees("address.lat", in.Lat, b.south, b.north),
		Lon:      c.degrees("address.lon", in.Lon, b.west, b.east),
	}
	if in.Lat == "" && in.Lon != "" {
		c.add("address.lat", "problem.both_degrees")
	}
	if in.Lon == "" && in.Lat != "" {
		c.add("address.lon", "problem.both_degrees")
	}
	if in.Accuracy != "" {
		if v, ok := decimal(in.Accuracy); !ok || v < 0 || v > 100_000 {
			c.add("address.accuracy", "problem.accuracy")
		} else {
			out.Accuracy = shortest(v, 1)
		}
	}
	return out
}

// area is an area of the party only: another country's code is no choice of this form.
func (c *checker) area(name, s string) string {
	if s == "" {
		return ""
	}
	s = strings.ToUpper(s)
	if a, ok := place.AreaByCode(s); ok && a.Country == c.Party {
		return s
	}
	c.add(name, "problem.choice")
	return ""
}

func (c *checker) project(in *Project) registry.Project {
	return registry.Project{
		Name:          in.Name,
		NameEN:        c.latin("project.name_en", in.NameEN),
		Craft:         code[string](c, "craft", in.Craft),
		Activity:      in.Activity,
		Stage:         code[registry.Stage](c, "stage", in.Stage),
		AtHome:        code[registry.Tri](c, "tri", in.AtHome),
		WorkersFamily: c.whole("project.workers_family", in.WorkersFamily, 0, 100),
		WorkersOther:  c.whole("project.workers_other", in.WorkersOther, 0, 1000),
		Capacity:      in.Capacity,
		SalesBand:     code[registry.SalesBand](c, "sales_band", in.SalesBand),
		Channels:      codes[registry.SaleChannel](c, "sale_channel", in.Channels),
		Social:        in.Social,
		Equipment:     in.Equipment,
		Materials:     in.Materials,
		ProductReview: code[registry.Review](c, "review", in.ProductReview),
	}
}

func (c *checker) skills(in *Skills) registry.Skills {
	out := registry.Skills{
		CentreGraduate: code[registry.Tri](c, "tri", in.CentreGraduate),
		CraftProof:     code[registry.CraftProof](c, "craft_proof", in.CraftProof),
	}
	for i, t := range in.Training {
		c.in("skills.training", i)
		if t == (Training{}) {
			continue
		}
		c.need("kind", t.Kind)
		out.Training = append(out.Training, registry.Training{
			Kind:   code[registry.TrainingKind](c, "training_kind", t.Kind),
			Title:  t.Title,
			Centre: t.Centre,
			Date:   c.past("date", t.Date),
			Result: code[registry.TrainingResult](c, "training_result", t.Result),
		})
	}
	c.out()
	return out
}

// numbered are the formal items that mean nothing without their number once they are valid.
var numbered = map[string]bool{"household_licence": true, "temporary_licence": true, "commercial_licence": true, "commercial_register": true, "tax_card": true}

func (c *checker) formal(in []FormalItem) []registry.FormalItem {
	var out []registry.FormalItem
	type item struct{ kind, number string }
	seen := map[item]bool{}
	for i, f := range in {
		c.in("formal", i)
		if f == (FormalItem{}) {
			continue
		}
		c.need("kind", f.Kind)
		c.need("state", f.State)
		row := registry.FormalItem{
			Kind:      code[registry.FormalKind](c, "formal_kind", f.Kind),
			Issuer:    f.Issuer,
			IssuedOn:  c.past("issued_on", f.IssuedOn),
			ExpiresOn: c.date("expires_on", f.ExpiresOn),
			State:     code[registry.FormalState](c, "formal_state", f.State),
		}
		row.Number = c.formalNumber(row.Kind, f.Number)
		if row.State == "valid" && numbered[f.Kind] {
			c.need("number", f.Number)
		}
		c.validity(row.IssuedOn, row.ExpiresOn, "expires_on")
		if row.State == "valid" && !row.ExpiresOn.IsZero() && row.ExpiresOn.Before(c.Today) {
			c.warn("expires_on", "problem.valid_but_expired")
		}
		if key := (item{string(row.Kind), row.Number}); row.Number != "" {
			if seen[key] {
				c.add("number", "problem.twice")
			}
			seen[key] = true
		}
		out = append(out, row)
	}
	c.out()
	return out
}

// validity checks that a paper does not end before it begins.
func (c *checker) validity(issued, expires calendar.Date, name string) {
	if !issued.IsZero() && !expires.IsZero() && !expires.After(issued) {
		c.add(name, "problem.expiry_before_issue")
	}
}

func (c *checker) finance(in *Finance) registry.Finance {
	out := registry.Finance{
		EstValue:          c.money("finance.est_value", in.EstValue),
		Guarantee:         code[registry.Guarantee](c, "guarantee", in.Guarantee),
		GuaranteeAccepted: code[registry.Tri](c, "tri", in.GuaranteeAccepted),
		ContractAccepted:  code[registry.Tri](c, "tri", in.ContractAccepted),
	}
	out.Currency = c.currency("finance.currency", in.Currency, out.EstValue != 0)
	out.OwnShare, out.OwnShareGiven = c.percent("finance.own_share", in.OwnShare)
	if out.GuaranteeAccepted == registry.Yes && (in.Guarantee == "" || in.Guarantee == "none") {
		c.add("finance.guarantee", "problem.guarantee_kind")
	}
	for i, l := range in.Loans {
		c.in("finance.loans", i)
		if l == (Loan{}) {
			continue
		}
		c.need("lender", l.Lender)
		row := registry.Loan{
			Lender: l.Lender,
			Amount: c.money("amount", l.Amount),
			Year:   c.year("year", l.Year, 1950, c.Today.Year()),
			State:  code[registry.LoanState](c, "loan_state", l.State),
		}
		row.Currency = c.currency("currency", l.Currency, row.Amount != 0)
		out.Loans = append(out.Loans, row)
	}
	c.out()
	return out
}

func (c *checker) consents(in []Consent) []registry.Consent {
	var out []registry.Consent
	seen := map[string]bool{}
	own := -1 // the row of the own ministry's consent
	for i, x := range in {
		c.in("consents", i)
		if x == (Consent{}) {
			continue
		}
		c.need("scope", x.Scope)
		row := registry.Consent{
			Scope:   code[registry.ConsentScope](c, "consent_scope", x.Scope),
			Version: c.consentVersion("version", x.Version),
			Given:   c.yes("given", x.Given),
			Date:    c.past("date", x.Date),
			How:     code[registry.ConsentHow](c, "consent_how", x.How),
		}
		if row.Given {
			c.need("date", x.Date)
			c.need("how", x.How)
		}
		if row.Scope != "" && seen[x.Scope] {
			c.add("scope", "problem.twice")
		}
		seen[x.Scope] = true
		if row.Scope == registry.ConsentOwnMinistry {
			own = i
			if !row.Given {
				c.add("given", "problem.consent_needed")
			}
		}
		out = append(out, row)
	}
	c.out()
	if own < 0 {
		c.add("consents", "problem.consent_needed")
	}
	return out
}

// ConsentText returns the message key of the text that a consent of a scope declares, in the version [registry.ConsentVersion]; "" for no scope.
func ConsentText(scope registry.ConsentScope) string {
	switch scope {
	case registry.ConsentOwnMinistry:
		return "consent.own_ministry"
	case registry.ConsentOtherMinistry:
		return "consent.other_ministry"
	case registry.ConsentCatalogue:
		return "consent.catalogue"
	}
	return ""
}

// consentVersion is the version of the text that was shown: this one if nothing is said, else this one or an earlier one.
func (c *checker) consentVersion(name, s string) string {
	if s == "" {
		return registry.ConsentVersion
	}
	y, n, ok := versionOf(s)
	cy, cn, _ := versionOf(registry.ConsentVersion)
	if !ok || y > cy || y == cy && n > cn {
		c.add(name, "problem.consent_version", registry.ConsentVersion)
		return ""
	}
	return s
}

func versionOf(s string) (year, n int, ok bool) {
	a, b, found := strings.Cut(s, "-")
	year, err1 := strconv.Atoi(a)
	n, err2 := strconv.Atoi(b)
	ok = found && err1 == nil && err2 == nil && len(a) == 4 && n > 0 && strconv.Itoa(year) == a && strconv.Itoa(n) == b
	return year, n, ok
}
