package matching

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"muntija/internal/arabic"
	"muntija/internal/fault"
)

// Mapping says which columns of a plain file hold what. Several columns of one field are put together with spaces, but phones, which stand beside each
// other.
type Mapping map[string][]string

// mappable are the names of fields that a Mapping may use, with the headers by which a column is known without one (folded, without spaces and signs, and without
// numbers at the end), and with more words that only somebody who writes a map uses for it.
var mappable = []struct {
	field   string
	headers []string
	words   []string
}{
	{"given_name", []string{"givenname", "firstname", "forename", "fname", "given", "first", "firstnm", "الاسم", "الاسمالاول"}, nil},
	{"middle_name", []string{"middlename", "middle", "midlname", "mname", "middleinitial", "fathername", "اسمالاب"}, nil},
	{"surname", []string{"surname", "lastname", "familyname", "lname", "last", "restofname", "باقيالاسم", "اللقب", "اسمالعاءله", "اسمالعائله"}, []string{"family", "rest"}},
	{"full_name", []string{"fullname", "name", "wholename", "personname", "اسم", "الاسمبالكامل", "الاسمرباعي"}, []string{"surnamefullname", "nameofperson"}},
	{"birth_date", []string{"birthdate", "dateofbirth", "dob", "birth", "birthdt", "datebirth", "تاريخالميلاد"}, []string{"date", "born"}},
	{"birth_year", []string{"birthyear", "yob", "yearofbirth", "by", "سنهالميلاد"}, []string{"year"}},
	{"birth_month", []string{"birthmonth", "mob", "monthofbirth", "bm"}, []string{"month"}},
	{"birth_day", []string{"birthday", "dayofbirth", "bd"}, []string{"day"}},
	{"age", []string{"age", "ageyears", "العمر", "السن"}, nil},
	{"sex", []string{"sex", "gender", "sexcode", "gendercode", "النوع", "الجنس"}, nil},
	{"id_number", []string{"idnumber", "nationalid", "nid", "qid", "socsecid", "ssn", "nationalidnumber", "nationalnumber", "socialsecuritynumber", "الرقمالقومي", "رقمالهويه", "رقمالبطاقه"},
		[]string{"id", "idno", "identity", "identitynumber"}},
	{"phone", []string{"phone", "mobile", "telephone", "tel", "phonenumber", "cell", "cellphone", "phoneno", "fullphonenum", "الهاتف", "الموبايل", "المحمول", "رقمالهاتف"}, nil},
	{"email", []string{"email", "mail", "emailaddress", "البريد", "البريدالالكتروني"}, nil},
	{"area", []string{"area", "state", "governorate", "municipality", "city", "town", "county", "province", "region", "المحافظه", "البلديه", "المدينه"}, []string{"gov"}},
	{"locality", []string{"locality", "suburb", "village", "district", "neighbourhood", "neighborhood", "القريه", "المركز"}, nil},
	{"street", []string{"street", "streetnumber", "streetname", "streetaddress", "address", "addressline", "addresspart", "addr", "housenumber", "houseno", "العنوان", "الشارع"}, nil},
	{"postcode", []string{"postcode", "zip", "zipcode", "postalcode", "postcodefake", "الرمزالبريدي"}, nil},
	{"household", []string{"household", "householdid", "hhid"}, nil},
	{"other_1", []string{"occupation", "job", "المهنه"}, []string{"other", "other1", "profession"}},
	{"other_2", []string{"birthplace", "placeofbirth", "محلالميلاد"}, []string{"other2", "birthcity"}},
}

// ignored are what people note of a column that says nothing of a person, or nothing that lasts.
var ignored = []string{"title", "prefix", "suffix", "namesuffix", "country", "nationality", "race", "racecode", "ethnicity", "ethniccode", "language", "religion", "notes", "note", "comment", "cluster", "label"}

// keyWords are what a map may call the column that names a record.
var keyWords = []string{"key", "recordid", "recid", "uniqueid", "rowid"}

// Two names of a Mapping that are no fields: the column that names a record, and what is left out.
const (
	mapKey     = "key"
	mapIgnored = "ignored"
)

