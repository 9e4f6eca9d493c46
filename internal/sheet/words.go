package sheet

import (
	"strings"
	"sync"

	"muntija/internal/arabic"
	"muntija/internal/place"
	"muntija/internal/registry"
)

// choiceLabels are the titles of the code lists in both catalogues: an export writes them, so that they are read back. A test holds them to the
// catalogues; a title that changes there stays here, behind the new one, as long as files with it may come.
const choiceLabels = `
sex.f = أنثى | Female
sex.m = ذكر | Male
tri.yes = نعم | Yes
tri.no = لا | No
id_type.eg_nid = بطاقة الرقم القومي المصرية | Egyptian national ID
id_type.qid = البطاقة الشخصية القطرية | Qatari ID
id_type.passport = جواز سفر | Passport
channel.social_unit = الوحدة الاجتماعية | Social unit
channel.association = جمعية أهلية | Association
channel.ministry_office = مكتب الوزارة | Ministry office
channel.field_visit = زيارة ميدانية | Field visit
channel.online = عبر الإنترنت | Online
channel.import = استيراد من ملف | Import from a file
marital_status.single = أعزب / عزباء | Single
marital_status.married = متزوج / متزوجة | Married
marital_status.divorced = مطلق / مطلقة | Divorced
marital_status.widowed = أرمل / أرملة | Widowed
marital_status.deserted = مهجورة | Deserted
education.none = بلا مؤهل | None
education.reads_writes = يقرأ ويكتب | Reads and writes
education.primary = ابتدائية | Primary
education.preparatory = إعدادية | Preparatory
education.secondary = ثانوية عامة | General secondary
education.technical = ثانوية فنية (دبلوم فني) | Technical secondary
education.diploma = دبلوم فوق متوسط | Post-secondary diploma
education.university = مؤهل جامعي | University
education.postgraduate = دراسات عليا | Postgraduate
disability.none = لا توجد | None
disability.mobility = حركية | Mobility
disability.vision = بصرية | Vision
disability.hearing = سمعية | Hearing
disability.speech = نطقية | Speech
disability.intellectual = ذهنية | Intellectual
disability.autism = اضطراب طيف التوحد | Autism
disability.multiple = متعددة | Multiple
disability.other = أخرى | Other
phone_use.own = هاتف المنتِج/ة | Own
phone_use.spouse = هاتف الزوج/ة | Spouse's
phone_use.relative = هاتف قريب | A relative's
phone_use.neighbour = هاتف جار | A neighbour's
phone_use.association = هاتف الجمعية | The association's
relation.husband = زوج | Husband
relation.wife = زوجة | Wife
relation.son = ابن | Son
relation.daughter = ابنة | Daughter
relation.father = أب | Father
relation.mother = أم | Mother
relation.brother = أخ | Brother
relation.sister = أخت | Sister
relation.grandparent = جد / جدة | Grandparent
relation.grandchild = حفيد / حفيدة | Grandchild
relation.in_law = قريب بالمصاهرة | In-law
relation.other = صلة أخرى | Other
guardian_proof.birth_certificate = شهادة الميلاد | Birth certificate
guardian_proof.court_order = قرار محكمة بالوصاية | Court order
guardian_proof.family_record = قيد عائلي | Family record
guardian_proof.other = مستند آخر | Other document
income_band.none = لا دخل ثابتًا | No fixed income
income_band.below_half = أقل من نصف الحد الأدنى للأجور | Below half the minimum wage
income_band.half_to_one = من نصف الحد الأدنى للأجور إلى مثله | Half to one minimum wage
income_band.one_to_two = من الحد الأدنى للأجور إلى مثليه | One to two minimum wages
income_band.above_two = أكثر من مثلي الحد الأدنى للأجور | Above two minimum wages
tenure.owned = ملك | Owned
tenure.rented = إيجار | Rented
tenure.family_home = بيت العائلة | Family home
tenure.owner_consent = بموافقة المالك | With the owner's consent
tenure.other = أخرى | Other
programme.takaful = تكافل | Takaful
programme.karama = كرامة | Karama
programme.social_pension = معاش الضمان الاجتماعي | Social pension
programme.alimony_fund = صندوق نظام تأمين الأسرة (النفقة) | Family insurance fund (alimony)
programme.social_insurance = التأمينات الاجتماعية | Social insurance
programme.health_insurance = التأمين الصحي | Health insurance
programme.social_security_qa = الضمان الاجتماعي (قطر) | Social security (Qatar)
programme.disability_allowance = بدل الإعاقة | Disability allowance
programme.mastoura = قرض مستورة | Mastoura loan
programme.other = برنامج آخر | Another programme
benefit_status.current = مستفيد حاليًا | Receiving now
benefit_status.applied = تقدم بطلب | Applied
benefit_status.refused = رُفض الطلب | Refused
benefit_status.ended = انتهت الاستفادة | Ended
benefit_status.suspended = موقوف | Suspended
stage.idea = فكرة | Idea
stage.operating = قائم | Operating
stage.growing = في توسع | Growing
sales_band.none = لا مبيعات بعد | No sales yet
sales_band.low = منخفضة | Low
sales_band.medium = متوسطة | Medium
sales_band.high = مرتفعة | High
sales_band.very_high = مرتفعة جدًا | Very high
sale_channel.home = من المنزل | From home
sale_channel.market = سوق | Market
sale_channel.exhibition = معرض | Exhibition
sale_channel.shop = محل | Shop
sale_channel.social_media = وسائل التواصل الاجتماعي | Social media
sale_channel.online_store = متجر إلكتروني | Online shop
sale_channel.wholesale = بيع بالجملة | Wholesale
sale_channel.association = عن طريق جمعية | Through an association
review.pending = قيد النظر | Pending
review.approved = معتمد | Approved
review.refused = غير معتمد | Refused
craft_proof.centre_certificate = شهادة مركز إعداد أو تكوين مهني | Certificate of a centre
craft_proof.association_letter = خطاب من جمعية | Letter of an association
craft_proof.sample_seen = عينة عاينها الباحث | Sample seen by the field worker
craft_proof.craft_card = بطاقة حرفي | Craft card
craft_proof.none = لا يوجد | None
training_kind.course = دورة تدريبية | Training course
training_kind.aptitude_test = اختبار صلاحية | Aptitude test
training_result.passed = اجتاز | Passed
training_result.failed = لم يجتز | Failed
training_result.attending = ما زال يحضر | Still attending
formal_kind.household_licence = رخصة منزلية | Household licence
formal_kind.temporary_licence = ترخيص مؤقت | Temporary licence
formal_kind.commercial_licence = رخصة تجارية | Commercial licence
formal_kind.commercial_register = سجل تجاري | Commercial register
formal_kind.tax_card = بطاقة ضريبية | Tax card
formal_kind.insurance = رقم تأميني | Social-insurance number
formal_kind.bank_account = حساب بنكي | Bank account
formal_kind.wallet = محفظة إلكترونية | Electronic wallet
formal_kind.food_permit = تصريح غذائي / شهادة صحية | Food permit / health certificate
formal_kind.craft_card = بطاقة حرفي | Craft card
formal_state.valid = سارٍ | Valid
formal_state.applied = تحت الإصدار | Applied for
formal_state.expired = منتهٍ | Expired
formal_state.withdrawn = ملغى | Withdrawn
guarantee.collective = ضمان جماعي | Collective guarantee
guarantee.postal_cheques = شيكات بريدية | Postal cheques
guarantee.trust_receipt = إيصال أمانة | Trust receipt
guarantee.government_employee = ضمان موظف حكومي | Government employee's guarantee
guarantee.none = بلا ضمان | No guarantee
loan_state.running = قائم | Running
loan_state.paid = سُدد | Paid
loan_state.late = متأخر السداد | Late
loan_state.refused = رُفض | Refused
consent_scope.own_ministry = حفظ البيانات ومعالجتها لدى الوزارة | Keeping and processing by the ministry
consent_scope.other_ministry = إطلاع وزارة الدولة الأخرى | Sharing with the other country's ministry
consent_scope.catalogue = النشر في دليل المنتجات | Publication in the catalogue
consent_how.signature = توقيع | Signature
consent_how.thumbprint = بصمة | Thumbprint
consent_how.witnessed = أمام شهود | Before witnesses
consent_how.recorded = تسجيل صوتي أو مرئي | Recorded
product_unit.piece = قطعة | piece
product_unit.pair = زوج | pair
product_unit.set = طقم | set
product_unit.dozen = دستة | dozen
product_unit.metre = متر | metre
product_unit.square_metre = متر مربع | square metre
product_unit.kilogram = كيلوغرام | kilogram
product_unit.gram = غرام | gram
product_unit.litre = لتر | litre
product_unit.millilitre = ملليلتر | millilitre
product_unit.jar = برطمان | jar
product_unit.bottle = زجاجة | bottle
product_unit.box = علبة | box
product_unit.service = خدمة | service
allergen.none = لا توجد | None
allergen.gluten = حبوب تحتوي على الغلوتين | Cereals with gluten
allergen.milk = حليب | Milk
allergen.eggs = بيض | Eggs
allergen.nuts = مكسرات | Tree nuts
allergen.peanuts = فول سوداني | Peanuts
allergen.sesame = سمسم | Sesame
allergen.soya = صويا | Soya
allergen.fish = أسماك | Fish
allergen.crustaceans = قشريات | Crustaceans
allergen.molluscs = رخويات | Molluscs
allergen.mustard = خردل | Mustard
allergen.celery = كرفس | Celery
allergen.lupin = ترمس | Lupin
allergen.sulphites = كبريتيت | Sulphites`

