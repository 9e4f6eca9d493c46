package service_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"muntija/internal/auth"
	"muntija/internal/courier"
	"muntija/internal/fault"
	"muntija/internal/intake"
	"muntija/internal/place"
	"muntija/internal/registry"
	"muntija/internal/service"
	"muntija/internal/store"
	"muntija/internal/testkit"
)

// taker is a program that is told of events.
type taker struct {
	mu     sync.Mutex
	status int
	ids    []string
	bodies []string
	signed []http.Header
	url    string
}

func newTaker(t *testing.T) *taker {
	k := &taker{status: 200}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		k.mu.Lock()
		defer k.mu.Unlock()
		k.ids, k.bodies, k.signed = append(k.ids, r.Header.Get("Webhook-Id")), append(k.bodies, string(body)), append(k.signed, r.Header)
		w.WriteHeader(k.status)
	}))
	t.Cleanup(srv.Close)
	k.url = srv.URL + "/in"
	return k
}

// outOffice is an office whose service may send to this machine and writes messages into a folder.
func outOffice(t *testing.T) (o *testkit.Office, dir string) {
	t.Helper()
	o = testkit.Service(t)
	dir = filepath.Join(t.TempDir(), "out")
	o.Service = service.New(service.Deps{DB: o.DB, Keys: o.Keys, Clock: o.Clock.Now, Log: o.Log, Poster: courier.Poster{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, Timeout: 3 * time.Second},
		Senders: map[courier.Channel]courier.Sender{courier.SMS: courier.Folder(dir), courier.WhatsApp: courier.Folder(dir)}})
	return o, dir
}

