package storetest

import (
	"reflect"
	"testing"
	"time"

	"muntija/internal/exhibition"
	"muntija/internal/fault"
	"muntija/internal/place"
	"muntija/internal/programme"
	"muntija/internal/store"
)

// Activity is a workshop that both parties agreed on, with a follow-up of each.
func Activity() *programme.Activity {
	return &programme.Activity{ActivityTerms: programme.ActivityTerms{Kind: programme.KindWorkshop, Clauses: []int{11, 15}, Title: "ورشة إدماج الأسر", TitleEN: "Workshop on integration",
		First: date(2025, 4, 6), Last: date(2025, 4, 8), Host: place.Egypt, Place: "القاهرة", Purpose: "برامج الإدماج"}, Lead: place.Qatar, Status: programme.ActivityAgreed,
		Keys: []exhibition.Key{{Party: place.Qatar, By: 2, At: Noon}, {Party: place.Egypt, By: 1, At: Noon}}, Agenda: "يومان", Delegates: []exhibition.Attendee{{Name: "سلوى", Party: place.Egypt}},
		FollowUps: []programme.FollowUp{{No: 1, Text: "دليل التدريب", Party: place.Egypt, OwnerID: 1, Due: date(2025, 6, 1)}, {No: 2, Text: "ترجمته", Party: place.Qatar, OwnerID: 2, Due: date(2025, 7, 1), DoneAt: Noon, DoneBy: 2}},
		By:        2, CreatedAt: Noon, UpdatedAt: Noon}
}

// fillActivity stores an activity with a document.
func fillActivity(tx *store.Tx) error {
	a := Activity()
	if err := tx.PutActivity(a); err != nil {
		return err
	}
	return tx.InsertPaper(&programme.Paper{ActivityID: a.ID, Title: "دراسة", From: place.Qatar, MediaType: "application/pdf", At: Noon}, []byte("نص الدراسة"))
}

func testActivity(t *testing.T, db *store.DB) {
	a := Activity()
	pdf := []byte("%PDF-1.4 ورقة")
	paper := programme.Paper{Title: "دراسة", From: place.Qatar, FileName: "study.pdf", MediaType: "application/pdf", Size: int64(len(pdf)), SHA256: "ab", By: 2, Party: place.Qatar, At: Noon}
	Update(t, db, func(tx *store.Tx) error {
		if err := tx.PutActivity(a); err != nil {
			return err
		}
		paper.ActivityID = a.ID
		return tx.InsertPaper(&paper, pdf)
	})
	stale := *a
	a.Outputs = "اتفقنا"
	Update(t, db, func(tx *store.Tx) error { return tx.PutActivity(a) })
	if err := db.Update(t.Context(), func(tx *store.Tx) error { return tx.PutActivity(&stale) }); !fault.Is(err, fault.Stale) {
		t.Errorf("a save of the old version: %v, want stale", err)
	}
	View(t, db, func(tx *store.Tx) error {
		got, err := tx.ActivityByID(a.ID)
		if err != nil || !reflect.DeepEqual(got, a) {
			t.Errorf("got %+v (%v)\nwant %+v", got, err, a)
		}
		for _, c := range []struct {
			party place.Country
			n     int
		}{{place.Egypt, 1}, {place.Qatar, 0}} {
			if list, err := tx.ActivitiesToDo(c.party); err != nil || len(list) != c.n {
				t.Errorf("%s has %d activities to do (%v), want %d", c.party, len(list), err, c.n)
			}
		}
		for _, c := range []struct {
			from, to int
			n        int
		}{{2025, 2025, 1}, {2024, 2024, 0}} {
			if list, err := tx.Activities(date(c.from, 1, 1), date(c.to, 12, 31)); err != nil || len(list) != c.n {
				t.Errorf("%d–%d: %d activities (%v), want %d", c.from, c.to, len(list), err, c.n)
			}
		}
		papers, err := tx.Papers(a.ID)
		if err != nil || len(papers[a.ID]) != 1 || !reflect.DeepEqual(papers[a.ID][0], paper) {
			t.Errorf("papers %+v (%v), want %+v", papers, err, paper)
		}
		if b, err := tx.PaperBytes(paper.ID); err != nil || string(b) != string(pdf) {
			t.Errorf("bytes %q (%v)", b, err)
		}
		if _, err := tx.ActivityByID(a.ID + 1); !fault.Is(err, fault.NotFound) {
			t.Errorf("an activity that is not there: %v", err)
		}
		return nil
	})
	paper.RemovedAt = Noon.Add(time.Hour)
	Update(t, db, func(tx *store.Tx) error { return tx.RemovePaper(&paper) })
	if err := db.Update(t.Context(), func(tx *store.Tx) error { return tx.RemovePaper(&paper) }); !fault.Is(err, fault.NotFound) {
		t.Errorf("removing twice: %v, want not found", err)
	}
	View(t, db, func(tx *store.Tx) error {
		papers, err := tx.Papers(0)
		if err != nil || len(papers[a.ID]) != 1 || !papers[a.ID][0].RemovedAt.Equal(paper.RemovedAt) {
			t.Errorf("papers %+v (%v), want it removed", papers, err)
		}
		return nil
	})
}
