package registry

import (
	"reflect"
	"testing"

	"muntija/internal/fault"
)

// Fields that are one thing are fields of the record, and stand before what they bring along.
func TestMergeGroups(t *testing.T) {
	paths, order := Paths(), fieldOrder()
	for part, key := range mergeGroups {
		if _, ok := paths[part]; !ok {
			t.Errorf("there is no field %s", part)
		}
		if _, ok := paths[key]; !ok {
			t.Errorf("there is no field %s", key)
		}
		if order[part] < order[key] {
			t.Errorf("%s stands before %s", part, key)
		}
	}
}

// TestMergeRecords takes each value from the side that was chosen, joins lists without doubles, and finds the way back.
func TestMergeRecords(t *testing.T) {
	var a, b Record
	a.Lead = LeadProducer{GivenName: "نجاة", RestOfName: "أبو زيد", IDType: "eg_nid", IDNumber: "1", Phones: []Phone{{Number: "+20100"}, {Number: "+20101"}}}
	b.Lead = LeadProducer{GivenName: "نجاه", IDType: "eg_nid", IDNumber: "2", Email: "n@example.org", Phones: []Phone{{Number: "+20101"}, {Number: "+20102"}}}
	a.Finance.OwnShare, b.Finance.OwnShareGiven = 10, true
	b.Household.Members = []Member{{Name: "سعيد"}}
	got, ps := MergeRecords(&a, &b, map[string]Side{"lead.given_name": KeepB, "lead.id_type": KeepB})
	if ps != nil {
		t.Fatal(ps)
	}
	want := LeadProducer{GivenName: "نجاه", RestOfName: "أبو زيد", IDType: "eg_nid", IDNumber: "2", Email: "n@example.org", Phones: []Phone{{Number: "+20100"}, {Number: "+20101"}, {Number: "+20102"}}}
	if !reflect.DeepEqual(got.Lead, want) || len(got.Household.Members) != 1 || got.Finance.OwnShare != 10 {
		t.Errorf("got %+v", got)
	}
	if len(a.Lead.Phones) != 2 {
		t.Error("the merge changed the record that it was made of")
	}
	back, later := UndoMerge(&a, &got, &got, nil)
	if !reflect.DeepEqual(back, a) || later != nil {
		t.Errorf("the way back: %+v, later %v", back, later)
	}
	since := got.Clone()
	since.Lead.GivenName, since.Project.Name = "نجوى", "كليم"
	back, later = UndoMerge(&a, &got, &since, map[string]bool{"project.name": true})
	if len(later) != 2 || back.Lead.GivenName != "نجاة" || back.Project.Name != "كليم" {
		t.Errorf("with later edits: %+v, later %+v", back.Lead, later)
	}
	for name, bad := range map[string]map[string]Side{"both of one value": {"lead.given_name": KeepBoth}, "no side": {"lead.phones": "c"}} {
		if _, ps := MergeRecords(&a, &b, bad); !fault.Is(ps.Err(), fault.Invalid) {
			t.Errorf("%s: %v", name, ps)
		}
	}
	for range MaxMembers {
		a.Household.Members = append(a.Household.Members, Member{Name: "عضو", BirthYear: 1950 + len(a.Household.Members)})
	}
	if _, ps := MergeRecords(&a, &b, nil); ps.Err() == nil {
		t.Error("more members than a household may have")
	}
}
