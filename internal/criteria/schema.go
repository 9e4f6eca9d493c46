package criteria

import (
	"strings"

	"muntija/internal/place"
	"muntija/internal/registry"
)

// Text is a text in both languages of the office.
type Text struct {
	AR string `json:"ar,omitempty"`
	EN string `json:"en,omitempty"`
}

// In returns the text in a language ("ar" or "en"), the other one if it is empty.
func (t Text) In(lang string) string {
	if lang == "en" && t.EN != "" || t.AR == "" {
		return t.EN
	}
	return t.AR
}

// Kind is the type of a fact.
type Kind uint8

// The kinds. In CEL, Bool is bool, Int and Money are int, Date is a timestamp at midnight UTC, Enum and Code are string, Multi is
// list(string), Papers is map(string, timestamp) from document type to the last day it holds.
const (
	Bool Kind = iota
	Int
	Money // minor units of the family's currency
	Date
	Enum  // one of the listed values
	Code  // a short open code of at most 7 bytes: a country, an area
	Multi // any of the listed values, at most 63
	Papers
)

var kindNames = [...]string{"bool", "int", "money", "date", "enum", "code", "set", "papers"}

// String returns the kind's stable name, the last part of its message key "criteria.kind.<name>".
func (k Kind) String() string { return kindNames[k] }

// Ref names a fact or, from papersBase on, one document type. Its number is part of the stored vectors: the list only grows at its end.
type Ref uint8

// The facts. The table below says what each is.
const (
	Today Ref = iota
	ApplicationDate
	SubmissionDate
	RoundClosing
	Nationality
	BirthDate
	Sex
	MaritalStatus
	Breadwinner
	Education
	Literacy
	LiteracyAttested
	Disability
	IDType
	IDValidUntil
	GuardianNamed
	GuardianProven
	HouseholdSize
	Dependents
	IncomeBand
	Tenure
	Benefits
	Channel
	SocialUnit
	Association
	Area
	Craft
	Food
	Cosmetic
	Stage
	AtHome
	WorkersFamily
	WorkersOther
	ProductReview
	ProjectValue
	OwnShare
	CentreGraduate
	CraftProof
	TrainingResult
	TrainingDate
	Formal
	HouseholdLicenceUntil
	Guarantee
	GuaranteeAccepted
	ContractAccepted
	RunningLoans
	Consents
	Visits
	LastActiveVisit
	OtherActivePerson
	OtherActiveHousehold
	OtherActiveLicence
	numFacts

	// Age is computed: the age on the date that the set names. It is read like a fact and never stored.
	Age Ref = 62
	// Documents is the whole map of papers; one document type is PaperRef(type).
	Documents  Ref = 63
	papersBase Ref = 64
)

// Fact describes one thing a rule can read.
type Fact struct {
	Ref      Ref
	Name     string // in expressions and in stored readings
	Kind     Kind
	Group    string // message key "criteria.group.<group>"
	Title    Text
	Yes, No  Text    // Bool: the sentence of each answer
	Unit     Text    // Int: what is counted
	Values   []Value // Enum and Set, in the order of the vector
	NamedDay bool    // a day on which things are measured; as a change it only moves forward
	Fixed    bool    // true of the person: a change of it is offered last
}

// Value is one value of a code list.
type Value struct {
	Code  string
	Title Text
}

var (
	years  = Text{"سنة", "years"}
	people = Text{"فرد", "people"}
)

