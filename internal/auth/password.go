package auth

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	_ "embed"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"

	"muntija/internal/fault"
)

// The password policy of ASVS 5.0, 6.2: long enough, any characters of any script, no rule of composition, no forced change, not a password
// that everybody tries first.
const (
	MinPassword = 12  // characters
	MaxPassword = 128 // characters

	maxPasswordBytes = 4096 // before normalisation, which may lengthen a text
)

// CheckPassword returns what is wrong with a new password, as problems of the named form field. Context is what belongs to the person, such as name
// and e-mail address: a password made of nothing else is refused.
//
// Besides repeats and runs it refuses every text whose letters, when digits and signs are taken away or read as letters (p4ssw0rd), are at
// most three words of a list (common.txt) or of the context. That covers far more than the 3,000 most used passwords that ASVS 6.2.4 asks for,
// since those of twelve characters and more are such words with decorations.
func CheckPassword(field, password string, context ...string) fault.Problems {
	var p fault.Problems
	if !utf8.ValidString(password) || strings.ContainsFunc(password, unicode.IsControl) {
		p.Add(field, "auth.password.characters")
		return p
	}
	if len(password) > maxPasswordBytes {
		p.Add(field, "auth.password.long", MaxPassword)
		return p
	}
	password = norm.NFKC.String(password)
	switch n := utf8.RuneCountInString(password); {
	case n < MinPassword:
		p.Add(field, "auth.password.short", MinPassword)
		return p
	case n > MaxPassword:
		p.Add(field, "auth.password.long", MaxPassword)
		return p
	}
	lower := strings.ToLower(password)
	if repeats(lower) || runs(lower) {
		p.Add(field, "auth.password.common")
		return p
	}
	if numbers(lower) {
		p.Add(field, "auth.password.number")
		return p
	}
	own := contextWords(context)
	for _, skeleton := range []string{letters(lower), letters(unleet.Replace(trimSigns(lower)))} {
		if skeleton == "" {
			continue
		}
		if few, personal := fewWords(skeleton, own); few && personal {
			p.Add(field, "auth.password.context")
			return p
		} else if few {
			p.Add(field, "auth.password.common")
			return p
		}
	}
	return p
}

//go:embed common.txt
var commonText string

// common is the words of common.txt, folded like a skeleton.
var common = sync.OnceValue(func() map[string]bool {
	m := make(map[string]bool)
	for line := range strings.Lines(commonText) {
		if line[0] == '#' {
			continue
		}
		for w := range strings.FieldsSeq(line) {
			m[letters(strings.ToLower(norm.NFKC.String(w)))] = true
		}
	}
	return m
})

// unleet reads the usual stand-ins as letters.
var unleet = strings.NewReplacer("0", "o", "1", "i", "3", "e", "4", "a", "5", "s", "7", "t", "8", "b", "@", "a", "$", "s", "!", "i", "|", "l")

// letters keeps the letters of s, without the vowel marks of Arabic, which nobody who guesses types.
func letters(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) && r != 'ـ' {
			return r
		}
		return -1
	}, s)
}

func trimSigns(s string) string {
	return strings.TrimFunc(s, func(r rune) bool { return !unicode.IsLetter(r) })
}

// numbers reports whether s has no letter and at most twenty digits: an id, a phone, a date, and no more.
func numbers(s string) bool {
	digits := 0
	for _, r := range s {
		switch {
		case unicode.IsLetter(r):
			return false
		case unicode.IsDigit(r):
			digits++
		case !strings.ContainsRune(" -+./()_:#", r):
			return false
		}
	}
	return digits <= 20
}

// repeats reports whether s is few different characters or one short piece again and again.
func repeats(s string) bool {
	rs := []rune(s)
	seen := make(map[rune]bool)
	for _, r := range rs {
		seen[r] = true
	}
	if len(seen) <= 3 {
		return true
	}
	for period := 1; period <= 5; period++ {
		same := true
		for i := period; i < len(rs) && same; i++ {
			same = rs[i] == rs[i-period]
		}
		if same {
			return true
		}
	}
	return false
}

// keys are the letters in the order of a keyboard, Latin and Arabic.
var keys = func() map[rune]rune {
	m := make(map[rune]rune)
	for _, board := range []string{"qwertyuiopasdfghjklzxcvbnm", "ضصثقفغعهخحجدشسيبلاتنمكطئءؤرىةوزظ"} {
		rs := []rune(board)
		for i := 1; i < len(rs); i++ {
			m[rs[i-1]] = rs[i]
		}
	}
	return m
}()

// runs reports whether nearly every character follows the one before it by one step, up or down, in the alphabet, in the digits or on the
// keyboard: abcdefghijkl, 9876543210, qwertyuiopas.
func runs(s string) bool {
	rs := []rune(s)
	steps := 0
	for i := 1; i < len(rs); i++ {
		a, b := rs[i-1], rs[i]
		if b-a == 1 || a-b == 1 || a == '9' && b == '0' || a == '0' && b == '9' || keys[a] == b || keys[b] == a {
			steps++
		}
	}
	return steps >= len(rs)-2
}

// contextWords returns the words of three letters and more that belong to the person or to this program.
func contextWords(context []string) map[string]bool {
	m := map[string]bool{"muntija": true, "منتجة": true, "المنتجة": true}
	for _, c := range context {
		for _, w := range strings.FieldsFunc(strings.ToLower(norm.NFKC.String(c)), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsMark(r) }) {
			if w = letters(w); utf8.RuneCountInString(w) >= 3 {
				m[w] = true
			}
		}
	}
	return m
}

