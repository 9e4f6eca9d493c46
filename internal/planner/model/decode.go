package model

import (
	"bytes"
	_ "embed"
	"errors"
	"slices"
	"time"

	"muntija/internal/planner/planfile"
)

// Format is the value of "format" in the files that Decode reads.
const Format = "muntija.allocation/1"

// Schema is the JSON Schema of the file that Decode reads.
//
//go:embed allocation.schema.json
var Schema []byte

// decoder collects what is read until the exhibitions are known, for the keys may come in any order.
type decoder struct {
	planfile.Scanner
	p          *Problem
	exhibition map[string]uint16
	group      map[string]int32
	used       []bool // groups that a quota or budget names

	guess, jumped bool // may guess that the list of exhibitors comes last; did
	exhibitorsAt  int
	conflictsAt   int
	quotasAt      int
	budgetsAt     int
	policy        *Policy
	hasSize       bool
	hasMetres     bool
	hasCost       bool
	hasLimit      bool
	types         map[string]int32
	lists         map[string]int32 // types by the text of their list of groups, as it was read before

	row     []pair
	scratch []int32
	key     []byte
}

// pair is one eligible exhibition of the exhibitor that is being read.
type pair struct {
	exh                       uint16
	value, size, metres, cost int32
}

// Decode reads a problem from its file format (see Schema) and freezes it. Unknown keys, fractions, unknown ids and what contradicts itself are
// refused with the line and what is wrong.
func Decode(data []byte) (*Problem, error) {
	p, err := decode(data, true)
	if err == errNotLast {
		p, err = decode(data, false)
	}
	return p, err
}

// errNotLast says that the list of exhibitors is not the last key, as was guessed.
var errNotLast = errors.New("exhibitors are not last")

func decode(data []byte, guess bool) (*Problem, error) {
	d := &decoder{guess: guess, Scanner: planfile.Scanner{Data: bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))}, p: &Problem{Sense: Max, AtMost: 1}, exhibition: map[string]uint16{},
		group: map[string]int32{}, types: map[string]int32{}, lists: map[string]int32{}, exhibitorsAt: -1, conflictsAt: -1, quotasAt: -1, budgetsAt: -1}
	if err := d.top(); err != nil {
		return nil, err
	}
	if d.Next() != 0 {
		return nil, d.Fail("planfile.behind")
	}
	for _, part := range []struct {
		at   int
		path string
		read func() error
	}{{d.conflictsAt, ".conflicts", d.conflicts}, {d.quotasAt, ".quotas", d.quotas}, {d.budgetsAt, ".budgets", d.budgets}, {d.exhibitorsAt, ".exhibitors", d.exhibitors}} {
		if part.at < 0 {
			continue
		}
		d.At, d.Path = part.at, append(d.Path[:0], part.path...)
		if err := part.read(); err != nil {
			return nil, err
		}
	}
	d.trim()
	if d.policy != nil {
		if err := d.p.checkShape(); err != nil {
			return nil, err
		}
		if err := d.p.Apply(d.policy); err != nil {
			return nil, err
		}
	}
	if err := d.p.Freeze(); err != nil {
		return nil, err
	}
	return d.p, nil
}

// trim drops the optional columns that nobody filled.
func (d *decoder) trim() {
	if !d.hasSize {
		d.p.Size = nil
	}
	if !d.hasMetres {
		d.p.Metres = nil
	}
	if !d.hasCost {
		d.p.Cost = nil
	}
	if !d.hasLimit {
		d.p.Limit = nil
	}
}