// schema is indexed by Ref. Sources of the facts: the registration form (package registry), the papers and visits beside it, and three
// counts across records that the service fills in.
var schema = [numFacts]Fact{
	Today: {Name: "today", Kind: Date, Group: "dates", NamedDay: true, Title: Text{"تاريخ التقييم", "the date of assessment"}},
	ApplicationDate: {Name: "application_date", Kind: Date, Group: "dates", NamedDay: true,
		Title: Text{"تاريخ تقديم الطلب", "the application date"}},
	SubmissionDate: {Name: "submission_date", Kind: Date, Group: "dates", NamedDay: true,
		Title: Text{"تاريخ إرسال الطلب للمراجعة", "the submission date"}},
	RoundClosing: {Name: "round_closing", Kind: Date, Group: "dates", NamedDay: true,
		Title: Text{"تاريخ إغلاق دورة التسجيل", "the closing date of the round"}},
	Nationality: {Name: "nationality", Kind: Code, Group: "person", Fixed: true, Title: Text{"الجنسية", "nationality"}},
	BirthDate:   {Name: "birth_date", Kind: Date, Group: "person", Fixed: true, Title: Text{"تاريخ الميلاد", "birth date"}},
	Sex:         {Name: "sex", Kind: Enum, Group: "person", Fixed: true, Title: Text{"النوع", "sex"}, Values: values("sex")},
	MaritalStatus: {Name: "marital_status", Kind: Enum, Group: "person", Fixed: true, Title: Text{"الحالة الاجتماعية", "marital status"},
		Values: values("marital_status")},
	Breadwinner: {Name: "breadwinner", Kind: Bool, Group: "person", Title: Text{"إعالة الأسرة", "breadwinner"},
		Yes: Text{"مقدِّم الطلب هو عائل الأسرة", "the applicant is the breadwinner"},
		No:  Text{"مقدِّم الطلب ليس عائل الأسرة", "the applicant is not the breadwinner"}},
	Education: {Name: "education", Kind: Enum, Group: "person", Title: Text{"المؤهل الدراسي", "education"}, Values: values("education")},
	Literacy: {Name: "literacy", Kind: Bool, Group: "person", Title: Text{"الإلمام بالقراءة والكتابة والحساب", "literacy and numeracy"},
		Yes: Text{"الإلمام بمبادئ القراءة والكتابة والحساب متحقق", "basic literacy and numeracy is present"},
		No:  Text{"لا إلمام بمبادئ القراءة والكتابة والحساب", "basic literacy and numeracy is absent"}},
	LiteracyAttested: {Name: "literacy_attested", Kind: Bool, Group: "person",
		Title: Text{"شهادة الباحث بالإلمام بالقراءة والكتابة", "attestation of literacy"},
		Yes:   Text{"شهد الباحث بالإلمام بالقراءة والكتابة", "literacy is attested by an officer"},
		No:    Text{"لم يشهد أحد بالإلمام بالقراءة والكتابة", "literacy is not attested"}},
	Disability: {Name: "disability", Kind: Enum, Group: "person", Fixed: true, Title: Text{"الإعاقة", "disability"}, Values: values("disability")},
	IDType: {Name: "id_type", Kind: Enum, Group: "person", Fixed: true, Title: Text{"نوع وثيقة الهوية", "identity document"}, Values: []Value{
		{"eg_nid", Text{"بطاقة الرقم القومي", "Egyptian national ID"}}, {"qid", Text{"البطاقة الشخصية القطرية", "Qatari ID"}},
		{"passport", Text{"جواز سفر", "passport"}}}},
	IDValidUntil: {Name: "id_valid_until", Kind: Date, Group: "person", Title: Text{"تاريخ انتهاء وثيقة الهوية", "identity document expiry"}},
	GuardianNamed: {Name: "guardian_named", Kind: Bool, Group: "guardian", Title: Text{"الولي الشرعي", "guardian"},
		Yes: Text{"الولي الشرعي مسجَّل", "a guardian is named"}, No: Text{"لا ولي شرعيًّا مسجَّلًا", "no guardian is named"}},
	GuardianProven: {Name: "guardian_proven", Kind: Bool, Group: "guardian", Title: Text{"إثبات الولاية", "proof of guardianship"},
		Yes: Text{"صفة الولي الشرعي مثبتة", "guardianship is proven"}, No: Text{"صفة الولي الشرعي غير مثبتة", "guardianship is not proven"}},
	HouseholdSize: {Name: "household_size", Kind: Int, Group: "household", Unit: people, Title: Text{"عدد أفراد الأسرة المعيشية", "household size"}},
	Dependents:    {Name: "dependents", Kind: Int, Group: "household", Unit: people, Title: Text{"عدد المعالين", "dependents"}},
	IncomeBand: {Name: "income_band", Kind: Enum, Group: "household", Title: Text{"فئة دخل الأسرة", "household income band"},
		Values: values("income_band")},
	Tenure: {Name: "tenure", Kind: Enum, Group: "household", Title: Text{"حيازة المسكن", "housing tenure"}, Values: values("tenure")},
	Benefits: {Name: "benefits", Kind: Multi, Group: "household", Title: Text{"برامج الحماية الاجتماعية الحالية", "current protection programmes"},
		Values: values("programme")},
	Channel: {Name: "channel", Kind: Enum, Group: "case", Title: Text{"جهة استلام الطلب", "intake channel"}, Values: values("channel")},
	SocialUnit: {Name: "social_unit", Kind: Bool, Group: "case", Title: Text{"الوحدة الاجتماعية", "social unit"},
		Yes: Text{"الوحدة الاجتماعية محددة", "the social unit is named"}, No: Text{"الوحدة الاجتماعية غير محددة", "the social unit is not named"}},
	Association: {Name: "association", Kind: Bool, Group: "case", Title: Text{"الجمعية المنفذة", "implementing association"},
		Yes: Text{"الجمعية المنفذة محددة", "the implementing association is named"},
		No:  Text{"الجمعية المنفذة غير محددة", "the implementing association is not named"}},
	Area:  {Name: "area", Kind: Code, Group: "address", Title: Text{"المحافظة أو البلدية", "governorate or municipality"}},
	Craft: {Name: "craft", Kind: Enum, Group: "project", Title: Text{"مجموعة الحرفة", "craft group"}, Values: craftValues()},
	Food: {Name: "food", Kind: Bool, Group: "project", Title: Text{"إنتاج غذائي", "food product"},
		Yes: Text{"المنتج غذائي", "the product is food"}, No: Text{"المنتج غير غذائي", "the product is not food"}},
	Cosmetic: {Name: "cosmetic", Kind: Bool, Group: "project", Title: Text{"مستحضرات تجميل", "cosmetic product"},
		Yes: Text{"المنتج من العطور أو مستحضرات العناية", "the product is a cosmetic"},
		No:  Text{"المنتج ليس من العطور أو مستحضرات العناية", "the product is not a cosmetic"}},
	Stage: {Name: "stage", Kind: Enum, Group: "project", Title: Text{"مرحلة المشروع", "project stage"}, Values: values("stage")},
	AtHome: {Name: "at_home", Kind: Bool, Group: "project", Title: Text{"الإنتاج في المنزل", "production at home"},
		Yes: Text{"الإنتاج يتم في المنزل", "production takes place at home"}, No: Text{"الإنتاج لا يتم في المنزل", "production is not at home"}},
	WorkersFamily: {Name: "workers_family", Kind: Int, Group: "project", Unit: people,
		Title: Text{"عدد العاملين من الأسرة", "workers from the family"}},
	WorkersOther: {Name: "workers_other", Kind: Int, Group: "project", Unit: people,
		Title: Text{"عدد العاملين من خارج الأسرة", "workers from outside the family"}},
	ProductReview: {Name: "product_review", Kind: Enum, Group: "project", Title: Text{"اعتماد المنتج", "product approval"}, Values: values("review")},
	ProjectValue:  {Name: "project_value", Kind: Money, Group: "finance", Title: Text{"القيمة التقديرية للمشروع", "estimated project value"}},
	OwnShare: {Name: "own_share", Kind: Int, Group: "finance", Unit: Text{"%", "%"},
		Title: Text{"نسبة مساهمة الأسرة في التكلفة", "family's share of the cost"}},
	CentreGraduate: {Name: "centre_graduate", Kind: Bool, Group: "skills", Title: Text{"خريج مركز إعداد أو تكوين مهني", "graduate of a centre"},
		Yes: Text{"مقدِّم الطلب من خريجي مراكز الإعداد أو التكوين المهني", "the applicant graduated from a preparation or vocational centre"},
		No:  Text{"مقدِّم الطلب ليس من خريجي مراكز الإعداد أو التكوين المهني", "the applicant did not graduate from a preparation or vocational centre"}},
	CraftProof: {Name: "craft_proof", Kind: Enum, Group: "skills", Title: Text{"إثبات إتقان الحرفة", "proof of craft"}, Values: values("craft_proof")},
	TrainingResult: {Name: "training_result", Kind: Enum, Group: "skills",
		Title: Text{"نتيجة الدورة التدريبية أو اختبار الصلاحية", "result of the course or aptitude test"}, Values: values("training_result")},
	TrainingDate: {Name: "training_date", Kind: Date, Group: "skills", Title: Text{"تاريخ اجتياز الدورة أو الاختبار", "date of passing the course or test"}},
	Formal:       {Name: "formal", Kind: Multi, Group: "formal", Title: Text{"التراخيص والسجلات السارية", "licences and registers in force"}, Values: values("formal_kind")},
	HouseholdLicenceUntil: {Name: "household_licence_until", Kind: Date, Group: "formal",
		Title: Text{"تاريخ انتهاء الرخصة المنزلية", "household licence expiry"}},
	Guarantee: {Name: "guarantee", Kind: Enum, Group: "finance", Title: Text{"نوع الضمان", "kind of guarantee"}, Values: values("guarantee")},
	GuaranteeAccepted: {Name: "guarantee_accepted", Kind: Bool, Group: "finance", Title: Text{"قبول الضمان", "guarantee accepted"},
		Yes: Text{"قبِل مجلس إدارة الجمعية الضمان", "the association's board has accepted the guarantee"},
		No:  Text{"لم يقبل مجلس إدارة الجمعية الضمان", "the association's board has not accepted the guarantee"}},
	ContractAccepted: {Name: "contract_accepted", Kind: Bool, Group: "finance", Title: Text{"قبول شروط التعاقد", "contract accepted"},
		Yes: Text{"قبِل مقدِّم الطلب شروط التعاقد", "the applicant has accepted the contract terms"},
		No:  Text{"لم يقبل مقدِّم الطلب شروط التعاقد", "the applicant has not accepted the contract terms"}},
	RunningLoans: {Name: "running_loans", Kind: Int, Group: "finance", Unit: Text{"قرض", "loans"}, Title: Text{"عدد القروض القائمة", "running loans"}},
	Consents: {Name: "consents", Kind: Multi, Group: "consent", Title: Text{"الموافقات على استخدام البيانات", "data consents given"},
		Values: values("consent_scope")},
	Visits: {Name: "visits", Kind: Int, Group: "visits", Unit: Text{"زيارة", "visits"}, Title: Text{"عدد الزيارات الميدانية", "field visits"}},
	LastActiveVisit: {Name: "last_active_visit", Kind: Date, Group: "visits",
		Title: Text{"تاريخ آخر زيارة أثبتت النشاط", "last visit that found activity"}},
	OtherActivePerson: {Name: "other_active_person", Kind: Int, Group: "cross", Unit: Text{"تسجيل", "registrations"},
		Title: Text{"عدد التسجيلات القائمة الأخرى للشخص نفسه", "number of other active registrations of the same person"}},
	OtherActiveHousehold: {Name: "other_active_household", Kind: Int, Group: "cross", Unit: Text{"تسجيل", "registrations"},
		Title: Text{"عدد التسجيلات القائمة الأخرى للأسرة المعيشية نفسها", "number of other active registrations of the same household"}},
	OtherActiveLicence: {Name: "other_active_licence", Kind: Int, Group: "cross", Unit: Text{"تسجيل", "registrations"},
		Title: Text{"عدد التسجيلات القائمة الأخرى بالرخصة نفسها", "number of other active registrations on the same licence"}},
}