// choiceWords are what people write besides.
const choiceWords = `
sex.f = انثي | انثى | امرأة | سيدة | بنت | آنسة | ث | أ | female | f | woman | نساء
sex.m = رجل | ولد | ذ | male | m | man | رجال
tri.yes = ايوه | اه | صح | يوجد | لديه | لديها | موافق | موافقة | تم | مقبول | yes | y | true | 1 | on | معيلة | عائل | منزلي
tri.no = لا يوجد | ليس | ليست | خطأ | غير موافق | غير موافقة | لم يتم | مرفوض | no | n | false | 0 | off | غير معيلة | كلا
id_type.eg_nid = رقم قومي | الرقم القومي | بطاقة | بطاقة رقم قومي | بطاقة شخصية | national id | nid
id_type.qid = بطاقة قطرية | رقم شخصي | الرقم الشخصي | qatar id | البطاقة الشخصية
id_type.passport = جواز | جواز السفر | باسبور | passport
channel.social_unit = وحدة اجتماعية | الوحدة
channel.association = جمعية | الجمعية | الجمعيات الأهلية
channel.ministry_office = الوزارة | المديرية | الإدارة
channel.field_visit = زيارة | ميداني
channel.online = إلكتروني | الموقع | اونلاين | أونلاين
marital_status.single = عزباء | أعزب | آنسة | انسة | لم تتزوج | لم يتزوج | لم يسبق لها الزواج | لم يسبق له الزواج | غير متزوجة | غير متزوج
marital_status.married = متزوجة | متزوج | متجوزة | متجوز | م
marital_status.divorced = مطلقة | مطلق
marital_status.widowed = أرملة | أرمل | ارمله
marital_status.deserted = مهجور | معلقة | زوجها غائب | هجر
education.none = بدون مؤهل | بدون | لا يوجد | أمي | أمية | امى | غير متعلم | غير متعلمة | لا يقرأ ولا يكتب | لا تقرأ ولا تكتب
education.reads_writes = تقرأ وتكتب | محو أمية | محو الأمية | يقرأ و يكتب | تقرا و تكتب | ملم بالقراءة والكتابة
education.primary = ابتدائي | ابتدائى | الابتدائية | شهادة ابتدائية | تعليم أساسي | ابتدائيه
education.preparatory = إعدادي | اعدادى | الإعدادية | شهادة إعدادية
education.secondary = ثانوي | ثانوي عام | ثانوية | ثانوي أزهري | ثانوية أزهرية | الثانوية العامة
education.technical = ثانوي فني | دبلوم فني | دبلوم تجارة | دبلوم تجاري | دبلوم صناعي | دبلوم صنايع | دبلوم زراعة | دبلوم زراعي | مؤهل متوسط | متوسط | ثانوي تجاري | ثانوي صناعي | ثانوي زراعي | دبلوم ثانوي فني | دبلوم فنى تجارى
education.diploma = فوق متوسط | مؤهل فوق متوسط | فوق المتوسط | معهد | معهد فني | دبلوم معهد
education.university = جامعي | جامعية | مؤهل عالي | مؤهل عال | عالي | عليا | بكالوريوس | ليسانس | جامعة | تعليم عالي | bachelor
education.postgraduate = ماجستير | دكتوراه | دكتوراة | دراسات عليا | دبلومة عليا | master | phd
disability.none = لا | لا يوجد | سليم | سليمة | بدون | غير معاق | ليس من ذوي الإعاقة | بدون إعاقة
disability.mobility = حركي | إعاقة حركية | شلل | بتر | شلل أطفال
disability.vision = بصري | إعاقة بصرية | كفيف | كفيفة | ضعف بصر | مكفوف
disability.hearing = سمعي | إعاقة سمعية | أصم | صماء | ضعف سمع | صم وبكم
disability.speech = نطق | إعاقة نطق | أبكم | تخاطب
disability.intellectual = ذهني | إعاقة ذهنية | عقلية | متلازمة داون
disability.autism = توحد | التوحد
disability.multiple = متعدد | إعاقات متعددة | مزدوجة
phone_use.own = خاص | شخصي | صاحبة المشروع | المستفيدة | نفسها
phone_use.spouse = الزوج | الزوجة | زوجها
phone_use.relative = قريب | الابن | الأخ | الأم
phone_use.neighbour = جار | جارة | الجار
phone_use.association = الجمعية
relation.husband = الزوج | زوجها
relation.wife = الزوجة | حرم
relation.son = الابن | إبن | نجل
relation.daughter = بنت | الابنة | ابنه | كريمة | إبنة
relation.father = الأب | والد | الوالد
relation.mother = الأم | والدة | الوالدة
relation.brother = الأخ | شقيق
relation.sister = الأخت | شقيقة
relation.grandparent = الجد | الجدة | جد | جدة
relation.grandchild = حفيد | حفيدة | الحفيد
relation.in_law = حما | حماة | زوجة الابن | زوج الابنة | نسيب | زوجة ابن | زوج ابنة
relation.other = أخرى | غير ذلك
guardian_proof.birth_certificate = شهادة ميلاد
guardian_proof.court_order = حكم محكمة | قرار محكمة | قرار وصاية | إعلام وراثة ووصاية
guardian_proof.family_record = قيد عائلى
income_band.none = لا يوجد | بدون دخل | لا دخل | بلا دخل
tenure.owned = تمليك | مملوك | ملك خاص | تملك
tenure.rented = ايجار | مستأجر | إيجار جديد | إيجار قديم | مؤجر
tenure.family_home = منزل العائلة | بيت عائلة | منزل عائلة | مع الأهل | ملك الأسرة
programme.takaful = معاش تكافل | تكافل وكرامة تكافل
programme.karama = معاش كرامة
programme.social_pension = معاش ضمان | ضمان اجتماعي | معاش الضمان | معاش اجتماعي | ضمان
programme.alimony_fund = نفقة | بنك ناصر نفقة
programme.social_insurance = تأمينات | تأمينات اجتماعية | معاش تأمينات | مؤمن عليه | معاش تأميني
programme.health_insurance = تأمين صحي | تأمين صحي شامل
programme.social_security_qa = الضمان الاجتماعي | ضمان اجتماعي قطر
programme.disability_allowance = معاش إعاقة | بدل اعاقة
programme.mastoura = مستورة | قرض مستوره
benefit_status.current = مستفيد | مستفيدة | حالي | يصرف | تصرف | نعم
benefit_status.applied = تحت الطلب | تقدمت بطلب | قيد الطلب
benefit_status.refused = مرفوض | رفض
benefit_status.ended = انتهت | منتهي | متوقف نهائيا
benefit_status.suspended = معلق | موقوفة | إيقاف
stage.idea = مقترح | جديد | فكرة مشروع | تحت التأسيس | لم يبدأ
stage.operating = قائمة | يعمل | نشط | مشروع قائم | مستمر | تعمل
stage.growing = توسع | متوسع | تطوير | توسعات
sales_band.none = لا يوجد | لا توجد مبيعات
sales_band.low = ضعيفة | قليلة | منخفض
sales_band.medium = متوسط
sales_band.high = عالية | مرتفع | كبيرة
sale_channel.home = المنزل | البيت | منزل | بيت
sale_channel.market = الأسواق | أسواق | السوق
sale_channel.exhibition = المعارض | معارض
sale_channel.shop = محلات | المحلات | دكان | محل تجاري
sale_channel.social_media = فيسبوك | فيس بوك | انستجرام | انستقرام | السوشيال ميديا | سوشيال ميديا | تواصل اجتماعي | واتساب | صفحة فيسبوك
sale_channel.online_store = متجر الكتروني | الموقع | أونلاين | اونلاين
sale_channel.wholesale = جملة | الجملة | تجار جملة
sale_channel.association = الجمعية | جمعية
review.pending = تحت الدراسة | قيد الدراسة | لم يعتمد بعد
review.approved = مقبول | معتمدة | نعم
review.refused = مرفوض | لا
craft_proof.centre_certificate = شهادة مركز | شهادة تدريب | شهادة
craft_proof.association_letter = خطاب جمعية | خطاب
craft_proof.sample_seen = عينة | معاينة
craft_proof.craft_card = كارنيه حرفي | كارنيه | بطاقه حرفي
craft_proof.none = لا | بدون
training_kind.course = دورة | تدريب
training_kind.aptitude_test = اختبار
training_result.passed = ناجح | ناجحة | اجتازت | نجح | نجحت | مقبول | لائق | لائقة | نعم
training_result.failed = راسب | راسبة | لم تجتز | غير لائق | لا
training_result.attending = مستمر | تحضر | جاري
formal_kind.household_licence = ترخيص منزلي | الرخصة المنزلية
formal_kind.commercial_register = س ت | السجل التجاري
formal_kind.tax_card = ضريبية | البطاقة الضريبية
formal_kind.insurance = تأمينات
formal_kind.bank_account = حساب بنك | حساب
formal_kind.wallet = محفظة
formal_kind.food_permit = شهادة صحية
formal_state.valid = ساري | سارية | صالح | صالحة | نعم
formal_state.applied = قيد الإصدار | تحت الطلب
formal_state.expired = منتهي | منتهية
formal_state.withdrawn = ملغي | ملغاة | مسحوبة
guarantee.collective = جماعي | ضمان جماعى | كفالة جماعية
guarantee.postal_cheques = شيكات | شيك | شيكات بريديه
guarantee.trust_receipt = ايصال امانه | إيصال | وصل أمانة | إيصالات أمانة
guarantee.government_employee = موظف حكومي | ضمان موظف | موظف
guarantee.none = لا يوجد | بدون | بدون ضمان
loan_state.running = جاري | ساري | قائمة | منتظم | منتظمة
loan_state.paid = مسدد | مسددة | خالص | تم السداد | انتهى
loan_state.late = متعثر | متأخر | متعثرة
loan_state.refused = مرفوض
consent_how.signature = توقيع يدوي | موقع | موقعة | بالتوقيع
consent_how.thumbprint = بالبصمة | بصمة إبهام
craft.TX = نسيج | النسيج | نسيج يدوي | غزل ونسيج | نول | منسوجات | weaving | textiles
craft.CK = سجاد يدوي | كليم يدوي | كليم وسجاد | سجاد | carpets | kilim
craft.EM = مطرزات | تطريز يدوي | التطريز | سيرما | embroidery
craft.CL = خياطة | تفصيل | تفصيل ملابس | ملابس جاهزة | خياطة وتفصيل | عبايات | حياكة | tailoring | sewing | clothes
craft.CR = كروشية | كروشيه | تريكو | مكرميه | اشغال ابره | crochet | knitting
craft.JW = اكسسوارات | إكسسوارات | حلي | اكسسوار | مجوهرات | accessories | jewellery
craft.LE = مصنوعات جلدية | منتجات جلدية | دباغة | leather
craft.PL = خوص وجريد | سعف | سعف النخيل | جريد | palm
craft.PF = شموع | بخور | عطور | عطور وبخور | دخون | perfume | candles
craft.CO = صابون | منتجات عناية | مستحضرات تجميل | صابون طبيعي | soap | cosmetics
craft.FD = مخللات | مربات | مربى | عسل | بهارات | توابل | تمور | أغذية محفوظة | أغذية جافة | مواد غذائية محفوظة | pickles | honey
craft.FF = مخبوزات | حلويات | حلوى | معجنات | أكل بيتي | طبخ | وجبات | ألبان | أجبان | مأكولات | bakery | sweets
craft.WD = نجارة | أثاث | أرابيسك | مشغولات خشبية | wood
craft.PT = فخار | خزف | pottery
product_unit.piece = قطعه | القطعة | بالقطعة | حبة | وحدة | عدد | pc | pcs | pieces
product_unit.pair = جوز | بالجوز | pairs
product_unit.set = الطقم | مجموعة | سيت | sets
product_unit.dozen = دسته | درزن | الدستة
product_unit.metre = المتر | بالمتر | م | meter | m
product_unit.square_metre = م2 | متر مربع | م مربع | sqm
product_unit.kilogram = كيلو | كجم | كيلو جرام | كيلوجرام | الكيلو | بالكيلو | كغ | كغم | kg | kilo
product_unit.gram = جرام | جم | غم | g
product_unit.litre = ليتر | اللتر | l | liter
product_unit.millilitre = مل | مللي | ml
product_unit.jar = البرطمان | برطمان زجاج | مرطبان
product_unit.bottle = قارورة | ازازة | زجاجه
product_unit.box = العلبة | صندوق | كرتونة | عبوة | باكيت | كيس | boxes
product_unit.service = الخدمة
allergen.none = لا يوجد | بدون | خالي | لا شيء | خالي من مسببات الحساسية
allergen.gluten = جلوتين | غلوتين | الجلوتين | قمح | دقيق | gluten | wheat
allergen.milk = لبن | ألبان | اللبن | الحليب | منتجات ألبان
allergen.eggs = بيضة | البيض
allergen.nuts = لوز | جوز | بندق | فستق | كاجو | عين جمل | nuts
allergen.peanuts = الفول السوداني | سوداني
allergen.sesame = السمسم | طحينة
allergen.soya = فول صويا | الصويا | soy
allergen.fish = سمك | الأسماك
allergen.crustaceans = جمبري | روبيان
`

