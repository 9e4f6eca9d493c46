package auth

import (
	"bytes"
	"context"
	"errors"
	"runtime"
	"strings"
	"testing"
	"time"

	"muntija/internal/fault"
)

func TestCheckPassword(t *testing.T) {
	context := []string{"منى حسن عبدالفتاح", "mona.shaker@example.org"}
	tests := []struct{ password, want string }{
		{"rooftop kettle violin", ""},
		{"نخلة قارب مسمار شباك", ""},
		{"9#kV2!w7$Qz1", ""},
		{"love rivers under glass tables", ""},
		{"muntija-turbine-velvet", ""},
		{"ठीकहैचलोफिरमिलेंगे", ""},
		{"😀🎈🐙🦀🌵🍇🎺🚲🧊🪁🦴🔦", ""}, // any script, signs too
		{strings.Repeat("ab7 kettle ", 11), ""},
		{"", "auth.password.short"},
		{"x7#kettle9!a", ""},
		{"x7#kettle9!", "auth.password.short"},
		{"كلمةقصيرةج", "auth.password.short"}, // 10 letters in 20 bytes
		{strings.Repeat("kettle rivet", 11), "auth.password.long"},
		{strings.Repeat("x", 5000), "auth.password.long"},
		{"\xff\xfe rooftop kettle", "auth.password.characters"},
		{"rooftop\x00kettle violin", "auth.password.characters"},
		{"rooftop\nkettle violin", "auth.password.characters"},
		{"password1234", "auth.password.common"},
		{"P@ssw0rd2024!", "auth.password.common"},
		{"1234Password", "auth.password.common"},
		{"PasswordPassword", "auth.password.common"},
		{"Admin@123456", "auth.password.common"},
		{"1q2w3e4r5t6y", "auth.password.common"},
		{"qwertyuiopas", "auth.password.common"},
		{"mnbvcxzlkjhg", "auth.password.common"},
		{"ضصثقفغعهخحجد", "auth.password.common"},
		{"qwertyuiop12", "auth.password.common"},
		{"iloveyou2024", "auth.password.common"},
		{"Welcome@Egypt2026", "auth.password.common"},
		{"aaaaaaaaaaaa", "auth.password.common"},
		{"abcabcabcabc", "auth.password.common"},
		{"abcdefghijkl", "auth.password.common"},
		{"zyxwvutsrqpo", "auth.password.common"},
		{"k7$ k7$ k7$ k7$", "auth.password.common"},
		{"محمد123456789", "auth.password.common"},
		{"كلمة المرور 2026", "auth.password.common"},
		{"بسم الله الرحمن", "auth.password.common"},
		{"الله أكبر 1447", "auth.password.common"},
		{"29001011234567", "auth.password.number"},
		{"+20 100 123 4567", "auth.password.number"},
		{"٢٩٠٠١٠١١٢٣٤٥٦٧", "auth.password.number"},
		{"1990-01-01 1995-02-02", "auth.password.number"},
		{"Mona.Shaker.2024", "auth.password.context"},
		{"منى عبدالفتاح 123", "auth.password.context"},
		{"Muntija2026!!", "auth.password.context"},
		{"muntija-password", "auth.password.context"},
		{"ｐａｓｓｗｏｒｄ１２３４", "auth.password.common"}, // full width
	}
	for _, tt := range tests {
		p := CheckPassword("password", tt.password, context...)
		got := ""
		if len(p) > 0 {
			got = p[0].Key
		}
		if got != tt.want || len(p) > 1 || len(p) == 1 && p[0].Field != "password" {
			t.Errorf("%.40q: got %v, want %q", tt.password, p, tt.want)
		}
	}
	if p := CheckPassword("password", "Mona.Shaker.2024"); len(p) != 0 {
		t.Errorf("another person's name: got %v", p)
	}
	if n := len(common()); n < 400 {
		t.Errorf("the list has %d words", n)
	}
}

