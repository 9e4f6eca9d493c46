package cli_test

import (
	"encoding/json"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"muntija/internal/courier"
	"muntija/internal/registry"
	"muntija/internal/service"
	"muntija/internal/store"
)

// heard is one event as an address got it.
type heard struct {
	id, body string
	family   int64
}

// TestKillInTheMiddleOfSending: families are handed in and taken while the program is killed without warning, again and again. Each step that the database holds is told of
// at least once, in order per family, signed, without a name; nothing is told that is not in the database; each message lies there as one file.
func TestKillInTheMiddleOfSending(t *testing.T) {
	const kills, perLife = 3, 14
	var mu sync.Mutex
	var all []heard
	var secret string
	var wrong []string
	taker := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return // the sender was killed while it wrote
		}
		seconds, err := strconv.ParseInt(r.Header.Get("Webhook-Timestamp"), 10, 64)
		if err != nil {
			t.Errorf("timestamp: %v", err)
		}
		mu.Lock()
		defer mu.Unlock()
		want, err := courier.Sign(secret, r.Header.Get("Webhook-Id"), time.Unix(seconds, 0), body)
		if err != nil || r.Header.Get("Webhook-Signature") != want {
			wrong = append(wrong, r.Header.Get("Webhook-Signature"))
		}
		var e struct {
			Data struct{ ID int64 }
		}
		if err := json.Unmarshal(body, &e); err != nil {
			t.Errorf("%v: %s", err, body)
		}
		all = append(all, heard{r.Header.Get("Webhook-Id"), string(body), e.Data.ID})
		if rand.IntN(5) == 0 { // taken, and it was not understood that it was: it must come again with the same id
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	defer taker.Close()

	dir := t.TempDir()
	out := filepath.Join(dir, "out")
	flags := []string{"--data", dir}
	serve := append(slices.Clone(flags), "--hook-allow", "127.0.0.1", "--message-dir", out)
	p := start(t, serve...)
	admin := p.signIn(t, flags, "admin@example.org", "administrator", "EG")
	admin.get("/hooks")
	page := admin.show("/hooks", url.Values{"url": {taker.URL + "/in"}, "kinds": {"family.submitted", "family.state_changed"}})
	m := regexp.MustCompile(`whsec_[A-Za-z0-9+/=]+`).FindString(strings.ReplaceAll(page, "&#43;", "+"))
	if m == "" {
		t.Fatalf("no secret in %.600s", page)
	}
	mu.Lock()
	secret = m
	mu.Unlock()
	admin.get("/message-templates?kind=family.submitted&channel=sms")
	admin.mustPost("/message-templates", url.Values{"kind": {"family.submitted"}, "channel": {"sms"}, "version": {"0"}, "langs": {"ar"}, "active": {"yes"}, "ar_text": {"وصل طلبكم {number}"}, "en_text": {"{number}"}})
	worker := p.signIn(t, flags, "worker@example.org", "field_worker", "EG")

	answered := map[int64]bool{}
	n := 0
	for life := range kills + 1 {
		if life > 0 {
			p = start(t, serve...)
			worker.base = p.base
		}
		killAt := rand.IntN(perLife)
		for i := range perLife {
			n++
			if life < kills && i == killAt { // beside a save and a round of the couriers
				go func(p *process) { _ = p.cmd.Process.Signal(syscall.SIGKILL) }(p)
			}
			status, to, err := worker.post("/registrations", registration(n))
			if err != nil {
				break
			}
			id, err := strconv.ParseInt(strings.TrimPrefix(to, "/families/"), 10, 64)
			if status != http.StatusSeeOther || err != nil {
				t.Fatalf("save %d: %d %s", n, status, to)
			}
			answered[id] = true
			if i%8 == 0 { // is on file already, so it is rolled back: nothing may be told of it
				twice := registration(n + 100_000)
				twice.Set("lead.id_number", registration(n).Get("lead.id_number"))
				if status, to, err := worker.post("/registrations", twice); err == nil && status == http.StatusSeeOther {
					t.Errorf("taken twice: %s", to)
				}
			}
			status, _, err = worker.post(to+"/do/withdraw", url.Values{"version": {"1"}, "note": {"اختبار"}})
			if err != nil {
				break
			}
			if status != http.StatusSeeOther {
				t.Fatalf("withdrawing %s: %d", to, status)
			}
		}
		if life < kills {
			_ = p.cmd.Wait()
		}
	}
	p.kill(t)

	// What the killed programs left is sent by the next one, when the leases of their tries have ended.
	db, keyring := reopened(t, dir, "")
	defer db.Close()
	later := time.Now()
	svc := service.New(service.Deps{DB: db, Keys: keyring, Clock: func() time.Time { return later }, Log: slog.New(slog.DiscardHandler),
		Poster: courier.Poster{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}}, Senders: map[courier.Channel]courier.Sender{courier.SMS: courier.Folder(out)}})
	for range 20 {
		later = later.Add(13 * time.Hour)
		for sent := 1; sent > 0; {
			var err error
			if sent, err = svc.Couriers.Round(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	var queued []store.Delivery
	var messages []store.Message
	families, steps := map[int64]bool{}, map[int64]int{}
	err := db.View(t.Context(), func(tx *store.Tx) (err error) {
		if queued, err = tx.Deliveries(1, "", 10_000); err != nil {
			return err
		}
		if messages, err = tx.Messages("EG", "", 0, 10_000); err != nil {
			return err
		}
		for id := int64(1); id <= int64(2*n+10); id++ {
			f, err := tx.FamilyByID(store.Scope{Party: "EG"}, id)
			if err != nil {
				continue
			}
			if families[id], steps[id] = true, 1; f.Status.State == registry.Withdrawn {
				steps[id] = 2
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	mu.Lock()
	defer mu.Unlock()
	if len(wrong) > 0 {
		t.Errorf("%d of %d signatures are wrong", len(wrong), len(all))
	}
	for id := range answered {
		if !families[id] {
			t.Errorf("family %d was answered and is lost", id)
		}
	}
	slices.Reverse(queued) // now as they happened
	first, bodies := map[string]int{}, map[string]string{}
	for i, h := range all {
		if _, again := first[h.id]; !again {
			first[h.id], bodies[h.id] = i, h.body
		}
		if h.body != bodies[h.id] {
			t.Errorf("%s said two things", h.id)
		}
		if !families[h.family] {
			t.Errorf("told of family %d, which is not in the database", h.family)
		}
		if strings.Contains(h.body, "name") || strings.Contains(h.body, "+20") {
			t.Errorf("of a person: %s", h.body)
		}
	}
	told, last := map[int64]int{}, map[int64]int{}
	for _, d := range queued {
		at, ok := first[d.UID]
		if !ok || d.State != store.OutSent {
			t.Errorf("event %s of family %d is %s and was heard: %v", d.UID, d.EntityID, d.State, ok)
		}
		if told[d.EntityID]++; told[d.EntityID] > 1 && at < last[d.EntityID] {
			t.Errorf("events of family %d came out of order", d.EntityID)
		}
		last[d.EntityID] = at
	}
	for id := range families {
		if told[id] != steps[id] {
			t.Errorf("family %d: %d events of %d steps", id, told[id], steps[id])
		}
	}
	if len(queued) != len(first) || len(all) <= len(first) {
		t.Errorf("%d events in the outbox, %d heard of, %d times: some must have come twice", len(queued), len(first), len(all))
	}
	files, err := os.ReadDir(out)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range messages {
		if m.State != store.OutSent || !slices.ContainsFunc(files, func(f os.DirEntry) bool { return f.Name() == "sms-"+m.UID+".json" }) {
			t.Errorf("message %s is %s", m.UID, m.State)
		}
	}
	whole := slices.DeleteFunc(files, func(f os.DirEntry) bool { return strings.HasSuffix(f.Name(), ".part") })
	if len(messages) != len(families) || len(whole) != len(messages) {
		t.Errorf("%d families, %d messages, %d files", len(families), len(messages), len(whole))
	}
	t.Logf("%d families, %d events heard %d times, %d messages, through %d kills", len(families), len(first), len(all), len(messages), kills+1)
}

// show sends a form whose answer is a page itself.
func (b *browser) show(path string, form url.Values) string {
	b.t.Helper()
	form.Set("csrf", b.csrf)
	form.Set("idempotency_key", "cli-test-show")
	resp, err := b.c.PostForm(b.base+path, form)
	if err != nil {
		b.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		b.t.Fatalf("POST %s: %d %v", path, resp.StatusCode, err)
	}
	return string(body)
}

// kill ends the program without warning.
func (p *process) kill(t testing.TB) {
	t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	_ = p.cmd.Wait()
}