func (d *decoder) top() error {
	seen := map[string]bool{}
	later := func(at *int) error {
		*at = d.At
		return d.Skip(0)
	}
	err := d.Object(func(key []byte) error {
		if seen[string(key)] {
			return d.Fail("planfile.key_twice")
		}
		seen[string(key)] = true
		switch string(key) {
		case "format":
			f, err := d.Str()
			if err == nil && string(f) != Format {
				err = d.Fail("planfile.format", f, Format)
			}
			return err
		case "sense":
			v, err := d.Str()
			switch {
			case err != nil:
				return err
			case string(v) == "min":
				d.p.Sense = Min
			case string(v) != "max":
				return d.Fail("planfile.sense", v)
			}
			return nil
		case "must_place":
			v, err := d.Boolean()
			d.p.MustPlace = v
			return err
		case "at_most":
			v, err := d.Integer(1000)
			if err == nil && v < 1 {
				err = d.Fail("planfile.no_place_left", v)
			}
			d.p.AtMost = int32(v)
			return err
		case "rest_days":
			v, err := d.Integer(3660)
			if err == nil && v < 0 {
				err = d.Fail("planfile.negative")
			}
			d.p.RestDays = int32(v)
			return err
		case "exhibitions":
			return d.exhibitions()
		case "policy":
			return d.readPolicy()
		case "conflicts":
			return later(&d.conflictsAt)
		case "quotas":
			return later(&d.quotasAt)
		case "budgets":
			return later(&d.budgetsAt)
		case "exhibitors":
			// passed over without a look: it is read once, when the exhibitions are known, and in nearly every file it comes last
			d.exhibitorsAt = d.At
			if d.guess && len(d.p.Exhibitions) > 0 && !d.anythingAfterExhibitors() {
				d.jumped = true
				d.At = len(d.Data) - 1
				for d.At > 0 && d.Data[d.At] != '}' {
					d.At--
				}
				return nil
			}
			return d.Skip(0)
		case "title", "comment":
			_, err := d.Str()
			return err
		}
		return d.Fail("planfile.no_key", key)
	})
	if err != nil {
		return err
	}
	d.Path = d.Path[:0]
	switch {
	case len(d.p.Exhibitions) == 0:
		return d.Fail("planfile.exhibitions_none")
	case d.exhibitorsAt < 0:
		return d.Fail("planfile.exhibitors_none")
	}
	return nil
}

// anythingAfterExhibitors guesses from the end of the file whether the list of exhibitors is the last key. A wrong guess only costs time: the list must
// then end exactly where the object does, and when it does not, the file is read again without guessing.
func (d *decoder) anythingAfterExhibitors() bool {
	tail := bytes.TrimRight(d.Data, " \n\r\t")
	if len(tail) < 2 || tail[len(tail)-1] != '}' {
		return true
	}
	tail = bytes.TrimRight(tail[:len(tail)-1], " \n\r\t")
	if tail[len(tail)-1] != ']' {
		return true
	}
	tail = bytes.TrimRight(tail[:len(tail)-1], " \n\r\t")
	if len(tail) == 0 || tail[len(tail)-1] != '}' {
		return true
	}
	window := tail[max(0, len(tail)-1<<16):]
	for _, key := range []string{`"quotas"`, `"budgets"`, `"conflicts"`, `"exhibitions"`, `"policy"`} {
		if bytes.Contains(window, []byte(key)) {
			return true
		}
	}
	return !bytes.Contains(window, []byte(`"value"`))
}

func (d *decoder) exhibitions() error {
	return d.Array(func(int) error {
		e := Exhibition{Capacity: -1, Metres: Unlimited}
		first, last := false, false
		err := d.Object(func(key []byte) (err error) {
			switch string(key) {
			case "id":
				e.ID, err = d.id()
			case "capacity":
				e.Capacity, err = d.Integer(1e15)
			case "metres":
				e.Metres, err = d.Integer(1e15)
			case "first_day":
				first = true
				e.FirstDay, err = d.day()
			case "last_day":
				last = true
				e.LastDay, err = d.day()
			case "title":
				_, err = d.Str()
			default:
				err = d.Fail("planfile.no_key", key)
			}
			return err
		})
		switch {
		case err != nil:
			return err
		case e.ID == "":
			return d.Fail("planfile.exhibition_no_id")
		case e.Capacity == -1:
			return d.Fail("planfile.no_capacity", e.ID)
		case first != last:
			return d.Fail("planfile.one_day", e.ID)
		}
		if _, ok := d.exhibition[e.ID]; ok {
			return d.Fail("planfile.exhibition_named_twice", e.ID)
		}
		if len(d.p.Exhibitions) == 65535 {
			return d.Fail("planfile.many_exhibitions")
		}
		d.exhibition[e.ID] = uint16(len(d.p.Exhibitions))
		d.p.Exhibitions = append(d.p.Exhibitions, e)
		return nil
	})
}

