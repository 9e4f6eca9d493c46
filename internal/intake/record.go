package intake

import (
	"strconv"
	"unsafe"

	"muntija/internal/calendar"
	"muntija/internal/fault"
	"muntija/internal/registry"
)

// FromRecord returns the form that a record came from: what a stored registration is edited as. Check gives the same record again.
func FromRecord(rec *registry.Record) *Registration {
	l, h, p, s, f := &rec.Lead, &rec.Household, &rec.Project, &rec.Skills, &rec.Finance
	r := &Registration{
		Case: Case{
			Channel: string(rec.Case.Channel), ApplicationDate: day(rec.Case.ApplicationDate), Round: rec.Case.Round, FileNo: rec.Case.FileNo,
			SocialUnit: rec.Case.SocialUnit, Association: rec.Case.Association,
		},
		Lead: Lead{
			GivenName: l.GivenName, RestOfName: l.RestOfName, NameEN: l.NameEN, IDType: l.IDType, IDNumber: l.IDNumber, IDExpiry: day(l.IDExpiry),
			BirthDate: day(l.BirthDate), Sex: string(l.Sex), Nationality: l.Nationality, MaritalStatus: string(l.MaritalStatus),
			Breadwinner: string(l.Breadwinner), Education: string(l.Education), Literacy: string(l.Literacy), LiteracyBy: l.LiteracyBy,
			Disability: string(l.Disability), DisabilityCard: l.DisabilityCard, Email: l.Email,
		},
		Guardian: Guardian{
			Name: rec.Guardian.Name, Relation: string(rec.Guardian.Relation), IDType: rec.Guardian.IDType, IDNumber: rec.Guardian.IDNumber,
			Phone: rec.Guardian.Phone, Proof: string(rec.Guardian.Proof),
		},
		Household: Household{
			Size: number(h.Size), Dependents: number(h.Dependents), IncomeBand: string(h.IncomeBand), Tenure: string(h.Tenure),
		},
		Address: Address(rec.Address),
		Project: Project{
			Name: p.Name, NameEN: p.NameEN, Craft: p.Craft, Activity: p.Activity, Stage: string(p.Stage), AtHome: string(p.AtHome),
			WorkersFamily: number(p.WorkersFamily), WorkersOther: number(p.WorkersOther), Capacity: p.Capacity, SalesBand: string(p.SalesBand),
			Social: p.Social, Equipment: p.Equipment, Materials: p.Materials, ProductReview: string(p.ProductReview),
		},
		Skills: Skills{CentreGraduate: string(s.CentreGraduate), CraftProof: string(s.CraftProof)},
		Finance: Finance{
			EstValue: money(f.EstValue), Currency: f.Currency, Guarantee: string(f.Guarantee), GuaranteeAccepted: string(f.GuaranteeAccepted),
			ContractAccepted: string(f.ContractAccepted),
		},
	}
	if f.OwnShareGiven {
		r.Finance.OwnShare = strconv.Itoa(f.OwnShare)
	}
	for _, x := range l.Phones {
		r.Lead.Phones = append(r.Lead.Phones, Phone{x.Number, string(x.Use), tick(x.WhatsApp)})
	}
	for _, x := range h.Members {
		r.Household.Members = append(r.Household.Members, Member{x.Name, string(x.Relation), string(x.Sex), number(x.BirthYear), tick(x.Works)})
	}
	for _, x := range h.Benefits {
		r.Household.Benefits = append(r.Household.Benefits, Benefit{string(x.Programme), string(x.Status), day(x.Since)})
	}
	for _, x := range p.Channels {
		r.Project.Channels = append(r.Project.Channels, string(x))
	}
	for _, x := range s.Training {
		r.Skills.Training = append(r.Skills.Training, Training{string(x.Kind), x.Title, x.Centre, day(x.Date), string(x.Result)})
	}
	for _, x := range rec.Formal {
		r.Formal = append(r.Formal, FormalItem{string(x.Kind), x.Number, x.Issuer, day(x.IssuedOn), day(x.ExpiresOn), string(x.State)})
	}
	for _, x := range f.Loans {
		r.Finance.Loans = append(r.Finance.Loans, Loan{x.Lender, money(x.Amount), x.Currency, number(x.Year), string(x.State)})
	}
	for _, x := range rec.Consents {
		r.Consents = append(r.Consents, Consent{string(x.Scope), x.Version, tick(x.Given), day(x.Date), string(x.How)})
	}
	return r
}

func day(d calendar.Date) string {
	if d.IsZero() {
		return ""
	}
	return d.String()
}

func number(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

func money(n int64) string {
	if n == 0 {
		return ""
	}
	return formatMoney(n)
}

func tick(b bool) string {
	if b {
		return "yes"
	}
	return ""
}

// Summary is what lists show of a draft.
type Summary struct {
	Name    string // given name and rest of the name
	Area    string // a code of the party, or ""
	Craft   string // a code of the taxonomy, or ""
	Sex     registry.Sex
	Project string
}

// Summary returns the list columns of a draft, with codes only where they are valid.
func (r *Registration) Summary(ctx Context) Summary {
	c := &checker{Context: ctx}
	clean := *r
	for _, path := range []string{"lead.given_name", "lead.rest_of_name", "project.name"} {
		var ignored fault.Problems
		form().byPath[path].shape(unsafe.Pointer(&clean), 0, ctx.Party, &ignored)
	}
	return Summary{
		Name:    registry.LeadProducer{GivenName: clean.Lead.GivenName, RestOfName: clean.Lead.RestOfName}.DisplayName(),
		Area:    c.area("", r.Address.Area),
		Craft:   code[string](c, "craft", r.Project.Craft),
		Sex:     code[registry.Sex](c, "sex", r.Lead.Sex),
		Project: clean.Project.Name,
	}
}
