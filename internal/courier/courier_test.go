package courier

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// The example of the Standard Webhooks specification, whose reference libraries give the same signature.
func TestSign(t *testing.T) {
	got, err := Sign("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", time.Unix(1614265330, 0), []byte(`{"test": 2432232314}`))
	if want := "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="; err != nil || got != want {
		t.Errorf("got %s %v, want %s", got, err, want)
	}
	if _, err := Sign("whsec_*", "x", time.Now(), nil); err == nil {
		t.Error("a broken secret signs")
	}
	if a, b := NewSecret(), NewSecret(); a == b || !strings.HasPrefix(a, SecretPrefix) {
		t.Errorf("secrets %s %s", a, b)
	}
}

func TestAddresses(t *testing.T) {
	var p Poster
	for url, want := range map[string]error{
		"https://example.org/hook": nil, "https://example.org:8443/hook?x=1": nil, "https://8.8.8.8/": nil, "https://[2606:4700::1111]/": nil,
		"http://example.org/": ErrScheme, "ftp://example.org/": ErrScheme, "javascript:alert(1)": ErrAddress, "example.org": ErrAddress, "https://": ErrAddress, "": ErrAddress,
		"https://user:pass@example.org/": ErrAddress, "https://example.org/#x": ErrAddress, "https://localhost/": ErrAddress, "https://LOCALHOST./": ErrAddress, "https://db.internal/": ErrAddress,
		"https://printer.local/": ErrAddress, "https://127.0.0.1/": ErrAddress, "https://10.0.0.1/": ErrAddress, "https://172.16.5.4/": ErrAddress, "https://192.168.1.1/": ErrAddress,
		"https://169.254.169.254/latest": ErrAddress, "https://100.64.0.1/": ErrAddress, "https://0.0.0.0/": ErrAddress, "https://[::1]/": ErrAddress, "https://[::ffff:127.0.0.1]/": ErrAddress,
		"https://[fe80::1]/": ErrAddress, "https://[fd00::1]/": ErrAddress, "https://[64:ff9b::a00:1]/": ErrAddress, "https://[2002:7f00:1::]/": ErrAddress, "https://224.0.0.1/": ErrAddress,
		"https://255.255.255.255/": ErrAddress, "https://" + strings.Repeat("a", 500) + ".org/": ErrAddress,
	} {
		if got := p.CheckURL(url); !errors.Is(got, want) && !(got == nil && want == nil) {
			t.Errorf("%s: got %v, want %v", url, got, want)
		}
	}
	open := Poster{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}
	if err := open.CheckURL("http://127.0.0.1:9/"); err != nil {
		t.Error(err)
	}
	if open.CheckURL("http://10.0.0.1/") == nil || open.CheckURL("http://example.org/") == nil {
		t.Error("more than the allowed range is taken")
	}
	// A name that leads inside is found out when the connection is made.
	if p.control("tcp", "127.0.0.1:443", nil) == nil || p.control("tcp", "[::1]:443", nil) == nil || p.control("tcp", "8.8.8.8:443", nil) != nil {
		t.Error("the dialer does not look at addresses")
	}
}

