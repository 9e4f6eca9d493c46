package service

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"muntija/internal/programme"
	"muntija/internal/store"
)

// reminded is the cursor of [Jobs.remind].
type reminded struct {
	Family int64 `json:"family"` // the last that was written to
}

// remind writes to families of which something ends in [programme.RenewalNotice] days: a paper, a licence, the identity card, the registration. Each day those are written to whose
// day has come nearer than that since the job was last done, so that days on which nothing ran are made up for and nobody is written to twice.
func (j *Jobs) remind(ctx context.Context, job *store.Job) error {
	today := officeDay(j.now())
	from, to := today.AddDays(programme.RenewalNotice), today.AddDays(programme.RenewalNotice)
	var at reminded
	if err := readJob(job.Cursor, &at); err != nil {
		return err
	}
	for more := true; more; {
		next := *job
		err := j.db.Update(ctx, func(tx *store.Tx) error {
			next = *job
			now := j.now()
			templates, err := tx.Templates(job.Party, string(MessageRenewal))
			if err != nil || !slices.ContainsFunc(templates, func(t store.MessageTemplate) bool { return t.Active }) {
				more = false
				return err
			}
			before, err := tx.JobBefore(JobExpire, job.Party, job.ID)
			if err != nil {
				return err
			}
			if !before.IsZero() {
				from = max(today, min(to, officeDay(before).AddDays(programme.RenewalNotice+1)))
			}
			ids, err := tx.EndingFamilies(job.Party, from, to, at.Family, expireBatch)
			if err != nil {
				return err
			}
			ends, err := tx.EndingsOf(ids, from, to)
			if err != nil {
				return err
			}
			more = len(ids) == expireBatch
			for _, id := range ids {
				f, err := tx.FamilyByID(store.Scope{Party: job.Party}, id)
				if err != nil {
					return err
				}
				list := ends[id]
				if day := f.Status.ValidUntil; day >= from && day <= to {
					list = append(list, programme.End{Kind: "approval", Until: day})
				}
				if len(list) == 0 {
					continue
				}
				slices.SortStableFunc(list, func(a, b programme.End) int { return cmp.Compare(a.Until, b.Until) })
				var papers [2][]string
				for _, e := range list {
					for i, lang := range []string{"ar", "en"} {
						papers[i] = append(papers[i], j.paperName(e.Kind, lang))
					}
				}
				values := [2]map[string]string{{"papers": strings.Join(papers[0], "، ")}, {"papers": strings.Join(papers[1], ", ")}}
				for i := range values {
					values[i]["until"] = list[0].Until.String()
				}
				if err := send(tx, now, MessageRenewal, templates, "family", id, f, values); err != nil {
					return err
				}
			}
			if len(ids) == 0 {
				return nil
			}
			if next.Cursor, err = writeJob(reminded{ids[len(ids)-1]}); err != nil {
				return err
			}
			return tx.ProgressJob(&next, now)
		})
		if err != nil {
			return err
		}
		*job = next
		if err := readJob(job.Cursor, &at); err != nil {
			return err
		}
	}
	return nil
}

// SetPaperNames says what papers are called in a language ("ar", "en"): package web has the words. It is called once, before the jobs start.
func (j *Jobs) SetPaperNames(name func(kind, lang string) string) { j.names = name }

func (j *Jobs) paperName(kind, lang string) string {
	if j.names == nil {
		return kind
	}
	return j.names(kind, lang)
}
