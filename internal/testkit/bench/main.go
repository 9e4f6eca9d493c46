// Command bench measures the figures of the README on data of the size that each names, and prints rate, p50, p99 and peak memory.
//
//	go run ./internal/testkit/bench [-dir data/bench] [-server bin/muntija] [save] [read] [search] [suggest] [assess] [preview] [weight] [sheet] [import] [season] [season-drop] [layout] [answer] [mark] [export] [export-million]
//
// The server under test is the real binary in a process of its own; the clients are goroutines of this one, on loopback. Everything is bounded in count and
// time. The registry of a million families is filled once, straight through the store, and kept under -dir for the next run.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"slices"
	"strings"
	"time"

	"muntija/fixtures"
	"muntija/internal/auth"
	"muntija/internal/calendar"
	"muntija/internal/criteria"
	"muntija/internal/demo"
	"muntija/internal/place"
	"muntija/internal/registry"
	"muntija/internal/seal"
	"muntija/internal/service"
	"muntija/internal/store"
)

const (
	benchEmail    = "bench@muntija.example"
	benchReviewer = "reviewer@muntija.example"
	benchAdmin    = "admin@muntija.example"
	benchPassword = "nakhla-warda-nol-2026"
)

var (
	dirFlag    = flag.String("dir", "data/bench", "folder for the databases of the benchmarks")
	serverFlag = flag.String("server", "bin/muntija", "the program under test")
	dbFlag     = flag.String("db", "", "database for save: a postgres:// URL; empty: SQLite under -dir")
	families   = flag.Int("families", 1_000_000, "families of the large registry")
	cpuProfile = flag.String("cpuprofile", "", "file for a profile of what this process does")
)

func main() {
	flag.Parse()
	stop, err := profile(*cpuProfile)
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
	defer stop()
	sections := flag.Args()
	if len(sections) == 0 {
		sections = []string{"save", "read", "search", "suggest", "assess", "preview", "weight", "sheet", "import", "mark", "export", "export-million", "duplicates", "duplicates-import", "catalogue", "print", "plan", "checkin", "dashboard", "report", "qualify",
			"season", "season-drop", "layout", "layout-drop", "allocation", "answer"}
	}
	fmt.Printf("machine: %d cores, %s, %s/%s; %s\n\n", runtime.NumCPU(), runtime.Version(), runtime.GOOS, runtime.GOARCH, time.Now().Format(time.DateTime))
	ctx := context.Background()
	for _, s := range sections {
		if spec, ok := strings.CutPrefix(s, "allocate:"); ok { // a child of the section allocation
			if err := allocateOne(ctx, spec); err != nil {
				fmt.Fprintln(os.Stderr, "bench:", err)
				os.Exit(1)
			}
			continue
		}
		var err error
		switch s {
		case "allocation":
			err = benchAllocation(ctx)
		case "save":
			err = benchSave(ctx)
		case "fill":
			_, err = largeRegistry(ctx)
		case "read":
			err = benchRead(ctx)
		case "search":
			err = benchSearch(ctx)
		case "suggest":
			err = benchSuggest(ctx)
		case "assess":
			err = benchAssess(ctx)
		case "answer":
			err = benchAnswer(ctx)
		case "plan":
			err = benchPlan()
		case "preview":
			err = benchPreview(ctx)
		case "weight":
			err = benchWeight()
		case "sheet":
			err = benchSheet(ctx)
		case "import":
			err = benchImport(ctx)
		case "season":
			err = benchSeason(ctx)
		case "season-drop":
			err = benchSeasonDrop(ctx)
		case "layout":
			err = benchLayout(ctx)
		case "layout-drop":
			err = benchDrop(ctx)
		case "mark":
			err = benchMark(ctx)
		case "export":
			err = benchExport(ctx, 100_000, 3*time.Second, 120)
		case "export-million":
			err = benchExport(ctx, *families, 35*time.Second, 120)
		case "catalogue":
			err = benchCatalogue(ctx)
		case "duplicates":
			err = benchDuplicates(ctx)
		case "duplicates-import":
			err = benchDuplicatesImport(ctx)
		case "print":
			err = benchPrint(ctx)
		case "checkin":
			err = benchCheckIn(ctx)
		case "dashboard":
			err = benchDashboard(ctx)
		case "report":
			err = benchReport(ctx)
		case "qualify":
			err = benchQualify(ctx)
		default:
			err = fmt.Errorf("there is no section %q", s)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, "bench:", err)
			os.Exit(1)
		}
	}
}

