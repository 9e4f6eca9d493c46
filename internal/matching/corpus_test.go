package matching

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
)

// corpus is made-up records with the truth about them. Its names are drawn with the steep frequencies of real registers (a few names cover most people), and
// its errors are the ones domain knowledge names: spelling habits, dropped middle names, exchanged digits, other script, moved house.
type corpus struct {
	records []Record
	truth   map[[2]string]bool
}

func (c *corpus) pair(a, b string) {
	if a > b {
		a, b = b, a
	}
	c.truth[[2]string{a, b}] = true
}

// score compares found pairs with the truth.
func (c *corpus) score(r *Result) (precision, recall float64) {
	right := 0
	for _, p := range r.Pairs {
		a, b := p.A, p.B
		if a > b {
			a, b = b, a
		}
		if c.truth[[2]string{a, b}] {
			right++
		}
	}
	return float64(right) / math.Max(1, float64(len(r.Pairs))), float64(right) / math.Max(1, float64(len(c.truth)))
}

var (
	women      = strings.Fields("فاطمة مريم زينب خديجة عائشة منى هدى أمل إيمان نجلاء سعاد كريمة نادية سميرة هالة رانيا دعاء أسماء آية سارة نورا شيماء ولاء هبة رحاب سحر عبير غادة لبنى بدرية موزة شيخة حصة لطيفة نوال سهام عزة فوزية صباح وفاء")
	men        = strings.Fields("محمد أحمد محمود علي حسن حسين إبراهيم مصطفى عبدالله عبدالرحمن يوسف عمر خالد سعيد سيد جمال طارق ياسر هاني رمضان جابر ناصر حمد جاسم راشد فهد سالم منصور صالح مبارك عيسى كمال فتحي شعبان رجب عادل أشرف وليد سامي بهاء")
	clans      = strings.Fields("المصري الصعيدي الشرقاوي البحيري المنصوري الطنطاوي الدمياطي الفيومي الأسيوطي القناوي السويسي النجار الحداد الخياط العطار البنا الجزار الفقي الشافعي الحنفي المري الكواري المسند الهاجري النعيمي السليطي الدوسري المهندي العطية الكبيسي")
	towns      = strings.Fields("أخميم نقادة فوة دسيا تونس النزلة جراجوس حجازة شلاتين سيوة إسنا أرمنت طهطا جرجا منفلوط ديروط ملوي مغاغة سمالوط ببا")
	latinGiven = strings.Fields("james mary robert patricia john jennifer michael linda david elizabeth william barbara richard susan joseph jessica thomas sarah charles karen christopher lisa daniel nancy matthew betty anthony margaret mark sandra donald ashley steven kimberly paul emily andrew donna joshua michelle kenneth carol kevin amanda brian melissa george deborah timothy stephanie ronald rebecca")
	latinLast  = strings.Fields("smith johnson williams brown jones garcia miller davis rodriguez martinez hernandez lopez gonzalez wilson anderson thomas taylor moore jackson martin lee perez thompson white harris sanchez clark ramirez lewis robinson walker young allen king wright scott torres nguyen hill flores green adams nelson baker hall rivera campbell mitchell carter roberts gomez phillips evans turner diaz parker cruz edwards collins reyes")
)

// zipf draws an index of n with weight 1/(i+1).
func zipf(r *rand.Rand, n int) int {
	return min(n-1, int(math.Exp(r.Float64()*math.Log(float64(n)+1)))-1)
}

func pick(r *rand.Rand, from []string) string { return from[zipf(r, len(from))] }

// rareName makes the long tail of names that real registers have.
func latinName(r *rand.Rand, from []string) string {
	if r.IntN(3) > 0 {
		return pick(r, from)
	}
	syllables := strings.Fields("ba be bi bo ca ce da de do fa fe ga gi ha he jo ka ke la le li lo ma me mi mo na ne ni no pa pe ra re ri ro sa se sha so ta te ti to va ve vi wa we ya za ze")
	s := ""
	for range 2 + r.IntN(3) {
		s += syllables[r.IntN(len(syllables))]
	}
	return s + []string{"", "n", "r", "s", "ll", "ck", "m", "tt"}[r.IntN(8)]
}