func TestHashPassword(t *testing.T) {
	ctx := context.Background()
	hash, err := HashPassword(ctx, "rooftop kettle ﬁg") // with the ligature U+FB01
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(hash, "$argon2id$v=19$m=47104,t=1,p=1$") {
		t.Errorf("got %s", hash)
	}
	cheap := params{memory: 64, time: 1, threads: 1}
	salt := []byte("saltsalt")
	sum, err := derive(ctx, "rooftop kettle fig", salt, cheap)
	if err != nil {
		t.Fatal(err)
	}
	old := cheap.phc(salt, sum)
	tests := []struct {
		name, password, stored string
		ok, rehash             bool
	}{
		{"right", "rooftop kettle fig", hash, true, false},
		{"wrong", "rooftop kettle fog", hash, false, false},
		{"empty", "", hash, false, false},
		{"older costs", "rooftop kettle fig", old, true, true},
		{"older costs, wrong", "rooftop kettle fog", old, false, false},
		{"no account", "rooftop kettle fig", "", false, false},
		{"far too long", strings.Repeat("x", 1<<20), hash, false, false},
	}
	for _, tt := range tests {
		ok, rehash, err := VerifyPassword(ctx, tt.password, tt.stored)
		if ok != tt.ok || rehash != tt.rehash || err != nil {
			t.Errorf("%s: got %v, %v, %v, want %v, %v", tt.name, ok, rehash, err, tt.ok, tt.rehash)
		}
	}
	if again, _ := HashPassword(ctx, "rooftop kettle fig"); again == hash {
		t.Error("two hashes with one salt")
	}
	if _, _, err := VerifyPassword(ctx, "x", "$2a$10$bcrypt"); !errors.Is(err, errPHC) {
		t.Errorf("a foreign hash: got %v", err)
	}
	if _, err := HashPassword(ctx, strings.Repeat("x", 1<<20)); !fault.Is(err, fault.Invalid) {
		t.Errorf("a megabyte: got %v", err)
	}
}

// TestHashingIsBounded holds both places and sees that a third waits, and gives up with its request.
func TestHashingIsBounded(t *testing.T) {
	hashing <- struct{}{}
	hashing <- struct{}{}
	defer func() { <-hashing; <-hashing }()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	if _, _, err := VerifyPassword(ctx, "x", ""); !fault.Is(err, fault.Unavailable) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want unavailable", err)
	}
}

// TestUnknownAccountCostsTheSame compares the memory that is filled, which is the work of Argon2id with one pass; seconds would depend on what else the machine
// does.
func TestUnknownAccountCostsTheSame(t *testing.T) {
	ctx := context.Background()
	hash, err := HashPassword(ctx, "rooftop kettle fig")
	if err != nil {
		t.Fatal(err)
	}
	filled := func(stored string) uint64 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if _, _, err := VerifyPassword(ctx, "rooftop kettle fog", stored); err != nil {
			t.Fatal(err)
		}
		runtime.ReadMemStats(&after)
		return after.TotalAlloc - before.TotalAlloc
	}
	known, unknown := filled(hash), filled("")
	if least := uint64(current.memory) * 1024; known < least || unknown < least || unknown > known*11/10 || known > unknown*11/10 {
		t.Errorf("known account fills %d bytes, unknown %d, want at least %d and alike", known, unknown, least)
	}
}

func FuzzParsePHC(f *testing.F) {
	f.Add("$argon2id$v=19$m=47104,t=1,p=1$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")
	f.Add("$argon2id$v=19$m=4294967295,t=10,p=1$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")
	f.Add("$argon2id$v=19$m=+64,t=01,p=1$c2FsdHNhbHQ$AAAA")
	f.Add("$$$$$")
	f.Fuzz(func(t *testing.T, s string) {
		p, salt, sum, err := parsePHC(s)
		if err != nil {
			return
		}
		if got := p.phc(salt, sum); got != s {
			t.Errorf("got %q back from %q", got, s)
		}
		if p.memory > 256*1024 || p.time > 10 || p.threads > 4 || p.threads == 0 || p.time == 0 {
			t.Errorf("costs %+v taken", p)
		}
	})
}