func TestPost(t *testing.T) {
	answer, hits := 200, 0
	var seen http.Header
	var body []byte
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		hits++
		seen = r.Header
		body, _ = io.ReadAll(r.Body)
		if answer == 302 {
			w.Header().Set("Location", "/elsewhere")
		}
		w.WriteHeader(answer)
	}))
	defer srv.Close()
	e := Event{ID: "msg_1", URL: srv.URL + "/hook", Body: []byte(`{"type":"x"}`), Secrets: []string{NewSecret(), NewSecret()}}
	at := time.Unix(1700000000, 0)
	if _, err := (&Poster{}).Post(t.Context(), e, at); !errors.Is(err, ErrScheme) || hits != 0 {
		t.Fatalf("posted to this machine: %v", err)
	}
	p := &Poster{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, Timeout: 2 * time.Second}
	if status, err := p.Post(t.Context(), e, at); err != nil || status != 200 {
		t.Fatal(status, err)
	}
	first, _ := Sign(e.Secrets[0], e.ID, at, e.Body)
	second, _ := Sign(e.Secrets[1], e.ID, at, e.Body)
	if seen.Get("Webhook-Id") != "msg_1" || seen.Get("Webhook-Timestamp") != "1700000000" || seen.Get("Webhook-Signature") != first+" "+second || string(body) != string(e.Body) {
		t.Errorf("headers %v body %s", seen, body)
	}
	for _, code := range []int{302, 404, 500} {
		answer, hits = code, 0
		if status, err := p.Post(t.Context(), e, at); err == nil || status != code || hits != 1 {
			t.Errorf("answer %d: %d %v after %d requests", code, status, err, hits)
		}
	}
	srv.Close()
	if status, err := p.Post(t.Context(), e, at); err == nil || status != 0 || strings.Contains(err.Error(), "127.0.0.1") {
		t.Errorf("nobody there: %d %v", status, err)
	}
}

func TestWait(t *testing.T) {
	sum := time.Duration(0)
	for n := 1; n < MaxTries; n++ {
		low, high := Wait(n, 0), Wait(n, 1)
		if low >= high || high > 15*time.Hour || n > 1 && Wait(n, 0.5) < Wait(n-1, 0.5) {
			t.Errorf("try %d: %s to %s", n, low, high)
		}
		sum += Wait(n, 0.5)
	}
	if sum < 10*time.Hour || Wait(0, 0) <= 0 || Wait(1000, 1) > 15*time.Hour {
		t.Errorf("in all %s", sum)
	}
}

func TestFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	m := Message{ID: "m1", Channel: SMS, To: "+201000000001", Lang: "ar", Text: "أهلًا"}
	for range 2 {
		if err := Folder(dir).Send(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != 1 || files[0].Name() != "sms-m1.json" {
		t.Fatalf("%v %v", files, err)
	}
	raw, err := os.ReadFile(filepath.Join(dir, "sms-m1.json"))
	var got Message
	if err != nil || json.Unmarshal(raw, &got) != nil || got != m {
		t.Errorf("got %+v %v", got, err)
	}
	if info, err := os.Stat(filepath.Join(dir, "sms-m1.json")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v %v", info.Mode(), err)
	}
}

// smtpServer answers one conversation without TLS and returns what was said.
func smtpServer(t *testing.T, rcpt string, taken ...string) (addr string, said chan string) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	said = make(chan string, 1)
	go func() {
		conn, err := ln.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		r := bufio.NewReader(conn)
		var log strings.Builder
		reply := func(s string) { io.WriteString(conn, s+"\r\n") }
		reply("220 test")
		data := false
		for {
			line, err := r.ReadString('\n')
			if err != nil {
				break
			}
			log.WriteString(line)
			switch word, _, _ := strings.Cut(strings.TrimSpace(line), " "); {
			case data && line == ".\r\n":
				data = false
				if len(taken) == 0 {
					taken = []string{"250 taken"}
				}
				if taken[0] == "" { // the line breaks
					return
				}
				reply(taken[0])
			case data:
			case word == "EHLO":
				reply("250 test")
			case word == "RCPT":
				reply(rcpt)
			case word == "DATA":
				data = true
				reply("354 go on")
			default:
				reply("250 ok")
			}
		}
		said <- log.String()
	}()
	return ln.Addr().String(), said
}