var ageFact = Fact{Ref: Age, Name: "age", Kind: Int, Group: "person", Unit: years, Title: Text{"السن", "age"}}

var documentsFact = Fact{Ref: Documents, Name: "documents", Kind: Papers, Group: "documents", Title: Text{"المستندات", "documents"},
	Values: values("document_type")}

var (
	factByName  = map[string]*Fact{}
	codeIndex   = map[Ref]map[string]int64{} // Enum and Set: code → index
	paperByName = map[string]Ref{}
)

func init() {
	for i := range schema {
		f := &schema[i]
		f.Ref = Ref(i)
		factByName[f.Name] = f
		if f.Values != nil {
			m := make(map[string]int64, len(f.Values))
			for j, v := range f.Values {
				m[v.Code] = int64(j)
			}
			codeIndex[f.Ref] = m
		}
	}
	factByName[ageFact.Name] = &ageFact
	factByName[documentsFact.Name] = &documentsFact
	for i, v := range documentsFact.Values {
		paperByName[v.Code] = papersBase + Ref(i)
	}
}

// Schema returns every fact a rule can read, in the order of display; the age and the documents stand at the end.
func Schema() []Fact {
	return append(append([]Fact(nil), schema[:]...), ageFact, documentsFact)
}

// FactByName returns the fact with the name used in expressions.
func FactByName(name string) (Fact, bool) {
	f, ok := factByName[name]
	if !ok {
		return Fact{}, false
	}
	return *f, true
}

