// Package registry holds the registered producing unit, the [Family] (الأسرة المنتجة), and the rules of its life.
//
// # Design
//
// A Family is one aggregate: everything the registration form asks (domain groups case, lead producer, guardian, household, address,
// project, skills, formal status, finance, consents), loaded and saved whole with a version. What others do about it hangs beside it:
// [Document], [Visit], [Event]. State changes are methods that return errors and take the person and the time they happen at; this package
// has no clock, no SQL and no HTTP.
//
// The JSON names of the fields are also their form names and their Excel column names: "lead.given_name" is one chain from the URL of a
// form step to the message key of its label. The class tag names the permission class of a value (package auth decides who sees it).
//
// What a family makes is an aggregate of its own, the [Product]: entered, scored by a committee under a [ScoreSheet], approved by its rule. The public
// sees it only while [Family.InCatalogue] holds.
//
// A Family is never the same thing as a [Household] (who live together): the household is one part of the Family's record.
package registry

import (
	"time"

	"muntija/internal/calendar"
	"muntija/internal/place"
)

// Family is a productive family: the producing unit that a country registers. ID is 0 until it is stored; Version counts saves from 1.
type Family struct {
	ID      int64         `json:"-"`
	Version int64         `json:"-"`
	Party   place.Country `json:"-"` // whose registry it is in; never changes
	Record  Record        `json:"-"` // what the form asks
	Status  Registration  `json:"-"` // where it is in its life
}

// Record is what the registration form asks, as checked values. Its JSON form is the stored document.
type Record struct {
	Case      Case         `json:"case"`
	Lead      LeadProducer `json:"lead"`
	Guardian  Guardian     `json:"guardian"`
	Household Household    `json:"household"`
	Address   Address      `json:"address"`
	Project   Project      `json:"project"`
	Skills    Skills       `json:"skills"`
	Formal    []FormalItem `json:"formal,omitempty" class:"formal"`
	Finance   Finance      `json:"finance"`
	Consents  []Consent    `json:"consents,omitempty" class:"consent"`
}

// Case is how and when the application reached the ministry.
type Case struct {
	Channel         Channel       `json:"channel,omitempty" class:"case"`
	ApplicationDate calendar.Date `json:"application_date,omitempty" class:"case"` // age is measured on this day
	Round           string        `json:"round,omitempty" class:"case"`            // registration round, free text such as "2026-1"
	FileNo          string        `json:"file_no,omitempty" class:"case"`          // the sender's own file number
	SocialUnit      string        `json:"social_unit,omitempty" class:"case"`      // الوحدة الاجتماعية (Egypt)
	Association     string        `json:"association,omitempty" class:"case"`      // implementing association
}

// LeadProducer is the person who leads the production (المنتِج/ة الرئيسي/ة).
type LeadProducer struct {
	GivenName      string        `json:"given_name,omitempty" class:"name"` // may be compound: the card's first line
	RestOfName     string        `json:"rest_of_name,omitempty" class:"name"`
	NameEN         string        `json:"name_en,omitempty" class:"name"` // as in the passport
	IDType         string        `json:"id_type,omitempty" class:"identity_type"`
	IDNumber       string        `json:"id_number,omitempty" class:"identity"` // canonical ASCII, see package identity
	IDExpiry       calendar.Date `json:"id_expiry,omitempty" class:"identity_type"`
	BirthDate      calendar.Date `json:"birth_date,omitempty" class:"birth"`
	Sex            Sex           `json:"sex,omitempty" class:"demographic"`
	Nationality    string        `json:"nationality,omitempty" class:"demographic"` // ISO 3166-1 alpha-2
	MaritalStatus  MaritalStatus `json:"marital_status,omitempty" class:"household"`
	Breadwinner    Tri           `json:"breadwinner,omitempty" class:"demographic"`
	Education      Education     `json:"education,omitempty" class:"demographic"`
	Literacy       Tri           `json:"literacy,omitempty" class:"demographic"` // reads, writes and counts (Egypt, condition 2)
	LiteracyBy     string        `json:"literacy_by,omitempty" class:"demographic"`
	Disability     Disability    `json:"disability,omitempty" class:"health"`
	DisabilityCard string        `json:"disability_card,omitempty" class:"health"` // integrated-services card number
	Phones         []Phone       `json:"phones,omitempty" class:"phone"`
	Email          string        `json:"email,omitempty" class:"phone"`
}

// DisplayName is the given name and the rest of the name, as typed.
func (l LeadProducer) DisplayName() string {
	switch {
	case l.RestOfName == "":
		return l.GivenName
	case l.GivenName == "":
		return l.RestOfName
	}
	return l.GivenName + " " + l.RestOfName
}

// Phone is one number of a person.
type Phone struct {
	Number   string   `json:"number" class:"phone"` // E.164
	Use      PhoneUse `json:"use,omitempty" class:"phone"`
	WhatsApp bool     `json:"whatsapp,omitempty" class:"phone"`
}

