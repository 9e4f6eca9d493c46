// Package courier takes what the program has to say to the outside: events to other programs (webhooks) and messages to people.
//
// # Design
//
// It knows no database. What is to be sent, when again, and what became of it is kept by package service in an outbox that is written in the transaction
// of the event; this package signs and posts an event ([Poster]), fills a template ([Template]) and hands a message to a [Sender]. Delivery is at least once:
// who receives tells repeats by the id, which is the same each time.
//
// An address that somebody typed must not become a door into the office's own network (server-side request forgery, OWASP ASVS 5.0, 1.3.6). So only https is
// taken, redirects are not followed, and the address to which the connection is really made is looked at in the dialer, after names were resolved: anything
// but a public unicast address is refused, unless the operator has allowed its range.
//
// # Limits
//
// E-mail goes to one SMTP server. SMS and WhatsApp have no protocol of their own here: their messages are written as files, one each, from which a gateway
// takes them.
package courier

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// SecretPrefix stands before each signing secret (Standard Webhooks 1.0).
const SecretPrefix = "whsec_"

const secretBytes = 32

// NewSecret returns a fresh signing secret.
func NewSecret() string {
	var b [secretBytes]byte
	rand.Read(b[:])
	return SecretPrefix + base64.StdEncoding.EncodeToString(b[:])
}

// Sign returns the signature of an event by one secret, such as "v1,K5oZ…=": HMAC-SHA256 over id, time and body with points between them (Standard Webhooks
// 1.0, "Signature scheme").
func Sign(secret, id string, at time.Time, body []byte) (string, error) {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, SecretPrefix))
	if err != nil {
		return "", fmt.Errorf("reading the signing secret: %w", err)
	}
	h := hmac.New(sha256.New, key)
	h.Write([]byte(id + "." + strconv.FormatInt(at.Unix(), 10) + "."))
	h.Write(body)
	return "v1," + base64.StdEncoding.EncodeToString(h.Sum(nil)), nil
}

// Event is one event for one address.
type Event struct {
	ID      string // the same at each try
	URL     string
	Body    []byte
	Secrets []string // the one in force first; another one for a while after it was changed
}

// Poster sends events. The zero value sends to public addresses only.
type Poster struct {
	Allow   []netip.Prefix // ranges that may be reached though they are not public; http is taken there too
	Timeout time.Duration  // of one try; 10 s when 0
}

// The errors of an address that is not taken. Their texts are stable codes.
var (
	ErrScheme  = errors.New("scheme")
	ErrAddress = errors.New("address")
)

// maxURL bounds an address.
const maxURL = 500

// CheckURL returns ErrScheme or ErrAddress if nothing may be sent to an address by what is written there. Where a name leads is looked at when sending.
func (p *Poster) CheckURL(text string) error {
	u, err := url.Parse(text)
	if err != nil || len(text) > maxURL || u.Host == "" || u.User != nil || u.Fragment != "" || u.Opaque != "" {
		return ErrAddress
	}
	if u.Scheme != "https" && (u.Scheme != "http" || !p.allowsHost(u.Hostname())) {
		return ErrScheme
	}
	if addr, err := netip.ParseAddr(u.Hostname()); err == nil && !p.reaches(addr) {
		return ErrAddress
	}
	if h := strings.ToLower(strings.TrimSuffix(u.Hostname(), ".")); h == "localhost" || strings.HasSuffix(h, ".localhost") || strings.HasSuffix(h, ".local") || strings.HasSuffix(h, ".internal") {
		return ErrAddress
	}
	return nil
}

func (p *Poster) allowsHost(host string) bool {
	addr, err := netip.ParseAddr(host)
	return err == nil && p.allows(addr)
}

func (p *Poster) allows(a netip.Addr) bool {
	a = a.Unmap()
	for _, r := range p.Allow {
		if r.Contains(a) {
			return true
		}
	}
	return false
}

// notPublic are the ranges that are neither private nor loopback nor link-local by name and still lead to no public host (IANA special-purpose registries).
var notPublic = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("192.0.0.0/24"), netip.MustParsePrefix("192.0.2.0/24"),
	netip.MustParsePrefix("198.18.0.0/15"), netip.MustParsePrefix("198.51.100.0/24"), netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix("240.0.0.0/4"),
	netip.MustParsePrefix("64:ff9b::/96"), netip.MustParsePrefix("64:ff9b:1::/48"), netip.MustParsePrefix("100::/64"), netip.MustParsePrefix("2001::/23"), netip.MustParsePrefix("2001:db8::/32"),
	netip.MustParsePrefix("2002::/16"), netip.MustParsePrefix("fec0::/10"),
}

// reaches reports whether a connection may be made to an address.
func (p *Poster) reaches(a netip.Addr) bool {
	a = a.Unmap()
	if p.allows(a) {
		return true
	}
	if !a.IsGlobalUnicast() || a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast() || a.Zone() != "" {
		return false
	}
	for _, r := range notPublic {
		if r.Contains(a) {
			return false
		}
	}
	return true
}

// control looks at the address that a connection is about to be made to.
func (p *Poster) control(_, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil || !p.reaches(at.Addr()) {
		return ErrAddress
	}
	return nil
}

// Post makes one try. It returns the status of the answer, 0 if there was none, and an error unless the event was taken (2xx). The error's text is fit for a page: it
// holds nothing of the answer's body and no resolved address.
func (p *Poster) Post(ctx context.Context, e Event, at time.Time) (status int, err error) {
	if err := p.CheckURL(e.URL); err != nil {
		return 0, err
	}
	timeout := p.Timeout
	if timeout == 0 {
		timeout = 10 * time.Second
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, e.URL, bytes.NewReader(e.Body))
	if err != nil {
		return 0, ErrAddress
	}
	var signatures []string
	for _, secret := range e.Secrets {
		s, err := Sign(secret, e.ID, at, e.Body)
		if err != nil {
			return 0, err
		}
		signatures = append(signatures, s)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "Muntija-Webhooks/1")
	req.Header.Set("Webhook-Id", e.ID)
	req.Header.Set("Webhook-Timestamp", strconv.FormatInt(at.Unix(), 10))
	req.Header.Set("Webhook-Signature", strings.Join(signatures, " "))
	dialer := &net.Dialer{Timeout: timeout, Control: p.control}
	client := &http.Client{
		// No proxy of the environment: it would resolve the name anew, out of sight of control.
		Transport:     &http.Transport{DialContext: dialer.DialContext, TLSHandshakeTimeout: timeout, DisableKeepAlives: true, ForceAttemptHTTP2: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	resp, err := client.Do(req)
	switch {
	case errors.Is(err, ErrAddress):
		return 0, ErrAddress
	case errors.Is(err, context.DeadlineExceeded):
		return 0, errors.New("timeout")
	case err != nil:
		return 0, errors.New("unreachable")
	}
	defer resp.Body.Close()
	io.Copy(io.Discard, io.LimitReader(resp.Body, 64<<10))
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return resp.StatusCode, fmt.Errorf("status %d", resp.StatusCode)
	}
	return resp.StatusCode, nil
}

// MaxTries is after how many tries something is given up: about two days after the first.
const MaxTries = 16

// Wait returns how long to wait after a failed try, counted from 1: twice as long each time, from 10 s to 12 hours, and up to a quarter more or less by chance (0 to 1), so
// that what failed together does not come back together.
func Wait(tries int, chance float64) time.Duration {
	d := 12 * time.Hour
	if tries < 14 {
		d = min(d, 10*time.Second<<(max(1, tries)-1))
	}
	return time.Duration(float64(d) * (0.75 + chance/2))
}