// fewWords reports whether s is one to three words of the common list and own, one after the other, and whether any is from own.
func fewWords(s string, own map[string]bool) (few, personal bool) {
	const most = 3
	rs := []rune(s)
	if len(rs) > MaxPassword {
		return false, false
	}
	type state struct {
		words    int // fewest words that end here; 0: none do
		personal bool
	}
	at := make([]state, len(rs)+1)
	list := common()
	for i := range rs {
		if i > 0 && (at[i].words == 0 || at[i].words == most) {
			continue
		}
		for j := i + 1; j <= len(rs) && j-i <= 24; j++ {
			w := string(rs[i:j])
			if !list[w] && !own[w] {
				continue
			}
			if next := at[i].words + 1; at[j].words == 0 || next < at[j].words {
				at[j] = state{next, at[i].personal || own[w]}
			}
		}
	}
	end := at[len(rs)]
	return end.words > 0, end.personal
}

// params are the costs of Argon2id (RFC 9106).
type params struct {
	memory  uint32 // KiB
	time    uint32 // passes
	threads uint8
}

// current is what new hashes cost: the first choice of the OWASP password storage sheet that takes 50–80 ms on one core of a small server. Older
// hashes are made again at the next sign-in when this changes.
var current = params{memory: 46 * 1024, time: 1, threads: 1}

const (
	saltSize = 16
	hashSize = 32
)

// hashing lets two hashes be made at once: two cores, and 2 × 46 MiB however many people sign in at eight o'clock.
var hashing = make(chan struct{}, 2)

func derive(ctx context.Context, password string, salt []byte, p params) ([]byte, error) {
	select {
	case hashing <- struct{}{}:
	case <-ctx.Done():
		return nil, fault.Wrap(ctx.Err(), fault.Unavailable, "error.unavailable")
	}
	defer func() { <-hashing }()
	return argon2.IDKey([]byte(norm.NFKC.String(password)), salt, p.time, p.memory, p.threads, hashSize), nil
}

// HashPassword returns the password's Argon2id hash in PHC form for [User.PasswordHash]. Check the password first. It waits for its turn
// (Unavailable when ctx ends before).
func HashPassword(ctx context.Context, password string) (string, error) {
	if len(password) > maxPasswordBytes {
		return "", fault.New(fault.Invalid, "auth.password.long", MaxPassword)
	}
	salt := make([]byte, saltSize)
	rand.Read(salt)
	sum, err := derive(ctx, password, salt, current)
	if err != nil {
		return "", err
	}
	return current.phc(salt, sum), nil
}

// VerifyPassword reports whether the password fits the stored hash, and if so, whether the hash should be made again because the costs
// have changed. Give an empty hash for an account that does not exist, is closed or has no password: the same work is done and the
// answer is no, so that the time does not tell who has an account.
func VerifyPassword(ctx context.Context, password, stored string) (ok, rehash bool, err error) {
	if len(password) > maxPasswordBytes {
		return false, false, nil // says nothing of the account: it is refused for all
	}
	p, salt, want := current, nobodySalt, nobodyHash
	known := stored != ""
	if known {
		if p, salt, want, err = parsePHC(stored); err != nil {
			return false, false, fmt.Errorf("reading a stored password hash: %w", err)
		}
	}
	got, err := derive(ctx, password, salt, p)
	if err != nil {
		return false, false, err
	}
	ok = subtle.ConstantTimeCompare(got, want) == 1 && known
	return ok, ok && p != current, nil
}

// nobodySalt and nobodyHash stand in for accounts that do not exist. No password needs to have this hash.
var (
	nobodySalt = make([]byte, saltSize)
	nobodyHash = make([]byte, hashSize)
)

func (p params) phc(salt, sum []byte) string {
	enc := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, p.memory, p.time, p.threads, enc.EncodeToString(salt), enc.EncodeToString(sum))
}

var errPHC = errors.New("not an Argon2id hash of this program")

// parsePHC reads a stored hash. The costs are bounded, so that a changed row cannot make the server take all memory.
func parsePHC(s string) (p params, salt, sum []byte, err error) {
	parts := strings.Split(s, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != "v="+strconv.Itoa(argon2.Version) {
		return params{}, nil, nil, errPHC
	}
	costs := strings.Split(parts[3], ",")
	if len(costs) != 3 {
		return params{}, nil, nil, errPHC
	}
	var v [3]uint64
	for i, name := range []string{"m=", "t=", "p="} {
		digits, ok := strings.CutPrefix(costs[i], name)
		n, err := strconv.ParseUint(digits, 10, 32)
		if !ok || err != nil {
			return params{}, nil, nil, errPHC
		}
		v[i] = n
	}
	if v[0] < 8*v[2] || v[0] > 256*1024 || v[1] < 1 || v[1] > 10 || v[2] < 1 || v[2] > 4 {
		return params{}, nil, nil, errPHC
	}
	enc := base64.RawStdEncoding.Strict()
	if salt, err = enc.DecodeString(parts[4]); err != nil || len(salt) < 8 || len(salt) > 64 {
		return params{}, nil, nil, errPHC
	}
	if sum, err = enc.DecodeString(parts[5]); err != nil || len(sum) != hashSize {
		return params{}, nil, nil, errPHC
	}
	p = params{memory: uint32(v[0]), time: uint32(v[1]), threads: uint8(v[2])}
	if p.phc(salt, sum) != s { // one text per hash: no leading zeros, no line ends inside base64
		return params{}, nil, nil, errPHC
	}
	return p, salt, sum, nil
}