// slipped makes one slip of the hand.
func slipped(r *rand.Rand, s string) string {
	rs := []rune(s)
	if len(rs) < 3 {
		return s
	}
	i := 1 + r.IntN(len(rs)-2)
	switch r.IntN(4) {
	case 0:
		return string(rs[:i]) + string(rs[i+1:])
	case 1:
		return string(rs[:i]) + string(rs[i]) + string(rs[i:])
	case 2:
		rs[i], rs[i+1] = rs[i+1], rs[i]
	default:
		rs[i] = rs[r.IntN(len(rs))]
	}
	return string(rs)
}

// respelt writes an Arabic word with another habit.
func respelt(r *rand.Rand, s string) string {
	for range 2 {
		switch r.IntN(6) {
		case 0:
			s = strings.ReplaceAll(s, "ة", "ه")
		case 1:
			s = strings.NewReplacer("أ", "ا", "إ", "ا", "آ", "ا").Replace(s)
		case 2:
			s = strings.ReplaceAll(s, "ي", "ى")
		case 3:
			s = strings.Replace(s, "عبد", "عبد ", 1)
		case 4:
			s = strings.ReplaceAll(s, "ئ", "ي")
		}
	}
	return s
}

func digits(r *rand.Rand, n int) string {
	var b strings.Builder
	for range n {
		b.WriteByte(byte('0' + r.IntN(10)))
	}
	return b.String()
}

func slippedDigits(r *rand.Rand, s string) string {
	b := []byte(s)
	i := r.IntN(len(b) - 1)
	if r.IntN(2) == 0 {
		b[i], b[i+1] = b[i+1], b[i]
	} else {
		b[i] = byte('0' + r.IntN(10))
	}
	return string(b)
}

func slippedBirth(r *rand.Rand, b Birth) Birth {
	switch r.IntN(5) {
	case 0:
		if b.Day <= 12 {
			b.Month, b.Day = b.Day, b.Month
		}
	case 1:
		b.Day = 1 + (b.Day+9)%28
	case 2:
		b.Year += []int{-10, -1, 1, 10}[r.IntN(4)]
	case 3:
		b.Month, b.Day = 1, 1
	default:
		b.Month = 1 + b.Month%12
	}
	return b
}

// families makes n registrations of households, of which about one in eight was registered twice, and many have a sister, mother or daughter who was
// registered too and shares father, home and often the phone.
func families(seed uint64, n int) *corpus {
	r := rand.New(rand.NewPCG(seed, 1))
	c := &corpus{truth: map[[2]string]bool{}}
	clan := func() string {
		if r.IntN(2) == 0 {
			return pick(r, clans)
		}
		return pick(r, men) // many Egyptians have four given names
	}
	for len(c.records) < n {
		father, grand, family := pick(r, men), pick(r, men), clan()
		town, area := pick(r, towns), fmt.Sprint("EG-", r.IntN(27))
		phone, street := "01"+digits(r, 9), fmt.Sprintf("شارع %s %d", pick(r, clans), 1+r.IntN(90))
		sisters := 1
		if r.IntN(4) == 0 {
			sisters = 2 + r.IntN(2)
		}
		taken := map[string]bool{}
		for range sisters {
			given := pick(r, women)
			for taken[given] {
				given = women[r.IntN(len(women))]
			}
			taken[given] = true
			b := Birth{1950 + r.IntN(55), 1 + r.IntN(12), 1 + r.IntN(28)}
			rec := Record{ID: fmt.Sprint("r", len(c.records)), Given: given, Rest: father + " " + grand + " " + family, Birth: b, Sex: "f",
				IDNumber: "2" + fmt.Sprintf("%02d%02d%02d", b.Year%100, b.Month, b.Day) + digits(r, 7), Phones: []string{phone}, Area: area, Locality: town, Street: street}
			if r.IntN(3) > 0 {
				rec.Phones = []string{"01" + digits(r, 9)}
			}
			c.records = append(c.records, rec)
			if r.IntN(8) == 0 {
				c.again(r, rec)
			}
		}
	}
	return c
}

