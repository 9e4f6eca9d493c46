package model

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/bits"
	"sort"

	"muntija/internal/planner/planfile"
)

// Rule is a published rule by which applicants are put in order.
type Rule string

// The rules.
const (
	RuleFair     Rule = "fair"     // rotation class, then merit in bands, then the lottery: the default
	RulePoints   Rule = "points"   // merit in bands, then the lottery
	RuleRotation Rule = "rotation" // rotation class, then the lottery; merit decides nothing
	RuleDraw     Rule = "draw"     // the lottery alone
)

// Rules are the rules in the order in which a page offers them.
var Rules = []Rule{RuleFair, RulePoints, RuleRotation, RuleDraw}

// Limits of a policy.
const (
	MaxClass = 15
	MaxBands = 63
)

// Policy is the published rule order and what it reads of each applicant. Hard quotas stand in the problem, eligibility in which pairs exist.
//
// The lottery key of an applicant is the first eight bytes of HMAC-SHA256(seed, id), big-endian: the larger goes first. The seed is secret until
// the call has closed; its SHA-256, the commitment, is published before the call opens, so that nobody can choose a seed after seeing who applied.
//
// The order becomes a weight per pair, so that the solvers can add them:
//
//	weight = (place + class·2^14 + band·2^8 + drawer)·2^4 + travel
//
// where place = 2^19 makes any place worth more than any order; the drawer is the upper 8 bits of the key; and travel, 15 for the cheapest sixteenth of the
// costs down to 0, only breaks ties within a drawer. The whole key decides between two of equal weight ([Place.Before]).
type Policy struct {
	Rule       Rule
	Bands      []int32 // lower edges of the bands above the lowest, ascending: points below Bands[0] are band 0
	Seed       []byte  // 32 bytes; nil while it is secret
	Commitment [32]byte
	Class      []uint8  // per exhibitor: larger first; "never exhibited" is the largest
	Points     []int32  // per pair
	Key        []uint64 // per exhibitor
}

const (
	weightPlace = 1 << 19
	weightTie   = 16
)

// Commit is the published commitment of a seed.
func Commit(seed []byte) [32]byte { return sha256.Sum256(seed) }

// LotteryKey is the key of an applicant in the lottery of a season.
func LotteryKey(seed []byte, id string) uint64 {
	m := hmac.New(sha256.New, seed)
	m.Write([]byte(id))
	var out [32]byte
	return binary.BigEndian.Uint64(m.Sum(out[:0]))
}

// Band is the band of a number of points, 0 the lowest.
func (p *Policy) Band(points int32) int {
	return sort.Search(len(p.Bands), func(k int) bool { return p.Bands[k] > points })
}

// order is the part of the order that is published: class and band, as far as the rule reads them.
func (p *Policy) order(i int, o int32) (class, band int) {
	if p.Rule == RuleFair || p.Rule == RuleRotation {
		class = int(p.Class[i])
	}
	if p.Rule == RuleFair || p.Rule == RulePoints {
		band = p.Band(p.Points[o])
	}
	return class, band
}

// Place is where a pair stands in the order: larger first.
type Place struct {
	Class, Band int
	Weight      int32
	Key         uint64
}

// Place returns the place of pair o of exhibitor i in the order. It needs the weights: see Apply.
func (pr *Problem) Place(i int, o int32) Place {
	c, b := pr.Policy.order(i, o)
	return Place{Class: c, Band: b, Weight: pr.Value[o], Key: pr.Policy.Key[i]}
}

// Before reports whether a goes before b: by weight, which holds class, band, drawer and travel in this order, then by the whole key.
func (a Place) Before(b Place) bool {
	if a.Weight != b.Weight {
		return a.Weight > b.Weight
	}
	return a.Key > b.Key
}

// Apply computes the keys and sets the values of the problem to the weights of the policy. The values that are there become the points.
func (pr *Problem) Apply(p *Policy) error {
	switch {
	case p.Rule != RuleFair && p.Rule != RulePoints && p.Rule != RuleRotation && p.Rule != RuleDraw:
		return bad("planfile.policy_rule", p.Rule)
	case pr.Sense != Max || pr.MustPlace:
		return bad("planfile.policy_sense")
	case len(p.Seed) != 32:
		return bad("planfile.policy_seed", len(p.Seed))
	case Commit(p.Seed) != p.Commitment:
		return bad("planfile.policy_commitment", fmt.Sprintf("%x", Commit(p.Seed)), fmt.Sprintf("%x", p.Commitment))
	case len(p.Bands) > MaxBands:
		return bad("planfile.policy_bands", len(p.Bands), MaxBands)
	case len(p.Class) != pr.N():
		return bad("planfile.policy_classes", len(p.Class), pr.N())
	}
	for k := 1; k < len(p.Bands); k++ {
		if p.Bands[k-1] >= p.Bands[k] {
			return bad("planfile.policy_edges", p.Bands[k])
		}
	}
	p.Points = append([]int32(nil), pr.Value...)
	p.Key = make([]uint64, pr.N())
	m := hmac.New(sha256.New, p.Seed)
	var sum [32]byte
	for i := range p.Key {
		m.Reset()
		m.Write(pr.IDs.bytes(i))
		p.Key[i] = binary.BigEndian.Uint64(m.Sum(sum[:0]))
	}
	shift := 0
	for o := range pr.Value {
		shift = max(shift, bits.Len64(uint64(pr.CostOf(int32(o))))-4)
	}
	for i := range p.Class {
		if p.Class[i] > MaxClass {
			return bad("planfile.policy_class", pr.IDs.At(i), p.Class[i], MaxClass)
		}
		for o := pr.Start[i]; o < pr.Start[i+1]; o++ {
			c, b := p.order(i, o)
			travel := 15 - pr.CostOf(o)>>shift
			pr.Value[o] = int32((weightPlace+c<<14+b<<8+int(p.Key[i]>>56))*weightTie + int(travel))
		}
	}
	pr.Policy = p
	return nil
}

func (p *Policy) sum(num func(...int64), str func(string)) {
	str(string(p.Rule))
	str(hex.EncodeToString(p.Seed))
	num(int64(len(p.Bands)))
	for _, b := range p.Bands {
		num(int64(b))
	}
	for _, c := range p.Class {
		num(int64(c))
	}
	for _, v := range p.Points {
		num(int64(v))
	}
}

// SeedHex parses a seed or commitment of 32 bytes.
func SeedHex(s string) ([32]byte, error) {
	var out [32]byte
	b, err := hex.DecodeString(s)
	if err != nil || len(b) != 32 {
		return out, planfile.At("", "planfile.seed_hex", s)
	}
	copy(out[:], b)
	return out, nil
}
