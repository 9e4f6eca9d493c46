package store

import (
	"cmp"
	"database/sql"
	"fmt"
	"slices"
	"sort"
	"strconv"
	"strings"
	"sync"

	"muntija/internal/arabic"
	"muntija/internal/fault"
	"muntija/internal/place"
)

// shelf is the public catalogue in memory: what its lists filter, count and sort by. Any list of a hundred thousand products is one pass over it, with an
// exact total and the counts beside the filters.
//
// The database stays the only truth, as for the roll: each reader first takes in what was committed since, and the rows of a page are read from the
// database. A product that was taken out of the catalogue is on no page that begins afterwards.
type shelf struct {
	mu     sync.RWMutex
	loaded bool
	seq    int64

	items  []shelfItem
	tags   []shelfTags     // of the items: what a list is filtered and counted by, small enough for the processor's own memory
	slot   map[int64]int32 // by product id
	byTime []int32         // slots of what is shown, newest first
	byName []int32         // in Arabic dictionary order
	vocab  []string        // sorted
	having map[string][]int32

	families map[int64][]int32 // slots by family, also of what is no longer shown

	// Lists that were asked for since the last change, by query: people turn pages, and most ask for the same few lists.
	known   map[string]*shelfList
	knownMu sync.Mutex

	crafts, areas, parties dictionary[string]
	faces                  map[string]int64 // by craft: the photograph of its newest product that has one
}

// shelfTags is what of an item lists are filtered by, as numbers of the shelf's dictionaries.
type shelfTags struct{ craft, area, party uint16 }

// shelfList is a whole list: what is on it, in order, and the counts beside its filters.
type shelfList struct {
	slots                  []int32
	crafts, areas, parties map[string]int
}

// keptLists bounds the lists in memory; the longest takes 4 bytes for each product.
const keptLists = 24

type shelfItem struct {
	id                 int64
	since              int64  // µs since 1970
	craft, area, party uint32 // in the shelf's dictionaries: counting by number takes a tenth of counting by text
	photo              int64  // the first one; 0: none
	name               string // sort key
	search             string
	shown              bool
	edited             bool // was read more than once: the lists of words may know it by older ones
}

// CatalogueQuery selects public products. Empty values do not restrict.
type CatalogueQuery struct {
	Party  place.Country
	Crafts []string
	Area   string
	Text   string // words by prefix
	// Families are those whose products are asked for, if Chosen: those that stand in an exhibition.
	Families []int64
	Chosen   bool
	ByName   bool // else newest first
	Page     int  // from 1
	Size     int  // 1–100; 0 means 24
}

// CatalogueList is one page of the catalogue.
type CatalogueList struct {
	Products []PublicProduct
	Total    int // of all pages
	Pages    int
	// How many products there are by craft, area and country: each counted without its own condition, so that a person sees what another choice would give.
	Crafts, Areas, Parties map[string]int
}

// ListCatalogue returns a page of the catalogue. A page behind the last one is empty. It works in View only.
func (tx *Tx) ListCatalogue(q CatalogueQuery) (CatalogueList, error) {
	if q.Size <= 0 || q.Size > 100 {
		q.Size = 24
	}
	q.Page = max(q.Page, 1)
	out := CatalogueList{Crafts: map[string]int{}, Areas: map[string]int{}, Parties: map[string]int{}}
	s := &tx.db.shelf
	if err := s.refresh(tx); err != nil {
		return out, fmt.Errorf("reading the catalogue's changes: %w", err)
	}
	ids := s.find(q, &out)
	out.Pages = (out.Total + q.Size - 1) / q.Size
	var err error
	if out.Products, err = tx.publicProducts(ids); err != nil {
		return out, fmt.Errorf("listing the catalogue: %w", err)
	}
	return out, nil
}

// CatalogueSeq returns the number of the last change of the products in the catalogue.
func (tx *Tx) CatalogueSeq() (seq int64, err error) {
	err = tx.row(into(&seq), `SELECT coalesce((SELECT seq FROM catalogue_clock WHERE id = 1), 0)`)
	return seq, err
}

// find returns the ids of a page, and fills in the counts of its list.
func (s *shelf) find(q CatalogueQuery, out *CatalogueList) []int64 {
	s.mu.RLock()
	defer s.mu.RUnlock()
	words := arabic.Tokens(q.Text)
	words = words[:min(len(words), 8)]
	if len(words) == 0 && strings.TrimSpace(q.Text) != "" {
		return nil // signs only: nothing is called so
	}
	l := s.list(q, words)
	out.Total, out.Crafts, out.Areas, out.Parties = len(l.slots), l.crafts, l.areas, l.parties
	from := min((q.Page-1)*q.Size, len(l.slots))
	page := l.slots[from:min(from+q.Size, len(l.slots))]
	ids := make([]int64, len(page))
	for i, at := range page {
		ids[i] = s.items[at].id
	}
	return ids
}

