package registry

// The code lists of the form. Each list is a string type whose values are stored and exchanged as they stand; their titles are the
// messages "enum.<list>.<value>" of both catalogues. Lists returns all of them by name, so that a test can hold the catalogues to them.

type (
	// Sex of a person, as on the identity document.
	Sex string
	// Tri is an answer that may be missing: yes, no or "".
	Tri string
	// Channel is how an application came in (جهة الاستلام).
	Channel string
	// MaritalStatus of the lead producer.
	MaritalStatus string
	// Education is the highest level finished.
	Education string
	// Disability kind; "none" is an answer, "" is not.
	Disability string
	// PhoneUse says whose phone it is: families share phones, and duplicates are judged by it.
	PhoneUse string
	// Relation to the lead producer.
	Relation string
	// GuardianProof is the paper that proves a guardianship.
	GuardianProof string
	// IncomeBand is the household's monthly income as a band relative to the party's minimum wage, never an amount.
	IncomeBand string
	// Tenure is how the home is held.
	Tenure string
	// Programme of social protection.
	Programme string
	// BenefitStatus of a household in a programme.
	BenefitStatus string
	// Stage of the project.
	Stage string
	// SalesBand is monthly sales as a band.
	SalesBand string
	// SaleChannel is where the family sells.
	SaleChannel string
	// Review is the ministry's view of the product.
	Review string
	// CraftProof is how mastery of the craft is proven.
	CraftProof string
	// TrainingKind separates courses from aptitude tests.
	TrainingKind string
	// TrainingResult of a course or test.
	TrainingResult string
	// FormalKind is a kind of formal-status item.
	FormalKind string
	// FormalState of a formal-status item.
	FormalState string
	// Guarantee kinds of domain rule 4 (collective, postal cheques, trust receipt, government employee).
	Guarantee string
	// LoanState of a past loan.
	LoanState string
	// ConsentScope is what a consent covers.
	ConsentScope string
	// ConsentHow is how a consent was given.
	ConsentHow string
	// DocumentType of a stored paper.
	DocumentType string
	// VisitKind is why a visit was made.
	VisitKind string
	// Finding of a visit.
	Finding string
	// Reason of a return, rejection, suspension or withdrawal.
	Reason string
)

// Answers.
const (
	Yes Tri = "yes"
	No  Tri = "no"
)

// Bool returns the answer and whether there is one.
func (t Tri) Bool() (value, known bool) { return t == Yes, t == Yes || t == No }

// Sexes.
const (
	Female Sex = "f"
	Male   Sex = "m"
)

// ConsentVersion is the version of the consent texts in the catalogues ("consent.<scope>").
const ConsentVersion = "2026-1"

// Consent scopes (Law 151/2020 of Egypt: sharing abroad needs the person's own consent, hence one scope each).
const (
	ConsentOwnMinistry   ConsentScope = "own_ministry"   // keeping and processing by the own ministry: without it no registration
	ConsentOtherMinistry ConsentScope = "other_ministry" // the roster of a joint exhibition
	ConsentCatalogue     ConsentScope = "catalogue"      // name and products in public
)

// List is a code list: its name in message keys and its values in the order of display.
type List struct {
	Name   string
	Values []string
}

