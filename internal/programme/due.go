package programme

import (
	"muntija/internal/calendar"
	"muntija/internal/registry"
)

// End is the last day of something that a family holds and has to renew: a paper, a licence, its registration.
type End struct {
	Kind  string // as [Evidence.Kind], or "identity" for the lead producer's own card
	Until calendar.Date
}

// Ends returns the days on which what a family holds ends, one for each thing that has to be renewed. What several papers prove alike ends with the one that
// holds longest, and not at all if one of them has no end. It does not depend on the day it is asked on, so that it can be stored with the family.
func Ends(f *registry.Family) []End {
	var out []End
	for _, r := range Rungs()[1:] {
		for _, kinds := range rungs[f.Party][r] {
			if e, ok := lastOf(f, kinds); ok {
				out = append(out, e)
			}
		}
	}
	if f.Party.Valid() && !f.Record.Lead.IDExpiry.IsZero() {
		out = append(out, End{"identity", f.Record.Lead.IDExpiry})
	}
	for _, item := range f.Record.Formal { // what no rung asks for and the trade does: a health certificate, a food permit
		if !proves(f, string(item.Kind)) && ends(item) {
			out = append(out, End{string(item.Kind), item.ExpiresOn})
		}
	}
	return out
}

// lastOf is when the best of alternative papers ends; not ok if none is held or one has no end.
func lastOf(f *registry.Family, kinds []string) (End, bool) {
	var best End
	for _, kind := range kinds {
		if kind == "approval" {
			if f.Status.State == registry.Approved && !f.Status.ValidUntil.IsZero() {
				return End{kind, f.Status.ValidUntil}, true
			}
			return End{}, false
		}
		for _, item := range f.Record.Formal {
			if string(item.Kind) != kind {
				continue
			}
			switch {
			case item.State == "applied" || item.State == "withdrawn":
			case item.ExpiresOn.IsZero():
				if item.State != "expired" {
					return End{}, false
				}
			case item.ExpiresOn.After(best.Until):
				best = End{kind, item.ExpiresOn}
			}
		}
	}
	return best, !best.Until.IsZero()
}

func ends(item registry.FormalItem) bool {
	return item.State != "applied" && item.State != "withdrawn" && !item.ExpiresOn.IsZero()
}

func proves(f *registry.Family, kind string) bool {
	for _, demands := range rungs[f.Party] {
		for _, kinds := range demands {
			for _, k := range kinds {
				if k == kind {
					return true
				}
			}
		}
	}
	return false
}

// RenewalPast is for how many days an end that has passed is still reminded of: longer and it is no renewal any more, but a matter of the ladder.
const RenewalPast = 60