// Guardian (الولي الشرعي) applies in the lead producer's place below the age that the criteria set names. Empty Name: none.
type Guardian struct {
	Name     string        `json:"name,omitempty" class:"guardian"`
	Relation Relation      `json:"relation,omitempty" class:"guardian"`
	IDType   string        `json:"id_type,omitempty" class:"guardian"`
	IDNumber string        `json:"id_number,omitempty" class:"identity"`
	Phone    string        `json:"phone,omitempty" class:"phone"`
	Proof    GuardianProof `json:"proof,omitempty" class:"guardian"`
}

// Household (الأسرة المعيشية) is who live together with the lead producer.
type Household struct {
	Members    []Member   `json:"members,omitempty" class:"household"` // at most MaxMembers, without the lead producer
	Size       int        `json:"size,omitempty" class:"demographic"`  // people, the lead producer included
	Dependents int        `json:"dependents,omitempty" class:"demographic"`
	IncomeBand IncomeBand `json:"income_band,omitempty" class:"income"` // a band, never an amount
	Tenure     Tenure     `json:"tenure,omitempty" class:"household"`
	Benefits   []Benefit  `json:"benefits,omitempty" class:"protection"`
}

// MaxMembers is the most household members a registration takes.
const MaxMembers = 30

// Member is one household member.
type Member struct {
	Name      string   `json:"name" class:"household"`
	Relation  Relation `json:"relation,omitempty" class:"household"`
	Sex       Sex      `json:"sex,omitempty" class:"household"`
	BirthYear int      `json:"birth_year,omitempty" class:"household"` // Gregorian
	Works     bool     `json:"works,omitempty" class:"household"`      // works in the project
}

// Benefit is one social-protection programme that the household is in or has asked for.
type Benefit struct {
	Programme Programme     `json:"programme" class:"protection"`
	Status    BenefitStatus `json:"status,omitempty" class:"protection"`
	Since     calendar.Date `json:"since,omitempty" class:"protection"`
}

// Address is where the family lives and works. Area is an ISO 3166-2 code of package place.
type Address struct {
	Area     string `json:"area,omitempty" class:"area"`         // governorate or municipality
	District string `json:"district,omitempty" class:"district"` // markaz, qism or hayy (Egypt)
	Village  string `json:"village,omitempty" class:"district"`  // village or shiakha (Egypt)
	Zone     string `json:"zone,omitempty" class:"district"`     // Qatar
	Street   string `json:"street,omitempty" class:"address"`
	Building string `json:"building,omitempty" class:"address"`
	Text     string `json:"text,omitempty" class:"address"`
	Landmark string `json:"landmark,omitempty" class:"address"`
	Lat      string `json:"lat,omitempty" class:"gps"` // decimal degrees WGS 84, as text with at most 6 decimals
	Lon      string `json:"lon,omitempty" class:"gps"`
	Accuracy string `json:"accuracy,omitempty" class:"gps"` // metres, as the phone said
}

// Project is what the family makes and how.
type Project struct {
	Name          string        `json:"name,omitempty" class:"project"` // exactly as on the booth sign
	NameEN        string        `json:"name_en,omitempty" class:"project"`
	Craft         string        `json:"craft,omitempty" class:"project"` // a code of Crafts
	Activity      string        `json:"activity,omitempty" class:"project"`
	Stage         Stage         `json:"stage,omitempty" class:"project"`
	AtHome        Tri           `json:"at_home,omitempty" class:"project"` // production happens at home
	WorkersFamily int           `json:"workers_family,omitempty" class:"project"`
	WorkersOther  int           `json:"workers_other,omitempty" class:"project"`
	Capacity      string        `json:"capacity,omitempty" class:"project"` // per month, in the family's own words
	SalesBand     SalesBand     `json:"sales_band,omitempty" class:"finance"`
	Channels      []SaleChannel `json:"channels,omitempty" class:"project"`
	Social        string        `json:"social,omitempty" class:"project"`
	Equipment     string        `json:"equipment,omitempty" class:"project"`
	Materials     string        `json:"materials,omitempty" class:"project"`
	ProductReview Review        `json:"product_review,omitempty" class:"project"` // product approved by the ministry's committee
}

// Skills is what the lead producer learned and passed.
type Skills struct {
	CentreGraduate Tri        `json:"centre_graduate,omitempty" class:"demographic"` // preparation or vocational formation centre
	CraftProof     CraftProof `json:"craft_proof,omitempty" class:"demographic"`
	Training       []Training `json:"training,omitempty" class:"demographic"`
}

