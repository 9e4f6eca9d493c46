package sheet

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"muntija/internal/arabic"
	"muntija/internal/fault"
	"muntija/internal/intake"
	"muntija/internal/registry"
)

// Fields of a roster that are no field of the form.
const (
	FieldIgnore  = "-"          // a column that is known and not taken: the row's counter, an age
	FieldNumber  = "number"     // the registration number, a key
	FieldName    = "lead.name"  // the whole name in one cell
	FieldStatus  = "status"     // the column that [Mark] adds: rows it says are done are not read again
	FieldMessage = "message"    // the column beside it that says what is wrong
	FieldProduct = "product.id" // the number of a product, a key
)

// headers are the words by which the columns of rosters are known: a field and, after "=", the headers that mean it. The first two of a form field are
// its label in both catalogues. Case, spelling habits, the article, punctuation, "رباعي", "بالكامل" and whose it is (المستفيدة, صاحبة المشروع) do not
// matter; see headerKey. A path may name a row of a list by its code (formal[tax_card]) or its place (lead.phones[1]).
const headers = `
- = م | مسلسل | تسلسل | المسلسل | الرقم المسلسل | رقم مسلسل | رقم | ت | serial | no | nr | # | السن | العمر | السن عند التقديم | عمر المستفيدة | age | توقيع | التوقيع | الإمضاء | signature | البصمة
number = رقم التسجيل | Registration number | رقم القيد | رقم قيد الأسرة | كود الأسرة | رقم الأسرة | رقم الأسرة المنتجة | reg no | registration no | كود التسجيل
status = حالة الاستيراد | Import status
message = ملاحظات الاستيراد | Import notes
case.channel = جهة استلام الطلب | Intake channel | جهة الاستلام | طريقة التقديم
case.application_date = تاريخ تقديم الطلب | Application date | تاريخ التقديم | تاريخ الطلب | ت الطلب | ت التقديم | تاريخ التقدم | date of application | submission date
case.round = دورة التسجيل | Registration round | الدورة
case.file_no = رقم الملف لدى الجهة | Sender's file number | رقم الملف | رقم ملف | كود الملف | رقم الاستمارة | رقم الطلب | الكود | كود | كود المستفيدة | code | file no | file number
case.social_unit = الوحدة الاجتماعية | Social unit | وحدة اجتماعية | الوحدة | اسم الوحدة | الوحدة الاجتماعية التابع لها
case.association = الجمعية المنفذة | Implementing association | الجمعية | اسم الجمعية | الجمعية الأهلية | الجمعية التابع لها | association | ngo
lead.name = الاسم | Name | اسم المستفيدة | اسم المستفيد | الاسم رباعي | الاسم رباعيا | الاسم الرباعي | الاسم بالكامل | الاسم الكامل | اسم صاحبة المشروع | اسم صاحب المشروع | اسم المنتجة | اسم رب الأسرة | اسم ربة الأسرة | اسم العارضة | اسم العارض | اسم المتقدم | اسم مقدم الطلب | الاسم ثلاثي | الاسم كما في البطاقة | الاسم حسب البطاقة | الاسم واللقب | full name | beneficiary name | beneficiary | producer name | applicant name | name of producer
lead.given_name = الاسم الأول | Given name | اسم أول | first name | الاسم الاول للمستفيدة
lead.rest_of_name = باقي الاسم (الأب والجد والعائلة) | Rest of name (father, grandfather, family) | باقي الاسم | بقية الاسم | اسم الأب والجد والعائلة | اسم العائلة | اللقب | last name | surname | family name
lead.name_en = الاسم بالإنجليزية | Latin-script name | الاسم بالانجليزي | الاسم انجليزي | الاسم باللغة الإنجليزية | الاسم اللاتيني | name in english | english name | name en
lead.id_type = نوع وثيقة الهوية | Identity document | نوع الهوية | نوع البطاقة | نوع الوثيقة | id type
lead.id_number = رقم الهوية | ID number | الرقم القومي | رقم قومي | ر قومي | ر القومي | رقم البطاقة | رقم بطاقة الرقم القومي | رقم البطاقة الشخصية | بطاقة رقم قومي | البطاقة | الرقم الشخصي | رقم الشخصي | الرقم الشخصي القطري | رقم الإقامة | رقم الهويه الشخصية | الهوية | رقم جواز السفر | جواز السفر | الرقم القومى للمستفيدة | national id | national id number | national number | nid | id | id no | qid | qatar id | passport number | passport no
lead.id_expiry = تاريخ انتهاء البطاقة | ID expiry | انتهاء البطاقة | صلاحية البطاقة | تاريخ انتهاء الهوية | تاريخ الانتهاء للبطاقة | سريان البطاقة | id expiry date
lead.birth_date = تاريخ الميلاد | Birth date | ت الميلاد | ت ميلاد | الميلاد | تاريخ ميلاد | مواليد | تاريخ الولادة | date of birth | dob | birthdate | birthday
lead.sex = النوع | Sex | الجنس | نوع | نوع المستفيد | ذكر انثى | النوع ذكر انثى | gender | m f
lead.nationality = الجنسية | Nationality | جنسية
lead.marital_status = الحالة الاجتماعية | Marital status | حالة اجتماعية | الحالة الإجتماعيه | ح اجتماعية | الحالة الزوجية | social status
lead.breadwinner = هل هو/هي عائل الأسرة؟ | Breadwinner of the household? | عائل الأسرة | معيلة | امرأة معيلة | هل هي معيلة | المعيلة | معيل | breadwinner | head of household
lead.education = المؤهل الدراسي | Education | المؤهل | المؤهل العلمي | المستوى التعليمي | الحالة التعليمية | التعليم | المؤهل التعليمي | المستوى الدراسي | qualification | education level
lead.literacy = الإلمام بالقراءة والكتابة والحساب | Reads, writes and counts | الإلمام بالقراءة والكتابة | القراءة والكتابة | literacy
lead.literacy_by = من شهد بالإلمام بالقراءة والكتابة | Literacy attested by
lead.disability = الإعاقة | Disability | نوع الإعاقة | إعاقة | ذوي الإعاقة | الحالة الصحية | ذوي الهمم | disability type
lead.disability_card = رقم بطاقة الخدمات المتكاملة | Integrated-services card number | بطاقة الخدمات المتكاملة | كارت الخدمات المتكاملة | رقم كارت الخدمات
lead.phones.number = رقم الهاتف | Phone number | الهاتف | الهواتف | Phones | موبايل | الموبايل | رقم الموبايل | م تليفون | تليفون | التليفون | رقم التليفون | رقم التليفون المحمول | ت | المحمول | رقم المحمول | الجوال | رقم الجوال | رقم التواصل | ارقام التواصل | هاتف محمول | الهاتف المحمول | رقم الهاتف المحمول | تليفون محمول | هاتف | ت محمول | ت موبايل | phone | mobile | mobile number | mobile no | phone no | tel | telephone | contact number
lead.phones[1].number = هاتف آخر | Second phone | موبايل آخر | تليفون آخر | رقم آخر | هاتف ثان | هاتف بديل | تليفون المنزل | هاتف المنزل | التليفون الأرضي | تليفون ارضي | الهاتف الأرضي | رقم بديل
lead.phones.use = لمن الهاتف | Whose phone | صاحب الهاتف | صاحب الرقم
lead.phones.whatsapp = عليه واتساب | Has WhatsApp | هل عليه واتساب | has whatsapp
lead.email = البريد الإلكتروني | E-mail | الايميل | ايميل | بريد الكتروني | email address | email
guardian.name = اسم الولي الشرعي | Guardian's name | اسم الولي | الولي الشرعي | الولي | اسم الوصي | guardian name | guardian
guardian.relation = صلة القرابة | Relation | صلة الولي | صلة قرابة الولي | قرابة الولي | صلة الوصي
guardian.id_type = نوع وثيقة هوية الولي | Guardian's identity document
guardian.id_number = رقم هوية الولي | Guardian's ID number | الرقم القومي للولي | رقم قومي الولي | الرقم القومي للوصي | رقم بطاقة الولي
guardian.phone = هاتف الولي | Guardian's phone | موبايل الولي | تليفون الولي | رقم هاتف الولي
guardian.proof = ما يثبت الولاية | Proof of guardianship | إثبات الولاية | مستند الولاية
household.size = عدد أفراد الأسرة | Household size | عدد الأفراد | ع الأفراد | عدد افراد الاسره | أفراد الأسرة | حجم الأسرة | عدد الأسرة | family size | household members count | family members
household.dependents = عدد المعالين | Dependents | عدد من تعولهم | المعالون | عدد الأبناء المعالين | عدد المعولين
household.tenure = حيازة المسكن | Housing tenure | نوع السكن | حالة السكن | نوع حيازة المسكن | ملكية المسكن | السكن | المسكن
household.income_band = فئة دخل الأسرة الشهري | Monthly household income band | فئة الدخل | شريحة الدخل | income band
household.benefits.programme = برامج الحماية الاجتماعية | Social-protection programmes | البرنامج | Programme | برنامج الحماية | برامج الحماية | الدعم النقدي | نوع الدعم | نوع المعاش | مستفيد من | البرامج المستفيد منها | برامج الدعم
household.benefits.status = حالة الاستفادة | Benefit status
household.benefits.since = مستفيد منذ | Benefit since
household.benefits[takaful].programme = تكافل | Takaful | معاش تكافل | مستفيد تكافل
household.benefits[karama].programme = كرامة | Karama | معاش كرامة | مستفيد كرامة
address.area = المحافظة / البلدية | Governorate / municipality | المحافظة | محافظة | اسم المحافظة | البلدية | بلدية | محافظة الإقامة | محافظة السكن | governorate | municipality | city municipality
address.district = المركز / القسم / الحي | Markaz / district | المركز | مركز | القسم | الحي | المركز القسم | المركز الحي | مركز ومدينة | المركز والمدينة | المدينة | المركز المدينة | المنطقة السكنية | الإدارة الاجتماعية | الإدارة | district | markaz | city
address.village = القرية / الشياخة | Village / neighbourhood | القرية | قرية | القرية العزبة | قرية عزبة | العزبة | النجع | القرية النجع | الشياخة | القرية الشارع | القرية والعزبة | village
address.zone = رقم المنطقة | Zone number | المنطقة | منطقة | zone
address.street = الشارع | Street | شارع | رقم الشارع | street number
address.building = رقم المبنى | Building number | رقم العقار | رقم المنزل | المبنى | رقم البيت | رقم الفيلا | building
address.text = العنوان بالتفصيل | Address in full | العنوان | عنوان | محل الإقامة | محل السكن | عنوان السكن | عنوان الإقامة | العنوان الحالي | مقر الإقامة | محل الاقامه الحالي | address | home address
address.landmark = علامة مميزة | Landmark | أقرب علامة مميزة | بجوار
address.lat = خط العرض | Latitude | lat
address.lon = خط الطول | Longitude | lon | lng
address.accuracy = دقة الموقع (متر) | Accuracy of position (metres)
project.name = اسم المشروع / العلامة | Project / brand name | اسم المشروع | العلامة التجارية | اسم العلامة | الاسم التجاري | اسم البراند | البراند | brand | project name | brand name
project.name_en = اسم المشروع بالإنجليزية | Project name in English | اسم المشروع بالانجليزي | brand name in english
project.craft = مجموعة الحرفة | Craft group | الحرفة | حرفة | نوع الحرفة | مجال الحرفة | الفئة | المجال | القطاع | craft | craft type
project.activity = النشاط | Activity | نوع النشاط | نشاط | نوع المشروع | النشاط الإنتاجي | المنتجات | المنتج | نوع المنتج | نوعية المنتجات | المشروع | نوع النشاط الإنتاجي | المهنة | وصف النشاط | وصف المشروع | product | products | type of activity | project type
project.stage = مرحلة المشروع | Project stage | حالة المشروع | موقف المشروع | المرحلة | stage
project.at_home = هل يتم الإنتاج في المنزل؟ | Made at home? | الإنتاج في المنزل | إنتاج منزلي | منزلي | home based
project.workers_family = عدد العاملين من الأسرة | Workers from the family | العاملون من الأسرة | عمالة من الأسرة
project.workers_other = عدد العاملين من خارج الأسرة | Workers from outside the family | العاملون من خارج الأسرة | عمالة خارجية | عدد العاملين من الخارج
project.capacity = الطاقة الإنتاجية الشهرية | Monthly capacity | الطاقة الإنتاجية | الإنتاج الشهري | حجم الإنتاج
project.sales_band = فئة المبيعات الشهرية | Monthly sales band | فئة المبيعات | حجم المبيعات
project.channels = قنوات البيع | Sales channels | قنوات التسويق | منافذ البيع | أماكن البيع | طرق التسويق | منافذ التسويق | قناة البيع
project.social = حسابات التواصل الاجتماعي | Social-media accounts | صفحة الفيسبوك | صفحة الفيس بوك | فيسبوك | فيس بوك | انستجرام | حساب انستقرام | الصفحة | facebook | instagram | social media
project.equipment = المعدات | Equipment | الأدوات | المعدات والأدوات | الآلات | الآلات والمعدات
project.materials = الخامات | Raw materials | المواد الخام | الخامات المستخدمة | materials
project.product_review = اعتماد المنتج من الوزارة | Product approval by the ministry | اعتماد المنتج | موقف المنتج
skills.centre_graduate = خريج/ة مركز إعداد أو تكوين مهني؟ | Graduate of a preparation or vocational centre? | خريج مركز تكوين مهني | خريج مركز إعداد
skills.craft_proof = ما يثبت إتقان الحرفة | Proof of craft mastery | إثبات الحرفة | إثبات إتقان الحرفة
skills.training[course].title = الدورات التدريبية | Training courses | الدورات | التدريب | اسم الدورة | الدورة التدريبية | التدريبات
skills.training[aptitude_test].result = نتيجة اختبار الصلاحية | Aptitude test result | اختبار الصلاحية | نتيجة الاختبار
skills.training[aptitude_test].date = تاريخ اختبار الصلاحية | Aptitude test date
formal[household_licence].number = رقم الرخصة المنزلية | Household licence number | الرخصة المنزلية | رخصة منزلية | رقم الترخيص المنزلي | رقم الرخصة | home licence | licence number
formal[household_licence].expires_on = تاريخ انتهاء الرخصة | Licence expiry | انتهاء الرخصة المنزلية | تاريخ انتهاء الرخصة المنزلية
formal[temporary_licence].number = رقم الترخيص المؤقت | Temporary licence number | الترخيص المؤقت
formal[commercial_licence].number = رقم الرخصة التجارية | Commercial licence number | الرخصة التجارية
formal[commercial_register].number = رقم السجل التجاري | Commercial register number | السجل التجاري | سجل تجاري | س ت | س تجاري | رقم السجل | cr | cr number
formal[tax_card].number = رقم البطاقة الضريبية | Tax card number | البطاقة الضريبية | بطاقة ضريبية | رقم التسجيل الضريبي | الرقم الضريبي | رقم ضريبي | tin | tax number
formal[insurance].number = الرقم التأميني | Insurance number | رقم تأميني | رقم التأمينات
formal[bank_account].number = رقم الحساب البنكي | Bank account number | الحساب البنكي | رقم الحساب | الآيبان | ايبان | iban | bank account
formal[wallet].number = رقم المحفظة الإلكترونية | Wallet number | المحفظة الإلكترونية | محفظة | رقم المحفظة | فودافون كاش | wallet
formal[food_permit].number = رقم الشهادة الصحية | Health certificate number | الشهادة الصحية | شهادة صحية
formal[food_permit].expires_on = تاريخ انتهاء الشهادة الصحية | Health certificate expiry | انتهاء الشهادة الصحية
formal[craft_card].number = رقم بطاقة الحرفي | Craft card number | كارنيه الحرفي | بطاقة حرفي | رقم كارنيه الحرفيين
finance.est_value = القيمة التقديرية للمشروع | Estimated project value | القيمة التقديرية | قيمة المشروع | تكلفة المشروع | رأس المال | رأس مال المشروع | تكلفة المشروع التقديرية | project value | capital
finance.currency = العملة | Currency
finance.own_share = نسبة مساهمة الأسرة ٪ | Family's own share % | نسبة المساهمة | نسبة مساهمة الأسرة | المساهمة الذاتية
finance.guarantee = نوع الضمان | Kind of guarantee | الضمان | الضمانات
finance.guarantee_accepted = هل قبِل مجلس إدارة الجمعية الضمان؟ | Accepted by the association's board? | قبول الضمان
finance.contract_accepted = هل قُبلت شروط التعاقد؟ | Contract terms accepted? | قبول شروط التعاقد
finance.loans[0].lender = الجهة المقرِضة | Lender | جهة القرض | جهة الإقراض | الجهة الممولة | جهة التمويل
finance.loans[0].amount = مبلغ القرض | Loan amount | قيمة القرض | القرض | قيمة التمويل | مبلغ التمويل
finance.loans[0].currency = عملة القرض | Loan currency
finance.loans[0].year = سنة القرض | Year of the loan | عام القرض
finance.loans[0].state = حالة القرض | State of the loan | موقف القرض | موقف السداد
consents[own_ministry].given = الموافقة على حفظ البيانات | Consent to keep the data | الإقرار | موافقة المستفيدة | الموافقة | أوافق | I agree | إقرار الموافقة | consent
consents[own_ministry].date = تاريخ الموافقة | Date of consent | تاريخ الإقرار
consents[own_ministry].how = كيف أُعطيت الموافقة | How it was given | طريقة الموافقة
`

