package exhibition

import (
	"time"

	"muntija/internal/fault"
	"muntija/internal/place"
	"muntija/internal/registry"
)

// ExhibitorKind is what stands behind a stand.
type ExhibitorKind string

// The kinds: one family, or an association that stands for many (fifteen Sinai associations showed the goods of 4,300 families at Diyarna).
const (
	OneFamily   ExhibitorKind = "family"
	Association ExhibitorKind = "association"
)

// TravelList is the ministry's note on who may represent the country abroad: Diyarna kept a white and a yellow list "to protect the Egyptian product".
type TravelList string

// TravelLists are the notes, in the order of display; "" is no note.
func TravelLists() []TravelList { return []TravelList{"white", "yellow", "stop"} }

// Exhibitor is who may take part in exhibitions of its party: a family or an association. Name is shown on rosters, also to the other party of an agreed
// exhibition; nothing else of the families behind is.
type Exhibitor struct {
	ID, Version int64
	Party       place.Country
	Kind        ExhibitorKind
	FamilyID    int64   // of a family's
	Members     []int64 // families that an association stands for
	Name        string
	NameEN      string
	Area        string
	Craft       string
	Sex         registry.Sex // of the lead producer; "" for an association
	Disability  bool         // of the lead producer, or an association for people with disabilities
	Contact     string       // of an association: who answers, and where; personal
	Travel      TravelList
	TravelNote  string
	EnteredBy   int64
	CreatedAt   time.Time
	UpdatedAt   time.Time
}

// OfFamily fills in what an exhibitor takes from its family. It refuses a family that is not registered, and crafts that are never exhibited: animals stay at
// home.
func (e *Exhibitor) OfFamily(f *registry.Family) error {
	if f.Status.State != registry.Approved {
		return fault.New(fault.State, "error.exhibitor.not_approved", f.Status.State.Title())
	}
	if c, ok := registry.CraftByCode(f.Record.Project.Craft); !ok || !c.Exhibited {
		return fault.New(fault.State, "error.exhibitor.craft")
	}
	e.Party, e.Kind, e.FamilyID = f.Party, OneFamily, f.ID
	e.Name, e.NameEN = f.Record.Project.Name, f.Record.Project.NameEN
	if e.Name == "" {
		e.Name, e.NameEN = f.Record.Lead.DisplayName(), f.Record.Lead.NameEN
	}
	e.Area, e.Craft, e.Sex = f.Record.Address.Area, f.Record.Project.Craft, f.Record.Lead.Sex
	e.Disability = f.Record.Lead.Disability != "" && f.Record.Lead.Disability != "none"
	return nil
}

// Traits returns what quotas look at. first says that the exhibitor never took part before.
func (e *Exhibitor) Traits(first bool) Traits {
	return Traits{Party: e.Party, Area: e.Area, Craft: e.Craft, Sex: e.Sex, FirstTime: first, Disability: e.Disability, Association: e.Kind == Association}
}

// MayTravel returns nil if the exhibitor may be sent to a host: at home always, abroad unless the ministry stopped it.
func (e *Exhibitor) MayTravel(host place.Country) error {
	if host != e.Party && e.Travel == "stop" {
		return fault.New(fault.State, "error.exhibitor.travel")
	}
	return nil
}
