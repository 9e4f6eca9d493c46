package sheet

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"muntija/internal/arabic"
	"muntija/internal/fault"
	"muntija/internal/place"
)

const (
	headRows    = 120 // rows with a value that are looked at for a header and for samples
	headerRows  = 60  // of these, the ones that may be the header
	maxColumns  = 400 // columns of a roster
	maxRosters  = 60  // sheets that are looked at
	sampleCount = 5
	sureScore   = 4 // this many known headers are one, however many questions of a survey stand beside them
)

// headRow is a row at the head of a sheet.
type headRow struct {
	n     int
	cells map[int]Cell
	width int // columns up to the last with a value
}

func (r headRow) text(col int) string {
	if c, ok := r.cells[col]; ok && c.Kind == Text {
		return arabic.Clean(c.Text)
	}
	return ""
}

// FindRosters looks at the head of each visible sheet for a table: the row, or the two, whose cells are headers that are known, and else the first row
// that looks like one. Sheets without a table are left out; if no sheet has one, the error says what a roster must look like. It reads no more of
// a sheet than its head.
func (b *Book) FindRosters() ([]Roster, error) {
	var out []Roster
	words := newMatchers()
	looked := 0
	for _, info := range b.Sheets() {
		if info.Hidden != Visible || looked == maxRosters {
			continue
		}
		looked++
		s := b.Scan(info.Index)
		var rows []headRow
		for len(rows) < headRows && s.Next() {
			r := headRow{n: s.Row(), cells: map[int]Cell{}}
			for _, c := range s.Cells() {
				if c.Col >= maxColumns {
					continue
				}
				c.Text = head(c.Text)
				if c.Kind != Text || arabic.Clean(c.Text) != "" {
					r.cells[c.Col] = c
					r.width = max(r.width, c.Col+1)
				}
			}
			if len(r.cells) > 0 {
				rows = append(rows, r)
			}
		}
		s.Close()
		if err := s.Err(); err != nil {
			return nil, err
		}
		if ros, ok := findRoster(words, rows); ok {
			ros.Sheet, ros.Name, ros.LastRow = info.Index, info.Name, s.info.lastRow
			for i := range ros.Columns {
				ros.Columns[i].Hidden = s.info.hiddenCol(ros.Columns[i].Index)
			}
			out = append(out, ros)
		}
	}
	if len(out) == 0 {
		return nil, fault.New(fault.Invalid, "sheet.problem.no_header")
	}
	return out, nil
}

// matcher is a lexicon that remembers its answers while one workbook is looked at: the same texts are tried as a row of their own, as the upper and as
// the lower of two. It answers so many texts and no more, lest sheets of a million headers keep it busy.
type matcher struct {
	lexicon
	kind RosterKind
	seen map[string]matched
	left int // cells that are still looked at

	group string // the last one, and its words
	words []string
}

type matched struct {
	field string
	how   How
	score float64
}

type matchers map[RosterKind]*matcher

const (
	maxMatched = 20_000
	maxLooked  = 200_000 // cells tried as headers of each kind; ten sheets of 60 rows and 50 columns, each row tried alone and with the next, are 60,000
)

func newMatchers() matchers {
	m := matchers{}
	for _, kind := range Kinds() {
		m[kind] = &matcher{lexicon: lexicons()[kind], kind: kind, seen: map[string]matched{}, left: maxLooked}
	}
	return m
}

func (l *matcher) match(header string) (string, How, float64) {
	m, ok := l.seen[header]
	if !ok && len(l.seen) < maxMatched {
		m.field, m.how, m.score = l.lexicon.match(header)
		l.seen[header] = m
	}
	return m.field, m.how, m.score
}

// header is a row, or two, read as a header.
type header struct {
	from, to int // indexes in the head
	kind     RosterKind
	columns  []Column
	score    float64
}

// head is the beginning of a text, in memory of its own: a row may hold megabytes, and a hundred rows are kept.
func head(s string) string {
	n := min(len(s), 2*maxHeader)
	for n < len(s) && n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return strings.Clone(s[:n])
}