// productColumnHeaders are the words by which the products of a family are known in the row of the family itself. A number behind them says which product.
const productColumnHeaders = `
product.name_ar = اسم المنتج | Product name | المنتج الرئيسي | اسم المنتج بالعربية | main product
product.name_en = اسم المنتج بالإنجليزية | Product name in English | اسم المنتج بالانجليزي
product.craft = حرفة المنتج | Product craft | فئة المنتج | مجموعة المنتج | product category
product.type = تصنيف المنتج | Product type
product.description_ar = وصف المنتج | Product description | وصف المنتج بالعربية
product.description_en = وصف المنتج بالإنجليزية | Product description in English
product.materials = خامات المنتج | Product materials | خامة المنتج | الخامات المستخدمة في المنتج
product.technique = طريقة صنع المنتج | How the product is made | أسلوب صنع المنتج
product.handmade = نسبة العمل اليدوي | Handmade share | نسبة العمل اليدوي في المنتج | العمل اليدوي | handmade
product.origin_area = محافظة منشأ المنتج | Product's place of origin
product.origin_name = الاسم الجغرافي للمنتج | Product's geographical name
product.unit = وحدة بيع المنتج | Product sold by | وحدة البيع | وحدة المنتج | sold by
product.size = مقاس المنتج | Product size | أبعاد المنتج | حجم المنتج
product.weight = وزن المنتج بالغرام | Product weight in grams | وزن المنتج | وزن المنتج بالجرام
product.price = سعر المنتج | Product price | السعر | سعر البيع | ثمن المنتج | سعر الوحدة | price | unit price
product.currency = عملة السعر | Price currency | عملة المنتج
product.abroad = المنتج للبيع في الخارج | Product for sale abroad
product.capacity = طاقة المنتج في الشهر | Product capacity a month | الكمية الشهرية من المنتج
product.lead_days = أيام تجهيز المنتج | Product lead time in days
product.shelf_days = أيام صلاحية المنتج | Product shelf life in days | صلاحية المنتج | مدة صلاحية المنتج
product.ingredients = مكونات المنتج | Product ingredients | المكونات | ingredients
product.allergens = مسببات الحساسية في المنتج | Product allergens | مسببات الحساسية | allergens
product.hs_code = رمز النظام المنسق للمنتج | Product HS code | رمز النظام المنسق | البند الجمركي | hs code
product.made_in = علامة بلد صنع المنتج | Product's mark of origin
`