func FuzzCheckPassword(f *testing.F) {
	f.Add("password1234", "mona")
	f.Add("ﷺﷺﷺﷺ rooftop", "")
	f.Fuzz(func(t *testing.T, password, context string) {
		if p := CheckPassword("p", password, context); len(p) > 1 {
			t.Errorf("%d problems", len(p))
		}
	})
}

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

func TestTokens(t *testing.T) {
	token, hash := NewToken()
	other, _ := NewToken()
	if len(token) != 43 || token == other {
		t.Errorf("tokens %q and %q", token, other)
	}
	if got, ok := HashToken(token); !ok || got != hash {
		t.Errorf("got %x, %v, want %x", got, ok, hash)
	}
	for _, bad := range []string{"", token[:42], token + "A", strings.Repeat("=", 43), strings.Repeat("é", 21) + "x", token[:42] + "\n"} {
		if _, ok := HashToken(bad); ok {
			t.Errorf("%q is taken", bad)
		}
	}
}

func TestSession(t *testing.T) {
	at := func(created, seen time.Duration, pending bool) Session {
		return Session{CreatedAt: noon.Add(-created), SeenAt: noon.Add(-seen), Pending: pending}
	}
	tests := []struct {
		name string
		s    Session
		role Role
		want bool
	}{
		{"fresh", at(0, 0, false), Analyst, true},
		{"an hour idle", at(2*time.Hour, time.Hour, false), Analyst, false},
		{"nearly an hour idle", at(2*time.Hour, time.Hour-1, false), Analyst, true},
		{"busy all day", at(12*time.Hour, 0, false), Reviewer, false},
		{"administrator at lunch", at(time.Hour, 30*time.Minute, false), Administrator, false},
		{"worker in a village", at(13*time.Hour, 11*time.Hour, false), FieldWorker, true},
		{"worker the next morning", at(20*time.Hour, 12*time.Hour, false), FieldWorker, false},
		{"worker after a week", at(7*24*time.Hour, 0, false), FieldWorker, false},
		{"looking for the phone", at(9*time.Minute, 0, true), FieldWorker, true},
		{"second factor too late", at(10*time.Minute, 0, true), FieldWorker, false},
		{"clock set back", at(-time.Hour, -time.Hour, false), Analyst, true},
	}
	for _, tt := range tests {
		err := tt.s.Check(tt.role, noon)
		if got := err == nil; got != tt.want || err != nil && !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("%s: got %v, want good %v", tt.name, err, tt.want)
		}
	}
	for _, role := range Roles() {
		idle, absolute := Lifetime(role)
		if idle >= absolute || noon.Add(-absolute).Before(ExpiredBefore(noon)) {
			t.Errorf("%s: idle %v, absolute %v, clean-up at %v", role, idle, absolute, ExpiredBefore(noon))
		}
	}
	if s := at(0, 59*time.Second, false); s.TouchDue(noon) || !s.TouchDue(noon.Add(time.Second)) {
		t.Error("touched at the wrong time")
	}
}

func TestCSRF(t *testing.T) {
	key := bytes.Repeat([]byte{7}, 32)
	_, mine := NewToken()
	_, theirs := NewToken()
	a, b := CSRFToken(key, mine), CSRFToken(key, mine)
	if a == b {
		t.Error("two forms with one token")
	}
	if !CheckCSRF(key, mine, a) || !CheckCSRF(key, mine, b) {
		t.Error("own token refused")
	}
	bad := "A" + a[1:]
	if a[0] == 'A' {
		bad = "B" + a[1:]
	}
	for i, got := range []bool{CheckCSRF(key, theirs, a), CheckCSRF(key[1:], mine, a), CheckCSRF(key, mine, ""), CheckCSRF(key, mine, a[:63]),
		CheckCSRF(key, mine, bad), CheckCSRF(key, mine, a+"A"), CheckCSRF(key, mine, a+"\n"), CheckCSRF(key, mine, strings.Repeat("!", 64))} {
		if got {
			t.Errorf("wrong token %d taken", i)
		}
	}
}