// hints say of a header or a word of a map what it holds by a part of it; the first that fits counts.
var hints = []struct{ part, field string }{{"birthplace", "other_2"}, {"placeofbirth", "other_2"}, {"occupation", "other_1"}, {"middle", "middle_name"}, {"midl", "middle_name"}, {"surname", "surname"},
	{"lastname", "surname"}, {"familyname", "surname"}, {"fullname", "full_name"}, {"firstname", "given_name"}, {"givenname", "given_name"}, {"forename", "given_name"}, {"birthyear", "birth_year"},
	{"yearofbirth", "birth_year"}, {"birthdate", "birth_date"}, {"dateofbirth", "birth_date"}, {"dob", "birth_date"}, {"gender", "sex"}, {"email", "email"}, {"phone", "phone"}, {"mobile", "phone"},
	{"zip", "postcode"}, {"postcode", "postcode"}, {"postal", "postcode"}, {"nationalid", "id_number"}, {"socsec", "id_number"}, {"ssn", "id_number"}, {"suburb", "locality"}, {"village", "locality"},
	{"district", "locality"}, {"city", "area"}, {"county", "area"}, {"governorate", "area"}, {"municipality", "area"}, {"province", "area"}, {"street", "street"}, {"address", "street"}, {"addr", "street"}}

// headerKey folds a header or a word of a map, without spaces, signs and numbers at the end.
func headerKey(s string) string { return strings.ReplaceAll(arabic.Fold(cut(s)), " ", "") }

func bareKey(s string) string {
	k := headerKey(s)
	if b := strings.TrimRight(k, "0123456789"); b != "" {
		return b
	}
	return k
}

// fieldOf returns the field that a header names; spoken adds the words of maps.
func fieldOf(s string, spoken bool) string {
	full, bare := headerKey(s), bareKey(s)
	for _, k := range []string{full, bare, strings.TrimSuffix(bare, "s")} {
		for _, m := range mappable {
			if k == headerKey(m.field) || slices.Contains(m.headers, k) || spoken && slices.Contains(m.words, k) {
				return m.field
			}
		}
	}
	return ""
}

// fieldLike returns the field that a part of a header names.
func fieldLike(s string) string {
	k := headerKey(s)
	for _, h := range hints {
		if strings.Contains(k, h.part) {
			return h.field
		}
	}
	return ""
}

// fieldNamed returns the field that a word of a map means, or one of the two names that are no fields; "" if none.
func fieldNamed(s string) string {
	switch k := bareKey(s); {
	case slices.Contains(keyWords, k):
		return mapKey
	case slices.Contains(ignored, k):
		return mapIgnored
	}
	if f := fieldOf(s, true); f != "" {
		return f
	}
	return fieldLike(s)
}

// MappingFields returns the names that a Mapping may use, in the order of the documentation.
func MappingFields() []string {
	out := make([]string, len(mappable))
	for i, m := range mappable {
		out[i] = m.field
	}
	return out
}

// Ignored returns the columns that a map names and that say nothing of who somebody is: titles, countries.
func (m Mapping) Ignored() []string { return m[mapIgnored] }

// ParseMapping reads a mapping in JSON: {"given_name": "first", "street": ["address_1", "address_2"]}, or the other way round, {"first": "given_name"}. It may stand inside of an
// object of one name, {"columns": {...}}, or be a list of {"column": ..., "field": ...}; fields go by other usual words too (dob, zip, last name). Names that are neither are
// fault.Invalid.
func ParseMapping(b []byte) (Mapping, error) {
	b = bytes.TrimPrefix(b, []byte("\xef\xbb\xbf"))
	m := Mapping{}
	var list []map[string]any
	if json.Unmarshal(b, &list) == nil && len(list) > 0 {
		for _, x := range list {
			column, field := textOf(x, "column", "header", "source", "from"), textOf(x, "field", "as", "target", "to", "type")
			f := fieldNamed(field)
			if column == "" || f == "" {
				return nil, fault.New(fault.Invalid, "matching.map_field", quoted(field), strings.Join(MappingFields(), ", "))
			}
			m[f] = append(m[f], column)
		}
		return m, nil
	}
	var raw map[string]any
	if err := json.Unmarshal(b, &raw); err != nil {
		return nil, fault.New(fault.Invalid, "matching.map_json", err.Error())
	}
	return m, m.read(raw, true)
}

func textOf(x map[string]any, names ...string) string {
	for _, n := range names {
		if s, ok := x[n].(string); ok {
			return s
		}
	}
	return ""
}