// productHeaders are the words of a sheet that lists products, a row each, with the key of their family. What the committee says of a product is known and not taken.
const productHeaders = `
- = م | مسلسل | تسلسل | المسلسل | رقم مسلسل | رقم | ت | serial | no | # | حالة المنتج | Product state | التقييم | Score | الصور | Photographs | ملاحظات | notes | الاسم | Name | Name of the lead producer | اسم الأسرة | اسم المنتجة | اسم صاحبة المشروع | اسم المستفيدة | المحافظة | المحافظة / البلدية | البلدية | اسم المشروع / العلامة | اسم المشروع | Project / brand name | تاريخ التسليم للجنة | Handed to the committee | تاريخ قرار اللجنة | Decided by the committee | تاريخ الاعتماد | في الدليل | Governorate / municipality
number = رقم التسجيل | Registration number | رقم القيد | رقم تسجيل الأسرة | رقم الأسرة | كود الأسرة
status = حالة الاستيراد | Import status
message = ملاحظات الاستيراد | Import notes
case.file_no = رقم الملف لدى الجهة | Sender's file number | رقم الملف | رقم ملف الأسرة | كود المستفيدة | file no
lead.id_number = رقم الهوية | ID number | الرقم القومي لرب الأسرة | الرقم القومي للمنتجة | الرقم القومي للمستفيدة | الرقم القومي لصاحبة المشروع | رقم هوية المنتجة | الرقم القومي | رقم البطاقة | الرقم الشخصي | national id
product.id = رقم المنتج | Product number | كود المنتج | product code | product id
product.name_ar = اسم المنتج بالعربية | Arabic name | اسم المنتج | المنتج | الصنف | اسم الصنف | بيان المنتج | نوع المنتج | المنتجات | product | product name | item
product.name_en = اسم المنتج بالإنجليزية | English name | اسم المنتج بالانجليزي | الاسم بالإنجليزية | product name in english
product.craft = الحرفة | Craft | مجموعة الحرفة | حرفة المنتج | فئة المنتج | الفئة | القسم | المجموعة | category
product.type = النوع | Type | تصنيف المنتج | التصنيف | product type
product.description_ar = وصف بالعربية | Description in Arabic | الوصف | وصف المنتج | وصف | المواصفات | description
product.description_en = وصف بالإنجليزية | Description in English | الوصف بالإنجليزية
product.materials = الخامات | Materials | الخامة | خامات المنتج | المواد الخام | الخامات المستخدمة | materials used
product.materials_en = الخامات بالإنجليزية | Materials in English
product.technique = طريقة الصنع | Technique | أسلوب الصنع | التقنية | طريقة التصنيع
product.technique_en = طريقة الصنع بالإنجليزية | Technique in English
product.handmade = نسبة العمل اليدوي | Handmade share | العمل اليدوي | نسبة اليدوي | يدوي | handmade
product.origin_area = مكان المنشأ | Place of origin | محافظة المنشأ | بلد المنشأ | المنشأ | origin
product.origin_name = الاسم الجغرافي | Geographical name | المؤشر الجغرافي
product.unit = وحدة البيع | Sold by | الوحدة | وحدة القياس | unit
product.size = المقاس | Size | الأبعاد | الحجم | القياس | مقاس | dimensions
product.weight = الوزن بالغرام | Weight in grams | الوزن | الوزن بالجرام | وزن | weight
product.price = السعر | Price | سعر المنتج | سعر البيع | ثمن المنتج | سعر الوحدة | سعر القطعة | الثمن | unit price
product.currency = العملة | Currency | عملة السعر
product.abroad = للبيع في الخارج | For sale abroad | متاح للتصدير | للتصدير
product.capacity = الطاقة في الشهر | Capacity a month | الطاقة الإنتاجية | الطاقة الإنتاجية الشهرية | الكمية في الشهر | الإنتاج الشهري | monthly capacity
product.lead_days = أيام التجهيز | Lead time in days | مدة التجهيز | مدة التنفيذ | lead time
product.shelf_days = أيام الصلاحية | Shelf life in days | مدة الصلاحية | الصلاحية | shelf life
product.ingredients = المكونات | Ingredients | مكونات المنتج
product.allergens = مسببات الحساسية | Allergens | الحساسية
product.hs_code = رمز النظام المنسق | HS code | البند الجمركي | الكود الجمركي | hs
product.made_in = علامة بلد الصنع | Mark of origin | صنع في مصر | صنع في قطر | made in egypt | made in qatar
`

