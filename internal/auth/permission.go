package auth

import "slices"

// Action is something that a person does. Its text is stored in the audit log and must not change.
type Action string

// The actions.
const (
	FamilyList     Action = "family.list"
	FamilyView     Action = "family.view"
	FamilyCreate   Action = "family.create"
	FamilyEdit     Action = "family.edit"
	FamilySubmit   Action = "family.submit"
	FamilyAmend    Action = "family.amend"
	FamilyWithdraw Action = "family.withdraw"
	FamilyReopen   Action = "family.reopen"

	ReviewTake     Action = "review.take"
	ReviewRelease  Action = "review.release"
	ReviewReturn   Action = "review.return"
	ReviewApprove  Action = "review.approve"
	ReviewReject   Action = "review.reject"
	AmendDecide    Action = "amendment.decide"
	CriterionWaive Action = "criterion.waive"

	FamilySuspend  Action = "family.suspend"
	FamilyResume   Action = "family.resume"
	FamilyRenew    Action = "family.renew"
	FamilyGraduate Action = "family.graduate"
	FamilyExpire   Action = "family.expire"

	VisitRecord     Action = "visit.record"
	DocumentAdd     Action = "document.add"
	DocumentView    Action = "document.view"
	DocumentRemove  Action = "document.remove"
	CardView        Action = "card.view"
	SheetView       Action = "sheet.view"
	HistoryView     Action = "history.view"
	IDReveal        Action = "id.reveal"
	PhoneReveal     Action = "phone.reveal"
	BankReveal      Action = "bank.reveal"
	DuplicateCheck  Action = "duplicate.check"
	DuplicateReview Action = "duplicate.review"
	DuplicateRun    Action = "duplicate.run"
	FamilyMerge     Action = "family.merge"
	FamilyUnmerge   Action = "family.unmerge"

	CriteriaView    Action = "criteria.view"
	CriteriaEdit    Action = "criteria.edit"
	CriteriaPreview Action = "criteria.preview"
	CriteriaPublish Action = "criteria.publish"
	RecheckRun      Action = "recheck.run"

	ImportRun  Action = "import.run"
	ImportList Action = "import.list"
	ImportView Action = "import.view"
	ImportUndo Action = "import.undo"

	UserList     Action = "user.list"
	UserManage   Action = "user.manage"
	WorkHandOver Action = "work.hand_over"
	AuditView    Action = "audit.view"
	AuditVerify  Action = "audit.verify"
	JobView      Action = "job.view"

	ProductView    Action = "product.view"
	ProductEdit    Action = "product.edit"
	ProductScore   Action = "product.score"
	ProductDecide  Action = "product.decide"
	ScoreSheetEdit Action = "score_sheet.edit"
	TaxonomyEdit   Action = "taxonomy.edit"
	CataloguePrint Action = "catalogue.print"
	VenueView      Action = "venue.view"
	VenueEdit      Action = "venue.edit"
	VenueRelease   Action = "venue.release"
	PlaceView      Action = "place.view"
	PlaceEdit      Action = "place.edit"

	ExportRun  Action = "export.run"
	ExportFull Action = "export.full"

	ExhibitionView   Action = "exhibition.view"
	ExhibitionEdit   Action = "exhibition.edit"
	ExhibitionAgree  Action = "exhibition.agree"
	HolidayEdit      Action = "holiday.edit"
	MeetingView      Action = "meeting.view"
	MeetingEdit      Action = "meeting.edit"
	ActivityView     Action = "activity.view"
	ActivityEdit     Action = "activity.edit"
	RosterView       Action = "roster.view"
	ExhibitorView    Action = "exhibitor.view"
	ExhibitorManage  Action = "exhibitor.manage"
	CallManage       Action = "call.manage"
	ApplicationEnter Action = "application.enter"
	SelectionDecide  Action = "selection.decide"
	InvitationAnswer Action = "invitation.answer"
	InvitationExpire Action = "invitation.expire"
	CheckInRecord    Action = "checkin.record"
	SaleRecord       Action = "sale.record"
	PackingEdit      Action = "packing.edit"
	IncidentRecord   Action = "incident.record"
	EvaluationRecord Action = "evaluation.record"
	ReportView       Action = "report.view"
	FeedManage       Action = "feed.manage"
	AllocationView   Action = "allocation.view"
	AllocationRun    Action = "allocation.run"
	AllocationSign   Action = "allocation.sign"
	LetterView       Action = "letter.view"
	SeasonPlanView   Action = "season_plan.view"
	SeasonPlanEdit   Action = "season_plan.edit"
	SeasonPlanSign   Action = "season_plan.sign"

	SchemeView    Action = "scheme.view"
	SchemeEdit    Action = "scheme.edit"
	SchemePublish Action = "scheme.publish"
	SchemeCount   Action = "scheme.count"
	GrantView     Action = "grant.view"
	GrantPropose  Action = "grant.propose"
	GrantDecide   Action = "grant.decide"
	GrantDeliver  Action = "grant.deliver"
	PlanView      Action = "plan.view"
	PlanEdit      Action = "plan.edit"
	PlanAct       Action = "plan.act"

	FiguresView  Action = "figures.view"
	FiguresOther Action = "figures.other"

	TokenManage   Action = "token.manage"
	TokenOversee  Action = "token.oversee"
	HookManage    Action = "hook.manage"
	MessageManage Action = "message.manage"
	DashboardView Action = "dashboard.view"
	ReportList    Action = "report.list"
	ReportPlan    Action = "report.plan"
	ReportTake    Action = "report.take"

	WorkView    Action = "work.view"
	FilterSave  Action = "filter.save"
	ProfileEdit Action = "profile.edit"
)