// list returns the list of a query, of which the page does not count. Nobody changes it.
func (s *shelf) list(q CatalogueQuery, words []string) *shelfList {
	if q.Chosen {
		return s.walk(q, words)
	}
	key := strings.Join([]string{string(q.Party), strings.Join(q.Crafts, ","), q.Area, strings.Join(words, " "), strconv.FormatBool(q.ByName)}, "|")
	s.knownMu.Lock()
	l := s.known[key]
	s.knownMu.Unlock()
	if l != nil {
		return l
	}
	l = s.walk(q, words)
	s.knownMu.Lock()
	defer s.knownMu.Unlock()
	if s.known == nil || len(s.known) >= keptLists {
		s.known = map[string]*shelfList{}
	}
	s.known[key] = l
	return l
}

// walk goes over the shelf once.
func (s *shelf) walk(q CatalogueQuery, words []string) *shelfList {
	out := &shelfList{crafts: map[string]int{}, areas: map[string]int{}, parties: map[string]int{}}
	var wanted []uint64 // a bit for each slot; nil: all
	for i, w := range words {
		found := s.match(w)
		if i == 0 {
			wanted = found
			continue
		}
		for j := range wanted {
			wanted[j] &= found[j]
		}
	}
	if q.Chosen {
		found := s.ofFamilies(q.Families)
		for j := range wanted {
			found[j] &= wanted[j]
		}
		wanted = found
	}
	order := s.byTime
	if q.ByName {
		order = s.byName
	}
	anyCraft, anyArea, anyParty := len(q.Crafts) == 0, q.Area == "", q.Party == ""
	inCraft := s.crafts.accept(func(c string) bool { return anyCraft || slices.Contains(q.Crafts, c) })
	inArea := s.areas.accept(func(a string) bool { return anyArea || a == q.Area })
	inParty := s.parties.accept(func(p string) bool { return anyParty || p == string(q.Party) })
	crafts, areas, parties := make([]int, len(inCraft)), make([]int, len(inArea)), make([]int, len(inParty))
	for _, at := range order {
		if wanted != nil && wanted[at/64]&(1<<(at%64)) == 0 {
			continue
		}
		x := s.tags[at]
		party, craft, area := inParty[x.party], inCraft[x.craft], inArea[x.area]
		if craft && area {
			parties[x.party]++
		}
		if !party {
			continue
		}
		if area {
			crafts[x.craft]++
		}
		if craft {
			areas[x.area]++
		}
		if craft && area {
			out.slots = append(out.slots, at)
		}
	}
	for _, c := range []struct {
		counts []int
		names  []string
		to     map[string]int
	}{{crafts, s.crafts.values, out.crafts}, {areas, s.areas.values, out.areas}, {parties, s.parties.values, out.parties}} {
		for i, n := range c.counts {
			if n > 0 {
				c.to[c.names[i]] = n
			}
		}
	}
	return out
}