func (m Mapping) read(raw map[string]any, nested bool) error {
	keys := make([]string, 0, len(raw))
	for k := range raw {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for _, k := range keys {
		var values []string
		switch v := raw[k].(type) {
		case nil:
			continue
		case string:
			if v == "" {
				continue
			}
			values = []string{v}
		case []any:
			for _, x := range v {
				s, ok := x.(string)
				if !ok {
					return fault.New(fault.Invalid, "matching.map_value", quoted(k))
				}
				values = append(values, s)
			}
		case map[string]any:
			if s := textOf(v, "column", "header", "source", "from", "name"); s != "" {
				values = []string{s}
				break
			}
			if !nested {
				return fault.New(fault.Invalid, "matching.map_value", quoted(k))
			}
			if err := m.read(v, false); err != nil {
				return err
			}
			continue
		default:
			return fault.New(fault.Invalid, "matching.map_value", quoted(k))
		}
		// Which of the two is the field? A name of the documentation before another word for one, and of two equal ones the first.
		turned := ""
		if len(values) == 1 {
			turned = fieldNamed(values[0])
		}
		documented := func(s string) bool { return slices.Contains(MappingFields(), s) }
		switch f := fieldNamed(k); {
		case f == "" && turned != "", turned != "" && documented(values[0]) && !documented(k):
			m[turned] = append(m[turned], k)
			continue
		case f != "":
			m[f] = append(m[f], values...)
			continue
		}
		return fault.New(fault.Invalid, "matching.map_field", quoted(k), strings.Join(MappingFields(), ", "))
	}
	return nil
}

func quoted(s string) string { return strconv.Quote(cut(s)) }

// MostRecords is how many records of a file are read; 3 GB of memory hold about three times as many.
const MostRecords = 2_000_000

// What else a file may have: more is no list of people, or a quotation mark that never ends. The lines that are read stay in memory.
const (
	mostColumns = 1000
	mostLine    = 1 << 20 // bytes of one record
	mostBytes   = 1 << 30 // of the whole file
	mostNamed   = 40      // columns that a message names
)

// guard refuses what no reader should collect in memory: a record that does not end, and a file that is too large.
type guard struct {
	r          io.Reader
	all, since int64 // bytes in all, and since the last record ended
}

func (g *guard) Read(b []byte) (int, error) {
	n, err := g.r.Read(b)
	g.all, g.since = g.all+int64(n), g.since+int64(n)
	switch {
	case g.all > mostBytes:
		return 0, fault.New(fault.Invalid, "matching.file_large", mostBytes>>20)
	case g.since > mostLine+1<<17: // what was read ahead is no part of the record
		return 0, fault.New(fault.Invalid, "matching.file_record", mostLine>>10)
	}
	return n, err
}

// naming lists columns for a message.
func naming(headers []string) string {
	if len(headers) > mostNamed {
		headers = append(slices.Clone(headers[:mostNamed]), "…")
	}
	out := make([]string, len(headers))
	for i, h := range headers {
		out[i] = cut(h)
	}
	return strings.Join(out, ", ")
}

// nothing is what programs and people write into a cell that has no value.
var nothing = map[string]bool{"na": true, "n/a": true, "#n/a": true, "nan": true, "nat": true, "null": true, "none": true, "nil": true, "unknown": true, "unk": true, "not known": true, "not available": true,
	"missing": true, "(null)": true, "<na>": true, "-": true, "--": true, "---": true, ".": true, "?": true, "\\n": true, "غير معروف": true, "لا يوجد": true, "مجهول": true}

// ReadCSV reads the records of a plain file: text in UTF-8 or UTF-16, in Windows-1256 if it is Arabic and in neither, else Windows-1252; separated by comma, semicolon, tab or |, the first line its headers.
// key is the column that names a record; "" takes one that is called id, or else the number of the line. A nil mapping takes the columns whose headers it knows.
// Errors are fault.Invalid and name the line.
func ReadCSV(r io.Reader, key string, m Mapping) ([]Record, Mapping, error) {
	g := &guard{r: r}
	br, err := textReader(g)
	if err != nil {
		return nil, nil, err
	}
	head, _ := br.Peek(1 << 16)
	cr := csv.NewReader(br)
	cr.Comma = separator(head)
	cr.LazyQuotes, cr.FieldsPerRecord, cr.ReuseRecord = true, -1, true
	headers, err := cr.Read()
	if err != nil {
		return nil, nil, badLine(err, 1)
	}
	if len(headers) > mostColumns {
		return nil, nil, fault.New(fault.Invalid, "matching.file_wide", mostColumns)
	}
	headers = slices.Clone(headers)
	for i, h := range headers {
		headers[i] = strings.TrimSpace(h)
	}
	columns, keyAt, m, err := columnsOf(headers, key, m)
	if err != nil {
		return nil, nil, err
	}
	var out []Record
	var dates []string
	for line := 2; ; line++ {
		g.since = 0
		row, err := cr.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, nil, badLine(err, line)
		}
		if openQuote(row, cr.Comma, len(headers)) {
			return nil, nil, fault.New(fault.Invalid, "matching.file_line", line)
		}
		if len(out) == MostRecords {
			return nil, nil, fault.New(fault.Invalid, "matching.file_long", MostRecords)
		}
		cell := func(i int) string {
			if i < 0 || i >= len(row) {
				return ""
			}
			v := strings.TrimSpace(row[i])
			if nothing[strings.ToLower(v)] {
				return ""
			}
			return v // a piece of the line, which nearly all cells together are
		}
		rec, date := record(columns, cell)
		if keyAt >= 0 {
			if keyAt < len(row) {
				rec.ID = strings.Clone(strings.TrimSpace(row[keyAt]))
			}
			if rec.ID == "" {
				return nil, nil, fault.New(fault.Invalid, "matching.file_no_key", line)
			}
		} else {
			rec.ID = strconv.Itoa(line)
		}
		out = append(out, rec)
		dates = append(dates, date)
	}
	order := dateOrder(dates)
	for i, d := range dates {
		if d == "" {
			continue
		}
		if b := parseBirth(d, order); b != (Birth{}) {
			out[i].Birth = b
		}
	}
	return out, m, nil
}

