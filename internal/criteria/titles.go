package criteria

// valueTitles are the words for the code lists of package registry inside a sentence of a rule: without article, lower case in English.
// The screens' own titles of the lists are in the message catalogues; a test holds this table to the lists.
var valueTitles = map[string]Text{
	"sex.f": {"أنثى", "female"}, "sex.m": {"ذكر", "male"},

	"channel.social_unit": {"الوحدة الاجتماعية", "social unit"}, "channel.association": {"جمعية", "association"},
	"channel.ministry_office": {"مكتب الوزارة", "ministry office"}, "channel.field_visit": {"زيارة ميدانية", "field visit"},
	"channel.online": {"عبر الإنترنت", "online"}, "channel.import": {"استيراد من ملف", "import from a file"},

	"marital_status.single": {"أعزب/عزباء", "single"}, "marital_status.married": {"متزوج/متزوجة", "married"},
	"marital_status.divorced": {"مطلق/مطلقة", "divorced"}, "marital_status.widowed": {"أرمل/أرملة", "widowed"},
	"marital_status.deserted": {"مهجورة", "deserted"},

	"education.none": {"بلا مؤهل", "none"}, "education.reads_writes": {"يقرأ ويكتب", "reads and writes"}, "education.primary": {"ابتدائي", "primary"},
	"education.preparatory": {"إعدادي", "preparatory"}, "education.secondary": {"ثانوي عام", "secondary"},
	"education.technical": {"ثانوي فني", "technical secondary"}, "education.diploma": {"دبلوم فوق المتوسط", "diploma"},
	"education.university": {"جامعي", "university"}, "education.postgraduate": {"دراسات عليا", "postgraduate"},

	"disability.none": {"غير موجودة", "none"}, "disability.mobility": {"حركية", "mobility"}, "disability.vision": {"بصرية", "vision"},
	"disability.hearing": {"سمعية", "hearing"}, "disability.speech": {"نطقية", "speech"}, "disability.intellectual": {"ذهنية", "intellectual"},
	"disability.autism": {"توحد", "autism"}, "disability.multiple": {"متعددة", "multiple"}, "disability.other": {"أخرى", "other"},

	"income_band.none": {"لا دخل ثابتًا", "no fixed income"}, "income_band.below_half": {"أقل من نصف الحد الأدنى للأجور", "below half the minimum wage"},
	"income_band.half_to_one":  {"من نصف الحد الأدنى للأجور إلى مثله", "half to one minimum wage"},
	"income_band.one_to_two":   {"من الحد الأدنى للأجور إلى مثليه", "one to two minimum wages"},
	"income_band.above_two":    {"أكثر من مثلي الحد الأدنى للأجور", "above two minimum wages"},
	"tenure.owned":             {"ملك", "owned"},
	"tenure.rented":            {"إيجار", "rented"},
	"tenure.family_home":       {"بيت العائلة", "family home"},
	"tenure.owner_consent":     {"بموافقة المالك", "with the owner's consent"},
	"tenure.other":             {"أخرى", "other"},
	"programme.takaful":        {"تكافل", "Takaful"},
	"programme.karama":         {"كرامة", "Karama"},
	"programme.social_pension": {"معاش ضماني", "social pension"}, "programme.alimony_fund": {"صندوق النفقة", "alimony fund"},
	"programme.social_insurance": {"تأمينات اجتماعية", "social insurance"}, "programme.health_insurance": {"تأمين صحي", "health insurance"},
	"programme.social_security_qa":   {"الضمان الاجتماعي (قطر)", "social security (Qatar)"},
	"programme.disability_allowance": {"بدل إعاقة", "disability allowance"}, "programme.mastoura": {"قرض مستورة", "Mastoura loan"},
	"programme.other": {"برنامج آخر", "another programme"},

	"stage.idea": {"فكرة", "idea"}, "stage.operating": {"قائم", "operating"}, "stage.growing": {"في توسع", "growing"},

	"review.pending": {"قيد النظر", "pending"}, "review.approved": {"معتمد", "approved"}, "review.refused": {"غير معتمد", "refused"},

	"craft_proof.centre_certificate": {"شهادة مركز إعداد", "certificate of a centre"},
	"craft_proof.association_letter": {"خطاب من جمعية", "letter of an association"}, "craft_proof.sample_seen": {"عينة عُوينت", "sample seen"},
	"craft_proof.craft_card": {"بطاقة حرفي", "craft card"}, "craft_proof.none": {"لا يوجد", "none"},

	"training_result.passed": {"اجتياز", "passed"}, "training_result.failed": {"عدم اجتياز", "failed"},
	"training_result.attending": {"حضور مستمر", "still attending"},

	"formal_kind.household_licence": {"رخصة منزلية", "household licence"}, "formal_kind.temporary_licence": {"ترخيص مؤقت", "temporary licence"},
	"formal_kind.commercial_licence": {"رخصة تجارية", "commercial licence"}, "formal_kind.commercial_register": {"سجل تجاري", "commercial register"},
	"formal_kind.tax_card": {"بطاقة ضريبية", "tax card"}, "formal_kind.insurance": {"اشتراك تأميني", "insurance"},
	"formal_kind.bank_account": {"حساب بنكي", "bank account"}, "formal_kind.wallet": {"محفظة إلكترونية", "electronic wallet"},
	"formal_kind.food_permit": {"تصريح غذائي", "food permit"}, "formal_kind.craft_card": {"بطاقة حرفي", "craft card"},

	"guarantee.collective": {"ضمان جماعي", "collective guarantee"}, "guarantee.postal_cheques": {"شيكات بريدية", "postal cheques"},
	"guarantee.trust_receipt": {"إيصال أمانة", "trust receipt"}, "guarantee.government_employee": {"ضمان موظف حكومي", "government employee's guarantee"},
	"guarantee.none": {"بلا ضمان", "no guarantee"},

	"consent_scope.own_ministry":   {"حفظ البيانات لدى الوزارة", "keeping by the own ministry"},
	"consent_scope.other_ministry": {"إطلاع وزارة الدولة الأخرى", "sharing with the other ministry"},
	"consent_scope.catalogue":      {"النشر في دليل المنتجات", "publication in the catalogue"},

	"document_type.id_card": {"وثيقة الهوية", "identity document"}, "document_type.photo": {"صورة شخصية", "photograph"},
	"document_type.application_form":    {"طلب موقَّع", "signed application"},
	"document_type.centre_certificate":  {"شهادة مركز الإعداد أو التكوين المهني", "certificate of a preparation or vocational centre"},
	"document_type.craft_proof":         {"ما يثبت إتقان الحرفة", "proof of craft"},
	"document_type.aptitude_result":     {"نتيجة الدورة أو اختبار الصلاحية", "result of the course or aptitude test"},
	"document_type.guarantee":           {"وثيقة الضمان", "guarantee"},
	"document_type.contract":            {"العقد الموقَّع", "signed contract"},
	"document_type.guardianship":        {"إثبات الولاية", "proof of guardianship"},
	"document_type.household_licence":   {"الرخصة المنزلية", "household licence"},
	"document_type.commercial_licence":  {"الرخصة التجارية", "commercial licence"},
	"document_type.commercial_register": {"السجل التجاري", "commercial register"},
	"document_type.tax_card":            {"البطاقة الضريبية", "tax card"},
	"document_type.health_certificate":  {"الشهادة الصحية لمتداول الأغذية", "food handler's health certificate"},
	"document_type.owner_consent":       {"موافقة مالك المسكن", "home owner's consent"},
	"document_type.tenure":              {"سند حيازة المسكن", "title deed or lease of the home"},
	"document_type.benefit_statement":   {"بيان برنامج الحماية", "benefit statement"},
	"document_type.disability_card":     {"بطاقة الخدمات المتكاملة", "disability card"},
	"document_type.product_photo":       {"صورة منتج", "product photograph"}, "document_type.visit_photo": {"صورة زيارة", "visit photograph"},
	"document_type.consent": {"إقرار الموافقة", "consent form"}, "document_type.other": {"مستند آخر", "another document"},
}