// memberHeaders are the words of a sheet that lists household members, a row each, with the key of their family.
const memberHeaders = `
- = م | مسلسل | تسلسل | المسلسل | رقم مسلسل | رقم | ت | serial | no | # | السن | العمر | age | ملاحظات | notes
number = رقم التسجيل | Registration number | رقم القيد | رقم تسجيل الأسرة | رقم الأسرة | كود الأسرة
status = حالة الاستيراد | Import status
message = ملاحظات الاستيراد | Import notes
case.file_no = رقم الملف لدى الجهة | Sender's file number | رقم الملف | رقم ملف الأسرة | الكود | كود | code
lead.id_number = رقم الهوية | ID number | الرقم القومي لرب الأسرة | الرقم القومي للمنتجة | رقم قومي رب الأسرة | الرقم القومي للمستفيدة | الرقم القومي لصاحبة المشروع | رقم هوية المنتجة | الرقم القومي | رقم البطاقة | رقم هوية رب الأسرة | الرقم الشخصي
household.members.name = اسم الفرد | Member's name | الاسم | Name | اسم عضو الأسرة | اسم فرد الأسرة | أسماء الأفراد | اسم المعال | member name
household.members.relation = صلته بالمنتِج/ة الرئيسي/ة | Relation to the lead producer | صلة القرابة | Relation | القرابة | الصلة | درجة القرابة | صلة القرابة برب الأسرة | صلته بالمستفيدة | relation to head | relationship
household.members.sex = نوع الفرد | Member's sex | النوع | Sex | الجنس | gender
household.members.birth_year = سنة الميلاد (ميلادية) | Birth year (Gregorian) | سنة الميلاد | عام الميلاد | تاريخ الميلاد | ت الميلاد | الميلاد | مواليد | سنة الميلاد للفرد | سنة ميلاد الفرد | تاريخ ميلاد الفرد | date of birth | birth date | birth year | year of birth
household.members.works = يعمل في المشروع | Works in the project | هل يعمل في المشروع | يعمل بالمشروع | مشارك في المشروع | works
`

