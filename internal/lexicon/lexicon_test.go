package lexicon_test

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"muntija/internal/arabic"
	"muntija/internal/lexicon"
)

// finds reports whether a query finds a text by a lexicon that holds the text's words, which is how the store looks, and how close by the marks.
func finds(q lexicon.Query, text string, slips bool) bool {
	var l lexicon.Lexicon
	for _, w := range lexicon.Words(text) {
		l.Add([]byte(w))
	}
	for _, t := range q.Terms {
		found := false
		for _, form := range t.Forms {
			all := true
			for _, w := range form {
				any := false
				l.Each(w, slips, func(uint32, lexicon.Closeness) { any = true })
				all = all && any
			}
			found = found || all
		}
		if !found {
			return false
		}
	}
	return !q.Empty()
}

// TestVectors holds the pairs of domain.md 4.1: what must be equal is found without a slip, what must stay different is not.
func TestVectors(t *testing.T) {
	for _, equal := range [][]string{
		{"أحمد", "احمد", "أَحْمَد", "أحـمد"}, {"فاطمة", "فاطمه"}, {"منى", "مني"}, {"يحيى", "يحيي"}, {"هدى", "هدي"},
		{"عبد الرحمن", "عبدالرحمن", "عبد الرحمٰن"}, {"أبو بكر", "ابوبكر"}, {"نور الدين", "نورالدين"}, {"هبة الله", "هبه الله"}, {"منة الله", "منه الله"},
		{"مؤمن", "مومن"}, {"عائشة", "عايشه"}, {"٢٩٨٠١٠١٠١٢٣٤٥٦", "29801010123456"},
	} {
		for _, typed := range equal {
			for _, text := range equal {
				if !finds(lexicon.Parse(typed), text, false) {
					t.Errorf("%q does not find %q", typed, text)
				}
				if m := lexicon.Parse(typed).Marks(text); m.Terms != len(lexicon.Parse(typed).Terms) || m.Cost > 5 {
					t.Errorf("%q marks %q with %+v", typed, text, m)
				}
			}
		}
	}
	if q := lexicon.Parse("مريم بنت علي بن ناصر المسند"); !finds(q, "مريم علي ناصر المسند", false) {
		t.Errorf("particles are looked for: %+v", q)
	}
	if !finds(lexicon.Parse("مريم علي ناصر المسند"), "مريم بنت علي بن ناصر المسند", false) {
		t.Error("particles of the text hide a name")
	}
	for _, p := range [][2]string{{"محمد", "محمود"}, {"حسن", "حسين"}, {"عبد الله", "عبيد الله"}, {"عبد الرحمن", "أبو الرحمن"}, {"رضا", "راضي"}, {"راضي", "رضا"}} {
		if finds(lexicon.Parse(p[0]), p[1], false) {
			t.Errorf("%q finds %q without a slip", p[0], p[1])
		}
	}
}

// TestSlips: one slip of the hand, and not two.
func TestSlips(t *testing.T) {
	for _, c := range []struct {
		typed, text string
		want        bool
	}{
		{"فاطنة", "فاطمة", true}, {"فطامة", "فاطمة", true}, {"فاطم", "فاطمة", true}, {"فاطممة", "فاطمة", true}, {"خديحة", "خديجة", true},
		{"زيبن", "زينب", true}, {"نوارة", "نورا", false}, {"حسن", "حسين", false}, {"عرم", "عمر", true}, {"علي", "عمر", false},
		{"المنصروة", "المنصورة", true}, {"فاطنة محمود", "فاطمة محمود", true}, {"عبدالرحيم", "عبدالرحمن", false}, {"Fatima Hasan", "فاطمة حسن", true},
	} {
		if got := finds(lexicon.Parse(c.typed), c.text, true); got != c.want {
			t.Errorf("%q, %q: got %v, want %v", c.typed, c.text, got, c.want)
		}
	}
}

// TestBeginnings: what is still being typed.
func TestBeginnings(t *testing.T) {
	for _, typed := range []string{"ف", "فا", "فاط", "فاطم", "فاطمة م", "محم فاط", "شن", "الشن"} {
		if !finds(lexicon.Parse(typed), "فاطمة محمد الشناوي", false) {
			t.Errorf("%q finds nothing", typed)
		}
	}
}

