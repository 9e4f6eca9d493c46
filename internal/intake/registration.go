package intake

// Registration is the registration form (and later one row of a workbook) as typed. Its tags say the shape of each field: the code lists are
// those of [registry.Lists], "max" counts characters in a text and rows in a list, in:"text" takes several lines.
type Registration struct {
	Case      Case         `json:"case"`
	Lead      Lead         `json:"lead"`
	Guardian  Guardian     `json:"guardian"`
	Household Household    `json:"household"`
	Address   Address      `json:"address"`
	Project   Project      `json:"project"`
	Skills    Skills       `json:"skills"`
	Formal    []FormalItem `json:"formal,omitempty" validate:"max=12,dive"`
	Finance   Finance      `json:"finance"`
	Consents  []Consent    `json:"consents,omitempty" validate:"max=3,dive"`
}

// Case is how and when the application reached the ministry.
type Case struct {
	Channel         string `json:"channel,omitempty" validate:"omitempty,max=40,code=channel"`
	ApplicationDate string `json:"application_date,omitempty" validate:"omitempty,max=40"`
	Round           string `json:"round,omitempty" validate:"omitempty,max=40"`
	FileNo          string `json:"file_no,omitempty" validate:"omitempty,max=60"`
	SocialUnit      string `json:"social_unit,omitempty" validate:"omitempty,max=120"`
	Association     string `json:"association,omitempty" validate:"omitempty,max=160"`
}

// Lead is the lead producer.
type Lead struct {
	GivenName      string  `json:"given_name,omitempty" validate:"omitempty,max=120"`
	RestOfName     string  `json:"rest_of_name,omitempty" validate:"omitempty,max=120"`
	NameEN         string  `json:"name_en,omitempty" validate:"omitempty,max=120"`
	IDType         string  `json:"id_type,omitempty" validate:"omitempty,max=20,code=id_type"`
	IDNumber       string  `json:"id_number,omitempty" validate:"omitempty,max=40"`
	IDExpiry       string  `json:"id_expiry,omitempty" validate:"omitempty,max=40"`
	BirthDate      string  `json:"birth_date,omitempty" validate:"omitempty,max=40"`
	Sex            string  `json:"sex,omitempty" validate:"omitempty,max=10,code=sex"`
	Nationality    string  `json:"nationality,omitempty" validate:"omitempty,max=10"`
	MaritalStatus  string  `json:"marital_status,omitempty" validate:"omitempty,max=40,code=marital_status"`
	Breadwinner    string  `json:"breadwinner,omitempty" validate:"omitempty,max=10,code=tri"`
	Education      string  `json:"education,omitempty" validate:"omitempty,max=40,code=education"`
	Literacy       string  `json:"literacy,omitempty" validate:"omitempty,max=10,code=tri"`
	LiteracyBy     string  `json:"literacy_by,omitempty" validate:"omitempty,max=120"`
	Disability     string  `json:"disability,omitempty" validate:"omitempty,max=40,code=disability"`
	DisabilityCard string  `json:"disability_card,omitempty" validate:"omitempty,max=40"`
	Phones         []Phone `json:"phones,omitempty" validate:"max=6,dive"`
	Email          string  `json:"email,omitempty" validate:"omitempty,max=254,email"`
}

// Phone is one number of a person.
type Phone struct {
	Number   string `json:"number,omitempty" validate:"omitempty,max=40"`
	Use      string `json:"use,omitempty" validate:"omitempty,max=40,code=phone_use"`
	WhatsApp string `json:"whatsapp,omitempty" validate:"omitempty,max=10"`
}

// Guardian applies for a lead producer who is too young.
type Guardian struct {
	Name     string `json:"name,omitempty" validate:"omitempty,max=120"`
	Relation string `json:"relation,omitempty" validate:"omitempty,max=40,code=relation"`
	IDType   string `json:"id_type,omitempty" validate:"omitempty,max=20,code=id_type"`
	IDNumber string `json:"id_number,omitempty" validate:"omitempty,max=40"`
	Phone    string `json:"phone,omitempty" validate:"omitempty,max=40"`
	Proof    string `json:"proof,omitempty" validate:"omitempty,max=40,code=guardian_proof"`
}

// Household is who live together with the lead producer.
type Household struct {
	Members    []Member  `json:"members,omitempty" validate:"max=30,dive"`
	Size       string    `json:"size,omitempty" validate:"omitempty,max=10"`
	Dependents string    `json:"dependents,omitempty" validate:"omitempty,max=10"`
	IncomeBand string    `json:"income_band,omitempty" validate:"omitempty,max=40,code=income_band"`
	Tenure     string    `json:"tenure,omitempty" validate:"omitempty,max=40,code=tenure"`
	Benefits   []Benefit `json:"benefits,omitempty" validate:"max=12,dive"`
}

// Member is one household member.
type Member struct {
	Name      string `json:"name,omitempty" validate:"omitempty,max=120"`
	Relation  string `json:"relation,omitempty" validate:"omitempty,max=40,code=relation"`
	Sex       string `json:"sex,omitempty" validate:"omitempty,max=10,code=sex"`
	BirthYear string `json:"birth_year,omitempty" validate:"omitempty,max=10"`
	Works     string `json:"works,omitempty" validate:"omitempty,max=10"`
}

// Benefit is one social-protection programme.
type Benefit struct {
	Programme string `json:"programme,omitempty" validate:"omitempty,max=40,code=programme"`
	Status    string `json:"status,omitempty" validate:"omitempty,max=40,code=benefit_status"`
	Since     string `json:"since,omitempty" validate:"omitempty,max=40"`
}