// leafHeaders are the headers of what a coded row of a list holds: with the code's title before them they make a column's header, "سجل تجاري: جهة الإصدار".
const leafHeaders = `
formal.number = الرقم | Number
formal.issuer = جهة الإصدار | Issued by
formal.issued_on = تاريخ الإصدار | Issued on
formal.expires_on = تاريخ الانتهاء | Expires on
formal.state = الحالة | State
household.benefits.status = حالة الاستفادة | Status
household.benefits.since = منذ | Since
skills.training.title = الموضوع | Subject
skills.training.centre = المركز أو الجهة | Centre or body
skills.training.date = التاريخ | Date
skills.training.result = النتيجة | Result
consents.version = إصدار النص | Version of the text
consents.given = أوافق | I agree
consents.date = تاريخ الموافقة | Date of consent
consents.how = كيف أُعطيت الموافقة | How it was given
`

// lexicon is the table of a constant above.
type lexicon struct {
	byKey map[string]word
	order []string // fields in the order of the table
	title map[string][2]string
	typos map[int][]spelled // by length: what a header with a slip of the finger is compared with
}

// spelled is a header that is long enough to be told from others by all but one of its letters.
type spelled struct {
	letters []rune
	field   string
}

const (
	minTypo   = 7   // letters
	maxHeader = 200 // bytes; a longer text is none
)