// words is a code list by its folded labels.
type choiceTable map[string]map[string]string // list → folded label → code

var choiceTables = sync.OnceValue(func() choiceTable {
	t := choiceTable{}
	put := func(list, label, code string) {
		if t[list] == nil {
			t[list] = map[string]string{}
		}
		if f := arabic.Fold(label); f != "" {
			if _, taken := t[list][f]; !taken {
				t[list][f] = code
			}
		}
	}
	read := func(text string, each func(list, code string, labels []string)) {
		for line := range strings.Lines(strings.TrimSpace(text)) {
			name, labels, ok := strings.Cut(strings.TrimSpace(line), " = ")
			list, code, dotted := strings.Cut(name, ".")
			if !ok || !dotted {
				panic("sheet: not a line of choices: " + line)
			}
			each(list, code, strings.Split(labels, " | "))
		}
	}
	read(choiceLabels, func(list, code string, labels []string) {
		put(list, code, code)
		for _, l := range labels {
			put(list, l, code)
		}
	})
	read(choiceWords, func(list, code string, labels []string) {
		for _, l := range labels {
			put(list, l, code)
		}
	})
	read(choiceLabels, func(list, code string, labels []string) { // "أعزب / عزباء" is either; "ثانوية فنية (دبلوم فني)" is both
		for _, l := range labels {
			put(list, outside(l), code)
			for _, part := range strings.FieldsFunc(l, func(r rune) bool { return r == '/' || r == '(' || r == ')' }) {
				if len([]rune(strings.TrimSpace(part))) > 1 {
					put(list, part, code)
				}
			}
		}
	})
	for _, c := range registry.Crafts() {
		put("craft", c.Code, c.Code)
		put("craft", c.NameAR, c.Code)
		put("craft", c.NameEN, c.Code)
	}
	parts := map[string][]string{}
	for _, c := range registry.Crafts() {
		for _, party := range place.Countries() {
			for _, e := range c.Examples(party) {
				put("craft", e, c.Code)
			}
		}
		for _, part := range strings.Fields(c.NameAR) {
			if part = strings.TrimPrefix(part, "و"); len([]rune(part)) > 3 {
				parts[part] = append(parts[part], c.Code)
			}
		}
	}
	for part, codes := range parts {
		switch part {
		case "يدوية", "منزلية", "إنتاج", "عناية", "جافة", "طازجة", "محفوظة":
		default:
			if len(codes) == 1 { // أغذية is two groups and so none
				put("craft", part, codes[0])
			}
		}
	}
	return t
})