func round(t *testing.T, o *testkit.Office) int {
	t.Helper()
	n, err := o.Couriers.Round(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestHooks(t *testing.T) {
	t.Parallel()
	o, _ := outOffice(t)
	admin := testkit.Actor(auth.Administrator, place.Egypt)
	k := newTaker(t)
	made, err := o.Hooks.Add(t.Context(), admin, &intake.Hook{URL: k.url, Kinds: []string{"family.submitted", "family.decided"}}, testkit.Write(0))
	if err != nil {
		t.Fatal(err)
	}
	id := o.Family(t, 1, place.Egypt, registry.Approved)
	o.Family(t, 2, place.Qatar, registry.Approved) // not this party's
	if n := round(t, o); n != 1 {
		t.Fatalf("the first round made %d tries, want 1: of one family the first event only", n)
	}
	round(t, o)
	if round(t, o) != 0 || len(k.bodies) != 2 {
		t.Fatalf("told of %v", k.bodies)
	}
	var types []string
	for i, body := range k.bodies {
		var e struct {
			Type string
			Data struct {
				Entity, Party, State, URL string
				ID                        int64
			}
		}
		if err := json.Unmarshal([]byte(body), &e); err != nil {
			t.Fatal(err)
		}
		types = append(types, e.Type+" "+e.Data.State)
		if e.Data.ID != id || e.Data.Party != "EG" || e.Data.Entity != "family" {
			t.Errorf("event %s", body)
		}
		form := testkit.Form(1, place.Egypt)
		for _, secret := range []string{form.Lead.GivenName, form.Lead.IDNumber, form.Lead.Phones[0].Number, form.Address.Text} {
			if secret != "" && strings.Contains(body, secret) {
				t.Errorf("%q stands in an event: %s", secret, body)
			}
		}
		at := k.signed[i].Get("Webhook-Timestamp")
		seconds, _ := json.Number(at).Int64()
		want, err := courier.Sign(made.Secret, k.ids[i], time.Unix(seconds, 0), []byte(body))
		if err != nil || k.signed[i].Get("Webhook-Signature") != want {
			t.Errorf("signature %s, want %s", k.signed[i].Get("Webhook-Signature"), want)
		}
	}
	if got := strings.Join(types, ", "); got != "family.submitted , family.decided approved" && got != "family.submitted submitted, family.decided approved" {
		t.Errorf("events in order: %s", got)
	}

	// Failures are tried again with the same id, then given up, and a person sends again.
	k.status, k.ids = 500, nil
	o.Family(t, 3, place.Egypt, registry.Submitted)
	for range courier.MaxTries + 3 {
		round(t, o)
		o.Clock.Advance(16 * time.Hour)
	}
	if len(k.ids) != courier.MaxTries || k.ids[0] != k.ids[len(k.ids)-1] {
		t.Fatalf("%d tries with ids %s … %s, want %d of one", len(k.ids), k.ids[0], k.ids[len(k.ids)-1], courier.MaxTries)
	}
	v, err := o.Hooks.View(t.Context(), admin, made.ID, store.OutDead)
	if err != nil || len(v.Deliveries) != 1 || v.Deliveries[0].Answer != 500 {
		t.Fatalf("%+v %v", v, err)
	}
	// An address that took nothing for two days is switched off; nothing is sent again before a person has switched it on.
	if v.State != store.HookOff || v.StoppedAt.IsZero() {
		t.Errorf("after %d failed tries it is %s, stopped at %v", courier.MaxTries, v.State, v.StoppedAt)
	}
	k.status = 200
	if err := o.Hooks.Resend(t.Context(), admin, made.ID, v.Deliveries[0].ID, testkit.Write(0)); !fault.Is(err, fault.State) {
		t.Errorf("sent again while it is off: %v", err)
	}
	if err := o.Hooks.Edit(t.Context(), admin, made.ID, &intake.Hook{Kinds: v.Kinds}, testkit.Write(v.Version)); err != nil {
		t.Fatal(err)
	}
	if v, err = o.Hooks.View(t.Context(), admin, made.ID, store.OutDead); err != nil || v.State != store.HookOn || !v.StoppedAt.IsZero() {
		t.Fatalf("%+v %v", v, err)
	}
	if err := o.Hooks.Resend(t.Context(), admin, made.ID, v.Deliveries[0].ID, testkit.Write(0)); err != nil {
		t.Fatal(err)
	}
	if round(t, o) != 1 {
		t.Error("it was not sent again")
	}

	// Two secrets sign for a day.
	fresh, err := o.Hooks.Rotate(t.Context(), admin, made.ID, testkit.Write(v.Version))
	if err != nil || fresh.Secret == made.Secret {
		t.Fatal(err)
	}
	if err := o.Hooks.Ping(t.Context(), admin, made.ID, testkit.Write(0)); err != nil {
		t.Fatal(err)
	}
	round(t, o)
	if s := k.signed[len(k.signed)-1].Get("Webhook-Signature"); strings.Count(s, "v1,") != 2 {
		t.Errorf("signatures %s", s)
	}
	o.Clock.Advance(25 * time.Hour)
	if err := o.Hooks.Ping(t.Context(), admin, made.ID, testkit.Write(0)); err != nil {
		t.Fatal(err)
	}
	round(t, o)
	if s := k.signed[len(k.signed)-1].Get("Webhook-Signature"); strings.Count(s, "v1,") != 1 {
		t.Errorf("a day later %s", s)
	}

	// A rolled-back change tells nothing; one that is switched off is told of nothing.
	before := len(k.ids)
	bad := testkit.Form(4, place.Egypt)
	bad.Lead.IDNumber = "1"
	if _, err := o.Families.Register(t.Context(), testkit.Actor(auth.FieldWorker, place.Egypt), bad, testkit.Write(0)); err == nil {
		t.Fatal("a bad form was taken")
	}
	if err := o.Hooks.Edit(t.Context(), admin, made.ID, &intake.Hook{Kinds: []string{"family.submitted"}, Off: "yes"}, testkit.Write(v.Version+1)); err != nil {
		t.Fatal(err)
	}
	o.Family(t, 5, place.Egypt, registry.Submitted)
	round(t, o)
	if len(k.ids) != before {
		t.Errorf("told of %d more", len(k.ids)-before)
	}

	other := testkit.Actor(auth.Administrator, place.Qatar)
	if _, err := o.Hooks.View(t.Context(), other, made.ID, ""); !fault.Is(err, fault.NotFound) {
		t.Errorf("the other country: %v", err)
	}
	if _, err := o.Hooks.Add(t.Context(), testkit.Actor(auth.Coordinator, place.Egypt), &intake.Hook{URL: k.url, Kinds: []string{"family.submitted"}}, testkit.Write(0)); !fault.Is(err, fault.Forbidden) {
		t.Errorf("a coordinator: %v", err)
	}
	for _, url := range []string{"https://10.0.0.1/", "http://example.org/", "https://localhost/", ""} {
		if _, err := o.Hooks.Add(t.Context(), admin, &intake.Hook{URL: url, Kinds: []string{"family.submitted"}}, testkit.Write(0)); !fault.Is(err, fault.Invalid) {
			t.Errorf("%q: %v", url, err)
		}
	}
}

// TestHookStops: one event that cannot be taken does not stop an address that takes the others; one that says that it is gone is stopped at once.
func TestHookStops(t *testing.T) {
	t.Parallel()
	o, _ := outOffice(t)
	admin := testkit.Actor(auth.Administrator, place.Egypt)
	k := newTaker(t)
	made, err := o.Hooks.Add(t.Context(), admin, &intake.Hook{URL: k.url, Kinds: []string{"family.submitted"}}, testkit.Write(0))
	if err != nil {
		t.Fatal(err)
	}
	state := func() store.HookState {
		t.Helper()
		v, err := o.Hooks.View(t.Context(), admin, made.ID, "")
		if err != nil {
			t.Fatal(err)
		}
		return v.State
	}
	o.Family(t, 1, place.Egypt, registry.Submitted)
	k.status = 500
	for i := range courier.MaxTries {
		if k.status = 500; i == 5 {
			round(t, o)
			k.status = 200
			if err := o.Hooks.Ping(t.Context(), admin, made.ID, testkit.Write(0)); err != nil {
				t.Fatal(err)
			}
		}
		round(t, o)
		o.Clock.Advance(16 * time.Hour)
	}
	if got := state(); got != store.HookOn {
		t.Errorf("it took a test event meanwhile and is %s", got)
	}
	k.status, k.ids = http.StatusGone, nil
	o.Family(t, 2, place.Egypt, registry.Submitted)
	round(t, o)
	o.Family(t, 3, place.Egypt, registry.Submitted)
	round(t, o)
	if got := state(); got != store.HookOff || len(k.ids) != 1 {
		t.Errorf("gone: it is %s and was asked %d times", got, len(k.ids))
	}
}

func TestMessages(t *testing.T) {
	t.Parallel()
	o, dir := outOffice(t)
	admin := testkit.Actor(auth.Administrator, place.Egypt)
	put := func(form intake.Template, version int64) error {
		return o.Messages.PutTemplate(t.Context(), admin, service.MessageApproved, courier.SMS, &form, testkit.Write(version))
	}
	good := intake.Template{Active: "yes", Langs: "both", ARText: "أهلًا {name}، قُبل تسجيلك برقم {number} حتى {valid_until}.", ENText: "{name}: {number} until {valid_until}."}
	wrong := good
	wrong.ARText = "أهلًا {age}"
	if err := put(wrong, 0); !fault.Is(err, fault.Invalid) {
		t.Fatalf("an unknown placeholder: %v", err)
	}
	o.Family(t, 1, place.Egypt, registry.Approved) // before there is a template
	if err := put(good, 0); err != nil {
		t.Fatal(err)
	}
	if err := put(good, 0); !fault.Is(err, fault.Stale) {
		t.Errorf("written twice: %v", err)
	}
	if text, ps, err := o.Messages.Preview(t.Context(), admin, service.MessageApproved, courier.SMS, &good); err != nil || len(ps) > 0 || strings.ContainsAny(text.Text, "{}") || !strings.Contains(text.Text, "Mona") {
		t.Errorf("preview %q %v %v", text.Text, ps, err)
	}
	o.Family(t, 2, place.Egypt, registry.Approved)
	o.Family(t, 3, place.Qatar, registry.Approved)
	box, err := o.Messages.Outbox(t.Context(), admin, "", 0)
	if err != nil || len(box.Rows) != 1 {
		t.Fatalf("%+v %v", box, err)
	}
	phone := testkit.Form(2, place.Egypt).Lead.Phones[0].Number
	if row := box.Rows[0]; row.To != "" || row.Text != "" || strings.Contains(row.Masked, strings.TrimPrefix(phone, "+20")) || row.State != store.OutWaiting {
		t.Errorf("row %+v", row)
	}
	// A process that ends in the middle of a try: the lease passes and the message is sent once more, as the same file.
	o.Update(t, func(tx *store.Tx) error {
		list, err := tx.DueMessages(o.Clock.Now(), []courier.Channel{courier.SMS}, 5)
		if err != nil {
			return err
		}
		_, err = tx.ClaimMessage(&list[0], o.Clock.Now().Add(time.Minute))
		return err
	})
	if round(t, o) != 0 {
		t.Error("a message under way was taken by another")
	}
	o.Clock.Advance(2 * time.Minute)
	if round(t, o) != 1 || round(t, o) != 0 {
		t.Error("after the lease it must be sent once")
	}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != 1 {
		t.Fatalf("%v %v", files, err)
	}
	raw, err := os.ReadFile(filepath.Join(dir, files[0].Name()))
	var m courier.Message
	if err != nil || json.Unmarshal(raw, &m) != nil || !strings.HasPrefix(m.To, "+20") || !strings.Contains(m.Text, "EG-2026-") || !strings.Contains(m.Text, "أهلًا") || strings.ContainsAny(m.Text, "{}") {
		t.Errorf("message %s %v", raw, err)
	}

	// Who wants no messages gets none, also of what waits already.
	o.Family(t, 4, place.Egypt, registry.Approved)
	refuse := &intake.Refusal{Address: testkit.Form(4, place.Egypt).Lead.Phones[0].Number}
	if err := o.Messages.Refuse(t.Context(), admin, refuse, testkit.Write(0)); err != nil {
		t.Fatal(err)
	}
	round(t, o)
	if box, err = o.Messages.Outbox(t.Context(), admin, store.OutDropped, 0); err != nil || len(box.Rows) != 1 || box.Refusals != 2 {
		t.Errorf("dropped %+v %v", box, err)
	}
	if _, err := o.Messages.Outbox(t.Context(), testkit.Actor(auth.Reviewer, place.Egypt), "", 0); !fault.Is(err, fault.Forbidden) {
		t.Errorf("a reviewer: %v", err)
	}
	if box, err := o.Messages.Outbox(t.Context(), testkit.Actor(auth.Administrator, place.Qatar), "", 0); err != nil || len(box.Rows) != 0 {
		t.Errorf("the other country: %v %v", box, err)
	}
	o.Clock.Advance(40 * 24 * time.Hour)
	o.Update(t, func(tx *store.Tx) error {
		n, err := tx.PurgeOutbox(o.Clock.Now().Add(-30 * 24 * time.Hour))
		if n != 2 {
			t.Errorf("purged %d, want 2", n)
		}
		return err
	})
}

// TestRenewalMessages lets days pass towards the end of a licence: its family is written to once, 30 days ahead, also when nobody ran anything on that very day.
func TestRenewalMessages(t *testing.T) {
	t.Parallel()
	o, dir := outOffice(t)
	o.Jobs.SetPaperNames(func(kind, lang string) string { return lang + "/" + kind })
	admin := testkit.Actor(auth.Administrator, place.Egypt)
	form := intake.Template{Active: "yes", Langs: "both", ARText: "أهلًا {name}، تنتهي {papers} في {until}.", ENText: "{name}: {papers} until {until}."}
	if err := o.Messages.PutTemplate(t.Context(), admin, service.MessageRenewal, courier.SMS, &form, testkit.Write(0)); err != nil {
		t.Fatal(err)
	}
	families := map[string]int64{"ends": o.Family(t, 1, place.Egypt, registry.Approved), "no consent": o.Family(t, 2, place.Egypt, registry.Approved), "later": o.Family(t, 3, place.Egypt, registry.Approved),
		"other party": o.Family(t, 4, place.Qatar, registry.Approved), "not registered": o.Family(t, 5, place.Egypt, registry.Submitted)}
	start := o.Clock.Today()
	o.Update(t, func(tx *store.Tx) error {
		for what, id := range families {
			party := place.Egypt
			if what == "other party" {
				party = place.Qatar
			}
			f, err := tx.FamilyByID(store.Scope{Party: party}, id)
			if err != nil {
				return err
			}
			x, err := tx.FamilyExtraOf(id)
			if err != nil {
				return err
			}
			f.Record.Lead.IDExpiry = start.AddDays(900)
			f.Record.Formal = []registry.FormalItem{{Kind: "temporary_licence", Number: "L1", State: "valid", ExpiresOn: start.AddDays(33)}, {Kind: "insurance", Number: "I1", State: "valid", ExpiresOn: start.AddDays(34)}}
			switch what {
			case "later":
				f.Record.Formal[0].ExpiresOn, f.Record.Formal[1].ExpiresOn = start.AddDays(200), start.AddDays(200)
			case "no consent":
				f.Record.Consents = nil
			}
			if err := tx.UpdateFamily(f, x); err != nil {
				return err
			}
		}
		return nil
	})
	day := func(n int) (messages int) {
		t.Helper()
		o.Clock.Set(testkit.Start.AddDate(0, 0, n))
		if err := o.Jobs.Plan(t.Context()); err != nil {
			t.Fatal(err)
		}
		workQueued(t, o, service.JobExpire)
		box, err := o.Messages.Outbox(t.Context(), admin, "", 0)
		if err != nil {
			t.Fatal(err)
		}
		return len(box.Rows)
	}
	for _, c := range [][2]int{{0, 0}, {2, 0}, {6, 1}, {7, 1}, {20, 1}} { // nobody was there on days 3 to 5
		if n := day(c[0]); n != c[1] {
			t.Fatalf("on day %d there are %d messages, want %d", c[0], n, c[1])
		}
	}
	if round(t, o) != 1 {
		t.Fatal("the reminder does not go out")
	}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != 1 {
		t.Fatalf("%v %v", files, err)
	}
	raw, err := os.ReadFile(filepath.Join(dir, files[0].Name()))
	if err != nil || !strings.Contains(string(raw), "ar/temporary_licence، ar/insurance") || !strings.Contains(string(raw), "en/temporary_licence, en/insurance") || !strings.Contains(string(raw), start.AddDays(33).String()) {
		t.Errorf("message %s %v", raw, err)
	}
}