type word struct {
	field string
	label bool // one of the two first: the label of the form
}

// coded puts the headers of coded rows into the lexicon: each list's codes with each leaf of its rows.
func (l *lexicon) coded(put func(field, header string, label bool)) {
	for line := range strings.Lines(strings.TrimSpace(leafHeaders)) {
		path, words, _ := strings.Cut(strings.TrimSpace(line), " = ")
		leaf, leafEN, _ := strings.Cut(words, " | ")
		dot := strings.LastIndexByte(path, '.')
		d := discriminators[path[:dot]]
		for _, code := range registry.Codes(d[1]) {
			ar, en := choiceTitle(d[1], code)
			field := path[:dot] + "[" + code + "]" + path[dot:]
			t := [2]string{ar + ": " + leaf, en + ": " + leafEN}
			for _, w := range t {
				put(field, w, true)
			}
			if _, own := l.title[field]; !own {
				l.title[field] = t
			}
		}
	}
}

func parseLexicon(text string) lexicon {
	l := lexicon{byKey: map[string]word{}, title: map[string][2]string{}}
	type entry struct {
		field string
		words []string
	}
	var entries []entry
	for line := range strings.Lines(strings.TrimSpace(text)) {
		field, words, ok := strings.Cut(strings.TrimSpace(line), " = ")
		if !ok {
			panic("sheet: not a line of headers: " + line)
		}
		entries = append(entries, entry{field, strings.Split(words, " | ")})
	}
	put := func(field, header string, label bool) {
		if k := headerKey(header); k != "" {
			if _, taken := l.byKey[k]; !taken {
				l.byKey[k] = word{field, label}
			}
		}
	}
	for _, e := range entries { // labels first: no synonym of another field takes one
		l.order = append(l.order, e.field)
		l.title[e.field] = [2]string(e.words[:2])
		for _, w := range e.words[:2] {
			put(e.field, w, e.field != FieldIgnore)
		}
	}
	if strings.HasPrefix(text, headers) {
		l.coded(put)
	}
	for _, e := range entries {
		for _, w := range e.words {
			put(e.field, w, false)
			put(e.field, outside(w), false)
		}
	}
	l.typos = map[int][]spelled{}
	for k, w := range l.byKey {
		if r := []rune(k); w.field != FieldIgnore && len(r) >= minTypo-1 {
			l.typos[len(r)] = append(l.typos[len(r)], spelled{r, w.field})
		}
	}
	return l
}

// HeaderFor returns the header of a field's column in a language ("ar" or "en"), one that reading takes for this very field: what an export or a
// template writes, so that it comes back without questions. "" for a field that has no column of its own.
func HeaderFor(kind RosterKind, field, lang string) string {
	p, ok := parseField(field)
	if !ok {
		return ""
	}
	l, suffix := lexicons()[kind], ""
	t, ok := l.title[field]
	if !ok && p.list != "" && p.index >= 0 {
		t, ok = l.title[p.list+"."+p.leaf]
		if !ok {
			t, ok = l.title[p.list+"[0]."+p.leaf]
		}
		suffix = " " + strconv.Itoa(p.index+1)
	}
	switch {
	case !ok:
		return ""
	case lang == "en":
		return t[1] + suffix
	}
	return t[0] + suffix
}

var lexicons = sync.OnceValue(func() map[RosterKind]lexicon {
	return map[RosterKind]lexicon{Families: parseLexicon(headers + strings.TrimPrefix(productColumnHeaders, "\n")), Members: parseLexicon(memberHeaders), Products: parseLexicon(productHeaders)}
})