func (d *decoder) id() (string, error) {
	at := d.At
	v, err := d.Str()
	if err == nil && (len(v) == 0 || len(v) > 200) {
		err = d.FailAt(at, "planfile.id_length")
	}
	return string(v), err
}

func (d *decoder) day() (int32, error) {
	at := d.At
	v, err := d.Str()
	if err != nil {
		return 0, err
	}
	t, err := time.Parse(time.DateOnly, string(v))
	if err != nil || t.Year() < 1971 || t.Year() > 2400 {
		return 0, d.FailAt(at, "planfile.not_date", v)
	}
	return int32(t.Unix() / 86400), nil
}

// exhibitionRef reads the id of an exhibition.
func (d *decoder) exhibitionRef() (uint16, error) {
	at := d.At
	v, err := d.Str()
	if err != nil {
		return 0, err
	}
	j, ok := d.exhibition[string(v)]
	if !ok {
		return 0, d.FailAt(at, "planfile.no_exhibition", v)
	}
	return j, nil
}

func (d *decoder) conflicts() error {
	return d.Array(func(int) error {
		var pair [2]uint16
		n := 0
		err := d.Array(func(k int) error {
			j, err := d.exhibitionRef()
			if err == nil && k < 2 {
				pair[k] = j
			}
			n++
			return err
		})
		switch {
		case err != nil:
			return err
		case n != 2:
			return d.Fail("planfile.conflict_two", n)
		case pair[0] == pair[1]:
			return d.Fail("planfile.conflict_itself", d.p.Exhibitions[pair[0]].ID)
		}
		d.p.Conflicts = append(d.p.Conflicts, pair)
		return nil
	})
}

// scope reads the keys that quotas and budgets share; it reports whether the key was one.
func (d *decoder) scope(key []byte, id *string, set *[]uint16, group *int32) (bool, error) {
	switch string(key) {
	case "id":
		v, err := d.id()
		*id = v
		return true, err
	case "exhibitions":
		*set = []uint16{}
		err := d.Array(func(int) error {
			j, err := d.exhibitionRef()
			*set = append(*set, j)
			return err
		})
		slices.Sort(*set)
		if len(slices.Compact(slices.Clone(*set))) != len(*set) && err == nil {
			err = d.Fail("planfile.set_twice")
		}
		return true, err
	case "group":
		v, err := d.id()
		if err != nil {
			return true, err
		}
		g, ok := d.group[v]
		if !ok {
			g = int32(len(d.p.Groups))
			d.group[v] = g
			d.p.Groups = append(d.p.Groups, v)
			d.used = append(d.used, false)
		}
		*group = g
		return true, nil
	case "title":
		_, err := d.Str()
		return true, err
	}
	return false, nil
}

func (d *decoder) all() []uint16 {
	out := make([]uint16, len(d.p.Exhibitions))
	for j := range out {
		out[j] = uint16(j)
	}
	return out
}

