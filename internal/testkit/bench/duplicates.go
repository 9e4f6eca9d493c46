package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// benchDuplicates compares whole files with the real program in a process of its own, reading and writing included.
func benchDuplicates(ctx context.Context) error {
	for _, c := range []struct {
		n      int
		target time.Duration
	}{{50_000, 3 * time.Second}, {1_000_000, time.Minute}} {
		if err := duplicatesOf(ctx, c.n, c.target); err != nil {
			return err
		}
	}
	return nil
}

func duplicatesOf(ctx context.Context, n int, target time.Duration) error {
	if err := os.MkdirAll(*dirFlag, 0o700); err != nil {
		return err
	}
	in, out := filepath.Join(*dirFlag, fmt.Sprintf("people-%d.csv", n)), filepath.Join(*dirFlag, "pairs.json")
	truth, err := writePeople(in, n)
	if err != nil {
		return err
	}
	defer os.Remove(in)
	defer os.Remove(out)
	to, err := os.Create(out)
	if err != nil {
		return err
	}
	defer to.Close()
	cmd := exec.CommandContext(ctx, *serverFlag, "duplicates", "--file", in, "--key", "id", "--json")
	cmd.Stdout = to
	var said strings.Builder
	cmd.Stderr = &said
	start := time.Now()
	peak, err := runMeasured(cmd)
	if err != nil {
		return fmt.Errorf("%w: %s", err, said.String())
	}
	took := time.Since(start)
	raw, err := os.ReadFile(out)
	if err != nil {
		return err
	}
	var answer struct {
		Records, Compared int
		Pairs             []struct{ A, B string }
	}
	if err := json.Unmarshal(raw, &answer); err != nil {
		return err
	}
	right := 0
	for _, p := range answer.Pairs {
		if truth[[2]string{p.A, p.B}] || truth[[2]string{p.B, p.A}] {
			right++
		}
	}
	precision, recall := float64(right)/math.Max(1, float64(len(answer.Pairs))), float64(right)/math.Max(1, float64(len(truth)))
	fmt.Printf("duplicates of %d records from a file, %d true pairs: %d pairs of %d compared in %s, %s of both cores; precision %.4f, recall %.4f; peak memory %d MB; target %s, 3 GB, 0.98 at 0.92: %s\n\n",
		answer.Records, len(truth), len(answer.Pairs), answer.Compared, took.Round(10*time.Millisecond), (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Round(10*time.Millisecond),
		precision, recall, peak, target, verdict(took <= target && peak < 3000 && precision >= .98 && recall >= .92))
	return nil
}

var (
	peopleGiven  = strings.Fields("فاطمة مريم زينب خديجة عائشة منى هدى أمل إيمان نجلاء سعاد كريمة نادية سميرة هالة رانيا دعاء أسماء آية سارة نورا شيماء ولاء هبة رحاب سحر عبير غادة لبنى بدرية نوال سهام عزة فوزية صباح وفاء صفاء سناء هناء نعمة نفيسة آمنة ليلى سلوى نجوى رضوى هاجر بسمة انتصار إكرام")
	peopleFather = strings.Fields("محمد أحمد محمود علي حسن حسين إبراهيم مصطفى عبدالله عبدالرحمن يوسف عمر خالد سعيد سيد جمال طارق ياسر هاني رمضان جابر ناصر حمد سالم منصور صالح عيسى كمال فتحي شعبان رجب عادل أشرف وليد سامي بهاء عثمان سليمان يحيى زكريا موسى فؤاد شوقي صبحي لطفي حلمي فهمي مرسي متولي عطية")
	peopleClan   = strings.Fields("المصري الصعيدي الشرقاوي البحيري المنصوري الطنطاوي الدمياطي الفيومي الأسيوطي القناوي السويسي النجار الحداد الخياط العطار البنا الجزار الفقي الشافعي الحنفي الشربيني الدسوقي البيومي السنهوري الجوهري الشناوي القاضي العدوي الغزالي الرفاعي الجندي الصاوي الهواري")
)

// writePeople writes a list of people as several offices would enter them: one in nine is there twice, with another spelling, a slip in the number or the date, or
// without them; and one household in four has sisters, who share father, home and often the phone. It returns the true pairs.
func writePeople(file string, n int) (map[[2]string]bool, error) {
	f, err := os.Create(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	w := bufio.NewWriterSize(f, 1<<18)
	r := rand.New(rand.NewPCG(20, 26))
	pick := func(from []string) string {
		return from[min(len(from)-1, int(math.Exp(r.Float64()*math.Log(float64(len(from))+1)))-1)]
	}
	spell := func(s string) string {
		switch r.IntN(5) {
		case 0:
			return strings.ReplaceAll(s, "ة", "ه")
		case 1:
			return strings.NewReplacer("أ", "ا", "إ", "ا", "آ", "ا").Replace(s)
		case 2:
			return strings.Replace(s, "عبد", "عبد ", 1)
		case 3:
			if rs := []rune(s); r.IntN(3) == 0 && len(rs) > 2 {
				i := 1 + r.IntN(len(rs)-1)
				return string(rs[:i-1]) + string(rs[i:])
			}
		}
		return s
	}
	fmt.Fprintln(w, "id,given_name,surname,birth_date,sex,national_id,phone,governorate,village,street")
	truth := map[[2]string]bool{}
	id := 0
	write := func(given, father, grand, clan, born, number, phone, area, village, street string) string {
		id++
		name := fmt.Sprint("p", id)
		fmt.Fprintf(w, "%s,%s,%s %s %s,%s,f,%s,%s,%s,%s,%s\n", name, given, father, grand, clan, born, number, phone, area, village, street)
		return name
	}
	for id < n {
		father, grand, clan := pick(peopleFather), pick(peopleFather), pick(peopleClan)
		area := r.IntN(27)
		village := fmt.Sprintf("قرية %d", area*180+r.IntN(180))
		home, street := fmt.Sprintf("01%09d", r.IntN(1e9)), fmt.Sprintf("شارع %s %d", pick(peopleClan), 1+r.IntN(90))
		sisters := 1
		if r.IntN(4) == 0 {
			sisters = 2 + r.IntN(2)
		}
		taken := ""
		for range sisters {
			given := pick(peopleGiven)
			if strings.Contains(taken, given) {
				continue
			}
			taken += given
			y, m, d := 1950+r.IntN(55), 1+r.IntN(12), 1+r.IntN(28)
			number := fmt.Sprintf("%d%02d%02d%02d%02d%05d", 2+y/2000, y%100, m, d, area+1, r.IntN(1e5))
			phone := home
			if r.IntN(3) > 0 {
				phone = fmt.Sprintf("01%09d", r.IntN(1e9))
			}
			first := write(given, father, grand, clan, fmt.Sprintf("%d-%02d-%02d", y, m, d), number, phone, fmt.Sprint("EG-", area), village, street)
			if r.IntN(8) > 0 || id >= n {
				continue
			}
			switch r.IntN(6) {
			case 0, 1:
				number = ""
			case 2:
				i := 1 + r.IntN(12)
				number = number[:i] + number[i+1:i+2] + number[i:i+1] + number[i+2:]
			}
			switch r.IntN(8) {
			case 0:
				m, d = min(d, 12), m
			case 1:
				y += []int{-10, -1, 1, 10}[r.IntN(4)]
			}
			if r.IntN(3) == 0 {
				phone = fmt.Sprintf("01%09d", r.IntN(1e9))
			}
			if r.IntN(4) == 0 {
				street = ""
			}
			g := grand
			if r.IntN(4) == 0 {
				g = ""
			}
			second := write(spell(given), spell(father), spell(g), spell(clan), fmt.Sprintf("%d/%d/%d", d, m, y), number, phone, fmt.Sprint("EG-", area), village, street)
			truth[[2]string{first, second}] = true
		}
	}
	return truth, w.Flush()
}