// spellings are Latin spellings of names as passports, lists and chats have them, with the Arabic name that each must find.
var spellings = `Mohamed Mohammed Muhammad Mohammad Mohamad Muhammed Mohamd Mohd Mo7amed = محمد
Ahmed Ahmad A7med = أحمد
Mahmoud Mahmood Mahmud = محمود
Mostafa Mustafa Moustafa Mustapha = مصطفى
Hassan Hasan = حسن
Hussein Hussain Hossein Husein Houssein = حسين
Abdallah Abdullah Abdalla Abdulla = عبد الله
Abdullah Abdallah = عبدالله
Abdelrahman Abdulrahman Abdalrahman Abderrahman Abdurrahman = عبد الرحمن
Abdelrahman Abdulrahman Abdurrahman = عبدالرحمن
Abdelaziz Abdulaziz = عبدالعزيز
Abdelfattah Abdulfattah = عبد الفتاح
Abdelnasser Abdennasser = عبدالناصر
Abdellatif Abdullatif = عبداللطيف
Ibrahim Ebrahim Ibraheem = إبراهيم
Ismail Esmail Ismael = إسماعيل
Youssef Yousef Yusuf Yousif Youssif = يوسف
Yasmin Yasmine Yasmeen = ياسمين
Fatma Fatima Fatimah Faatma = فاطمة
Aisha Aysha Aicha Ayesha = عائشة
Khadija Khadiga Khadijah Khadeeja = خديجة
Zeinab Zainab Zaynab = زينب
Maryam Mariam Miriam Meriem = مريم
Mona Muna = منى
Hoda Huda = هدى
Nour Noor Nur = نور
Noura Nora Nourah = نورة
Noura Nora = نورا
Heba Hiba = هبة
Hebatallah = هبة الله
Menna = منة
Mennatallah = منة الله
Asmaa Asma = أسماء
Doaa Duaa = دعاء
Esraa Israa = إسراء
Alaa = علاء
Shaimaa Shimaa Shaymaa = شيماء
Safaa Safa = صفاء
Wafaa Wafa = وفاء
Hanaa Hana = هناء
Eman Iman Imane = إيمان
Amal = أمل
Amal Aamal = آمال
Amina Amena Ameena = أمينة
Amira Ameera = أميرة
Samira Sameera = سميرة
Samia Samya = سامية
Sara Sarah = سارة
Salma Selma = سلمى
Salwa = سلوى
Nagwa Najwa = نجوى
Nadia Nadya = نادية
Nahla Nehla = نهلة
Noha Nuha = نهى
Rania Ranya = رانيا
Reem Rim = ريم
Rehab Rihab = رحاب
Rasha = رشا
Rabab = رباب
Karima Kareema = كريمة
Layla Leila Laila = ليلى
Lobna Lubna = لبنى
Magda Majda = ماجدة
Mai May = مي
Manal = منال
Marwa = مروة
Nermin Nermeen = نرمين
Nesma = نسمة
Ola = علا
Sabah = صباح
Sahar = سحر
Soad Souad Suad = سعاد
Suzan = سوزان
Tahany Tahani = تهاني
Thuraya Thoraya Soraya = ثريا
Widad Wedad = وداد
Yousra Yosra = يسرا
Zahra Zahraa = زهراء
Aya = آية
Hagar Hajar = هاجر
Gehan Jihan Gihan = جيهان
Gamal Jamal = جمال
Gamila Jamila Jameela = جميلة
Omar Umar = عمر
Amr Amro = عمرو
Osman Othman Uthman = عثمان
Khaled Khalid = خالد
Walid Waleed = وليد
Tarek Tariq Tareq = طارق
Sherif Shereef = شريف
Saeed Said Saied = سعيد
Sayed Sayyid = سيد
Elsayed Alsayed = السيد
Ali Aly = علي
Adel = عادل
Amin Ameen = أمين
Ashraf = أشرف
Atef = عاطف
Ayman Aiman = أيمن
Bassem Basem = باسم
Daoud Dawood = داود
Essam Esam = عصام
Farouk Farouq Faruq = فاروق
Fathy Fathi = فتحي
Fouad Fuad = فؤاد
Hamad = حمد
Hany Hani = هاني
Hazem Hazim = حازم
Hosny Husni = حسني
Ihab Ehab = إيهاب
Islam = إسلام
Issa Eissa = عيسى
Jassim Jasem Gassim = جاسم
Qasim Kassem Gasim = قاسم
Kamal Kamel = كمال
Karim Kareem = كريم
Magdy Majdi = مجدي
Moataz Motaz = معتز
Mohsen Muhsin = محسن
Moussa Musa Mousa = موسى
Nabil Nabeel = نبيل
Naser Nasser = ناصر
Osama Usama = أسامة
Raouf Raoof = رؤوف
Ragab Rajab = رجب
Ramadan Ramadhan = رمضان
Sabry Sabri = صبري
Salah = صلاح
Salaheddin Salaheldin = صلاح الدين
Noureldin Noureddin Nouraldin = نور الدين
Noureldin = نورالدين
Seif Saif = سيف
Shawky Shawki Shawqi = شوقي
Soliman Suleiman Sulaiman = سليمان
Tawfik Tawfiq = توفيق
Wagdy Wajdi = وجدي
Yahya Yehia Yahia = يحيى
Yasser Yasir = ياسر
Zakaria Zakariya = زكريا
Ziad Zeyad = زياد
Girgis Guirguis = جرجس
Hanna John = حنا
Mina Meena = مينا
Botros Boutros = بطرس
Kyrillos Kirolos = كيرلس
Beshoy Bishoy = بيشوي
Demiana Damiana = دميانة
Thani = ثاني
Alkuwari Elkuwari = الكواري
Almohannadi Almuhannadi = المهندي
Elshenawy Alshinnawi = الشناوي
Elmasry Almasri = المصري
Qatar = قطر
Cairo = القاهرة
Alexandria = الإسكندرية
Aswan = أسوان
Mansoura Almansoura = المنصورة
Tanta = طنطا
Domiat Dumyat = دمياط`