var choiceTitles = sync.OnceValue(func() map[string][2]string {
	m := map[string][2]string{}
	for line := range strings.Lines(strings.TrimSpace(choiceLabels)) {
		name, labels, _ := strings.Cut(strings.TrimSpace(line), " = ")
		ar, en, _ := strings.Cut(labels, " | ")
		m[name] = [2]string{ar, en}
	}
	return m
})

// choiceTitle returns the titles of a code in both languages.
func choiceTitle(list, code string) (ar, en string) {
	t := choiceTitles()[list+"."+code]
	return t[0], t[1]
}

// CodeOf returns the code of a list that a text means, in any of the ways that rosters write it; "" if it means none.
func CodeOf(list, text string) string { return choice(list, arabic.Fold(text)) }

// choice returns the code of a list that a folded text means, "" if it means none.
func choice(list, folded string) string { return choiceTables()[list][folded] }

// nearChoice returns the one code of a list with a label a letter away, "" if there is none or more than one.
func nearChoice(list, folded string) string {
	if len([]rune(folded)) < 5 {
		return ""
	}
	found := ""
	for label, code := range choiceTables()[list] {
		if code != found && len([]rune(label)) >= 5 && near(folded, label) {
			if found != "" {
				return ""
			}
			found = code
		}
	}
	return found
}