// Training is one course or aptitude test (اختبار صلاحية).
type Training struct {
	Kind   TrainingKind   `json:"kind" class:"demographic"`
	Title  string         `json:"title,omitempty" class:"demographic"`
	Centre string         `json:"centre,omitempty" class:"demographic"`
	Date   calendar.Date  `json:"date,omitempty" class:"demographic"`
	Result TrainingResult `json:"result,omitempty" class:"demographic"`
}

// FormalItem is one item of formal status: a licence, a register entry, a card, an account.
type FormalItem struct {
	Kind      FormalKind    `json:"kind" class:"formal"`
	Number    string        `json:"number,omitempty" class:"bank"` // canonical; protected for every kind
	Issuer    string        `json:"issuer,omitempty" class:"formal"`
	IssuedOn  calendar.Date `json:"issued_on,omitempty" class:"formal"`
	ExpiresOn calendar.Date `json:"expires_on,omitempty" class:"formal"`
	State     FormalState   `json:"state,omitempty" class:"formal"`
}

// Finance is the project's value, the family's share, past loans and the guarantee.
type Finance struct {
	EstValue          int64     `json:"est_value,omitempty" class:"finance"` // minor units of Currency
	Currency          string    `json:"currency,omitempty" class:"finance"`  // EGP or QAR
	OwnShare          int       `json:"own_share,omitempty" class:"finance"` // percent of the cost, 0–100
	OwnShareGiven     bool      `json:"own_share_given,omitempty" class:"-"` // tells 0 % from no answer
	Guarantee         Guarantee `json:"guarantee,omitempty" class:"finance"`
	GuaranteeAccepted Tri       `json:"guarantee_accepted,omitempty" class:"finance"` // by the association's board
	ContractAccepted  Tri       `json:"contract_accepted,omitempty" class:"finance"`
	Loans             []Loan    `json:"loans,omitempty" class:"finance"`
}

// Loan is one past or running loan.
type Loan struct {
	Lender   string    `json:"lender" class:"finance"`
	Amount   int64     `json:"amount,omitempty" class:"finance"` // minor units of Currency
	Currency string    `json:"currency,omitempty" class:"finance"`
	Year     int       `json:"year,omitempty" class:"finance"`
	State    LoanState `json:"state,omitempty" class:"finance"`
}

// Consent is one declaration by the lead producer (or guardian). The text shown is identified by its version.
type Consent struct {
	Scope   ConsentScope  `json:"scope" class:"consent"`
	Version string        `json:"version" class:"consent"`
	Given   bool          `json:"given" class:"consent"`
	Date    calendar.Date `json:"date,omitempty" class:"consent"`
	How     ConsentHow    `json:"how,omitempty" class:"consent"`
}

// Registration is where a family is in its life: the state, who entered and decided, and until when an approval holds.
type Registration struct {
	State       State
	Number      Number // given at the first submission; zero before
	EnteredBy   int64  // user who entered it
	CreatedAt   time.Time
	UpdatedAt   time.Time
	SubmittedAt time.Time // of the last submission
	SubmittedBy int64
	ReviewerID  int64 // who took it into review
	DecidedAt   time.Time
	DecidedBy   int64
	ValidUntil  calendar.Date // last day an approval holds; zero if never approved
	Reasons     []Reason      // of the last return, rejection or suspension
	Note        string        // free text beside the reasons
	Amendment   bool          // an approved family has changes that wait for a reviewer
}

// Document is one stored paper or photograph of a family.
type Document struct {
	ID         int64
	FamilyID   int64
	Type       DocumentType
	Number     string        // of the paper, protected
	IssuedOn   calendar.Date // zero: not said
	ValidUntil calendar.Date // zero: does not expire
	FileName   string        // as sent, cleaned
	MediaType  string
	Size       int64
	SHA256     string // of the stored bytes, hex
	AddedBy    int64
	AddedAt    time.Time
	RemovedAt  time.Time // zero: in force; papers are never erased by a form
}

// Visit is one dated field visit: evidence that the family is (or is not) really producing.
type Visit struct {
	ID         int64
	FamilyID   int64
	Date       calendar.Date
	Kind       VisitKind
	Finding    Finding
	Note       string
	Lat, Lon   string
	VisitorID  int64
	RecordedAt time.Time
	Documents  []int64 // photographs taken
}

// Event is one step in the life of a registration, as shown in its history.
type Event struct {
	ID           int64
	FamilyID     int64
	At           time.Time
	By           int64
	Step         Step
	From, To     State
	Reasons      []Reason
	Note         string
	AssessmentID int64 // the assessment that the decision read; 0 if none
}

// Waiver is a decision that one criterion need not be met by one family (criterion exception): who, why, and the paper that proves it.
type Waiver struct {
	ID         int64
	FamilyID   int64
	Criterion  string // criterion code
	Exception  string // exception code of the criterion; "" for a discretionary one
	Reason     string
	DocumentID int64
	By         int64
	At         time.Time
	RevokedAt  time.Time
	RevokedBy  int64
}
