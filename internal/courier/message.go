package courier

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net"
	"net/mail"
	"net/smtp"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"muntija/internal/fault"
)

// Channel is a way to reach a person. Its text is stored.
type Channel string

// The channels.
const (
	SMS      Channel = "sms"
	WhatsApp Channel = "whatsapp"
	Email    Channel = "email"
)

// Channels returns the channels in the order of display.
func Channels() []Channel { return []Channel{SMS, WhatsApp, Email} }

// Message is one message to one person. ID is the same at each try, so that a gateway can drop a repeat.
type Message struct {
	ID      string  `json:"id"`
	Channel Channel `json:"channel"`
	To      string  `json:"to"` // a number in the international form, or an e-mail address
	Lang    string  `json:"lang"`
	Subject string  `json:"subject,omitempty"` // of an e-mail
	Text    string  `json:"text"`
}

// Sender hands a message on. An error means that it may be tried again, unless it is [ErrRefused]. Its text is fit for a page and names nobody.
type Sender interface {
	Send(ctx context.Context, m Message) error
}

// ErrRefused is the error of a message that will never be taken.
var ErrRefused = errors.New("refused")

// Folder writes each message as a file of its own, from which a gateway takes it: DIR/<channel>-<id>.json, readable by the owner only. The same message written
// twice is one file.
type Folder string

// Send writes the file whole or not at all.
func (f Folder) Send(_ context.Context, m Message) error {
	if err := os.MkdirAll(string(f), 0o700); err != nil {
		return errors.New("folder")
	}
	body, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("encoding: %w", err)
	}
	name := filepath.Join(string(f), string(m.Channel)+"-"+filepath.Base(m.ID)+".json")
	tmp := name + ".part"
	if err := os.WriteFile(tmp, append(body, '\n'), 0o600); err != nil {
		return errors.New("folder")
	}
	if err := os.Rename(tmp, name); err != nil {
		return errors.New("folder")
	}
	return nil
}

// SMTP sends e-mail through one server. TLS is asked for always: at once on port 465, by STARTTLS else, unless Plain says that a server without it is taken, which is
// for one on the same machine.
type SMTP struct {
	Addr, From     string // host:port; an address such as "Muntija <no-reply@muntija.example>"
	User, Password string
	Plain          bool
}

// Send hands one e-mail to the server.
func (s *SMTP) Send(ctx context.Context, m Message) error {
	from, err := mail.ParseAddress(s.From)
	if err != nil {
		return errors.New("sender address")
	}
	to, err := mail.ParseAddress(m.To)
	if err != nil || strings.ContainsAny(m.To, "\r\n") {
		return ErrRefused
	}
	host, port, err := net.SplitHostPort(s.Addr)
	if err != nil {
		return errors.New("server address")
	}
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", s.Addr)
	if err != nil {
		return errors.New("unreachable")
	}
	defer conn.Close()
	if end, ok := ctx.Deadline(); ok {
		if err := conn.SetDeadline(end); err != nil {
			return errors.New("unreachable")
		}
	}
	conf := &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}
	if port == "465" {
		conn = tls.Client(conn, conf)
	}
	c, err := smtp.NewClient(conn, host)
	if err != nil {
		return errors.New("greeting")
	}
	defer c.Close()
	if port != "465" {
		if ok, _ := c.Extension("STARTTLS"); ok {
			if err := c.StartTLS(conf); err != nil {
				return errors.New("tls")
			}
		} else if !s.Plain {
			return errors.New("no tls")
		}
	}
	if s.User != "" {
		if err := c.Auth(smtp.PlainAuth("", s.User, s.Password, host)); err != nil {
			return errors.New("sign-in")
		}
	}
	if err := c.Mail(from.Address); err != nil {
		return errors.New("sender")
	}
	if err := c.Rcpt(to.Address); err != nil {
		if strings.HasPrefix(err.Error(), "5") {
			return ErrRefused
		}
		return errors.New("recipient")
	}
	w, err := c.Data()
	if err != nil {
		return errors.New("data")
	}
	if _, err := w.Write(letter(from, to, m)); err != nil {
		return errors.New("data")
	}
	if err := w.Close(); err != nil {
		if strings.HasPrefix(err.Error(), "5") { // it read the letter and will not have it: 15 more tries would not change that
			return ErrRefused
		}
		return errors.New("data") // also when the line broke before the answer: it may have been taken, and goes again with the same Message-ID
	}
	c.Quit()
	return nil
}