func findRoster(words matchers, rows []headRow) (Roster, bool) {
	var best header
	for i := range rows[:min(len(rows), headerRows)] {
		for _, kind := range Kinds() {
			one := readHeader(words[kind], rows, i, i)
			titled := best.to == i && best.from < i && best.kind == kind // the row above was only a title
			if one.score > best.score || titled && one.score > best.score-0.5 {
				best = one
			}
			if i+1 < len(rows) && rows[i+1].n == rows[i].n+1 {
				if two := readHeader(words[kind], rows, i, i+1); two.score > best.score+0.5 {
					best = two
				}
			}
		}
	}
	if best.score < 1.9 { // nothing, or one word that happens to be a header
		var ok bool
		if best, ok = unknownHeader(rows); !ok {
			return Roster{}, false
		}
	}
	ros := Roster{Kind: best.kind, HeaderFrom: rows[best.from].n, HeaderTo: rows[best.to].n, First: rows[best.to].n + 1, Columns: best.columns}
	for _, r := range rows[:best.from] {
		if t := r.line(); t != "" {
			ros.Titles = append(ros.Titles, t)
		}
	}
	ros.describe(rows[best.to+1:])
	return ros, true
}

// line is all the text of a row.
func (r headRow) line() string {
	var parts []string
	for col := range r.width {
		if t := r.text(col); t != "" {
			parts = append(parts, t)
		}
	}
	return strings.Join(parts, " ")
}

// readHeader reads rows from and to (the same, or the next) as the header of a kind of roster.
func readHeader(lex *matcher, rows []headRow, from, to int) header {
	kind := lex.kind
	h := header{from: from, to: to, kind: kind}
	upper, lower := rows[from], rows[to]
	width := max(upper.width, lower.width)
	if lex.left -= width; lex.left < 0 {
		return h
	}
	group, others := "", 0
	for col := range width {
		up, low := upper.text(col), lower.text(col)
		for _, r := range rows[from : to+1] {
			if c, ok := r.cells[col]; ok && c.Kind != Text {
				others++
			}
		}
		c := Column{Index: col, Letter: Letter(col)}
		if from == to {
			c.Header = low
			c.Field, c.How, c.Score = lex.match(low)
		} else {
			switch {
			case up != "":
				group = up
			case low == "":
				group = ""
			}
			c.Header, c.Field, c.How, c.Score = lex.matchTwo(group, up, low)
		}
		if c.Header != "" {
			h.columns = append(h.columns, c)
		}
	}
	settle(kind, h.columns)
	relation, project, product := false, false, 0
	for _, c := range h.columns {
		if c.Field != "" {
			h.score += c.Score
			if c.Field == FieldIgnore {
				h.score -= 0.5
			}
		}
		relation = relation || c.Field == "household.members.relation"
		if strings.HasPrefix(c.Field, "product.") {
			product++
		}
		project = project || strings.HasPrefix(c.Field, "project.") || strings.HasPrefix(c.Field, "address.") || strings.HasPrefix(c.Field, "lead.phones")
	}
	if kind == Members && !relation {
		h.score = 0
	}
	if kind == Members && h.score > 0 {
		h.score += 0.6 // each word of a list of members is one of a list of families too
	}
	if kind == Products {
		if product < 2 || !slices.ContainsFunc(h.columns, func(c Column) bool { return c.Field == "product.name_ar" || c.Field == FieldProduct }) {
			h.score = 0
		} else {
			h.score += 0.6
		}
	}
	if others*3 > len(h.columns) { // headers are words
		h.score = 0
	}
	if len(h.columns) > 4 && h.score < min(float64(len(h.columns))/8, sureScore) {
		h.score = 0
	}
	return h
}