func (d *decoder) quotas() error {
	return d.Array(func(k int) error {
		q := Quota{ID: "quota " + itoa(k+1), Group: Everybody, Max: Unlimited}
		start := d.At
		err := d.Object(func(key []byte) (err error) {
			if ok, err := d.scope(key, &q.ID, &q.Exhibitions, &q.Group); ok {
				return err
			}
			switch string(key) {
			case "min":
				q.Min, err = d.Integer(1e12)
			case "max":
				q.Max, err = d.Integer(1e12)
			default:
				err = d.Fail("planfile.no_key", key)
			}
			return err
		})
		switch {
		case err != nil:
			return err
		case q.Min < 0 || q.Max < 0:
			return d.FailAt(start, "planfile.quota_negative", q.ID)
		case q.Min > q.Max:
			return d.FailAt(start, "planfile.quota_itself", q.ID, q.Min, q.Max)
		case q.Exhibitions == nil:
			q.Exhibitions = d.all()
		case len(q.Exhibitions) == 0:
			return d.FailAt(start, "planfile.quota_empty", q.ID)
		}
		d.p.Quotas = append(d.p.Quotas, q)
		return nil
	})
}

func (d *decoder) budgets() error {
	return d.Array(func(k int) error {
		b := Budget{ID: "budget " + itoa(k+1), Group: Everybody, Amount: -1}
		start := d.At
		err := d.Object(func(key []byte) (err error) {
			if ok, err := d.scope(key, &b.ID, &b.Exhibitions, &b.Group); ok {
				return err
			}
			if string(key) != "amount" {
				return d.Fail("planfile.no_key", key)
			}
			b.Amount, err = d.Integer(1e15)
			return err
		})
		switch {
		case err != nil:
			return err
		case b.Amount < 0:
			return d.FailAt(start, "planfile.budget_amount", b.ID)
		case b.Exhibitions == nil:
			b.Exhibitions = d.all()
		case len(b.Exhibitions) == 0:
			return d.FailAt(start, "planfile.budget_empty", b.ID)
		}
		d.p.Budgets = append(d.p.Budgets, b)
		return nil
	})
}

func (d *decoder) readPolicy() error {
	p := &Policy{Rule: RuleFair}
	seed, commitment := false, false
	hash := func(to *[32]byte) error {
		at := d.At
		v, err := d.Str()
		if err != nil {
			return err
		}
		if *to, err = SeedHex(string(v)); err != nil {
			return d.FailAt(at, "planfile.seed_hex", v)
		}
		return nil
	}
	err := d.Object(func(key []byte) error {
		switch string(key) {
		case "rule":
			v, err := d.Str()
			if err == nil && !slices.Contains(Rules, Rule(v)) {
				err = d.Fail("planfile.rule_of", v, Rules)
			}
			p.Rule = Rule(v)
			return err
		case "bands":
			return d.Array(func(int) error {
				v, err := d.Integer(MaxNumber)
				p.Bands = append(p.Bands, int32(v))
				return err
			})
		case "seed":
			var s [32]byte
			err := hash(&s)
			p.Seed, seed = s[:], true
			return err
		case "commitment":
			commitment = true
			return hash(&p.Commitment)
		}
		return d.Fail("planfile.no_key", key)
	})
	switch {
	case err != nil:
		return err
	case !seed:
		return d.Fail("planfile.seed_missing")
	case !commitment:
		p.Commitment = Commit(p.Seed)
	}
	d.policy = p
	return nil
}

func (d *decoder) exhibitors() error {
	p := d.p
	// A file has some 60 bytes for each exhibitor at least; a guess from the first ones would be better only for files that are read in a moment anyway.
	rest := len(d.Data) - d.At
	p.Type = make([]int32, 0, rest/96+1)
	p.Start = append(make([]int32, 0, rest/96+2), 0)
	p.IDs.end = make([]uint32, 0, rest/96+1)
	err := d.Array(func(int) error { return d.exhibitor() })
	if err != nil {
		return err
	}
	if tail := bytes.TrimSpace(d.Data[d.At:]); len(tail) == 0 {
		return d.Fail("planfile.cut_exhibitors")
	} else if d.jumped && len(tail) > 1 {
		return errNotLast
	} else if tail[0] != '}' && tail[0] != ',' {
		return d.Fail("planfile.comma_brace", string(rune(tail[0])))
	}
	return d.checkIDs()
}

