package exhibition

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"muntija/internal/fault"
)

// SeasonQuota is how many places there are for a group in several exhibitions of an allocation together, beside the quotas that each exhibition has of its own.
type SeasonQuota struct {
	Quota
	In []int64 `json:"in,omitempty"` // exhibitions, ascending; none: all of the allocation
}

// MaxSeasonQuotas is how many quotas over several exhibitions an allocation may have.
const MaxSeasonQuotas = 20

// Covers reports whether places of an exhibition count.
func (q SeasonQuota) Covers(exhibition int64) bool {
	return len(q.In) == 0 || slices.Contains(q.In, exhibition)
}

// String is the quota as codes and numbers: "party:EG 0–70 @ 3 5".
func (q SeasonQuota) String() string {
	if len(q.In) == 0 {
		return q.Quota.String()
	}
	var in []string
	for _, id := range q.In {
		in = append(in, strconv.FormatInt(id, 10))
	}
	return q.Quota.String() + " @ " + strings.Join(in, " ")
}

// Cell names the quotas over several exhibitions that an exhibitor counts to at one of them, as [Terms.Cell] does those of the exhibition.
func (t *AllocationTerms) Cell(exhibition int64, x Traits) string {
	var names []string
	for i, q := range t.Quotas {
		if q.Covers(exhibition) && q.Counts(x) {
			names = append(names, strconv.Itoa(i))
		}
	}
	return strings.Join(names, "+")
}

// checkQuotas looks at each quota by itself.
func (t *AllocationTerms) checkQuotas(ps *fault.Problems) {
	if t.Rule == RuleEqual && len(t.Quotas) > 0 {
		ps.Add("rule", "problem.allocation.equal_plain")
	}
	if len(t.Quotas) > MaxSeasonQuotas {
		ps.Add("quotas", "problem.too_many_rows", MaxSeasonQuotas)
	}
	for i, q := range t.Quotas {
		at := quotaField(i)
		switch {
		case !slices.Contains(Dimensions(), q.By):
			ps.Add(at+"line", "problem.choice")
		case q.Min == 0 && q.Max == 0:
			ps.Add(at+"max", "problem.exhibition.quota_empty")
		case q.Max > 0 && q.Min > q.Max:
			ps.Add(at+"max", "problem.exhibition.quota_order")
		}
		for _, id := range q.In {
			if !t.has(id) {
				ps.Add(at+"where", "problem.allocation.quota_where", id)
			}
		}
		if slices.ContainsFunc(t.Quotas[:i], func(o SeasonQuota) bool { return o.Line() == q.Line() && slices.Equal(o.In, q.In) }) {
			ps.Add(at+"line", "problem.twice")
		}
	}
}

func (t *AllocationTerms) has(id int64) bool { return slices.Contains(t.Exhibitions, id) }

func quotaField(i int) string { return fmt.Sprintf("quotas[%d].", i) }

// Against returns what contradicts: quotas over several exhibitions that cannot hold whoever applies, because of the places and the quotas that the exhibitions have, or
// because of each other. shows are the exhibitions of the allocation.
func (t *AllocationTerms) Against(shows []*Exhibition) fault.Problems {
	var ps fault.Problems
	least := map[string]int{} // of one dimension in the same exhibitions
	for i, q := range t.Quotas {
		at := quotaField(i)
		sum := sumOf(q, shows)
		key := string(q.By) + fmt.Sprint(q.In)
		if q.By.Valued() {
			least[key] += q.Min
		}
		switch {
		case q.By.Valued() && !slices.ContainsFunc(shows, func(e *Exhibition) bool { return q.Covers(e.ID) && q.sound(e.Terms.Parties) }):
			ps.Add(at+"line", "problem.exhibition.quota_value")
		case max(q.Min, q.Max) > sum.room:
			ps.Add(at+field(q.Max > sum.room, "max", "min"), "problem.allocation.quota_room", sum.room)
		case sum.bounded && q.Min > sum.most:
			ps.Add(at+"min", "problem.allocation.quota_most", q.Min, sum.most)
		case q.Max > 0 && sum.least > q.Max:
			ps.Add(at+"max", "problem.allocation.quota_least", q.Max, sum.least)
		case least[key] > sum.room:
			ps.Add(at+"min", "problem.allocation.quota_sum", least[key], sum.room)
		default:
			for j, o := range t.Quotas {
				if j != i && o.Line() == q.Line() && o.Max > 0 && q.Min > o.Max && t.within(q, o) {
					ps.Add(at+"min", "problem.allocation.quota_other", q.Min, o.Max, j+1)
					break
				}
			}
		}
	}
	return ps
}

func field(first bool, a, b string) string {
	if first {
		return a
	}
	return b
}

// within reports whether the exhibitions of one quota are among those of another.
func (t *AllocationTerms) within(q, o SeasonQuota) bool {
	for _, id := range t.Exhibitions {
		if q.Covers(id) && !o.Covers(id) {
			return false
		}
	}
	return true
}

// sums are what the exhibitions of a quota have together.
type sums struct {
	room        int
	least, most int  // of their own quotas of the same group
	bounded     bool // each of them has an upper bound for the group
}

func sumOf(q SeasonQuota, shows []*Exhibition) sums {
	out := sums{bounded: true}
	for _, e := range shows {
		if !q.Covers(e.ID) {
			continue
		}
		waves := e.Terms.WaveCount()
		out.room += e.Terms.Capacity * waves
		k := slices.IndexFunc(e.Terms.Quotas, func(o Quota) bool { return o.Line() == q.Line() })
		if k < 0 {
			out.bounded = false
			continue
		}
		own := e.Terms.Quotas[k]
		out.least += own.Min * waves
		out.most += cmp.Or(own.Max, e.Terms.Capacity) * waves
	}
	return out
}