// matchTwo reads a header of two rows: what stands above, for this column or for a group of them, and what below.
func (l *matcher) matchTwo(group, up, low string) (header, field string, how How, score float64) {
	switch {
	case low == "" && up == "":
		return "", "", "", 0
	case low == "":
		field, how, score = l.match(up)
		return up, field, how, score
	case group == "":
		field, how, score = l.match(low)
		return low, field, how, score
	}
	header = group + " / " + low
	field, how, score = l.match(low)
	if whole, h, s := l.match(group + " " + low); whole != "" && h != HowGuess {
		return header, whole, h, s
	}
	if l.group != group { // for all columns below it
		l.group, l.words = group, strings.Fields(headerKey(group))
	}
	if n, ok := productGroup(l.words); ok { // "المنتج الأول" over "الاسم", "السعر"
		if f, how, score := lexicons()[Products].match(low); strings.HasPrefix(f, "product.") && f != FieldProduct || f == FieldIgnore && headerKey(low) == headerKey("الاسم") {
			if f == FieldIgnore {
				f, how, score = "product.name_ar", HowSynonym, 0.9
			}
			if l.kind == Families {
				f = productList + "[" + strconv.Itoa(n) + strings.Replace(f, "product.", "].", 1)
			}
			return header, f, how, score
		}
	}
	for _, t := range l.words {
		var to map[string]string
		switch t {
		case "ولي", "وصي", "guardian":
			to = map[string]string{FieldName: "guardian.name", "lead.id_number": "guardian.id_number", phoneField: "guardian.phone", "guardian.relation": "guardian.relation", "lead.id_type": "guardian.id_type"}
		case "زوج", "زوجه", "اب", "ام", "ضامن", "كفيل", "باحث", "spouse", "husband", "guarantor":
			return header, "", "", 0 // somebody else's
		case "مشروع", "project":
			if other := map[string]string{FieldName: "project.name", "lead.sex": "project.activity"}[field]; other != "" {
				return header, other, how, score
			}
		}
		if to != nil {
			if to[field] == "" {
				return header, "", "", 0
			}
			return header, to[field], how, score
		}
	}
	return header, field, how, score
}

// productGroup reports whether the words over a group of columns say that it is about a product, and about which, from 0.
func productGroup(words []string) (int, bool) {
	n, product := 0, false
	for _, w := range words {
		switch w {
		case "منتج", "product":
			product = true
		case "ثاني", "second":
			n = 1
		case "ثالث", "third":
			n = 2
		case "رابع", "fourth":
			n = 3
		case "خامس", "fifth":
			n = 4
		default:
			if i, err := strconv.Atoi(arabic.Digits(w)); err == nil && i >= 1 && i <= MaxProductColumns {
				n = i - 1
			}
		}
	}
	return n, product
}

// settle makes headers different from each other and leaves each field to the column that fits it best. A second column of phones is the second phone.
func settle(kind RosterKind, columns []Column) {
	names := map[string]int{}
	for i := range columns {
		c := &columns[i]
		names[c.Header]++
		if n := names[c.Header]; n > 1 {
			c.Header += " #" + strconv.Itoa(n)
		}
	}
	order := make([]int, len(columns))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch x, y := columns[a].Score, columns[b].Score; {
		case x > y:
			return -1
		case x < y:
			return 1
		}
		return 0
	})
	taken, beside := map[string]bool{}, len(columns)
	for _, i := range order {
		c := &columns[i]
		if c.Field == "" || c.Field == FieldIgnore {
			continue
		}
		if c.Field == "lead.phones[0].number" {
			c.Field = phoneField
		}
		if taken[c.Field] && (c.Field == phoneField || strings.HasPrefix(c.Field, "lead.phones[")) {
			for n := 1; n < 6 && taken[c.Field]; n++ {
				c.Field = "lead.phones[" + strconv.Itoa(n) + "].number"
			}
		}
		if leaf, ok := strings.CutPrefix(c.Field, "product[0]."); ok {
			c.Field = "product." + leaf
		}
		if leaf, ok := strings.CutPrefix(c.Field, "product."); ok && kind == Families { // the same headers once more: the next product
			for n := 1; n < MaxProductColumns && taken[c.Field]; n++ {
				c.Field = productList + "[" + strconv.Itoa(n) + "]." + leaf
			}
		}
		if taken[c.Field] {
			if (c.Field == FieldName || c.Field == "lead.id_number") && strings.Contains(c.Header, " #") {
				beside = min(beside, i)
			}
			c.Field, c.How, c.Score = "", "", 0
			continue
		}
		taken[c.Field] = true
	}
	for i := range columns { // of a second person in the same row, as when two tables stand side by side: her phone is not the first one's
		if c := &columns[i]; i > beside && strings.HasPrefix(c.Field, "lead.phones[") && strings.Contains(c.Header, " #") {
			c.Field, c.How, c.Score = "", "", 0
		}
	}
	if kind == Families {
		nameProducts(columns)
		nameMembers(columns)
	}
}