// Words that say whose column it is, or how full, and nothing about what it holds.
var noise = func() map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields("مستفيد مستفيدة منتجة متقدم متقدمة سيدة عميل عميلة مقترض مقترضة مواطن مواطنة رائدة رباعي رباعيا ثلاثي كاملا بالكامل كامل ان وجد وجدت بالتفصيل the of والكود") {
		m[arabic.Fold(w)] = true
	}
	return m
}()

var owners = func() [][2]string {
	var out [][2]string
	for _, w := range []string{"صاحب مشروع", "صاحبه مشروع", "مقدم طلب", "مقدمه طلب", "منتج رئيسي", "منتجه رئيسيه", "رب اسره", "ربه اسره"} {
		a, b, _ := strings.Cut(arabic.Fold(w), " ")
		out = append(out, [2]string{a, b})
	}
	return out
}()

// headerKey is what headers are compared by: folded words without the article, without noise, "" for a header that says nothing.
func headerKey(s string) string {
	if strings.TrimSpace(s) == "#" {
		return "#"
	}
	tokens := arabic.Tokens(strings.ReplaceAll(s, "_", " "))
	for i, t := range tokens {
		tokens[i] = bare(t)
	}
	if len(tokens) > 1 { // المنتِج/ة
		tokens = slices.DeleteFunc(tokens, func(t string) bool { return t == "ه" })
	}
	for _, o := range owners {
		for i := 0; i+1 < len(tokens); i++ {
			if len(tokens) > 2 && tokens[i] == o[0] && tokens[i+1] == o[1] {
				tokens = slices.Delete(slices.Clone(tokens), i, i+2)
			}
		}
	}
	kept := make([]string, 0, len(tokens))
	for _, t := range tokens {
		if !noise[t] {
			kept = append(kept, t)
		}
	}
	if len(kept) == 0 {
		kept = tokens
	}
	return strings.Join(kept, " ")
}

// bare is a folded word without the article and the preposition before it.
func bare(t string) string {
	for _, p := range []string{"لل", "وال", "بال", "ال"} {
		if rest, ok := strings.CutPrefix(t, p); ok && len(rest) >= 4 { // two letters
			return rest
		}
	}
	return t
}

// outside is a header without what stands in parentheses: "تاريخ الميلاد (يوم/شهر/سنة)".
func outside(s string) string {
	for {
		i := strings.IndexAny(s, "([")
		if i < 0 {
			return s
		}
		j := strings.IndexAny(s[i:], ")]")
		if j < 0 {
			return s[:i]
		}
		s = s[:i] + " " + s[i+j+1:]
	}
}

// How says why a column was taken for a field.
type How string

// The reasons, the surest first.
const (
	HowRemembered How = "remembered" // a person said so before
	HowExact      How = "exact"      // the label of the form
	HowSynonym    How = "synonym"
	HowGuess      How = "guess" // a typing mistake away from a known header, or by what the column holds
)

// match returns the field that a header means, "" if none is known.
func (l lexicon) match(header string) (string, How, float64) {
	if len(header) > maxHeader {
		return "", "", 0
	}
	full := headerKey(header)
	if full == "" {
		return "", "", 0
	}
	if w, ok := l.byKey[full]; ok {
		if w.label {
			return w.field, HowExact, 1
		}
		return w.field, HowSynonym, 0.95
	}
	// A counter behind the name: "موبايل 2". Only lists have a second.
	if i := strings.LastIndexByte(full, ' '); i > 0 {
		if n, err := strconv.Atoi(full[i+1:]); err == nil && n > 0 && n <= maxListColumns {
			if w, ok := l.byKey[full[:i]]; ok {
				if p, _ := parseField(w.field); p.list != "" && p.code == "" {
					return p.list + "[" + strconv.Itoa(n-1) + "]." + p.leaf, HowExact, 0.95
				}
			}
		}
	}
	if w, ok := l.byKey[headerKey(outside(header))]; ok {
		return w.field, HowSynonym, 0.9
	}
	// One of several names: "القرية / العزبة", "العنوان - محل الإقامة".
	found := ""
	for _, part := range strings.FieldsFunc(header, func(r rune) bool { return r == '/' || r == '-' || r == '–' || r == '\\' || r == '|' || r == '\n' }) {
		w, ok := l.byKey[headerKey(part)]
		switch {
		case !ok || w.field == FieldIgnore:
		case found == "" || found == w.field:
			found = w.field
		default:
			return "", "", 0 // two different things in one column
		}
	}
	if found != "" {
		return found, HowSynonym, 0.8
	}
	// A typing mistake.
	if letters := []rune(full); len(letters) >= minTypo {
		for n := len(letters) - 1; n <= len(letters)+1; n++ {
			for _, k := range l.typos[n] {
				if found == k.field || !nearRunes(letters, k.letters) {
					continue
				}
				if found != "" {
					return "", "", 0
				}
				found = k.field
			}
		}
	}
	if found != "" {
		return found, HowGuess, 0.7
	}
	return "", "", 0
}

// near reports whether two texts differ by one letter: wrong, missing, too many, or two swapped.
func near(a, b string) bool { return nearRunes([]rune(a), []rune(b)) }