func TestOneTimeLink(t *testing.T) {
	token, l := NewLink(Invitation, 5, 1, noon)
	if h, ok := HashToken(token); !ok || h != l.Hash || l.UserID != 5 || l.CreatedBy != 1 {
		t.Fatalf("got %+v for %q", l, token)
	}
	if !l.Valid(Invitation, noon.Add(71*time.Hour)) || l.Valid(Invitation, noon.Add(72*time.Hour)) || l.Valid(PasswordReset, noon) {
		t.Error("good at the wrong time or for the wrong thing")
	}
	if err := l.Use(FirstSetUp, noon); !fault.Is(err, fault.NotFound) || !l.UsedAt.IsZero() {
		t.Errorf("for another purpose: got %v, used %v", err, l.UsedAt)
	}
	if err := l.Use(Invitation, noon); err != nil || !l.UsedAt.Equal(noon) {
		t.Errorf("first use: %v", err)
	}
	if err := l.Use(Invitation, noon); !fault.Is(err, fault.NotFound) {
		t.Errorf("second use: got %v", err)
	}
	if a, b := FirstSetUp.Lasts(), PasswordReset.Lasts(); a != 24*time.Hour || b != time.Hour {
		t.Errorf("lasts %v and %v", a, b)
	}
}

func TestThrottle(t *testing.T) {
	n := func(failures int) Tally { return Tally{failures, noon} }
	tests := []struct {
		name  string
		tries Tries
		after time.Duration
		want  time.Duration
	}{
		{"nothing yet", Tries{}, 0, 0},
		{"four mistakes", Tries{Pair: n(4)}, 0, 0},
		{"five", Tries{Pair: n(5)}, 0, 2 * time.Second},
		{"five, half waited", Tries{Pair: n(5)}, time.Second, time.Second},
		{"five, waited", Tries{Pair: n(5)}, 2 * time.Second, 0},
		{"eight", Tries{Pair: n(8)}, 0, 16 * time.Second},
		{"hundreds", Tries{Pair: n(500)}, 0, 15 * time.Minute},
		{"a million", Tries{Pair: n(1 << 20)}, 0, 15 * time.Minute},
		{"the next day", Tries{Pair: n(500), Account: n(500), Address: n(500)}, 24 * time.Hour, 0},
		{"a crowd against one account", Tries{Account: n(100000)}, 0, time.Minute},
		{"its owner meanwhile", Tries{Account: n(100000), Known: true}, 0, 0},
		{"its owner, mistyping", Tries{Pair: n(5), Account: n(100000), Known: true}, 0, 2 * time.Second},
		{"an office", Tries{Address: n(30)}, 0, 0},
		{"one address, many accounts", Tries{Address: n(60)}, 0, 5 * time.Minute},
		{"an office where somebody guesses", Tries{Address: n(60), Known: true}, 0, 5 * time.Minute},
		{"clock set back", Tries{Pair: n(5)}, -time.Hour, 2 * time.Second},
	}
	for _, tt := range tests {
		if got := Throttle(tt.tries, noon.Add(tt.after)); got != tt.want {
			t.Errorf("%s: got %v, want %v", tt.name, got, tt.want)
		}
	}
	if got := (Tally{}).Failed(noon).Failed(noon).Failed(noon.Add(time.Hour)); got != (Tally{3, noon.Add(time.Hour)}) {
		t.Errorf("got %+v", got)
	}
	if got := n(9).Failed(noon.Add(25 * time.Hour)).Failures; got != 1 {
		t.Errorf("after a day: got %d, want 1", got)
	}
}

// TestGuessing plays an attacker who tries as soon as it is allowed, for one day.
func TestGuessing(t *testing.T) {
	day := func(wait func(Tally, time.Time) time.Duration) (tries int) {
		var c Tally
		for now := noon; now.Before(noon.Add(24 * time.Hour)); tries++ {
			if w := wait(c, now); w > 0 {
				now = now.Add(w)
			}
			c = c.Failed(now)
		}
		return tries
	}
	for _, tt := range []struct {
		name string
		wait func(Tally, time.Time) time.Duration
		most int
	}{
		{"one address", func(c Tally, now time.Time) time.Duration {
			return Throttle(Tries{Pair: c, Account: c, Address: c}, now)
		}, 120},
		{"a new address each time", func(c Tally, now time.Time) time.Duration { return Throttle(Tries{Account: c}, now) }, 1460},
		{"codes", ThrottleCode, 64},
	} {
		if got := day(tt.wait); got > tt.most || got < 10 {
			t.Errorf("%s: %d tries a day, want at most %d", tt.name, got, tt.most)
		}
	}
}