// again registers the person once more, by another worker.
func (c *corpus) again(r *rand.Rand, rec Record) {
	old := rec.ID
	rec.ID = fmt.Sprint("r", len(c.records))
	rest := strings.Fields(rec.Rest)
	for i := range rest {
		if r.IntN(3) == 0 {
			rest[i] = respelt(r, rest[i])
		}
		if r.IntN(15) == 0 {
			rest[i] = slipped(r, rest[i])
		}
	}
	if r.IntN(3) == 0 {
		rest = []string{rest[0], rest[2]}
	}
	if r.IntN(5) == 0 {
		rest[0] = "بنت " + rest[0]
	}
	rec.Rest = strings.Join(rest, " ")
	rec.Given = respelt(r, rec.Given)
	if r.IntN(12) == 0 {
		rec.Given = slipped(r, rec.Given)
	}
	if r.IntN(6) == 0 {
		rec.Birth = slippedBirth(r, rec.Birth)
	}
	switch r.IntN(6) {
	case 0:
		rec.IDNumber = ""
	case 1, 2:
		rec.IDNumber = slippedDigits(r, rec.IDNumber)
	case 3:
		if r.IntN(3) == 0 {
			rec.IDNumber = digits(r, 14) // the guardian's, by mistake
		}
	}
	if r.IntN(3) == 0 {
		rec.Phones = []string{"01" + digits(r, 9)}
	}
	if r.IntN(4) == 0 {
		rec.Street = ""
	}
	if r.IntN(10) == 0 {
		rec.Locality = ""
	}
	c.records = append(c.records, rec)
	c.pair(old, rec.ID)
}

// census makes Latin-script records without numbers: names, date of birth, place, postcode, occupation, as a census has them. About half of the people are there
// twice or three times.
func census(seed uint64, n int) *corpus {
	r := rand.New(rand.NewPCG(seed, 2))
	c := &corpus{truth: map[[2]string]bool{}}
	jobs := strings.Fields("clerk baker painter teacher nurse miner farmer writer actor lawyer doctor sailor soldier priest singer cook")
	places := make([]string, 200)
	for i := range places {
		places[i] = latinName(r, latinLast) + []string{"ton", "ville", " hill", "ford"}[r.IntN(4)]
	}
	for len(c.records) < n {
		postcode := fmt.Sprintf("%c%c%d %d%c%c", 'a'+r.IntN(26), 'a'+r.IntN(26), 1+r.IntN(30), r.IntN(10), 'a'+r.IntN(26), 'a'+r.IntN(26))
		last, place := latinName(r, latinLast), places[zipf(r, len(places))]
		for range 1 + r.IntN(2)*r.IntN(3) {
			person := Record{Given: latinName(r, latinGiven), Rest: last, Birth: Birth{1860 + r.IntN(120), 1 + r.IntN(12), 1 + r.IntN(28)}, Area: place, Postcode: postcode,
				Sex: []string{"m", "f"}[r.IntN(2)], Other: [2]string{pick(r, jobs), ""}}
			copies := 1
			if r.IntN(2) == 0 {
				copies += 1 + r.IntN(2)
			}
			var ids []string
			for k := range copies {
				rec := person
				rec.ID = fmt.Sprint("c", len(c.records))
				if k > 0 {
					if r.IntN(7) == 0 {
						rec.Given = slipped(r, rec.Given)
					}
					if r.IntN(25) == 0 {
						rec.Given = rec.Given[:1]
					}
					if r.IntN(7) == 0 {
						rec.Rest = slipped(r, rec.Rest)
					}
					if r.IntN(40) == 0 {
						rec.Given, rec.Rest = rec.Rest, rec.Given
					}
					switch r.IntN(10) {
					case 0:
						rec.Birth = slippedBirth(r, rec.Birth)
					case 1:
						rec.Birth = Birth{}
					}
					switch r.IntN(8) {
					case 0:
						rec.Postcode = fmt.Sprintf("%c%c%d %d%c%c", 'a'+r.IntN(26), 'a'+r.IntN(26), 1+r.IntN(30), r.IntN(10), 'a'+r.IntN(26), 'a'+r.IntN(26))
					case 1:
						rec.Postcode = ""
					}
					if r.IntN(8) == 0 {
						rec.Area = places[zipf(r, len(places))]
					}
					if r.IntN(4) == 0 {
						rec.Other[0] = pick(r, jobs)
					}
					if r.IntN(10) == 0 {
						rec.Sex = ""
					}
				}
				for _, other := range ids {
					c.pair(other, rec.ID)
				}
				ids = append(ids, rec.ID)
				c.records = append(c.records, rec)
			}
		}
	}
	return c
}