// PaperRef returns the reference of one document type.
func PaperRef(t registry.DocumentType) (Ref, bool) {
	r, ok := paperByName[string(t)]
	return r, ok
}

// fact returns the fact behind a reference; for a document type, the whole map's.
func (r Ref) fact() *Fact {
	switch {
	case r < numFacts:
		return &schema[r]
	case r == Age:
		return &ageFact
	}
	return &documentsFact
}

// paper returns the index of the document type that r names.
func (r Ref) paper() (int, bool) {
	if i := int(r) - int(papersBase); i >= 0 && i < len(documentsFact.Values) {
		return i, true
	}
	return 0, false
}

// Name returns the stable name: the fact's, or "documents.<type>".
func (r Ref) Name() string {
	if i, ok := r.paper(); ok {
		return "documents." + documentsFact.Values[i].Code
	}
	return r.fact().Name
}

// RefByName is the inverse of Ref.Name.
func RefByName(name string) (Ref, bool) {
	if t, ok := strings.CutPrefix(name, "documents."); ok {
		r, ok := paperByName[t]
		return r, ok
	}
	f, ok := factByName[name]
	if !ok {
		return 0, false
	}
	return f.Ref, true
}

// Title returns the title of the fact or document type.
func (r Ref) Title() Text {
	if i, ok := r.paper(); ok {
		return documentsFact.Values[i].Title
	}
	return r.fact().Title
}