func TestLatin(t *testing.T) {
	n := 0
	for line := range strings.Lines(spellings) {
		latin, arabicName, _ := strings.Cut(strings.TrimSpace(line), " = ")
		for _, s := range strings.Fields(latin) {
			n++
			q := lexicon.Parse(s)
			if !finds(q, arabicName, false) {
				t.Errorf("%s does not find %s", s, arabicName)
			} else if m := q.Marks(arabicName); len(m.Spans) == 0 {
				t.Errorf("%s finds %s and marks nothing", s, arabicName)
			}
			if !finds(lexicon.Parse(arabicName), s, false) && !strings.Contains(arabicName, " ") {
				t.Errorf("%s does not find %s", arabicName, s)
			}
		}
	}
	if n < 300 {
		t.Errorf("%d spellings", n)
	}
}

// TestLatinApart: names that only sound alike to a machine.
func TestLatinApart(t *testing.T) {
	for _, p := range [][2]string{{"Mohamed", "محمود"}, {"Mahmoud", "محمد"}, {"Hassan", "حسين"}, {"Hussein", "حسن"}, {"Ahmed", "حمد"}, {"Hamad", "أحمد"}, {"Omar", "عامر"},
		{"Ali", "علا"}, {"Mona", "أمين"}, {"Nour", "نار"}, {"Salem", "سلوم"}, {"Fatma", "فطوم"}, {"Saad", "سعيد"}, {"Mahmoud", "محمد"}} {
		if finds(lexicon.Parse(p[0]), p[1], false) {
			t.Errorf("%s finds %s", p[0], p[1])
		}
	}
}