// Address is where the family lives and works.
type Address struct {
	Area     string `json:"area,omitempty" validate:"omitempty,max=10"`
	District string `json:"district,omitempty" validate:"omitempty,max=120"`
	Village  string `json:"village,omitempty" validate:"omitempty,max=120"`
	Zone     string `json:"zone,omitempty" validate:"omitempty,max=40"`
	Street   string `json:"street,omitempty" validate:"omitempty,max=120"`
	Building string `json:"building,omitempty" validate:"omitempty,max=60"`
	Text     string `json:"text,omitempty" validate:"omitempty,max=300" in:"text"`
	Landmark string `json:"landmark,omitempty" validate:"omitempty,max=200"`
	Lat      string `json:"lat,omitempty" validate:"omitempty,max=24"`
	Lon      string `json:"lon,omitempty" validate:"omitempty,max=24"`
	Accuracy string `json:"accuracy,omitempty" validate:"omitempty,max=24"`
}

// Project is what the family makes and how.
type Project struct {
	Name          string   `json:"name,omitempty" validate:"omitempty,max=120"`
	NameEN        string   `json:"name_en,omitempty" validate:"omitempty,max=120"`
	Craft         string   `json:"craft,omitempty" validate:"omitempty,max=10,code=craft"`
	Activity      string   `json:"activity,omitempty" validate:"omitempty,max=200"`
	Stage         string   `json:"stage,omitempty" validate:"omitempty,max=40,code=stage"`
	AtHome        string   `json:"at_home,omitempty" validate:"omitempty,max=10,code=tri"`
	WorkersFamily string   `json:"workers_family,omitempty" validate:"omitempty,max=10"`
	WorkersOther  string   `json:"workers_other,omitempty" validate:"omitempty,max=10"`
	Capacity      string   `json:"capacity,omitempty" validate:"omitempty,max=200"`
	SalesBand     string   `json:"sales_band,omitempty" validate:"omitempty,max=40,code=sales_band"`
	Channels      []string `json:"channels,omitempty" validate:"max=20,dive,max=40,code=sale_channel"`
	Social        string   `json:"social,omitempty" validate:"omitempty,max=300"`
	Equipment     string   `json:"equipment,omitempty" validate:"omitempty,max=1000" in:"text"`
	Materials     string   `json:"materials,omitempty" validate:"omitempty,max=1000" in:"text"`
	ProductReview string   `json:"product_review,omitempty" validate:"omitempty,max=40,code=review"`
}

// Skills is what the lead producer learned and passed.
type Skills struct {
	CentreGraduate string     `json:"centre_graduate,omitempty" validate:"omitempty,max=10,code=tri"`
	CraftProof     string     `json:"craft_proof,omitempty" validate:"omitempty,max=40,code=craft_proof"`
	Training       []Training `json:"training,omitempty" validate:"max=12,dive"`
}

// Training is one course or aptitude test.
type Training struct {
	Kind   string `json:"kind,omitempty" validate:"omitempty,max=40,code=training_kind"`
	Title  string `json:"title,omitempty" validate:"omitempty,max=200"`
	Centre string `json:"centre,omitempty" validate:"omitempty,max=160"`
	Date   string `json:"date,omitempty" validate:"omitempty,max=40"`
	Result string `json:"result,omitempty" validate:"omitempty,max=40,code=training_result"`
}

// FormalItem is one licence, register entry, card or account.
type FormalItem struct {
	Kind      string `json:"kind,omitempty" validate:"omitempty,max=40,code=formal_kind"`
	Number    string `json:"number,omitempty" validate:"omitempty,max=60"`
	Issuer    string `json:"issuer,omitempty" validate:"omitempty,max=160"`
	IssuedOn  string `json:"issued_on,omitempty" validate:"omitempty,max=40"`
	ExpiresOn string `json:"expires_on,omitempty" validate:"omitempty,max=40"`
	State     string `json:"state,omitempty" validate:"omitempty,max=40,code=formal_state"`
}

// Finance is the project's value, the family's share, past loans and the guarantee.
type Finance struct {
	EstValue          string `json:"est_value,omitempty" validate:"omitempty,max=40"`
	Currency          string `json:"currency,omitempty" validate:"omitempty,max=10"`
	OwnShare          string `json:"own_share,omitempty" validate:"omitempty,max=10"`
	Guarantee         string `json:"guarantee,omitempty" validate:"omitempty,max=40,code=guarantee"`
	GuaranteeAccepted string `json:"guarantee_accepted,omitempty" validate:"omitempty,max=10,code=tri"`
	ContractAccepted  string `json:"contract_accepted,omitempty" validate:"omitempty,max=10,code=tri"`
	Loans             []Loan `json:"loans,omitempty" validate:"max=10,dive"`
}

// Loan is one past or running loan.
type Loan struct {
	Lender   string `json:"lender,omitempty" validate:"omitempty,max=160"`
	Amount   string `json:"amount,omitempty" validate:"omitempty,max=40"`
	Currency string `json:"currency,omitempty" validate:"omitempty,max=10"`
	Year     string `json:"year,omitempty" validate:"omitempty,max=10"`
	State    string `json:"state,omitempty" validate:"omitempty,max=40,code=loan_state"`
}

// Consent is one declaration by the lead producer or guardian.
type Consent struct {
	Scope   string `json:"scope,omitempty" validate:"omitempty,max=40,code=consent_scope"`
	Version string `json:"version,omitempty" validate:"omitempty,max=20"`
	Given   string `json:"given,omitempty" validate:"omitempty,max=10"`
	Date    string `json:"date,omitempty" validate:"omitempty,max=40"`
	How     string `json:"how,omitempty" validate:"omitempty,max=40,code=consent_how"`
}
