package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"muntija/internal/auth"
	"muntija/internal/calendar"
	"muntija/internal/demo"
	"muntija/internal/place"
	"muntija/internal/registry"
	"muntija/internal/service"
	"muntija/internal/store"
)

const (
	importedRows  = 10_000
	importedTwice = 1_000 // of them are on file already
)

// benchDuplicatesImport compares what an import of ten thousand left in a large registry with all of it, as the job after an import does. Before, once for each registry, all of it is
// compared by the command line, in a process of its own.
func benchDuplicatesImport(ctx context.Context) error {
	dir, err := largeRegistry(ctx)
	if err != nil {
		return err
	}
	o, err := openOffice(ctx, dir, "")
	if err != nil {
		return err
	}
	var l store.Linkage
	var waiting int64
	read := func() error {
		return o.db.View(ctx, func(tx *store.Tx) (err error) {
			if l, err = tx.LinkageOf(place.Egypt); err == nil {
				waiting, err = tx.CountLinkagePending(place.Egypt)
			}
			return err
		})
	}
	if err := read(); err != nil {
		return err
	}
	if l.Params == nil || l.Filled != store.LinkageFilled || waiting > 2*importedRows {
		if err := o.db.Close(); err != nil {
			return err
		}
		cmd := exec.CommandContext(ctx, *serverFlag, "duplicates", "--party", "EG", "--queue", "--db", filepath.Join(dir, "muntija.db"), "--keys", filepath.Join(dir, "muntija.keys"))
		var said strings.Builder
		cmd.Stderr = &said
		start := time.Now()
		peak, err := runMeasured(cmd)
		if err != nil {
			return fmt.Errorf("%w: %s", err, said.String())
		}
		took := time.Since(start)
		fmt.Printf("duplicates of the whole registry of %d, read, sketched, compared and queued by the command line: %s, %s of both cores, peak memory %d MB; target 3 GB: %s\n", *families,
			took.Round(100*time.Millisecond), (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Round(100*time.Millisecond), peak, verdict(peak < 3000))
		if o, err = openOffice(ctx, dir, ""); err != nil {
			return err
		}
	}
	defer o.db.Close()
	twice, err := o.enterSome(ctx)
	if err != nil {
		return err
	}
	job := &store.Job{Kind: service.JobDuplicates, Party: place.Egypt, Params: []byte(`{"import":1}`), CreatedAt: time.Now().UTC()}
	if err := o.db.Update(ctx, func(tx *store.Tx) error { return tx.InsertJob(job) }); err != nil {
		return err
	}
	before := cpu()
	start := time.Now()
	if err := o.svc.Jobs.Work(ctx, job.ID); err != nil {
		return err
	}
	took, used := time.Since(start), cpu()-before
	view, err := o.svc.Jobs.Job(ctx, auth.Actor{UserID: o.user[benchAdmin], Role: auth.Administrator, Party: place.Egypt, Areas: auth.AllAreas()}, job.ID)
	if err != nil {
		return err
	}
	found := 0
	err = o.db.View(ctx, func(tx *store.Tx) error {
		found = 0
		for _, pair := range twice {
			ok, err := tx.PairKnown(pair[0], pair[1])
			if err != nil {
				return err
			}
			if ok {
				found++
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	peak := peakMB(syscall.Getpid())
	fmt.Printf("duplicates after an import: %d new families against %d: %s, %s of processor time; %d pairs, %d of the %d who are on file already; peak memory %d MB; target 5s, 400 MB, nine of ten: %s\n\n",
		view.Done, *families, took.Round(10*time.Millisecond), used.Round(10*time.Millisecond), view.Pairs, found, len(twice), peak,
		verdict(view.State == store.JobDone && took <= 5*time.Second && peak < 400 && found*10 >= 9*len(twice)))
	return nil
}

func cpu() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// enterSome stores new families, of whom some are on file, another spelling or a slip in the number apart. It returns who they are there and here.
func (o *office) enterSome(ctx context.Context) (twice [][2]int64, err error) {
	today, now := calendar.Of(time.Now()), time.Now().UTC()
	seed := uint64(now.UnixNano())
	others, r := demo.Generator{Seed: seed}, rand.New(rand.NewPCG(seed, 3))
	spell := strings.NewReplacer("ة", "ه", "أ", "ا", "إ", "ا", "عبد ", "عبد")
	for from := 0; from < importedRows; from += 500 {
		err := o.db.Update(ctx, func(tx *store.Tx) error {
			for i := from; i < from+500; i++ {
				f := &registry.Family{Party: place.Egypt, Record: others.Record(r.IntN(1<<30), place.Egypt, today)}
				f.Record.Lead.Phones[0].Number = fmt.Sprintf("+201%09d", r.IntN(1e9))
				old := int64(0)
				if i%(importedRows/importedTwice) == 0 {
					old = 1 + r.Int64N(int64(*families))
					was, err := tx.FamilyByID(store.Scope{Party: place.Egypt}, old)
					if err != nil {
						return err
					}
					f.Record = was.Record.Clone()
					l := &f.Record.Lead
					l.GivenName, l.RestOfName = spell.Replace(l.GivenName), spell.Replace(l.RestOfName)
					switch r.IntN(3) {
					case 0:
						l.IDNumber = ""
					case 1:
						b := []byte(l.IDNumber)
						if k := 8 + r.IntN(4); len(b) > k+1 {
							b[k], b[k+1] = b[k+1], b[k]
						}
						l.IDNumber = string(b)
					default:
						l.Phones = nil
						y, m, d := l.BirthDate.YMD()
						if swapped, err := calendar.New(y, d, m); err == nil {
							l.BirthDate = swapped
						}
					}
				}
				f.Status.State, f.Status.CreatedAt, f.Status.EnteredBy = registry.Draft, now, o.user[benchEmail]
				if err := tx.InsertFamily(f, store.FamilyExtra{}); err != nil {
					return err
				}
				if old != 0 {
					twice = append(twice, [2]int64{old, f.ID})
				}
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return twice, nil
}
