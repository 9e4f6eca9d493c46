package auth

// Class is the permission class of a field: what kind of thing its value tells about a person. Package registry tags each field with one.
type Class string

// The classes. The comment says what Masked shows of it.
const (
	ClassCase         Class = "case"          // channel, dates and office of the application
	ClassName         Class = "name"          //
	ClassIdentityType Class = "identity_type" // kind and expiry of the identity paper
	ClassIdentity     Class = "identity"      // numbers of identity papers · masked: the last four digits
	ClassBirth        Class = "birth"         // birth date · masked: age in years
	ClassDemographic  Class = "demographic"   // sex, nationality, schooling, courses, household size
	ClassPhone        Class = "phone"         // phones and e-mail · masked: the last four digits
	ClassGuardian     Class = "guardian"      // masked: has one or not
	ClassHealth       Class = "health"        // disability and its card · masked: yes or no, for reserved places
	ClassHousehold    Class = "household"     // members (children among them), tenure, marital status · masked: how many members
	ClassIncome       Class = "income"        // income band
	ClassProtection   Class = "protection"    // social-protection programmes
	ClassArea         Class = "area"          // governorate or municipality
	ClassDistrict     Class = "district"      // markaz, village, zone
	ClassAddress      Class = "address"       // street, building, free text
	ClassGPS          Class = "gps"           //
	ClassProject      Class = "project"       // craft, brand, capacity
	ClassFinance      Class = "finance"       // value, loans, guarantee, sales band · masked: bands and codes, no amount and no lender
	ClassFormal       Class = "formal"        // licence, register, permit: kind, issuer, dates, state
	ClassBank         Class = "bank"          // numbers of licences, cards and accounts · masked: the last four digits
	ClassConsent      Class = "consent"       //
	ClassDocument     Class = "document"      // papers and photographs · masked: which kinds are held
	ClassVisit        Class = "visit"         // field visits · masked: date and finding, no note and no place
	ClassProduct      Class = "product"       // what is made: nothing personal, and public once approved
	ClassDecision     Class = "decision"      // state, reasons, notes · masked: state and reason codes, no note
)

// Sight is how much of a field a person sees.
type Sight uint8

// The sights. The zero value is Hidden, so that a forgotten class shows nothing.
const (
	Hidden     Sight = iota // not even whether there is a value
	Masked                  // the part that the class names
	Revealable              // masked until the person asks; each showing is audited (see [RevealAction])
	Shown
)

// String returns the sight's name in the golden table.
func (s Sight) String() string { return [...]string{"-", "masked", "revealable", "shown"}[s] }

// sights is one row of the table of classes.
type sights struct{ worker, reviewer, coordinator, analyst, admin Sight }

// classes is the table of who sees which class.
//
// Field worker and reviewer work on the whole record, within their scope; identity and account numbers stay masked until asked for, because
// a list left open on a screen should not give them away. A coordinator arranges exhibitions: name, craft, project, area, consent and formal state, and
// never ids, income, benefits or health beyond "has a disability", for which places are reserved. An analyst counts: bands and flags, no free text,
// no place finer than the district. An administrator runs users, criteria and audit, and sees no protected value.
var classes = map[Class]sights{
	ClassCase:         {Shown, Shown, Shown, Shown, Shown},
	ClassName:         {Shown, Shown, Shown, Shown, Shown}, // the preview of new criteria names who would enter and leave
	ClassIdentityType: {Shown, Shown, Hidden, Shown, Hidden},
	ClassIdentity:     {Revealable, Revealable, Hidden, Masked, Hidden},
	ClassBirth:        {Shown, Shown, Hidden, Masked, Hidden}, // a day of birth with a name is a key to other registers
	ClassDemographic:  {Shown, Shown, Shown, Shown, Hidden},
	ClassPhone:        {Shown, Revealable, Revealable, Masked, Hidden}, // the worker calls; a coordinator invites
	ClassGuardian:     {Shown, Shown, Hidden, Masked, Hidden},
	ClassHealth:       {Shown, Shown, Masked, Masked, Hidden}, // sensitive data, Law 151/2020 article 1
	ClassHousehold:    {Shown, Shown, Hidden, Masked, Hidden}, // children's data, the same law
	ClassIncome:       {Shown, Shown, Hidden, Shown, Hidden},  // a band, never an amount
	ClassProtection:   {Shown, Shown, Hidden, Shown, Hidden},
	ClassArea:         {Shown, Shown, Shown, Shown, Shown},
	ClassDistrict:     {Shown, Shown, Shown, Shown, Hidden},
	ClassAddress:      {Shown, Shown, Hidden, Hidden, Hidden},
	ClassGPS:          {Shown, Shown, Hidden, Hidden, Hidden},
	ClassProject:      {Shown, Shown, Shown, Shown, Shown},
	ClassFinance:      {Shown, Shown, Hidden, Masked, Hidden},
	ClassFormal:       {Shown, Shown, Shown, Shown, Hidden}, // a food exhibitor without a permit cannot be invited
	ClassBank:         {Revealable, Revealable, Hidden, Hidden, Hidden},
	ClassConsent:      {Shown, Shown, Shown, Shown, Hidden}, // sharing and catalogue depend on it
	ClassDocument:     {Shown, Shown, Hidden, Masked, Hidden},
	ClassVisit:        {Shown, Shown, Hidden, Masked, Hidden},
	ClassProduct:      {Shown, Shown, Shown, Shown, Shown},
	ClassDecision:     {Shown, Shown, Masked, Masked, Shown},
}

// classOrder is the order of the form, for display.
var classOrder = []Class{ClassCase, ClassName, ClassIdentityType, ClassIdentity, ClassBirth, ClassDemographic, ClassPhone, ClassGuardian,
	ClassHealth, ClassHousehold, ClassIncome, ClassProtection, ClassArea, ClassDistrict, ClassAddress, ClassGPS, ClassProject, ClassFinance,
	ClassFormal, ClassBank, ClassConsent, ClassDocument, ClassVisit, ClassProduct, ClassDecision}

// Classes returns every class in the order of the form.
func Classes() []Class { return append([]Class(nil), classOrder...) }

// View returns how much of a field of the class the role sees. An unknown class or role sees nothing. It says nothing about which families:
// [Allow] comes first. The program itself sees everything, because it moves and checks data and shows it to nobody.
func View(role Role, class Class) Sight {
	row, ok := classes[class]
	if !ok {
		return Hidden
	}
	switch role {
	case FieldWorker:
		return row.worker
	case Reviewer:
		return row.reviewer
	case Coordinator:
		return row.coordinator
	case Analyst:
		return row.analyst
	case Administrator:
		return row.admin
	case System:
		return Shown
	}
	return Hidden
}

// RevealAction returns the action that shows a revealable class, to be asked of [Allow] and written to the audit log; false if the class has none.
func RevealAction(class Class) (Action, bool) {
	switch class {
	case ClassIdentity:
		return IDReveal, true
	case ClassPhone:
		return PhoneReveal, true
	case ClassBank:
		return BankReveal, true
	}
	return "", false
}