// TestTOTP uses the vectors of RFC 6238, appendix B (SHA-1), cut to six digits.
func TestTOTP(t *testing.T) {
	secret := []byte("12345678901234567890")
	tests := []struct {
		name string
		code string
		at   int64
		last int64
		step int64
	}{
		{"RFC, 59 s", "287082", 59, 0, 1},
		{"RFC, 2005", "081804", 1111111109, 0, 37037036},
		{"RFC, 2009", "005924", 1234567890, 0, 41152263},
		{"RFC, 2603", "353130", 20000000000, 0, 666666666},
		{"one step late", "081804", 1111111109 + 30, 0, 37037036},
		{"one step early", "081804", 1111111109 - 30, 0, 37037036},
		{"two steps late", "081804", 1111111109 + 60, 0, 0},
		{"again", "081804", 1111111109, 37037036, 0},
		{"after a later one", "081804", 1111111109, 37037037, 0},
		{"after an earlier one", "081804", 1111111109, 37037035, 37037036},
		{"Arabic digits and a space", "٠٨١ ٨٠٤", 1111111109, 0, 37037036},
		{"Persian digits", "۰۸۱۸۰۴", 1111111109, 0, 37037036},
		{"wrong", "081805", 1111111109, 0, 0},
		{"short", "81804", 1111111109, 0, 0},
		{"empty", "", 1111111109, 0, 0},
	}
	for _, tt := range tests {
		step, ok := VerifyTOTP(secret, tt.code, tt.last, time.Unix(tt.at, 0))
		if step != tt.step || ok != (tt.step != 0) {
			t.Errorf("%s: got %d, %v, want %d", tt.name, step, ok, tt.step)
		}
	}
	if _, ok := VerifyTOTP(nil, "287082", 0, time.Unix(59, 0)); ok {
		t.Error("a code without a secret is taken")
	}
	e, err := EnrolTOTP("mona+1@example.org")
	if err != nil {
		t.Fatal(err)
	}
	if len(e.Secret) != 20 || len(e.Text) != 32 || !strings.HasPrefix(e.URI, "otpauth://totp/Muntija:mona+1@example.org?secret="+e.Text+"&issuer=Muntija") {
		t.Errorf("got %+v", e)
	}
	if again := EnrolmentOf("mona+1@example.org", e.Secret); again.URI != e.URI || again.Text != e.Text {
		t.Errorf("got %+v, want %+v", again, e)
	}
}

func TestRecoveryCodes(t *testing.T) {
	codes, hashes := NewRecoveryCodes()
	if len(codes) != 10 || len(hashes) != 10 || len(codes[0]) != 29 {
		t.Fatalf("got %v", codes)
	}
	typed := strings.ToLower(strings.ReplaceAll(codes[3], "-", " "))
	typed = strings.NewReplacer("0", "o", "1", "l").Replace(typed)
	rest, ok := UseRecoveryCode(hashes, typed)
	if !ok || len(rest) != 9 {
		t.Fatalf("typed %q: got %v, %d left", typed, ok, len(rest))
	}
	if left, ok := UseRecoveryCode(rest, codes[3]); ok || len(left) != 9 {
		t.Error("a code works twice")
	}
	for _, c := range []string{"", codes[0][:28], codes[0] + "A", strings.Repeat("0", 24)} {
		if left, ok := UseRecoveryCode(rest, c); ok || len(left) != 9 {
			t.Errorf("%q is taken", c)
		}
	}
	for i, c := range codes {
		if _, ok := UseRecoveryCode(rest, c); ok != (i != 3) {
			t.Errorf("code %d: got %v", i, ok)
		}
	}
}
