package cli_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"muntija/internal/calendar"
	"muntija/internal/cli"
	"muntija/internal/demo"
	"muntija/internal/intake"
	"muntija/internal/place"
	"muntija/internal/store"
	"muntija/internal/store/storetest"
)

// TestMain lets the test binary be the program itself, so that tests start, feed and kill the real thing.
func TestMain(m *testing.M) {
	if os.Getenv("MUNTIJA_TEST_RUN") == "1" {
		os.Exit(cli.Run(context.Background(), append([]string{"muntija"}, os.Args[1:]...), os.Getenv, os.Stdin, os.Stdout, os.Stderr))
	}
	os.Exit(m.Run())
}

// run runs a command of the program to its end.
func run(t testing.TB, want int, args ...string) string {
	t.Helper()
	var out, errw bytes.Buffer
	if got := cli.Run(t.Context(), append([]string{"muntija"}, args...), func(string) string { return "" }, strings.NewReader(""), &out, &errw); got != want {
		t.Fatalf("muntija %s: exit %d, want %d\n%s%s", strings.Join(args, " "), got, want, out.String(), errw.String())
	}
	return out.String() + errw.String()
}

type process struct {
	cmd  *exec.Cmd
	base string
}

func start(t testing.TB, args ...string) *process {
	t.Helper()
	cmd := exec.Command(os.Args[0], append([]string{"serve", "--addr", "127.0.0.1:0", "--log-level", "error"}, args...)...)
	cmd.Env = append(os.Environ(), "MUNTIJA_TEST_RUN=1")
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if _, at, ok := strings.Cut(lines.Text(), "Muntija is at "); ok {
			go func() { _, _ = io.Copy(io.Discard, out) }()
			return &process{cmd, at}
		}
	}
	t.Fatal("the server did not start")
	return nil
}

type browser struct {
	t    testing.TB
	c    *http.Client
	base string
	csrf string
}

const password = "qalam-hibr-waraq-1972"

var (
	csrfRE = regexp.MustCompile(`name="csrf" value="([^"]+)"`)
	linkRE = regexp.MustCompile(`/link/([A-Za-z0-9_-]+)`)
	verRE  = regexp.MustCompile(`name="version" value="(\d+)"`)
)