var lists = []List{
	{"sex", []string{"f", "m"}},
	{"tri", []string{"yes", "no"}},
	{"channel", []string{"social_unit", "association", "ministry_office", "field_visit", "online", "import"}},
	{"marital_status", []string{"single", "married", "divorced", "widowed", "deserted"}},
	{"education", []string{"none", "reads_writes", "primary", "preparatory", "secondary", "technical", "diploma", "university", "postgraduate"}},
	{"disability", []string{"none", "mobility", "vision", "hearing", "speech", "intellectual", "autism", "multiple", "other"}},
	{"phone_use", []string{"own", "spouse", "relative", "neighbour", "association"}},
	{"relation", []string{"husband", "wife", "son", "daughter", "father", "mother", "brother", "sister", "grandparent", "grandchild", "in_law", "other"}},
	{"guardian_proof", []string{"birth_certificate", "court_order", "family_record", "other"}},
	{"income_band", []string{"none", "below_half", "half_to_one", "one_to_two", "above_two"}},
	{"tenure", []string{"owned", "rented", "family_home", "owner_consent", "other"}},
	{"programme", []string{"takaful", "karama", "social_pension", "alimony_fund", "social_insurance", "health_insurance", "social_security_qa", "disability_allowance", "mastoura", "other"}},
	{"benefit_status", []string{"current", "applied", "refused", "ended", "suspended"}},
	{"stage", []string{"idea", "operating", "growing"}},
	{"sales_band", []string{"none", "low", "medium", "high", "very_high"}},
	{"sale_channel", []string{"home", "market", "exhibition", "shop", "social_media", "online_store", "wholesale", "association"}},
	{"review", []string{"pending", "approved", "refused"}},
	{"craft_proof", []string{"centre_certificate", "association_letter", "sample_seen", "craft_card", "none"}},
	{"training_kind", []string{"course", "aptitude_test"}},
	{"training_result", []string{"passed", "failed", "attending"}},
	{"formal_kind", []string{"household_licence", "temporary_licence", "commercial_licence", "commercial_register", "tax_card", "insurance", "bank_account", "wallet", "food_permit", "craft_card"}},
	{"formal_state", []string{"valid", "applied", "expired", "withdrawn"}},
	{"guarantee", []string{"collective", "postal_cheques", "trust_receipt", "government_employee", "none"}},
	{"loan_state", []string{"running", "paid", "late", "refused"}},
	{"consent_scope", []string{"own_ministry", "other_ministry", "catalogue"}},
	{"consent_how", []string{"signature", "thumbprint", "witnessed", "recorded"}},
	{"document_type", []string{"id_card", "photo", "application_form", "centre_certificate", "craft_proof", "aptitude_result", "guarantee", "contract", "guardianship", "household_licence", "commercial_licence", "commercial_register", "tax_card", "health_certificate", "owner_consent", "tenure", "benefit_statement", "disability_card", "product_photo", "visit_photo", "consent", "other"}},
	{"visit_kind", []string{"verification", "activity", "follow_up", "renewal"}},
	{"finding", []string{"active", "partly_active", "inactive", "not_home", "moved", "unlike_record"}},
	{"product_unit", []string{"piece", "pair", "set", "dozen", "metre", "square_metre", "kilogram", "gram", "litre", "millilitre", "jar", "bottle", "box", "service"}},
	{"allergen", []string{"none", "gluten", "milk", "eggs", "nuts", "peanuts", "sesame", "soya", "fish", "crustaceans", "molluscs", "mustard", "celery", "lupin", "sulphites"}},
	{"booth_need", []string{"wall", "live", "fitting", "power", "water", "cold", "waste", "shade", "security", "fragile", "heavy", "no_flame", "no_oil", "smoke", "odour", "noise", "dust"}},
	{"reason", []string{"missing_document", "unclear_document", "wrong_data", "not_eligible", "not_active", "duplicate", "criteria_not_met", "expired_document", "product_not_approved", "false_statement", "family_request", "moved_away", "deceased", "licence_lost", "other"}},
}

var listIndex = func() map[string]map[string]bool {
	m := make(map[string]map[string]bool, len(lists))
	for _, l := range lists {
		set := make(map[string]bool, len(l.Values))
		for _, v := range l.Values {
			set[v] = true
		}
		m[l.Name] = set
	}
	return m
}()

// Lists returns every code list of the form.
func Lists() []List { return lists }

// Codes returns the values of the named list in the order of display, nil if there is no such list.
func Codes(list string) []string {
	for _, l := range lists {
		if l.Name == list {
			return l.Values
		}
	}
	return nil
}

// InList reports whether value belongs to the named list.
func InList(list, value string) bool { return listIndex[list][value] }

// Party rules: a list value that only one country uses.
var onlyIn = map[string]string{
	"programme:takaful": "EG", "programme:karama": "EG", "programme:social_pension": "EG", "programme:alimony_fund": "EG", "programme:mastoura": "EG",
	"programme:social_security_qa":  "QA",
	"formal_kind:household_licence": "QA", "formal_kind:temporary_licence": "EG",
}

// CodesFor returns the values of the named list that the given country ("EG", "QA") uses.
func CodesFor(list, country string) []string {
	var out []string
	for _, v := range Codes(list) {
		if only, ok := onlyIn[list+":"+v]; !ok || only == country {
			out = append(out, v)
		}
	}
	return out
}

// CashSupport reports whether the programme is cash support, for the protection status of a family.
func (p Programme) CashSupport() bool {
	switch p {
	case "takaful", "karama", "social_pension", "alimony_fund", "social_security_qa", "disability_allowance":
		return true
	}
	return false
}

// Protection is the second axis beside formalisation: what protects the household now.
type Protection string

// Protection statuses, strongest first when a household has several.
const (
	ProtectionCash      Protection = "cash"      // cash support
	ProtectionInsurance Protection = "insurance" // social insurance
	ProtectionHealth    Protection = "health"    // health insurance only
	ProtectionNone      Protection = "none"      // asked, and none
	ProtectionUnknown   Protection = "unknown"   // not asked yet
)

// Protections returns the protection statuses in the order of display.
func Protections() []Protection {
	return []Protection{ProtectionCash, ProtectionInsurance, ProtectionHealth, ProtectionNone, ProtectionUnknown}
}

// Protection returns the household's protection status from its current benefits. Without any benefit the answer is "none" once the
// income band is answered (both stand on the same step of the form), else "unknown".
func (h Household) Protection() Protection {
	best := ProtectionUnknown
	if h.IncomeBand != "" || len(h.Benefits) > 0 {
		best = ProtectionNone
	}
	rank := map[Protection]int{ProtectionCash: 3, ProtectionInsurance: 2, ProtectionHealth: 1}
	for _, b := range h.Benefits {
		if b.Status != "current" {
			continue
		}
		p := ProtectionNone
		switch {
		case b.Programme.CashSupport():
			p = ProtectionCash
		case b.Programme == "social_insurance":
			p = ProtectionInsurance
		case b.Programme == "health_insurance":
			p = ProtectionHealth
		}
		if rank[p] > rank[best] {
			best = p
		}
	}
	return best
}