func TestSMTP(t *testing.T) {
	m := Message{ID: "m7", Channel: Email, To: "mona@example.org", Lang: "ar", Subject: "قرار التسجيل", Text: "قُبل تسجيل أسرتك."}
	addr, said := smtpServer(t, "250 ok")
	s := &SMTP{Addr: addr, From: "منتجة <no-reply@muntija.example>", Plain: true}
	if err := s.Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	log := <-said
	for _, want := range []string{"MAIL FROM:<no-reply@muntija.example>", "RCPT TO:<mona@example.org>", "Message-ID: <m7@muntija.example>", "Content-Language: ar", base64.StdEncoding.EncodeToString([]byte(m.Text)), "Subject: =?utf-8?b?"} {
		if !strings.Contains(log, want) {
			t.Errorf("%q was not said:\n%s", want, log)
		}
	}
	addr, _ = smtpServer(t, "250 ok")
	if err := (&SMTP{Addr: addr, From: "a@b.example"}).Send(t.Context(), m); err == nil || err.Error() != "no tls" {
		t.Errorf("without TLS: %v", err)
	}
	addr, _ = smtpServer(t, "550 no such user")
	if err := (&SMTP{Addr: addr, From: "a@b.example", Plain: true}).Send(t.Context(), m); !errors.Is(err, ErrRefused) {
		t.Errorf("unknown recipient: %v", err)
	}
	addr, _ = smtpServer(t, "450 later")
	if err := (&SMTP{Addr: addr, From: "a@b.example", Plain: true}).Send(context.Background(), m); err == nil || errors.Is(err, ErrRefused) {
		t.Errorf("busy recipient: %v", err)
	}
	for answer, refused := range map[string]bool{"554 not here": true, "451 later": false, "": false} {
		addr, _ = smtpServer(t, "250 ok", answer)
		err := (&SMTP{Addr: addr, From: "a@b.example", Plain: true}).Send(t.Context(), m)
		if err == nil || errors.Is(err, ErrRefused) != refused || strings.Contains(err.Error(), "@") {
			t.Errorf("the letter is answered %q: %v", answer, err)
		}
	}
	bad := m
	bad.To = "a@b.example\r\nRCPT TO:<c@d.example>"
	if err := s.Send(t.Context(), bad); !errors.Is(err, ErrRefused) {
		t.Errorf("two recipients: %v", err)
	}
}

func TestTemplate(t *testing.T) {
	known := []string{"number", "name"}
	for _, c := range []struct {
		text Text
		want string
	}{
		{Text{Text: "رقمك {number} يا {name}"}, ""},
		{Text{}, "ar_text problem.required"},
		{Text{Text: "{age}"}, "ar_text problem.template.placeholder"},
		{Text{Text: "{number"}, "ar_text problem.template.brace"},
		{Text{Text: "number}"}, "ar_text problem.template.brace"},
		{Text{Text: "{}"}, "ar_text problem.template.brace"},
		{Text{Text: "{{number}}"}, "ar_text problem.template.brace"},
		{Text{Text: strings.Repeat("م", 403)}, "ar_text problem.too_long"},
	} {
		got := ""
		for _, p := range c.text.Check("ar", SMS, known) {
			got += p.Field + " " + p.Key
		}
		if got != c.want {
			t.Errorf("%q: got %q, want %q", c.text.Text, got, c.want)
		}
	}
	if ps := (Text{Text: "x"}).Check("en", Email, known); len(ps) != 1 || ps[0].Field != "en_subject" {
		t.Errorf("an e-mail without a subject: %v", ps)
	}
	got := Text{Subject: "{number}", Text: "أهلًا {name}، رقمك {number}."}.Fill(map[string]string{"number": "EG-1", "name": "{number}"})
	if got.Subject != "EG-1" || got.Text != "أهلًا {number}، رقمك EG-1." {
		t.Errorf("got %+v", got)
	}
}

// FuzzFill looks for a template that passes its check and is not filled whole, or whose filling breaks.
func FuzzFill(f *testing.F) {
	f.Add("أهلًا {name}، رقمك {number}.")
	f.Add("{{name}} {")
	f.Fuzz(func(t *testing.T, text string) {
		out := Text{Text: text}.Fill(map[string]string{"name": "x", "number": "1"})
		if len((Text{Text: text}).Check("ar", SMS, []string{"name", "number"})) == 0 && strings.ContainsAny(out.Text, "{}") {
			t.Errorf("%q passes and becomes %q", text, out.Text)
		}
	})
}