// TestMarks: what is marked is the text as it was typed.
func TestMarks(t *testing.T) {
	for _, c := range []struct{ query, text, want string }{
		{"فاطمه", "فَاطِمَـة مُحمّد", "[فَاطِمَـة] مُحمّد"},
		{"احمد", "منى أحمد، وأحمد", "منى [أحمد]، وأحمد"},
		{"عبدالرحمن", "هدى عبد الرحمٰن علي", "هدى [عبد] [الرحمٰن] علي"},
		{"عبد الرحمن", "هدى عبدالرحمن", "هدى [عبدالرحمن]"},
		{"Mohamed", "زينب محمد السيد", "زينب [محمد] السيد"},
		{"محمد", "Zeinab Mohamed", "Zeinab [Mohamed]"},
		{"شناوي", "هند الشناوي", "هند [الشناوي]"},
		{"مخبز", "مخبز\u200f النور", "[مخبز\u200f] النور"},
		{"quran", "The Qur'an", "The [Qur'an]"},
		{"بنت", "بنت علي", "[بنت] علي"},
		{"لا شيء", "فاطمة", "فاطمة"},
		{"آية علي", "هبة الله محمد", "هبة الله محمد"},
		{"آية علي", "آية الله محمد", "[آية] الله محمد"},
		{"محمد محمود", "محمود محمد", "[محمود] [محمد]"},
		{"سميرة سمية", "سميرة حسن", "[سميرة] حسن"},
	} {
		q := lexicon.Parse(c.query)
		var b strings.Builder
		at := 0
		for _, s := range q.Marks(c.text).Spans {
			b.WriteString(c.text[at:s.From] + "[" + c.text[s.From:s.To] + "]")
			at = s.To
		}
		b.WriteString(c.text[at:])
		if got := b.String(); got != c.want {
			t.Errorf("%q in %q: got %q, want %q", c.query, c.text, got, c.want)
		}
	}
}

// hostile are texts that nobody looks for.
var hostile = []string{"", " ", "م", strings.Repeat("م", 500), strings.Repeat("م ", 500), strings.Repeat("عبد ", 250), "😀😀😀", "محمد😀", "mixed محمد mixed", "\u202eفاطمة\u202c", "a\x00b",
	"%' OR 1=1 --", strings.Repeat("gthsh", 100), "\xff\xfe", strings.Repeat("\u0301", 300), "ﷺ", "ﷲ", strings.Repeat("g", 40), strings.Repeat("ghth", 10)}

func TestHostile(t *testing.T) {
	var l lexicon.Lexicon
	for line := range strings.Lines(spellings) {
		for _, w := range lexicon.Words(line) {
			l.Add([]byte(w))
		}
	}
	begun := time.Now()
	for _, s := range hostile {
		q := lexicon.Parse(s)
		if len(q.Terms) > lexicon.MostTerms {
			t.Errorf("%.40q: %d terms", s, len(q.Terms))
		}
		for _, term := range q.Terms {
			for _, form := range term.Forms {
				for _, w := range form {
					l.Each(w, true, func(uint32, lexicon.Closeness) {})
				}
			}
		}
		q.Marks(s)
	}
	if took := time.Since(begun); took > 3*time.Second {
		t.Errorf("%v", took)
	}
}

// FuzzQuery: any query in any text: no panic, spans in order on whole letters, and what a lexicon finds without slips is marked.
func FuzzQuery(f *testing.F) {
	for _, s := range hostile {
		f.Add(s, "فاطمة محمد عبد الله")
	}
	f.Add("Mohamed", "محمد عبدالرحمن")
	f.Fuzz(func(t *testing.T, typed, text string) {
		if len(text) > 400 {
			return
		}
		q := lexicon.Parse(typed)
		if len(q.Terms) > lexicon.MostTerms {
			t.Fatalf("%d terms", len(q.Terms))
		}
		for _, term := range q.Terms {
			if w := arabic.Fold(term.Typed); strings.Contains(w, " ") || len(term.Forms) == 0 {
				t.Errorf("term %q", term.Typed)
			}
		}
		at := 0
		for _, s := range q.Marks(text).Spans {
			if s.From < at || s.To <= s.From || s.To > len(text) {
				t.Fatalf("span %v after %d of %d", s, at, len(text))
			}
			if utf8.ValidString(text) && !utf8.ValidString(text[s.From:s.To]) {
				t.Errorf("span %q is cut", text[s.From:s.To])
			}
			at = s.To
		}
	})
}

func BenchmarkEach(b *testing.B) {
	var l lexicon.Lexicon
	letters := []rune("ابتجحدرسعفقكلمنهوي")
	for i := range 60_000 {
		n := i * 2654435761 % 1_000_003
		var w []rune
		for range 4 + i%4 {
			w = append(w, letters[n%len(letters)])
			n = n/len(letters) + n*7
		}
		l.Add([]byte(string(w)))
	}
	for b.Loop() {
		n := 0
		l.Each("فاطمه", true, func(uint32, lexicon.Closeness) { n++ })
	}
}