// CatalogueFaces returns for each craft the photograph of its newest product that has one. It works in View only.
func (tx *Tx) CatalogueFaces() (map[string]int64, error) {
	s := &tx.db.shelf
	if err := s.refresh(tx); err != nil {
		return nil, fmt.Errorf("reading the catalogue's changes: %w", err)
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.faces, nil // a refresh makes a new one
}

// match returns the slots that have a word which begins so.
func (s *shelf) match(word string) []uint64 {
	found := make([]uint64, (len(s.items)+63)/64)
	for i := sort.SearchStrings(s.vocab, word); i < len(s.vocab) && strings.HasPrefix(s.vocab[i], word); i++ {
		for _, at := range s.having[s.vocab[i]] {
			if x := &s.items[at]; x.edited && !hasWord(x.search, word) {
				continue
			}
			found[at/64] |= 1 << (at % 64)
		}
	}
	return found
}

const selectShelf = `SELECT product_id, family_id, shown, party, area, craft, search, since, body FROM catalogue `

// refresh takes in what was committed before the transaction's snapshot.
func (s *shelf) refresh(tx *Tx) error {
	if tx.write {
		return fault.New(fault.Internal, "error.internal")
	}
	newest, err := tx.CatalogueSeq()
	if err != nil {
		return err
	}
	s.mu.RLock()
	current := s.loaded && s.seq >= newest
	s.mu.RUnlock()
	if current {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.loaded && s.seq >= newest {
		return nil
	}
	first := !s.loaded
	s.known = nil
	if first {
		s.seq, s.items, s.tags, s.byTime, s.byName, s.vocab = 0, nil, nil, nil, nil, nil
		s.slot, s.having, s.families = map[int64]int32{}, map[string][]int32{}, map[int64][]int32{}
		s.crafts, s.areas, s.parties = dictionary[string]{}, dictionary[string]{}, dictionary[string]{}
	}
	err = tx.each(func(rows *sql.Rows) error {
		var x shelfItem
		var shown, family int64
		var party, area, craft, since, body string
		if err := rows.Scan(&x.id, &family, &shown, &party, &area, &craft, &x.search, &since, &body); err != nil {
			return err
		}
		x.craft, x.area, x.party = s.crafts.number(craft), s.areas.number(area), s.parties.number(party)
		x.shown, x.since = shown == 1, unstamp(since).UnixMicro()
		x.name, x.photo = arabic.SortKey(nameIn(body)), photoIn(body)
		s.put(x, family, first)
		return nil
	}, selectShelf+`WHERE seq > $1 AND (shown = 1 OR $1 > 0) ORDER BY seq`, s.seq)
	if err != nil {
		s.loaded = false // half taken in: read anew
		return err
	}
	if first {
		slices.SortFunc(s.byTime, s.newer)
		slices.SortFunc(s.byName, s.earlier)
		s.vocab = make([]string, 0, len(s.having))
		for w := range s.having {
			s.vocab = append(s.vocab, w)
		}
		slices.Sort(s.vocab)
	}
	s.faces = map[string]int64{}
	for _, at := range s.byTime {
		x := &s.items[at]
		if craft := s.crafts.values[x.craft]; x.photo != 0 && s.faces[craft] == 0 {
			s.faces[craft] = x.photo
		}
	}
	s.loaded, s.seq = true, newest
	return nil
}

// photoIn finds the first photograph in a public row.
func photoIn(body string) int64 {
	_, rest, _ := strings.Cut(body, `"photos":[{"id":`)
	number, _, _ := strings.Cut(rest, ",")
	id, err := strconv.ParseInt(number, 10, 64)
	if err != nil {
		return 0
	}
	return id
}

// nameIn finds the Arabic name in a public row without reading all of it.
func nameIn(body string) string {
	const mark = `"name_ar":"`
	_, rest, _ := strings.Cut(body, mark)
	name, _, _ := strings.Cut(rest, `"`) // an escaped quote cuts a sort key short, and no more
	return name
}

func (s *shelf) newer(a, b int32) int {
	x, y := &s.items[a], &s.items[b]
	return cmp.Or(cmp.Compare(y.since, x.since), cmp.Compare(y.id, x.id))
}

func (s *shelf) earlier(a, b int32) int {
	x, y := &s.items[a], &s.items[b]
	return cmp.Or(strings.Compare(x.name, y.name), cmp.Compare(x.id, y.id))
}

// put takes in one row. While the shelf is first read, orders and words are sorted at the end.
func (s *shelf) put(x shelfItem, family int64, first bool) {
	at, known := s.slot[x.id]
	if known && s.items[at].shown {
		s.byTime = without(s.byTime, at, s.newer)
		s.byName = without(s.byName, at, s.earlier)
	}
	if !known {
		if !x.shown {
			return
		}
		at = int32(len(s.items)) //nolint:gosec // two thousand million products do not fit in memory
		s.items, s.tags = append(s.items, x), append(s.tags, shelfTags{})
		s.slot[x.id] = at
		s.families[family] = append(s.families[family], at)
	}
	x.edited = known
	s.items[at], s.tags[at] = x, shelfTags{uint16(x.craft), uint16(x.area), uint16(x.party)} //nolint:gosec // there are a few dozen of each
	if !x.shown {
		return
	}
	for w := range strings.FieldsSeq(x.search) {
		list, have := s.having[w]
		if !slices.Contains(list[max(0, len(list)-1):], at) {
			s.having[w] = append(list, at)
		}
		if !have && !first {
			i, _ := slices.BinarySearch(s.vocab, w)
			s.vocab = slices.Insert(s.vocab, i, w)
		}
	}
	if first {
		s.byTime, s.byName = append(s.byTime, at), append(s.byName, at)
		return
	}
	i, _ := slices.BinarySearchFunc(s.byTime, at, s.newer)
	s.byTime = slices.Insert(s.byTime, i, at)
	i, _ = slices.BinarySearchFunc(s.byName, at, s.earlier)
	s.byName = slices.Insert(s.byName, i, at)
}

func without(order []int32, at int32, compare func(a, b int32) int) []int32 {
	if i, ok := slices.BinarySearchFunc(order, at, compare); ok {
		return slices.Delete(order, i, i+1)
	}
	return order
}

// warmCatalogue brings the catalogue in memory up to date, so that the next visitor need not wait for it.
func (tx *Tx) warmCatalogue() error { return tx.db.shelf.refresh(tx) }
