package service_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"muntija/internal/auth"
	"muntija/internal/fault"
	"muntija/internal/intake"
	"muntija/internal/media"
	"muntija/internal/place"
	"muntija/internal/registry"
	"muntija/internal/service"
	"muntija/internal/store"
	"muntija/internal/testkit"
)

func honest() intake.Product {
	return intake.Product{NameAR: "كليم", Craft: "CK", Materials: "صوف", Handmade: "90", Unit: "piece", Price: "450"}
}

// TestProductScopes holds who reaches whose products: the other country and another worker see nothing, an own entry is scored by others.
func TestProductScopes(t *testing.T) {
	o := testkit.Service(t)
	ctx := t.Context()
	family := o.Family(t, 1, place.Egypt, registry.Approved)
	worker, reviewer := testkit.Actor(auth.FieldWorker, place.Egypt), testkit.Actor(auth.Reviewer, place.Egypt)
	mine, err := o.Products.Save(ctx, worker, family, 0, honest(), testkit.Write(0))
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := o.Products.Save(ctx, reviewer, family, 0, honest(), testkit.Write(0)) // a reviewer enters too
	if err != nil {
		t.Fatal(err)
	}
	for name, actor := range map[string]auth.Actor{"other country": testkit.Actor(auth.Reviewer, place.Qatar), "another worker": testkit.SecondActor(auth.FieldWorker, place.Egypt),
		"other area": testkit.Actor(auth.Reviewer, place.Egypt, "EG-MT")} {
		if _, err := o.Products.View(ctx, actor, mine); !fault.Is(err, fault.NotFound) {
			t.Errorf("%s sees the product: %v", name, err)
		}
		if _, err := o.Products.Save(ctx, actor, family, 0, honest(), testkit.Write(0)); !fault.Is(err, fault.NotFound) && !fault.Is(err, fault.Forbidden) {
			t.Errorf("%s enters a product: %v", name, err)
		}
		list, err := o.Products.List(ctx, actor, store.ProductQuery{})
		if err != nil || list.Total != 0 {
			t.Errorf("%s lists %d products, %v", name, list.Total, err)
		}
	}
	file, err := media.Process(ctx, strings.NewReader(string(testkit.PNG(40, 30))), "a.png", media.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	values := map[string][]string{}
	for _, item := range registry.DefaultScoreSheet(place.Egypt).Items {
		values["points["+item.Code+"]"] = []string{"5"}
	}
	for _, id := range []int64{mine, theirs} {
		if _, err := o.Products.AddPhoto(ctx, reviewer, id, file, testkit.Write(0)); err != nil {
			t.Fatal(err)
		}
		if err := o.Products.Do(ctx, reviewer, id, registry.ProductSubmit, "", testkit.Write(2)); err != nil {
			t.Fatal(err)
		}
		if err := o.Products.Score(ctx, reviewer, id, values, testkit.Write(3)); !fault.Is(err, fault.Forbidden) {
			t.Errorf("who handed product %d in scores it: %v", id, err)
		}
	}
	second, coordinator := testkit.SecondActor(auth.Reviewer, place.Egypt), testkit.Actor(auth.Coordinator, place.Egypt)
	if err := o.Products.Score(ctx, second, mine, values, testkit.Write(3)); err != nil {
		t.Fatal(err)
	}
	v, err := o.Products.View(ctx, coordinator, mine)
	if err != nil || len(v.Scores) != 0 {
		t.Errorf("a member sees %d scores of others before giving their own: %v", len(v.Scores), err)
	}
	if err := o.Products.Score(ctx, coordinator, mine, values, testkit.Write(3)); err != nil {
		t.Fatal(err)
	}
	if v, err = o.Products.View(ctx, coordinator, mine); err != nil || len(v.Scores) != 2 || v.Result.Total != 10000 {
		t.Errorf("after the own score: %d scores, %+v, %v", len(v.Scores), v.Result, err)
	}
	if _, err := o.Products.Decide(ctx, coordinator, mine, testkit.Write(2)); !fault.Is(err, fault.Stale) {
		t.Errorf("decided on an old version: %v", err)
	}
	key := testkit.Write(3)
	for range 2 { // sent twice by a poor line: one decision
		if state, err := o.Products.Decide(ctx, coordinator, mine, key); err != nil || state != registry.ProductApproved {
			t.Fatalf("got %s, %v", state, err)
		}
	}
	if v, err = o.Products.View(ctx, worker, mine); err != nil || v.Version != 4 || v.Status.State != registry.ProductApproved {
		t.Errorf("got version %d in %s, %v", v.Version, v.Status.State, err)
	}
}

// TestPrintJob runs the job that makes a PDF with a printer of the test: progress, result, failure.
func TestPrintJob(t *testing.T) {
	o := testkit.Service(t)
	ctx := t.Context()
	coordinator := testkit.Actor(auth.Coordinator, place.Egypt)
	params := service.PrintParams{Lang: "ar"}
	if _, err := o.Jobs.Print(ctx, coordinator, params, testkit.Write(0)); !fault.Is(err, fault.State) {
		t.Fatalf("without a printer: %v", err)
	}
	broken := errors.New("no paper")
	o.Jobs.SetPrinter(func(_ context.Context, _ auth.Actor, p service.PrintParams, progress func(done, total int)) ([]byte, error) {
		progress(1, 2)
		if p.Craft == "PT" {
			return nil, fault.Wrap(broken, fault.State, "error.catalogue.print_failed")
		}
		return []byte("%PDF-" + p.Lang), nil
	})
	if _, err := o.Jobs.Print(ctx, testkit.Actor(auth.FieldWorker, place.Egypt), params, testkit.Write(0)); !fault.Is(err, fault.Forbidden) {
		t.Errorf("a field worker prints: %v", err)
	}
	if _, err := o.Jobs.Print(ctx, coordinator, service.PrintParams{Lang: "fr"}, testkit.Write(0)); !fault.Is(err, fault.Invalid) {
		t.Errorf("French: %v", err)
	}
	good, err := o.Jobs.Print(ctx, coordinator, params, testkit.Write(0))
	if err != nil {
		t.Fatal(err)
	}
	params.Craft = "PT"
	bad, err := o.Jobs.Print(ctx, coordinator, params, testkit.Write(0))
	if err != nil {
		t.Fatal(err)
	}
	if err := o.Jobs.Start(ctx); err != nil {
		t.Fatal(err)
	}
	defer o.Jobs.Stop()
	for range 400 {
		prints, err := o.Jobs.Prints(ctx, coordinator)
		if err != nil {
			t.Fatal(err)
		}
		if len(prints) == 2 && prints[0].Ended() && prints[1].Ended() {
			break
		}
		time.Sleep(25 * time.Millisecond)
	}
	if body, err := o.Jobs.PrintedPDF(ctx, coordinator, good); err != nil || string(body) != "%PDF-ar" {
		t.Errorf("got %q, %v", body, err)
	}
	if _, err := o.Jobs.PrintedPDF(ctx, testkit.Actor(auth.Coordinator, place.Qatar), good); !fault.Is(err, fault.NotFound) {
		t.Errorf("the other country fetches the file: %v", err)
	}
	prints, err := o.Jobs.Prints(ctx, coordinator)
	if err != nil || prints[0].ID != bad || prints[0].State != store.JobFailed || prints[0].ErrorKey != "error.catalogue.print_failed" {
		t.Errorf("got %+v, %v", prints, err)
	}
}
