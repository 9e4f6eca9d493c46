package auth

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"net/url"
	"strings"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"
	"github.com/pquerna/otp/totp"
)

// TOTP after RFC 6238, with the values that every authenticator app takes: SHA-1, six digits, 30 seconds. One step either way is
// accepted for clocks that differ.
const (
	totpPeriod = 30 // seconds
	totpSkew   = 1  // steps
	totpSecret = 20 // bytes, RFC 4226 section 4, R6
)

var base32Plain = base32.StdEncoding.WithPadding(base32.NoPadding)

// Enrolment is a new second factor before the person has proved that their app has it. Seal Secret and store it only after [VerifyTOTP]
// has taken a first code.
type Enrolment struct {
	Secret []byte // 20 random bytes
	Text   string // the secret for typing, base32
	URI    string // otpauth://… for a QR picture
}

// EnrolTOTP makes a second factor for an account.
func EnrolTOTP(email string) (Enrolment, error) {
	k, err := totp.Generate(totp.GenerateOpts{Issuer: "Muntija", AccountName: email, Period: totpPeriod, SecretSize: totpSecret,
		Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
	if err != nil {
		return Enrolment{}, err
	}
	return enrolment(email, k.Secret())
}

// EnrolmentOf returns the enrolment with a secret made earlier, for drawing its page a second time.
func EnrolmentOf(email string, secret []byte) Enrolment {
	e, _ := enrolment(email, base32Plain.EncodeToString(secret)) // what was just encoded decodes
	return e
}

func enrolment(email, text string) (Enrolment, error) {
	secret, err := base32Plain.DecodeString(text)
	if err != nil {
		return Enrolment{}, err
	}
	// Issuer in the label and as a parameter, as apps expect. PathEscape, because some apps show "+" for a space.
	uri := "otpauth://totp/Muntija:" + url.PathEscape(email) + "?secret=" + text + "&issuer=Muntija&algorithm=SHA1&digits=6&period=30"
	return Enrolment{Secret: secret, Text: text, URI: uri}, nil
}

// VerifyTOTP checks a code against the secret at now. It takes the current step and one before and after, but none at or before lastStep: a code
// works once (RFC 6238, 5.2). The caller stores the returned step as the new lastStep in the same transaction. Spaces are
// skipped and Arabic-Indic and Persian digits taken.
func VerifyTOTP(secret []byte, code string, lastStep int64, now time.Time) (step int64, ok bool) {
	code = asciiDigits(code)
	if len(code) != 6 || len(secret) == 0 {
		return 0, false
	}
	text := base32Plain.EncodeToString(secret)
	current := now.Unix() / totpPeriod
	for s := current - totpSkew; s <= current+totpSkew; s++ {
		want, err := hotp.GenerateCodeCustom(text, uint64(s), hotp.ValidateOpts{Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
		// All three are computed, so that the time tells nothing of which one fits.
		if err == nil && subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 && s > lastStep {
			step, ok = s, true
		}
	}
	return step, ok
}

// asciiDigits drops spaces and turns Arabic-Indic (U+0660) and Persian (U+06F0) digits into ASCII.
func asciiDigits(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ' || r == '\u00a0':
			return -1
		case r >= '\u0660' && r <= '\u0669':
			return r - '\u0660' + '0'
		case r >= '\u06f0' && r <= '\u06f9':
			return r - '\u06f0' + '0'
		}
		return r
	}, s)
}

// recoveryAlphabet is Crockford's base 32: no I, L, O or U, so that a code read from paper has one reading.
const recoveryAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

const (
	recoveryCount  = 10
	recoveryLength = 24 // 120 bits: from 112 on a fast hash will do (ASVS 5.0, 6.5.2)
	recoveryGroup  = 4
)

// NewRecoveryCodes returns ten codes to be shown once, such as "7KQ2-…", and the hashes to keep.
func NewRecoveryCodes() (codes []string, hashes [][]byte) {
	for range recoveryCount {
		raw := make([]byte, recoveryLength)
		rand.Read(raw)
		for i, b := range raw {
			raw[i] = recoveryAlphabet[b&31]
		}
		sum := sha256.Sum256(raw)
		hashes = append(hashes, sum[:])
		var groups []string
		for i := 0; i < recoveryLength; i += recoveryGroup {
			groups = append(groups, string(raw[i:i+recoveryGroup]))
		}
		codes = append(codes, strings.Join(groups, "-"))
	}
	return codes, hashes
}

// UseRecoveryCode checks a typed code, in any case, with or without hyphens and spaces. If it fits, rest is the hashes that remain.
func UseRecoveryCode(hashes [][]byte, typed string) (rest [][]byte, ok bool) {
	typed = strings.Map(func(r rune) rune {
		switch r {
		case ' ', '-', '\u00a0':
			return -1
		case 'O', 'o':
			return '0'
		case 'I', 'i', 'L', 'l':
			return '1'
		}
		return r
	}, strings.ToUpper(asciiDigits(typed)))
	if len(typed) != recoveryLength {
		return hashes, false
	}
	sum := sha256.Sum256([]byte(typed))
	rest = make([][]byte, 0, len(hashes))
	for _, h := range hashes {
		if subtle.ConstantTimeCompare(h, sum[:]) == 1 && !ok {
			ok = true
			continue
		}
		rest = append(rest, h)
	}
	return rest, ok
}
