package registry

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"muntija/internal/fault"
	"muntija/internal/place"
)

// ScoreSheet is one version of what a party's product committee scores, with weights. A sheet is never changed: another weighting is the next
// version, and a product is judged by the one that was in force when it was handed in.
type ScoreSheet struct {
	ID         int64         `json:"-"`
	Party      place.Country `json:"-"`
	Number     int           `json:"-"` // 1, 2, … within the party
	CreatedBy  int64         `json:"-"`
	CreatedAt  time.Time     `json:"-"`
	PassMark   int           `json:"pass_mark"`   // per cent of the weighted points that approves, 1–100
	MinMembers int           `json:"min_members"` // how many members must have scored, at least 2: nobody approves alone
	Items      []ScoreItem   `json:"items"`
}

// ScoreItem is one line of a sheet.
type ScoreItem struct {
	Code    string `json:"code"`
	TitleAR string `json:"title_ar"`
	TitleEN string `json:"title_en"`
	Weight  int    `json:"weight"` // per cent; the weights of a sheet make 100
	Least   int    `json:"least"`  // members' middle score below which the product is returned whatever the rest; 0: none
}

// Title returns the item's title in a language ("ar" or "en").
func (i ScoreItem) Title(lang string) string {
	if lang == "en" {
		return i.TitleEN
	}
	return i.TitleAR
}

// Bounds of a score sheet.
const (
	MaxPoints     = 5 // an item is scored 0 to 5
	maxScoreItems = 12
)

// DefaultScoreSheet is the sheet that a party begins with. What is weighed is what exhibitors report to be asked: a product approved technically and
// visually, mainly made by hand (UNESCO/ITC 1997), of a minimum quality. The weights are ours until the ministry sets its own.
func DefaultScoreSheet(party place.Country) *ScoreSheet {
	return &ScoreSheet{Party: party, Number: 1, PassMark: 60, MinMembers: 2, Items: []ScoreItem{
		{Code: "quality", TitleAR: "جودة الصنع والتشطيب", TitleEN: "Workmanship and finish", Weight: 30, Least: 2},
		{Code: "handwork", TitleAR: "غلبة العمل اليدوي", TitleEN: "Mainly handmade", Weight: 20, Least: 2},
		{Code: "identity", TitleAR: "الأصالة والهوية التراثية", TitleEN: "Authenticity and heritage", Weight: 15},
		{Code: "design", TitleAR: "التصميم والذوق", TitleEN: "Design and taste", Weight: 15},
		{Code: "packing", TitleAR: "التغليف وبيانات المنتج", TitleEN: "Packing and labelling", Weight: 10},
		{Code: "market", TitleAR: "السعر وقابلية البيع", TitleEN: "Price and marketability", Weight: 10},
	}}
}

// Check returns what is wrong with a sheet, by the names of its form.
func (s *ScoreSheet) Check() fault.Problems {
	var p fault.Problems
	if s.PassMark < 1 || s.PassMark > 100 {
		p.Add("pass_mark", "problem.range", 1, 100)
	}
	if s.MinMembers < 2 || s.MinMembers > 15 {
		p.Add("min_members", "problem.range", 2, 15)
	}
	if len(s.Items) == 0 || len(s.Items) > maxScoreItems {
		p.Add("", "problem.score_items", maxScoreItems)
	}
	sum, seen := 0, map[string]bool{}
	for i, x := range s.Items {
		at := func(name string) string { return "items[" + strconv.Itoa(i) + "]." + name }
		if x.Code == "" || seen[x.Code] {
			p.Add(at("title_ar"), "problem.score_code")
		}
		seen[x.Code] = true
		if x.TitleAR == "" {
			p.Add(at("title_ar"), "problem.required")
		}
		if x.TitleEN == "" {
			p.Add(at("title_en"), "problem.required")
		}
		if x.Weight < 1 || x.Weight > 100 {
			p.Add(at("weight"), "problem.range", 1, 100)
		}
		if x.Least < 0 || x.Least > MaxPoints {
			p.Add(at("least"), "problem.range", 0, MaxPoints)
		}
		sum += x.Weight
	}
	if len(s.Items) > 0 && sum != 100 {
		p.Add("", "problem.score_weights", sum)
	}
	return p
}

// Score is what one member of the committee gave in one round.
type Score struct {
	ID        int64
	ProductID int64
	Round     int
	Member    int64
	At        time.Time
	Points    map[string]int // by code of the item, 0–MaxPoints
	Note      string
}

// Check returns what is wrong with a score under a sheet, by the names of its form: "points[quality]".
func (s *Score) Check(sheet *ScoreSheet) fault.Problems {
	var p fault.Problems
	for _, item := range sheet.Items {
		n, ok := s.Points[item.Code]
		switch {
		case !ok:
			p.Add("points["+item.Code+"]", "problem.required")
		case n < 0 || n > MaxPoints:
			p.Add("points["+item.Code+"]", "problem.range", 0, MaxPoints)
		}
	}
	return p
}

// ScoreResult is what a sheet's rule makes of the scores of a round.
type ScoreResult struct {
	Members  int
	Complete bool           // enough members have scored
	Passed   bool           // approved if the round ended now
	Total    int            // hundredths of a per cent of the weighted points, the mean of the members, rounded down
	Middle   map[string]int // the members' middle score of each item, in halves: 7 is 3.5
	Low      []string       // codes of items whose middle score is below their least
}

// Result applies the rule: the mean of the members' weighted points reaches the pass mark, and no item's middle score (median) lies below its least.
// The median, so that one member alone can neither save nor sink an item.
func (s *ScoreSheet) Result(scores []Score) ScoreResult {
	r := ScoreResult{Members: len(scores), Complete: len(scores) >= s.MinMembers, Middle: map[string]int{}}
	if len(scores) == 0 {
		return r
	}
	weighted := 0 // points × weight, over all members: at most 5 × 100 each
	for _, item := range s.Items {
		given := make([]int, len(scores))
		for i, x := range scores {
			given[i] = x.Points[item.Code]
			weighted += given[i] * item.Weight
		}
		slices.SortFunc(given, cmp.Compare[int])
		n := len(given)
		r.Middle[item.Code] = given[n/2] + given[(n-1)/2]
		if r.Middle[item.Code] < 2*item.Least {
			r.Low = append(r.Low, item.Code)
		}
	}
	r.Total = weighted * 100 / MaxPoints / len(scores)
	r.Passed = r.Complete && r.Total >= s.PassMark*100 && len(r.Low) == 0
	return r
}