// nameMembers takes "اسم الفرد" among the columns of a family for the name of a household member, and what stands behind it, known for nothing else, for what is
// said of her: the relation is hers, if no guardian is named.
func nameMembers(columns []Column) {
	lex, taken, guardian, at := lexicons()[Members], map[string]bool{}, false, -1
	for i, c := range columns {
		taken[c.Field] = true
		guardian = guardian || strings.HasPrefix(c.Field, "guardian.") && c.Field != "guardian.relation"
		if at < 0 && c.Field == "" {
			if key := headerKey(c.Header); strings.Contains(key, "فرد") || strings.Contains(key, "معال") || strings.Contains(key, "member") {
				if field, _, _ := lex.match(c.Header); field == "household.members.name" {
					at = i
				}
			}
		}
	}
	if at < 0 {
		return
	}
	for i := at; i < len(columns); i++ {
		c := &columns[i]
		if c.Field != "" && (c.Field != "guardian.relation" || guardian) {
			continue
		}
		if field, how, score := lex.match(c.Header); strings.HasPrefix(field, "household.members.") && !taken[field] {
			taken[field], c.Field, c.How, c.Score = true, field, how, min(score, 0.8)
		}
	}
}

// nameProducts takes "المنتج" for the name of a product where the price or the unit of one stands beside it; alone, it says what a family makes.
func nameProducts(columns []Column) {
	product, named, at := false, false, -1
	for i, c := range columns {
		switch {
		case c.Field == "product.name_ar":
			named = true
		case strings.HasPrefix(c.Field, "product."):
			product = true
		case c.Field == "project.activity":
			switch headerKey(c.Header) {
			case "منتج", "منتجات", "نوع منتج", "product", "products":
				at = i
			}
		}
	}
	if product && !named && at >= 0 {
		columns[at].Field, columns[at].How, columns[at].Score = "product.name_ar", HowSynonym, 0.8
	}
}

// unknownHeader finds the first row that looks like a header though none of its words is known: three texts or more without a digit, with at least
// two rows below that fill the same columns.
func unknownHeader(rows []headRow) (header, bool) {
	for i, r := range rows[:min(len(rows), headerRows)] {
		if len(r.cells) < 3 || i+2 >= len(rows) {
			continue
		}
		words := 0
		for col := range r.cells {
			if t := r.text(col); t != "" && !strings.ContainsAny(arabic.Digits(t), "0123456789") {
				words++
			}
		}
		alike := 0
		for _, next := range rows[i+1 : min(len(rows), i+6)] {
			filled := 0
			for col := range next.cells {
				if _, ok := r.cells[col]; ok {
					filled++
				}
			}
			if filled*2 >= len(r.cells) {
				alike++
			}
		}
		if words == len(r.cells) && alike >= 2 {
			return readHeaderLoose(rows, i), true
		}
	}
	return header{}, false
}

func readHeaderLoose(rows []headRow, i int) header {
	h := header{from: i, to: i, kind: Families}
	for col := range rows[i].width {
		if t := rows[i].text(col); t != "" {
			c := Column{Index: col, Letter: Letter(col), Header: t}
			c.Field, c.How, c.Score = lexicons()[Families].match(t)
			h.columns = append(h.columns, c)
		}
	}
	settle(Families, h.columns)
	return h
}