// codeOf returns how a string value of an Enum or Code fact is held in a vector: the index in its list, or the bytes packed.
func (f *Fact) codeOf(s string) (int64, bool) {
	if f.Kind == Code {
		if len(s) == 0 || len(s) > 7 {
			return 0, false
		}
		var n int64
		for i := range len(s) {
			if s[i] <= ' ' || s[i] > '~' || s[i] == '"' || s[i] == '\\' || s[i] == '<' {
				return 0, false
			}
			n = n<<8 | int64(s[i])
		}
		return n, true
	}
	n, ok := codeIndex[f.Ref][s]
	return n, ok
}

// code is the inverse of codeOf; "" for a number that stands for no value.
func (f *Fact) code(n int64) string {
	if f.Kind == Code {
		var b [8]byte
		i := len(b)
		for ; n > 0 && i > 0; n >>= 8 {
			i--
			b[i] = byte(n)
		}
		return string(b[i:])
	}
	if n < 0 || n >= int64(len(f.Values)) {
		return ""
	}
	return f.Values[n].Code
}

// known reports whether a code may be used in a rule: a listed value, a country, an area.
func (f *Fact) knows(s string) bool {
	switch {
	case f.Ref == Nationality:
		_, ok := countryTitle(s)
		return ok
	case f.Ref == Area:
		_, ok := place.AreaByCode(s)
		return ok
	case f.Kind == Papers:
		_, ok := paperByName[s]
		return ok
	}
	_, ok := codeIndex[f.Ref][s]
	return ok
}

// valueTitle returns the words for a code of this fact.
func (f *Fact) valueTitle(code, lang string) string {
	switch {
	case f.Ref == Nationality:
		if t, ok := countryTitle(code); ok {
			return t.In(lang)
		}
	case f.Ref == Area:
		if a, ok := place.AreaByCode(code); ok {
			return Text{a.NameAr, a.NameEn}.In(lang)
		}
	case f.Kind == Papers:
		if r, ok := paperByName[code]; ok {
			return r.Title().In(lang)
		}
	default:
		if i, ok := codeIndex[f.Ref][code]; ok {
			return f.Values[i].Title.In(lang)
		}
	}
	return code
}

// Options returns the values that a rule may compare this fact with, for the builder; nil for numbers, dates and answers.
func (f Fact) Options() []Value {
	switch f.Ref {
	case Nationality:
		return countries()
	case Area:
		var out []Value
		for _, c := range []place.Country{"EG", "QA"} {
			for _, a := range place.Areas(c) {
				out = append(out, Value{a.Code, Text{a.NameAr, a.NameEn}})
			}
		}
		return out
	}
	return f.Values
}

func craftValues() []Value {
	var out []Value
	for _, c := range registry.Crafts() {
		out = append(out, Value{c.Code, Text{c.NameAR, c.NameEN}})
	}
	return out
}

func values(list string) []Value {
	codes := registry.Codes(list)
	out := make([]Value, len(codes))
	for i, c := range codes {
		out[i] = Value{c, valueTitles[list+"."+c]}
	}
	return out
}

func countryTitle(code string) (Text, bool) {
	n, ok := place.NationByCode(code)
	return Text{n.NameAr, n.NameEn}, ok
}

func countries() []Value {
	var out []Value
	for _, n := range place.Nations() {
		out = append(out, Value{n.Code, Text{n.NameAr, n.NameEn}})
	}
	return out
}