// openQuote reports a line with a quote that does not end where it should: a cell that holds whole lines.
func openQuote(row []string, comma rune, columns int) bool {
	for _, cell := range row {
		if _, rest, ok := strings.Cut(cell, "\n"); ok && columns > 1 {
			for l := range strings.Lines(rest) {
				if strings.Count(l, string(comma)) >= columns-1 {
					return true
				}
			}
		}
	}
	return false
}

// textReader reads a file as UTF-8 without a byte order mark, whatever it is written in. A file that is no text is fault.Invalid.
func textReader(r io.Reader) (*bufio.Reader, error) {
	br := bufio.NewReaderSize(r, 1<<16)
	head, err := br.Peek(1 << 16)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, bufio.ErrBufferFull) {
		return nil, fmt.Errorf("reading the file: %w", err)
	}
	if len(bytes.TrimSpace(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")))) == 0 {
		return nil, fault.New(fault.Invalid, "matching.file_empty")
	}
	switch {
	case bytes.HasPrefix(head, []byte("\xef\xbb\xbf")):
		_, _ = br.Discard(3)
		head = head[3:]
	case bytes.HasPrefix(head, []byte("\xff\xfe")), bytes.HasPrefix(head, []byte("\xfe\xff")):
		return bufio.NewReaderSize(unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewDecoder().Reader(br), 1<<16), nil
	}
	if bytes.IndexByte(head, 0) >= 0 {
		return nil, fault.New(fault.Invalid, "matching.file_utf8")
	}
	if utf8.Valid(head[:wholeRunes(head)]) {
		return br, nil
	}
	// Arabic words are runs of high bytes; in European text they stand alone.
	runs, single := 0, 0
	for i := 0; i < len(head); {
		j := i
		for j < len(head) && head[j] >= 0x80 {
			j++
		}
		if j-i > 1 {
			runs++
		} else if j > i {
			single++
		}
		i = max(j, i+1)
	}
	encoding := charmap.Windows1252
	if runs > single {
		encoding = charmap.Windows1256
	}
	return bufio.NewReaderSize(encoding.NewDecoder().Reader(br), 1<<16), nil
}

// wholeRunes is the length of b without a character that its end cuts.
func wholeRunes(b []byte) int {
	for i := len(b) - 1; i >= max(0, len(b)-utf8.UTFMax); i-- {
		if utf8.RuneStart(b[i]) {
			if utf8.FullRune(b[i:]) {
				return len(b)
			}
			return i
		}
	}
	return len(b)
}