// describe adds what the rows below the header show: samples, columns without a header, fields by what a column holds, the order of dates, and the
// shape.
func (ros *Roster) describe(rows []headRow) {
	known := map[int]bool{}
	for _, c := range ros.Columns {
		known[c.Index] = true
	}
	filled := map[int]int{}
	for _, r := range rows {
		for col := range r.cells {
			filled[col]++
		}
	}
	for col, n := range filled {
		if !known[col] && n >= 3 && n*2 >= len(rows) {
			ros.Columns = append(ros.Columns, Column{Index: col, Letter: Letter(col), Header: "[" + Letter(col) + "]"})
		}
	}
	slices.SortFunc(ros.Columns, func(a, b Column) int { return a.Index - b.Index })

	taken := map[string]bool{}
	for _, c := range ros.Columns {
		taken[c.Field] = true
	}
	day, month := 0, 0
	for i := range ros.Columns {
		c := &ros.Columns[i]
		var values []string
		for _, r := range rows {
			cell, ok := r.cells[c.Index]
			if !ok {
				continue
			}
			v := shown(cell)
			if v == "" {
				continue
			}
			values = append(values, v)
			if len(c.Samples) < sampleCount {
				c.Samples = append(c.Samples, v)
			}
			if cell.Kind == Text {
				switch dateOrder(v) {
				case DayFirst:
					day++
				case MonthFirst:
					month++
				}
			}
		}
		if c.Field == "address.zone" && !taken["address.area"] && ros.Kind == Families && guess(values) == "address.area" { // "منطقة" over names of governorates
			c.Field, c.How, c.Score = "address.area", HowGuess, 0.6
			taken["address.area"] = true
		}
		if c.Field == "" && ros.Kind == Families {
			if f := guess(values); f != "" && !taken[f] && !strangers(c.Header) {
				c.Field, c.How, c.Score = f, HowGuess, 0.6
				taken[f] = true
			}
		}
	}
	ros.DateOrder = DayFirst
	if month > 0 && day == 0 {
		ros.DateOrder = MonthFirst
	}
	ros.Shape = shapeOf(ros.Kind, ros.Columns)
}

// strangers reports whether a header says that the column is about somebody else: the husband's number is no number of the producer.
func strangers(header string) bool {
	for _, t := range arabic.Tokens(header) {
		switch bare(t) {
		case "زوج", "زوجه", "اب", "ام", "والد", "والده", "جار", "ضامن", "كفيل", "باحث", "موظف", "مسئول", "مسوول", "ولي", "وصي", "ابن", "ابناء", "spouse", "husband", "guarantor", "guardian":
			return true
		}
	}
	return false
}

// shown is a cell's value as a sample or a message shows it.
func shown(c Cell) string {
	switch c.Kind {
	case Blank:
		return ""
	case Date:
		return clock(c.Date, c.Seconds)
	case Number:
		if s, ok := plainNumber(c.Text); ok {
			return s
		}
	}
	return arabic.Clean(c.Text)
}

var slashed = regexp.MustCompile(`^(\d{1,2})[/\-.](\d{1,2})[/\-.]\d{4}$`)

// dateOrder tells the order of a date that can have only one.
func dateOrder(s string) DateOrder {
	m := slashed.FindStringSubmatch(strings.ReplaceAll(arabic.Digits(s), " ", ""))
	if m == nil {
		return ""
	}
	a, _ := strconv.Atoi(m[1])
	b, _ := strconv.Atoi(m[2])
	switch {
	case a > 12 && b <= 12:
		return DayFirst
	case b > 12 && a <= 12:
		return MonthFirst
	}
	return ""
}

// guess is the field of a column by what it holds, if nearly all of it can be nothing else.
func guess(values []string) string {
	if len(values) < 3 {
		return ""
	}
	count := map[string]int{}
	for _, v := range values {
		d := digitsOnly(v)
		switch {
		case len(d) == 14 && (d[0] == '2' || d[0] == '3'):
			count["lead.id_number"]++
		case len(d) == 11 && (strings.HasPrefix(d, "010") || strings.HasPrefix(d, "011") || strings.HasPrefix(d, "012") || strings.HasPrefix(d, "015")),
			len(d) == 10 && strings.HasPrefix(d, "1") && strings.ContainsRune("0125", rune(d[1])),
			len(d) == 12 && strings.HasPrefix(d, "201"), len(d) == 14 && strings.HasPrefix(d, "00201"), len(d) == 11 && strings.HasPrefix(d, "974"):
			count[phoneField]++
		default:
			f := arabic.Fold(v)
			if _, ok := place.AreaByFolded("", f); ok {
				count["address.area"]++
			} else if choice("sex", f) != "" && len(f) > 2 {
				count["lead.sex"]++
			}
		}
	}
	for field, n := range count {
		if n*10 >= len(values)*9 {
			return field
		}
	}
	return ""
}

// digitsOnly is a number without the marks people put into it, "" if it is none.
func digitsOnly(s string) string {
	b := make([]byte, 0, 16)
	for _, r := range arabic.Digits(s) {
		switch {
		case r >= '0' && r <= '9':
			b = append(b, byte(r))
		case r == ' ' || r == '-' || r == '+' || r == '.' || r == '(' || r == ')' || r == '/':
		default:
			return ""
		}
	}
	return string(b)
}