// profile begins a profile of this process in a file, none for "", and returns what ends it.
func profile(file string) (stop func(), err error) {
	if file == "" {
		return func() {}, nil
	}
	f, err := os.Create(file)
	if err != nil {
		return nil, err
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return func() { pprof.StopCPUProfile(); _ = f.Close() }, nil
}

// office is an open database with people and criteria.
type office struct {
	dir  string
	dsn  string
	keys *seal.Keyring
	db   *store.DB
	svc  *service.Service
	user map[string]int64
}

// openOffice opens or makes a database with three people and the criteria of both parties.
func openOffice(ctx context.Context, dir, dsn string) (*office, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	if dsn == "" {
		dsn = filepath.Join(dir, "muntija.db")
	}
	keys, err := seal.Open(filepath.Join(dir, "muntija.keys"))
	if err != nil {
		return nil, err
	}
	db, err := store.Open(ctx, dsn, keys, store.Options{})
	if err != nil {
		return nil, err
	}
	o := &office{dir: dir, dsn: dsn, keys: keys, db: db, svc: service.New(service.Deps{DB: db, Keys: keys}), user: map[string]int64{}}
	hash, err := auth.HashPassword(ctx, benchPassword)
	if err != nil {
		return nil, err
	}
	now := time.Now().UTC()
	err = db.Update(ctx, func(tx *store.Tx) error {
		for email, role := range map[string]auth.Role{benchEmail: auth.FieldWorker, benchReviewer: auth.Reviewer, benchAdmin: auth.Administrator} {
			if u, err := tx.UserByEmail(email); err == nil {
				o.user[email] = u.ID
				continue
			}
			u := auth.User{Email: email, Name: string(role), Role: role, Party: place.Egypt, Areas: auth.AllAreas(), Locale: "ar", PasswordHash: hash, Active: true, CreatedAt: now, PasswordAt: now}
			if err := tx.InsertUser(&u); err != nil {
				return err
			}
			o.user[email] = u.ID
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, party := range place.Countries() {
		body, err := fixtures.Criteria(string(party))
		if err != nil {
			return nil, err
		}
		if _, err := o.svc.Criteria.Seed(ctx, auth.SystemActor(party), body); err != nil {
			return nil, err
		}
	}
	return o, nil
}

// largeRegistry returns the folder of a registry of -families families, filling it if need be.
func largeRegistry(ctx context.Context) (string, error) {
	dir := filepath.Join(*dirFlag, fmt.Sprintf("registry-%d", *families))
	if _, err := os.Stat(filepath.Join(dir, "filled")); err == nil {
		return dir, nil
	}
	_ = os.RemoveAll(dir)
	o, err := openOffice(ctx, dir, "")
	if err != nil {
		return "", err
	}
	start := time.Now()
	if err := o.fill(ctx, *families, false); err != nil {
		return "", err
	}
	if err := o.db.Close(); err != nil {
		return "", err
	}
	fmt.Printf("filled a registry of %d families in %s\n", *families, time.Since(start).Round(time.Second))
	return dir, os.WriteFile(filepath.Join(dir, "filled"), nil, 0o600)
}

// dayWorked makes the daily and nightly jobs of today done, as a server that ran through the night finds them. What is measured is a working day.
func dayWorked(ctx context.Context, dir string) error {
	o, err := openOffice(ctx, dir, "")
	if err != nil {
		return err
	}
	defer o.db.Close()
	return o.db.Update(ctx, func(tx *store.Tx) error {
		now := time.Now().UTC()
		for _, party := range place.Countries() {
			for _, kind := range []string{service.JobExpire, service.JobDuplicates} {
				if err := tx.InsertJob(&store.Job{Kind: kind, Party: party, CreatedAt: now}); err != nil {
					return err
				}
			}
		}
		if err := tx.InsertJob(&store.Job{Kind: service.JobPurge, CreatedAt: now}); err != nil {
			return err
		}
		for {
			job, err := tx.ClaimJob(now, 0)
			if err != nil || job == nil {
				return err
			}
			if err := tx.FinishJob(job, store.JobDone, now); err != nil {
				return err
			}
		}
	})
}

var stateShare = []struct {
	state registry.State
	share int
}{{registry.Approved, 700}, {registry.Submitted, 60}, {registry.UnderReview, 30}, {registry.Returned, 40}, {registry.Draft, 50}, {registry.Rejected, 60}, {registry.Suspended, 10},
	{registry.Expired, 30}, {registry.Withdrawn, 19}, {registry.Graduated, 1}}

// fill inserts families straight through the store: records, facts, outcomes, indexes and counts as a registration leaves them, without its history. They are in
// the usual states, or if all are to be weighed by new criteria, in those that are.
func (o *office) fill(ctx context.Context, n int, weighed bool) error {
	body, err := fixtures.Criteria("EG")
	if err != nil {
		return err
	}
	set, problems := criteria.ParseSet(body)
	if err := problems.Err(); err != nil {
		return err
	}
	program, err := criteria.Compile(set)
	if err != nil {
		return err
	}
	gen, today := demo.Generator{Seed: 99}, calendar.Of(time.Now())
	r := rand.New(rand.NewPCG(4, 2))
	firstDay, err := calendar.New(1950, 1, 1)
	if err != nil {
		return err
	}
	const batch = 2000
	for from := 0; from < n; from += batch {
		rows := make([]*registry.Family, 0, batch)
		extra := make([]store.FamilyExtra, 0, batch)
		for i := from; i < min(from+batch, n); i++ {
			applied := today.AddDays(-r.IntN(1200) - 1)
			f := &registry.Family{Party: place.Egypt, Record: gen.Record(i, place.Egypt, applied)}
			// A day has 5,000 numbers of women; in a million random days two would meet.
			f.Record.Lead.IDNumber = demo.EgyptianNID(firstDay.AddDays(i/5000), "01", i, true)
			x := r.IntN(1000)
			for _, s := range stateShare {
				if x -= s.share; x < 0 {
					f.Status.State = s.state
					break
				}
			}
			if weighed && !slices.Contains([]registry.State{registry.Submitted, registry.UnderReview, registry.Returned, registry.Suspended}, f.Status.State) {
				f.Status.State = registry.Approved
			}
			at := applied.Time(time.UTC).Add(time.Duration(r.IntN(86400)) * time.Second)
			f.Status.EnteredBy, f.Status.CreatedAt, f.Status.UpdatedAt = o.user[benchEmail], at, at
			if f.Status.State != registry.Draft {
				f.Status.Number = registry.MakeNumber("EG", applied.Year(), int64(10_000_000+i)) // beyond those that registrations meanwhile are given
				f.Status.SubmittedAt, f.Status.SubmittedBy = at.Add(time.Hour), o.user[benchEmail]
			}
			if f.Status.State == registry.Approved {
				f.Status.DecidedAt, f.Status.DecidedBy, f.Status.ValidUntil = at.Add(48*time.Hour), o.user[benchReviewer], applied.AddMonths(36)
				if weighed { // the daily job would end the old ones
					f.Status.ValidUntil = today.AddMonths(36)
				}
				if f.Status.ValidUntil.Before(today) {
					f.Status.State = registry.Expired // as the daily job leaves it
				}
			}
			facts := criteria.FactsOf(f, nil, nil, today)
			facts.Cross(0, 0, 0)
			rows = append(rows, f)
			extra = append(extra, store.FamilyExtra{Facts: facts.AppendBinary(nil), Overall: string(program.Overall(facts, nil))})
		}
		err := o.db.Update(ctx, func(tx *store.Tx) error {
			for i, f := range rows {
				if err := tx.InsertFamily(f, extra[i]); err != nil {
					return fmt.Errorf("family %d: %w", from+i, err)
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		if from%100_000 == 0 {
			fmt.Printf("  %d of %d\n", from, n)
		}
	}
	return nil
}

// spread is a list of latencies.
type spread []time.Duration

func (s spread) at(q float64) time.Duration {
	if len(s) == 0 {
		return 0
	}
	return s[min(len(s)-1, int(float64(len(s))*q))]
}

func (s spread) String() string {
	slices.Sort(s)
	return fmt.Sprintf("p50 %s, p99 %s, max %s", s.at(.5).Round(10*time.Microsecond), s.at(.99).Round(10*time.Microsecond), s.at(1).Round(10*time.Microsecond))
}

func verdict(ok bool) string {
	if ok {
		return "met"
	}
	return "NOT MET"
}