// Scope is how far a permission extends. Each scope holds the ones before it.
type Scope uint8

// The scopes.
const (
	None  Scope = iota
	Own         // entries made by the person, in their areas or without an area yet
	Areas       // everything in the person's areas
	Party       // everything of the person's party
)

// String returns the scope's name in the golden table.
func (s Scope) String() string { return [...]string{"-", "own", "areas", "party"}[s] }

// rule is one row of the permission table: the scope of each role, and whether a second person is needed.
type rule struct {
	worker, reviewer, coordinator, analyst, admin, system Scope

	// fourEyes: never by the person who entered the family (domain: nobody approves an own entry).
	fourEyes bool
	// reads: changes nothing but the audit log. What an analyst does must all be of this kind, or their own settings.
	reads bool
}

// actions is the permission table. The reasons stand at the rows that are not plain.
var actions = map[Action]rule{
	// A field worker sees only their own entries: a governorate has millions of people, and a worker needs the families they visit. An
	// administrator sees that a family exists, because publishing criteria shows who would enter and leave; class.go hides the rest.
	FamilyList: {worker: Own, reviewer: Areas, coordinator: Areas, analyst: Areas, admin: Party, system: Party, reads: true},
	FamilyView: {worker: Own, reviewer: Areas, coordinator: Areas, analyst: Areas, admin: Party, system: Party, reads: true},

	// A reviewer may enter too (a walk-in at a small office); fourEyes below then keeps them from deciding on it. The program enters
	// what an import brings, never decides. Creation is checked against the area that the form names.
	FamilyCreate:   {worker: Areas, reviewer: Areas, system: Party},
	FamilyEdit:     {worker: Own, reviewer: Areas, system: Party},
	FamilySubmit:   {worker: Own, reviewer: Areas, system: Party},
	FamilyAmend:    {worker: Own, reviewer: Areas, system: Party},
	FamilyWithdraw: {worker: Own, reviewer: Areas},
	FamilyReopen:   {worker: Own, reviewer: Areas},

	// Decisions are a reviewer's, in their areas, and never on an own entry. No program takes one.
	ReviewTake:     {reviewer: Areas, fourEyes: true},
	ReviewRelease:  {reviewer: Areas},
	ReviewReturn:   {reviewer: Areas, fourEyes: true},
	ReviewApprove:  {reviewer: Areas, fourEyes: true},
	ReviewReject:   {reviewer: Areas, fourEyes: true},
	AmendDecide:    {reviewer: Areas, fourEyes: true},
	CriterionWaive: {reviewer: Areas, fourEyes: true},

	FamilySuspend:  {reviewer: Areas, fourEyes: true},
	FamilyResume:   {reviewer: Areas, fourEyes: true},
	FamilyRenew:    {reviewer: Areas, fourEyes: true},
	FamilyGraduate: {reviewer: Areas, fourEyes: true},
	FamilyExpire:   {system: Party}, // the end of a term is a date, not a decision

	VisitRecord: {worker: Own, reviewer: Areas},

	// Papers show a face, an address and an id number: they are for who enters and who decides.
	DocumentAdd:    {worker: Own, reviewer: Areas, system: Party},
	DocumentView:   {worker: Own, reviewer: Areas, reads: true},
	DocumentRemove: {worker: Own, reviewer: Areas},

	// The card carries name, craft and number, which a coordinator has anyway.
	CardView: {worker: Own, reviewer: Areas, coordinator: Areas, reads: true},
	// "Why was this family refused?" is asked of administrators too; the sheet shows them rules and outcomes, values by class.go.
	SheetView:   {worker: Own, reviewer: Areas, admin: Party, reads: true},
	HistoryView: {worker: Own, reviewer: Areas, admin: Party, reads: true},

	// Each showing is written to the audit log. A worker needs no phone.reveal: the phones of own entries are shown (they call them).
	IDReveal:    {worker: Own, reviewer: Areas, reads: true},
	PhoneReveal: {reviewer: Areas, coordinator: Areas, reads: true},
	BankReveal:  {worker: Own, reviewer: Areas, reads: true},

	// Over the whole party, or a second registration in the next governorate would pass. The answer names no more than the reach of family.view.
	DuplicateCheck: {worker: Party, reviewer: Party, system: Party, reads: true},

	// Deciding that two families are one belongs to who decides on them. One of the two lies in the person's areas; of the other, out of reach, the page
	// says area and state.
	DuplicateReview: {reviewer: Areas},
	DuplicateRun:    {reviewer: Party, admin: Party, system: Party},
	// Both families lie in the person's areas, and neither was entered by them. Where one is registered already, another person must have said before that they are
	// one (service). To undo is no decision on a person: it restores what two people had decided.
	FamilyMerge:   {reviewer: Areas, fourEyes: true},
	FamilyUnmerge: {reviewer: Areas},

	// The rules are no secret from anybody who works under them. Publishing belongs to administrators: it moves whole groups in and out.
	CriteriaView:    {worker: Party, reviewer: Party, coordinator: Party, analyst: Party, admin: Party, system: Party, reads: true},
	CriteriaEdit:    {admin: Party, system: Party},
	CriteriaPreview: {admin: Party, system: Party, reads: true},
	CriteriaPublish: {admin: Party, system: Party},
	RecheckRun:      {admin: Party, system: Party},

	// Who enters families one by one may send many; each row is held to their areas and to the actions above. A file and what became of its rows show
	// identity numbers and phones: they are for who sent it. An administrator sees that an import was, its counts and its errors.
	ImportRun:  {worker: Own, reviewer: Own},
	ImportList: {worker: Own, reviewer: Own, admin: Party, system: Party, reads: true},
	ImportView: {worker: Own, reviewer: Own, reads: true},
	ImportUndo: {worker: Own, reviewer: Own},

	UserList:   {admin: Party, system: Party, reads: true},
	UserManage: {admin: Party, system: Party},
	// What a person leaves behind goes to a colleague. An administrator moves it and still neither reads nor decides on it.
	WorkHandOver: {admin: Party, system: Party},

	AuditView:   {admin: Party, system: Party, reads: true},
	AuditVerify: {admin: Party, system: Party, reads: true},
	JobView:     {admin: Party, system: Party, reads: true},

	// A product follows its family: who may enter the one enters the other. An analyst and an administrator look.
	ProductView: {worker: Own, reviewer: Areas, coordinator: Areas, analyst: Areas, admin: Party, system: Party, reads: true},
	ProductEdit: {worker: Own, reviewer: Areas, system: Party},
	// The product committee is reviewers and coordinators; what a member entered, the others score. No program scores.
	ProductScore:   {reviewer: Areas, coordinator: Areas, fourEyes: true},
	ProductDecide:  {reviewer: Areas, coordinator: Areas, fourEyes: true},
	ScoreSheetEdit: {admin: Party},
	TaxonomyEdit:   {admin: Party, system: Party},
	// What it prints is public; the work of printing is not for everybody who passes by.
	CataloguePrint: {reviewer: Party, coordinator: Party, admin: Party, reads: true},
	// Halls are no secret inside a ministry. Coordinators draw; the same person may release, because
	// what a plan must keep is checked by the program, and a finding that blocks cannot be released by anybody.
	VenueView:    {reviewer: Party, coordinator: Party, analyst: Party, admin: Party, system: Party, reads: true},
	VenueEdit:    {coordinator: Party, system: Party},
	VenueRelease: {coordinator: Party, system: Party},
	// The drawing with all names, of both parties once the exhibition is agreed. A worker reads the booth of a family on its own page. Coordinators place.
	PlaceView: {reviewer: Party, coordinator: Party, analyst: Party, admin: Party, reads: true},
	PlaceEdit: {coordinator: Party},
	// A workbook holds what the list and the page of each family show, column by column. Whole numbers of a whole list are more than one number asked for:
	// for who decides on all of them.
	ExportRun:  {worker: Own, reviewer: Areas, coordinator: Areas, analyst: Areas, admin: Party, system: Party, reads: true},
	ExportFull: {reviewer: Areas, system: Party, reads: true},

	// The exhibitions of a party are known to everybody in its office: a field worker tells families of them. What both agreed on is made by coordinators only,
	// one of each party (service and package exhibition hold the two keys).
	ExhibitionView:  {worker: Party, reviewer: Party, coordinator: Party, analyst: Party, admin: Party, system: Party, reads: true},
	ExhibitionEdit:  {coordinator: Party},
	ExhibitionAgree: {coordinator: Party},
	HolidayEdit:     {coordinator: Party, admin: Party, system: Party},
	MeetingView:     {coordinator: Party, analyst: Party, admin: Party, reads: true},
	MeetingEdit:     {coordinator: Party},
	// What both ministries do under the memorandum is read by whoever reads their minutes.
	ActivityView: {coordinator: Party, analyst: Party, admin: Party, reads: true},
	ActivityEdit: {coordinator: Party},
	// Name, craft, products and booth: all that either party sees of the other's people, once the exhibition is agreed.
	RosterView: {worker: Party, reviewer: Party, coordinator: Party, analyst: Party, admin: Party, reads: true},

	// Exhibitors are chosen by coordinators; a worker enters and answers for the families they look after.
	ExhibitorView:    {worker: Own, coordinator: Areas, analyst: Areas, reads: true},
	ExhibitorManage:  {coordinator: Areas},
	CallManage:       {coordinator: Party},
	ApplicationEnter: {worker: Own, coordinator: Areas},
	SelectionDecide:  {coordinator: Areas},
	InvitationAnswer: {worker: Own, coordinator: Areas},
	InvitationExpire: {system: Party}, // a deadline is a date, not a decision

	// Who stands at the door sees badges of both parties; sums of money are entered for the own party's exhibitors only.
	CheckInRecord:    {worker: Party, coordinator: Party},
	SaleRecord:       {worker: Own, coordinator: Areas},
	PackingEdit:      {worker: Own, coordinator: Areas},
	IncidentRecord:   {worker: Party, coordinator: Party},
	EvaluationRecord: {coordinator: Areas},
	ReportView:       {coordinator: Party, analyst: Party, reads: true},
	FeedManage:       {worker: Own, reviewer: Own, coordinator: Own, analyst: Own, admin: Own},

	// What is offered is no secret in the office: a worker tells families of it. Money is promised by two people: who makes a scheme never publishes it (fourEyes is
	// about who made it), and who proposes a grant never approves it (about who proposed it). Counting walks over the party's registry and names nobody; proposing
	// to all who qualify stays in the person's areas. Delivery is proven by papers of the family's file, which coordinators do not see.
	SchemeView:    {worker: Party, reviewer: Party, coordinator: Party, analyst: Party, admin: Party, system: Party, reads: true},
	SchemeEdit:    {coordinator: Party, admin: Party},
	SchemePublish: {coordinator: Party, admin: Party, fourEyes: true},
	SchemeCount:   {coordinator: Areas, admin: Party},
	GrantView:     {worker: Own, reviewer: Areas, coordinator: Areas, analyst: Areas, admin: Party, reads: true},
	GrantPropose:  {worker: Own, reviewer: Areas, coordinator: Areas},
	GrantDecide:   {reviewer: Areas, coordinator: Areas, fourEyes: true},
	GrantDeliver:  {worker: Own, reviewer: Areas},
	// A plan holds what a project earns: for who works with the family. Class finance hides the measures from a coordinator. An action is done by its owner.
	PlanView: {worker: Own, reviewer: Areas, coordinator: Areas, analyst: Areas, reads: true},
	PlanEdit: {worker: Own, reviewer: Areas},
	PlanAct:  {worker: Own, reviewer: Areas, coordinator: Areas},

	// Sums of what the person may list; a worker's own entries are no statistics. Of the other country, sums with small cells hidden, for who works with it.
	FiguresView:  {reviewer: Areas, coordinator: Areas, analyst: Areas, admin: Party, reads: true},
	FiguresOther: {coordinator: Party, analyst: Party, admin: Party, reads: true},
	// What a person may count: of their own entries, their areas, their party.
	DashboardView: {worker: Own, reviewer: Areas, coordinator: Areas, analyst: Areas, admin: Party, reads: true},
	// Reports that are made again and again are the party's: no personal data, but more than one area. An analyst reads and takes them; who answers for the figures orders them.
	ReportList: {coordinator: Party, analyst: Party, admin: Party, reads: true},
	ReportTake: {coordinator: Party, analyst: Party, admin: Party, reads: true},
	ReportPlan: {coordinator: Party, admin: Party},
	// Who goes where is planned by coordinators, one of each party signs. The letter that explains it is for who speaks with the family: worker, reviewer, coordinator.
	AllocationView: {coordinator: Party, analyst: Party, reads: true},
	AllocationRun:  {coordinator: Party},
	AllocationSign: {coordinator: Party},
	LetterView:     {worker: Own, reviewer: Areas, coordinator: Areas, reads: true},
	// Dates and venues are planned by coordinators of both parties, and each party signs; what a party's venues cost and who its people are, the other does not see.
	SeasonPlanView: {coordinator: Party, analyst: Party, reads: true},
	SeasonPlanEdit: {coordinator: Party},
	SeasonPlanSign: {coordinator: Party},

	// A program acts for the person who made its key and may do no more. A field worker's entries are typed where the family is, not sent by programs; an
	// administrator sees every key of the party and ends any. Where events and messages go out to concerns the whole party.
	TokenManage:   {reviewer: Own, coordinator: Own, analyst: Own, admin: Own},
	TokenOversee:  {admin: Party},
	HookManage:    {admin: Party, system: Party},
	MessageManage: {admin: Party, system: Party},

	WorkView:    {worker: Own, reviewer: Areas, coordinator: Areas, analyst: Areas, admin: Party, reads: true},
	FilterSave:  {worker: Own, reviewer: Own, coordinator: Own, analyst: Own, admin: Own},
	ProfileEdit: {worker: Own, reviewer: Own, coordinator: Own, analyst: Own, admin: Own},
}

// Actions returns every action, in the order of their names.
func Actions() []Action {
	out := make([]Action, 0, len(actions))
	for a := range actions {
		out = append(out, a)
	}
	slices.Sort(out)
	return out
}

// FourEyes reports whether the action needs a second person: never the one who entered the family. A use-case asks it when the entry changed hands
// and [Subject] no longer names everybody who typed.
func FourEyes(action Action) bool { return actions[action].fourEyes }

// Reads reports whether the action changes nothing but the audit log.
func Reads(action Action) bool { return actions[action].reads }

// grant returns how far the role may do the action. An unknown action or role gets None.
func grant(action Action, role Role) Scope {
	r := actions[action]
	switch role {
	case FieldWorker:
		return r.worker
	case Reviewer:
		return r.reviewer
	case Coordinator:
		return r.coordinator
	case Analyst:
		return r.analyst
	case Administrator:
		return r.admin
	case System:
		return r.system
	}
	return None
}