// letter writes an e-mail (RFC 5322), its text in base64, because it is Arabic more often than not.
func letter(from, to *mail.Address, m Message) []byte {
	var b strings.Builder
	_, host, _ := strings.Cut(from.Address, "@")
	fmt.Fprintf(&b, "From: %s\r\nTo: %s\r\nSubject: %s\r\nMessage-ID: <%s@%s>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"+
		"Content-Language: %s\r\nContent-Transfer-Encoding: base64\r\nAuto-Submitted: auto-generated\r\n\r\n", from, to, mime.BEncoding.Encode("utf-8", oneLine(m.Subject)), m.ID, host, m.Lang)
	text := base64.StdEncoding.EncodeToString([]byte(m.Text))
	for len(text) > 76 {
		b.WriteString(text[:76] + "\r\n")
		text = text[76:]
	}
	b.WriteString(text + "\r\n")
	return []byte(b.String())
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// Text is a template in one language. Placeholders are written {name}.
type Text struct {
	Subject string `json:"subject,omitempty"`
	Text    string `json:"text"`
}

// maxTemplate and maxSubject bound a template: six parts of an Arabic SMS.
const (
	maxTemplate = 402
	maxSubject  = 120
)

// Check returns what is wrong with a template for a channel whose placeholders are known. Fields: prefix + "_subject", prefix + "_text".
func (t Text) Check(prefix string, channel Channel, known []string) fault.Problems {
	var ps fault.Problems
	for _, x := range []struct {
		field, text string
		most        int
		needed      bool
	}{{prefix + "_subject", t.Subject, maxSubject, channel == Email}, {prefix + "_text", t.Text, maxTemplate, true}} {
		switch n := utf8.RuneCountInString(x.text); {
		case strings.TrimSpace(x.text) == "" && x.needed:
			ps.Add(x.field, "problem.required")
			continue
		case n > x.most:
			ps.Add(x.field, "problem.too_long", x.most)
			continue
		}
		names, ok := placeholders(x.text)
		if !ok {
			ps.Add(x.field, "problem.template.brace")
			continue
		}
		for _, name := range names {
			if !slices.Contains(known, name) {
				ps.Add(x.field, "problem.template.placeholder", name)
				break
			}
		}
	}
	return ps
}

// Fill puts values in the place of the placeholders. One without a value becomes nothing.
func (t Text) Fill(values map[string]string) Text {
	return Text{Subject: fill(t.Subject, values), Text: fill(t.Text, values)}
}

func fill(text string, values map[string]string) string {
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(text, "{")
		b.WriteString(before)
		if !ok {
			return b.String()
		}
		name, after, closed := strings.Cut(rest, "}")
		if !closed {
			b.WriteString("{" + rest)
			return b.String()
		}
		b.WriteString(values[name])
		text = after
	}
}

// placeholders returns the names in a template; false if a brace has no partner.
func placeholders(text string) ([]string, bool) {
	var out []string
	for {
		before, rest, ok := strings.Cut(text, "{")
		if strings.Contains(before, "}") {
			return nil, false
		}
		if !ok {
			return out, true
		}
		name, after, closed := strings.Cut(rest, "}")
		if !closed || strings.ContainsAny(name, "{ \n") || name == "" {
			return nil, false
		}
		out = append(out, name)
		text = after
	}
}