func (p *process) visit(t testing.TB) *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &browser{t: t, base: p.base, c: &http.Client{Jar: jar, Timeout: 30 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 32},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

func (b *browser) get(path string) (int, string) {
	b.t.Helper()
	resp, err := b.c.Get(b.base + path)
	if err != nil {
		b.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	if m := csrfRE.FindSubmatch(body); m != nil {
		b.csrf = string(m[1])
	}
	return resp.StatusCode, string(body)
}

var keys atomic.Int64

// post sends a form and returns the status and where it leads.
func (b *browser) post(path string, form url.Values) (int, string, error) {
	f := url.Values{"csrf": {b.csrf}, "idempotency_key": {fmt.Sprintf("cli-test-%d-%d", os.Getpid(), keys.Add(1))}}
	for k, v := range form {
		f[k] = v
	}
	resp, err := b.c.PostForm(b.base+path, f)
	if errors.Is(err, io.EOF) { // the connection was gone: once more with the same key, as a phone on a poor line does
		resp, err = b.c.PostForm(b.base+path, f)
	}
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode, resp.Header.Get("Location"), err
}

func (b *browser) mustPost(path string, form url.Values) string {
	b.t.Helper()
	status, to, err := b.post(path, form)
	if err != nil || status != http.StatusSeeOther {
		b.t.Fatalf("POST %s: %d %v", path, status, err)
	}
	return to
}

// signIn makes a user on the command line, opens the link, and signs in.
func (p *process) signIn(t testing.TB, flags []string, email, role, party string) *browser {
	t.Helper()
	out := run(t, 0, append(flags, "user", "add", "--email", email, "--name", "محمد علي", "--role", role, "--party", party)...)
	m := linkRE.FindStringSubmatch(out)
	if m == nil {
		t.Fatalf("no link in %q", out)
	}
	b := p.visit(t)
	b.get("/link/" + m[1])
	b.mustPost("/link/"+m[1], url.Values{"new_password": {password}, "repeat_password": {password}})
	b.get("/signin")
	b.mustPost("/signin", url.Values{"email": {email}, "password": {password}})
	b.get("/account")
	return b
}

func registration(i int) url.Values {
	rec := demo.Generator{Seed: 5}.Record(i, place.Egypt, calendar.Of(time.Now().UTC().Add(3*time.Hour)))
	v := url.Values{"submit": {"1"}}
	form := intake.FromRecord(&rec)
	for k, x := range form.Values() {
		v.Set(k, x)
	}
	for k, x := range form.Sets() {
		v[k] = x
	}
	return v
}

// TestKillInTheMiddleOfSaves: 16 clients save; the process is killed without warning; whatever was answered is there, and the database is whole.
func TestKillInTheMiddleOfSaves(t *testing.T) {
	saves := 10_000
	if testing.Short() || raceOn {
		saves = 1_500
	}
	dir := t.TempDir()
	flags := []string{"--data", dir}
	p := start(t, flags...)
	b := p.signIn(t, flags, "worker@example.org", "field_worker", "EG")
	var mu sync.Mutex
	answered := map[int64]bool{}
	var next atomic.Int64
	var wg sync.WaitGroup
	killAt := saves * 2 / 3 // in the middle: a third of the saves never gets its turn
	for range 16 {
		wg.Go(func() {
			for {
				i := int(next.Add(1))
				if i > saves {
					return
				}
				status, to, err := b.post("/registrations", registration(i))
				if err != nil { // killed
					return
				}
				if status != http.StatusSeeOther {
					t.Errorf("save %d: %d", i, status)
					return
				}
				id, err := strconv.ParseInt(strings.TrimPrefix(to, "/families/"), 10, 64)
				if err != nil {
					t.Errorf("save %d leads to %q", i, to)
					return
				}
				mu.Lock()
				answered[id] = true
				n := len(answered)
				mu.Unlock()
				if n == killAt {
					_ = p.cmd.Process.Signal(syscall.SIGKILL)
				}
			}
		})
	}
	wg.Wait()
	if len(answered) < killAt {
		t.Fatalf("only %d answers", len(answered))
	}
	_ = p.cmd.Wait()
	db, _ := reopened(t, dir, "")
	lost := 0
	for id := range answered {
		err := db.View(t.Context(), func(tx *store.Tx) error {
			_, err := tx.FamilyByID(store.Scope{Party: place.Egypt}, id)
			return err
		})
		if err != nil {
			lost++
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if lost > 0 {
		t.Errorf("%d of %d answered saves are lost", lost, len(answered))
	}
	t.Logf("%d saves were answered before the kill", len(answered))
	run(t, 0, append(flags, "audit", "verify")...)
	run(t, 0, append(flags, "doctor")...)
}

// TestWalk registers, takes, returns, corrects, approves, prints and checks a card over HTTP, then does everything of the command line to what came of it, on
// SQLite and, with MUNTIJA_TEST_PG, on PostgreSQL.
func TestWalk(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) { walk(t, "") })
	t.Run("postgres", func(t *testing.T) {
		walk(t, storetest.PostgresDSN(t))
	})
}

func walk(t *testing.T, dsn string) {
	dir := t.TempDir()
	flags := []string{"--data", dir}
	if dsn != "" {
		flags = append(flags, "--db", dsn)
	}
	p := start(t, flags...)
	worker := p.signIn(t, flags, "worker@example.org", "field_worker", "EG")
	reviewer := p.signIn(t, flags, "reviewer@example.org", "reviewer", "EG")
	other := p.signIn(t, flags, "other@example.org", "reviewer", "QA")
	page := worker.mustPost("/registrations", registration(3))
	step := func(b *browser, step string, form url.Values) {
		t.Helper()
		_, body := b.get(page + "/do/" + step)
		m := verRE.FindStringSubmatch(body)
		if m == nil {
			_, body = b.get(page)
			m = verRE.FindStringSubmatch(body)
		}
		if m == nil {
			t.Fatalf("no version on the page of %s", step)
		}
		form.Set("version", m[1])
		b.mustPost(page+"/do/"+step, form)
	}
	if status, _ := other.get(page); status != http.StatusNotFound {
		t.Errorf("the other country gets %d, want 404", status)
	}
	step(reviewer, "take", url.Values{})
	step(reviewer, "return", url.Values{"reasons": {"missing_document"}, "note": {"ينقص خطاب"}})
	id := strings.TrimPrefix(page, "/families/")
	_, body := worker.get("/registrations/" + id + "/review")
	worker.mustPost("/registrations/"+id+"/submit", url.Values{"version": {verRE.FindStringSubmatch(body)[1]}})
	step(reviewer, "take", url.Values{})
	// A third try to save on an old version is shown, never taken.
	if status, _, err := reviewer.post(page+"/do/reject", url.Values{"version": {"1"}, "reasons": {"criteria_not_met"}}); err != nil || status != http.StatusConflict {
		t.Errorf("a decision on an old version: %d %v, want 409", status, err)
	}
	step(reviewer, "reject", url.Values{"reasons": {"criteria_not_met"}})
	if status, _ := reviewer.get(page + "/sheet"); status != http.StatusOK {
		t.Errorf("sheet: %d", status)
	}

	// Operations, while writes go on.
	stop := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for i := 100; ; i++ {
			select {
			case <-stop:
				return
			default:
				if _, _, err := worker.post("/registrations", registration(i)); err != nil {
					return
				}
			}
		}
	})
	backup := filepath.Join(dir, "backup.db")
	run(t, 0, append(flags, "backup", backup)...)
	run(t, 1, append(flags, "backup", backup)...) // never over another
	close(stop)
	wg.Wait()
	run(t, 0, append(flags, "audit", "verify")...)
	run(t, 0, append(flags, "doctor")...)
	restored := filepath.Join(dir, "restored.db")
	keyFlag := []string{"--keys", filepath.Join(dir, "muntija.keys")}
	run(t, 0, append(keyFlag, "--db", restored, "restore", backup)...)
	run(t, 0, append(keyFlag, "--db", restored, "doctor")...)
	moved := filepath.Join(dir, "moved.db")
	from := filepath.Join(dir, "muntija.db")
	if dsn != "" {
		from = dsn
	}
	run(t, 0, append(keyFlag, "move", "--from", from, "--to", moved)...)
	out := run(t, 0, append(keyFlag, "--db", moved, "audit", "verify")...)
	if !strings.Contains(out, "whole") {
		t.Errorf("audit verify says %q", out)
	}
	// Without the key file nobody opens it, and no new key is made for it.
	run(t, 1, "--keys", filepath.Join(dir, "nokeys"), "--db", moved, "doctor")
	if _, err := os.Stat(filepath.Join(dir, "nokeys")); err == nil {
		t.Error("a key file was made for a database that has one")
	}
}

func TestWords(t *testing.T) {
	run(t, 2, "nosuch")
	run(t, 2, "--log-level", "loud", "config")
	run(t, 2, "backup")
	if out := run(t, 0, "--addr", "127.0.0.1:9", "config"); !strings.Contains(out, "127.0.0.1:9") || !strings.Contains(out, "flag") {
		t.Errorf("config says %q", out)
	}
}