func badLine(err error, line int) error {
	var pe *csv.ParseError
	var f *fault.Error
	switch {
	case errors.As(err, &f): // of the guard
		return f
	case errors.As(err, &pe):
		line = pe.Line
	}
	return fault.New(fault.Invalid, "matching.file_line", line)
}

// separator is the one of comma, semicolon and tab that the first line has most of.
func separator(head []byte) rune {
	first, _, _ := bytes.Cut(head, []byte("\n"))
	best, most := ',', 0
	for _, c := range []rune{',', ';', '\t', '|'} {
		if n := bytes.Count(first, []byte(string(c))); n > most {
			best, most = c, n
		}
	}
	return best
}

func columnsOf(headers []string, key string, m Mapping) (columns map[string][]int, keyAt int, used Mapping, err error) {
	columns, keyAt = map[string][]int{}, -1
	find := func(name string) int {
		if i := slices.Index(headers, name); i >= 0 {
			return i
		}
		return slices.IndexFunc(headers, func(h string) bool { return headerKey(h) == headerKey(name) })
	}
	if key == "" && len(m[mapKey]) > 0 {
		key = m[mapKey][0]
	}
	if key != "" {
		if keyAt = find(key); keyAt < 0 {
			return nil, 0, nil, fault.New(fault.Invalid, "matching.file_column", quoted(key), naming(headers))
		}
	} else {
		for _, name := range []string{"id", "rec_id", "record_id", "unique_id", "row_id"} {
			if keyAt = find(name); keyAt >= 0 {
				break
			}
		}
	}
	if m == nil {
		m = Mapping{}
		put := func(i int, field string) {
			m[field] = append(m[field], headers[i])
			columns[field] = append(columns[field], i)
		}
		var unknown []int
		for i, h := range headers {
			if f := fieldOf(h, false); i != keyAt && f != "" {
				put(i, f)
			} else if i != keyAt {
				unknown = append(unknown, i)
			}
		}
		for _, i := range unknown { // res_street_address, but only where no other column is the street
			if f := fieldLike(headers[i]); f != "" && len(columns[f]) == 0 {
				put(i, f)
			}
		}
	} else {
		for _, f := range mappable { // in a fixed order, for the message
			for _, name := range m[f.field] {
				i := find(name)
				if i < 0 {
					return nil, 0, nil, fault.New(fault.Invalid, "matching.file_column", quoted(name), naming(headers))
				}
				if i != keyAt || f.field != "id_number" { // what names each record once says of no two that they are one
					columns[f.field] = append(columns[f.field], i)
				}
			}
		}
	}
	if len(columns) == 0 {
		return nil, 0, nil, fault.New(fault.Invalid, "matching.file_nothing", naming(headers))
	}
	if len(columns["surname"])+len(columns["middle_name"])+len(columns["full_name"]) == 0 && len(columns["given_name"]) > 0 { // the only name that there is
		columns["full_name"] = columns["given_name"]
		delete(columns, "given_name")
	}
	return columns, keyAt, m, nil
}

func record(columns map[string][]int, cell func(int) string) (rec Record, date string) {
	text := func(field string) string {
		cs := columns[field]
		if len(cs) == 1 {
			return cell(cs[0])
		}
		var parts []string
		for _, c := range cs {
			if v := cell(c); v != "" {
				parts = append(parts, v)
			}
		}
		return strings.Join(parts, " ")
	}
	rec = Record{Given: text("given_name"), Rest: strings.TrimSpace(text("middle_name") + " " + text("surname")), Full: text("full_name"), Sex: text("sex"),
		IDNumber: text("id_number"), Email: text("email"), Area: text("area"), Locality: text("locality"), Street: text("street"), Postcode: text("postcode"),
		Household: text("household"), Other: [2]string{text("other_1"), text("other_2")}}
	for _, c := range columns["phone"] {
		if v := cell(c); v != "" {
			rec.Phones = append(rec.Phones, v)
		}
	}
	if y := number(text("birth_year")); y != 0 {
		rec.Birth = Birth{y, number(text("birth_month")), number(text("birth_day"))}
	} else if a := text("age"); a != "" && len(columns["birth_date"])+len(columns["birth_year"]) == 0 {
		rec.Birth = bornAged(number(a))
	}
	return rec, text("birth_date")
}

func number(s string) int {
	n, err := strconv.Atoi(strings.TrimSuffix(arabic.Digits(s), ".0"))
	if err != nil || n < 0 || n > 9999 {
		return 0
	}
	return n
}