func nearRunes(x, y []rune) bool {
	if len(x) < len(y) {
		x, y = y, x
	}
	if len(x)-len(y) > 1 {
		return false
	}
	i := 0
	for i < len(y) && x[i] == y[i] {
		i++
	}
	if len(x) > len(y) {
		return slices.Equal(x[i+1:], y[i:])
	}
	if i == len(y) || slices.Equal(x[i+1:], y[i+1:]) {
		return true
	}
	return i+1 < len(y) && x[i] == y[i+1] && x[i+1] == y[i] && slices.Equal(x[i+2:], y[i+2:])
}

const phoneField = "lead.phones.number"

// productList is the list under which the products of a row stand; its fields are those of [registry.ProductFields].
const productList = "product"

// MaxProductColumns is how many products one row of a family can hold.
const MaxProductColumns = 20

const maxListColumns = 30

// discriminators are the lists whose rows a column may name by a code: the leaf that holds it.
var discriminators = map[string][2]string{ // list → leaf, code list
	"formal":             {"kind", "formal_kind"},
	"household.benefits": {"programme", "programme"},
	"consents":           {"scope", "consent_scope"},
	"skills.training":    {"kind", "training_kind"},
}

// columnPath is a parsed field path.
type columnPath struct {
	list, leaf string // "formal", "number"; list is "" outside lists, and leaf then the whole path
	index      int    // of the row, -1 if it is named by its code or not at all
	code       string
}

// parseField reads a field path. It reports whether a roster may hold such a column.
func parseField(path string) (columnPath, bool) {
	switch path {
	case FieldIgnore, FieldNumber, FieldName, FieldStatus, FieldMessage:
		return columnPath{leaf: path, index: -1}, true
	}
	plain := registry.StripIndex(path)
	if leaf, ok := strings.CutPrefix(plain, productList+"."); ok {
		p := columnPath{list: productList, leaf: leaf, index: -1}
		if path == FieldProduct {
			return p, true
		}
		if in, ok := strings.CutSuffix(strings.TrimPrefix(path, productList+"["), "]."+leaf); ok && path != plain {
			n, err := strconv.Atoi(in)
			if err != nil || n < 0 || n >= MaxProductColumns || strconv.Itoa(n) != in {
				return columnPath{}, false
			}
			p.index = n
		}
		return p, intake.ProductLength(leaf) > 0 && (path == plain || p.index >= 0)
	}
	if intake.MaxLength(plain) == 0 {
		return columnPath{}, false
	}
	for list, limit := range intake.RowLimits() {
		leaf, ok := strings.CutPrefix(plain, list+".")
		if !ok {
			continue
		}
		p := columnPath{list: list, leaf: leaf, index: -1}
		rest := strings.TrimPrefix(path, list)
		if rest == "."+leaf {
			return p, true
		}
		in, ok := strings.CutSuffix(strings.TrimPrefix(rest, "["), "]."+leaf)
		if !ok || in == "" || !strings.HasPrefix(rest, "[") {
			return columnPath{}, false
		}
		if n, err := strconv.Atoi(in); err == nil {
			p.index = n
			return p, n >= 0 && n < limit && strconv.Itoa(n) == in
		}
		d, ok := discriminators[list]
		p.code = in
		return p, ok && registry.InList(d[1], in)
	}
	return columnPath{leaf: plain, index: -1}, path == plain
}

// ValidField reports whether a mapping may send a column to this field.
func ValidField(path string) bool {
	_, ok := parseField(path)
	return ok
}

// Fields returns the fields that a column of a roster of this kind can be sent to, in the order of the form, for the page that asks.
func Fields(kind RosterKind) []string {
	order := lexicons()[kind].order
	out := make([]string, 0, len(order))
	for _, f := range order {
		if f != FieldStatus && f != FieldMessage {
			out = append(out, f)
		}
	}
	return out
}

// FieldTitle returns the message that names a field to a person: a key with its arguments.
func FieldTitle(path string) (key string, args []any) {
	p, ok := parseField(path)
	switch {
	case path == FieldIgnore:
		return "sheet.field.ignore", nil
	case path == FieldNumber:
		return "sheet.field.number", nil
	case path == FieldName:
		return "sheet.field.name", nil
	case path == FieldStatus:
		return "sheet.field.status", nil
	case path == FieldMessage:
		return "sheet.field.message", nil
	case path == FieldProduct:
		return "sheet.field.product", nil
	case !ok:
		return "sheet.field.unknown", nil
	case p.code != "":
		d := discriminators[p.list]
		if p.leaf == d[0] {
			return fmt.Sprintf("enum.%s.%s", d[1], p.code), nil
		}
		return "sheet.field.of", []any{fault.Key("enum." + d[1] + "." + p.code), fault.Key("field." + p.list + "." + p.leaf)}
	case p.list == productList && p.index > 0:
		return "sheet.field.product_nth", []any{fault.Key("field." + p.list + "." + p.leaf), p.index + 1}
	case p.list == productList:
		return "sheet.field.of_product", []any{fault.Key("field." + p.list + "." + p.leaf)}
	case p.index > 0:
		return "sheet.field.nth", []any{fault.Key("field." + p.list + "." + p.leaf), p.index + 1}
	}
	return "field." + registry.StripIndex(path), nil
}