func (d *decoder) exhibitor() error {
	p := d.p
	start := d.At
	d.row = d.row[:0]
	d.scratch = d.scratch[:0]
	limit := int32(-1)
	class := uint8(0)
	var size, metres, cost int32 = 1, 0, 0
	named, values, grouped := false, false, false
	known, list := int32(-1), []byte(nil) // the type, if this list of groups was read before; else the list
	sizesAt, metresAt, costsAt := -1, -1, -1
	err := d.Object(func(key []byte) error {
		switch string(key) {
		case "id":
			at := d.At
			v, err := d.Str()
			if err != nil {
				return err
			}
			if len(v) == 0 || len(v) > 200 {
				return d.FailAt(at, "planfile.id_length")
			}
			if named {
				return d.FailAt(at, "planfile.two_ids")
			}
			named = true
			p.IDs.appendBytes(v)
			return nil
		case "groups":
			if grouped {
				return d.Fail("planfile.key_twice")
			}
			grouped = true
			start := d.At
			if n := bytes.IndexByte(d.Data[start:], ']') + 1; n > 0 { // many exhibitors have the same groups, written alike
				if t, ok := d.lists[string(d.Data[start:start+n])]; ok {
					known, d.At = t, start+n
					return nil
				}
			}
			err := d.Array(func(int) error {
				v, err := d.Str()
				if err != nil {
					return err
				}
				if g, ok := d.group[string(v)]; ok {
					d.scratch = append(d.scratch, g)
				}
				return nil
			})
			list = d.Data[start:d.At]
			return err
		case "value":
			if values {
				return d.Fail("planfile.two_values")
			}
			values = true
			return d.Object(func(key []byte) error {
				j, ok := d.exhibition[string(key)]
				if !ok {
					return d.Fail("planfile.no_exhibition", key)
				}
				v, err := d.Integer(MaxNumber)
				d.row = append(d.row, pair{exh: j, value: int32(v), size: 1})
				return err
			})
		case "size":
			return d.column(&size, &sizesAt)
		case "metres":
			return d.column(&metres, &metresAt)
		case "cost":
			return d.column(&cost, &costsAt)
		case "at_most":
			v, err := d.Integer(1000)
			if err == nil && v < 0 {
				err = d.Fail("planfile.negative")
			}
			limit = int32(v)
			return err
		case "class":
			v, err := d.Integer(MaxClass)
			if err == nil && v < 0 {
				err = d.Fail("planfile.negative")
			}
			class = uint8(v)
			return err
		case "title":
			_, err := d.Str()
			return err
		}
		return d.Fail("planfile.no_key", key)
	})
	if err != nil {
		return err
	}
	if !named {
		return d.FailAt(start, "planfile.exhibitor_no_id")
	}
	slices.SortFunc(d.row, func(a, b pair) int { return int(a.exh) - int(b.exh) })
	for k := range d.row {
		if k > 0 && d.row[k-1].exh == d.row[k].exh {
			return d.FailAt(start, "planfile.exhibition_twice", p.Exhibitions[d.row[k].exh].ID)
		}
		d.row[k].size, d.row[k].metres, d.row[k].cost = size, metres, cost
	}
	for _, c := range []struct {
		at   int
		name string
		set  func(*pair, int32)
	}{{sizesAt, ".size", func(p *pair, v int32) { p.size = v }}, {metresAt, ".metres", func(p *pair, v int32) { p.metres = v }}, {costsAt, ".cost", func(p *pair, v int32) { p.cost = v }}} {
		if c.at < 0 {
			continue
		}
		if err := d.perExhibition(c.at, c.name, c.set); err != nil {
			return err
		}
	}
	d.add(limit, class, known, list)
	return nil
}

// column reads one number for all exhibitions, or remembers where the numbers per exhibition stand until the values are known.
func (d *decoder) column(one *int32, many *int) error {
	if d.Next() == '{' {
		*many = d.At
		return d.Skip(0)
	}
	at := d.At
	v, err := d.Integer(MaxNumber)
	if err == nil && v < 0 {
		err = d.FailAt(at, "planfile.negative")
	}
	*one = int32(v)
	return err
}

func (d *decoder) perExhibition(at int, name string, set func(*pair, int32)) error {
	back, mark := d.At, len(d.Path)
	d.At, d.Path = at, append(d.Path, name...)
	n := 0
	err := d.Object(func(key []byte) error {
		j, ok := d.exhibition[string(key)]
		if !ok {
			return d.Fail("planfile.no_exhibition", key)
		}
		at := d.At
		v, err := d.Integer(MaxNumber)
		if err == nil && v < 0 {
			err = d.FailAt(at, "planfile.negative")
		}
		if k, found := slices.BinarySearchFunc(d.row, j, func(p pair, j uint16) int { return int(p.exh) - int(j) }); found {
			set(&d.row[k], int32(v))
			n++
		}
		return err
	})
	if err == nil && n < len(d.row) {
		err = d.FailAt(at, "planfile.none_here")
	}
	d.At, d.Path = back, d.Path[:mark]
	return err
}

// mostLists and longestList bound what is remembered of lists of groups.
const (
	mostLists   = 1 << 16
	longestList = 1 << 10
)

// typeOf numbers the groups that were read.
func (d *decoder) typeOf(list []byte) int32 {
	p := d.p
	slices.Sort(d.scratch)
	groups := slices.Compact(d.scratch)
	d.key = d.key[:0]
	for _, g := range groups {
		d.key = append(d.key, byte(g), byte(g>>8), byte(g>>16), byte(g>>24))
	}
	t, ok := d.types[string(d.key)]
	if !ok {
		t = int32(len(p.Types))
		d.types[string(d.key)] = t
		p.Types = append(p.Types, slices.Clone(groups))
	}
	if list != nil && len(list) <= longestList && len(d.lists) < mostLists {
		d.lists[string(list)] = t
	}
	return t
}

// add appends the row that was read to the columns. known is the type of the exhibitor, -1: that of the groups that were read, as list has them.
func (d *decoder) add(limit int32, class uint8, known int32, list []byte) {
	p := d.p
	for _, r := range d.row {
		p.Exh = append(p.Exh, r.exh)
		p.Value = append(p.Value, r.value)
		if d.hasSize = d.hasSize || r.size != 1; d.hasSize {
			p.Size = grow(p.Size, len(p.Exh)-1, 1, r.size)
		}
		if d.hasMetres = d.hasMetres || r.metres != 0; d.hasMetres {
			p.Metres = grow(p.Metres, len(p.Exh)-1, 0, r.metres)
		}
		if d.hasCost = d.hasCost || r.cost != 0; d.hasCost {
			p.Cost = grow(p.Cost, len(p.Exh)-1, 0, r.cost)
		}
	}
	p.Start = append(p.Start, int32(len(p.Exh)))
	if known < 0 {
		known = d.typeOf(list)
	}
	p.Type = append(p.Type, known)
	if d.hasLimit = d.hasLimit || limit >= 0; d.hasLimit {
		p.Limit = grow(p.Limit, len(p.Type)-1, p.AtMost, p.AtMost)
		if limit >= 0 {
			p.Limit[len(p.Limit)-1] = limit
		}
	}
	if d.policy != nil {
		d.policy.Class = append(d.policy.Class, class)
	}
}

// grow fills a column that began late up to n with a default, and appends v.
func grow(c []int32, n int, fill, v int32) []int32 {
	for len(c) < n {
		c = append(c, fill)
	}
	return append(c, v)
}

// checkIDs refuses an id that is there twice.
func (d *decoder) checkIDs() error {
	if k := d.p.IDs.duplicate(); k >= 0 {
		d.Path = d.Path[:0]
		return d.Fail("planfile.exhibitor_twice", d.p.IDs.At(k))
	}
	return nil
}

func itoa(k int) string {
	if k == 0 {
		return "0"
	}
	var b [20]byte
	at := len(b)
	for ; k > 0; k /= 10 {
		at--
		b[at] = byte('0' + k%10)
	}
	return string(b[at:])
}
