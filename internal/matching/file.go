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

	"muntija/internal/arabic"
	"muntija/internal/fault"
)

// Mapping says which columns of a plain file hold what. Several columns of one field are put together with spaces, but phones, which stand beside each
// other.
type Mapping map[string][]string

// mappable are the names of fields that a Mapping may use, with the headers by which a column is known without one (folded, without spaces and signs).
var mappable = []struct {
	field   string
	headers []string
}{
	{"given_name", []string{"givenname", "firstname", "forename", "fname", "given", "first", "الاسم", "الاسمالاول"}},
	{"middle_name", []string{"middlename", "middle", "fathername", "اسمالاب"}},
	{"surname", []string{"surname", "lastname", "familyname", "lname", "last", "restofname", "باقيالاسم", "اللقب", "اسمالعاءله", "اسمالعائله"}},
	{"full_name", []string{"fullname", "name", "اسم", "الاسمبالكامل", "الاسمرباعي"}},
	{"birth_date", []string{"birthdate", "dateofbirth", "dob", "birth", "تاريخالميلاد"}},
	{"birth_year", []string{"birthyear", "yob", "yearofbirth", "by", "سنهالميلاد"}},
	{"birth_month", []string{"birthmonth", "mob", "monthofbirth", "bm"}},
	{"birth_day", []string{"birthday", "dayofbirth", "bd"}},
	{"sex", []string{"sex", "gender", "النوع", "الجنس"}},
	{"id_number", []string{"idnumber", "nationalid", "nid", "qid", "socsecid", "ssn", "الرقمالقومي", "رقمالهويه", "رقمالبطاقه"}},
	{"phone", []string{"phone", "mobile", "telephone", "tel", "phonenumber", "الهاتف", "الموبايل", "المحمول", "رقمالهاتف"}},
	{"email", []string{"email", "mail", "emailaddress", "البريد", "البريدالالكتروني"}},
	{"area", []string{"area", "state", "governorate", "municipality", "city", "town", "county", "المحافظه", "البلديه", "المدينه"}},
	{"locality", []string{"locality", "suburb", "village", "district", "القريه", "المركز"}},
	{"street", []string{"street", "streetnumber", "streetname", "address", "address1", "address2", "العنوان", "الشارع"}},
	{"postcode", []string{"postcode", "zip", "zipcode", "postalcode", "postcodefake", "الرمزالبريدي"}},
	{"household", []string{"household", "householdid", "hhid"}},
	{"other_1", []string{"occupation", "job", "المهنه"}},
	{"other_2", []string{"birthplace", "placeofbirth", "محلالميلاد"}},
}

// alias are other words for the names of fields in a mapping.
var alias = map[string]string{"first_name": "given_name", "last_name": "surname", "rest_of_name": "surname", "family_name": "surname", "name": "full_name",
	"dob": "birth_date", "date_of_birth": "birth_date", "gender": "sex", "national_id": "id_number", "phones": "phone", "city": "area", "state": "area",
	"suburb": "locality", "village": "locality", "address": "street", "zip": "postcode", "occupation": "other_1", "birth_place": "other_2", "other": "other_1",
	"given": "given_name", "forename": "given_name", "fname": "given_name", "lname": "surname", "last": "surname", "first": "given_name", "middle": "middle_name",
	"fullname": "full_name", "birthdate": "birth_date", "birth": "birth_date", "date": "birth_date", "gov": "area", "governorate": "area", "municipality": "area", "province": "area",
	"region": "area", "county": "area", "town": "locality", "district": "locality", "address_1": "street", "address_2": "street", "street_number": "street", "street_name": "street",
	"house_number": "street", "postal_code": "postcode", "post_code": "postcode", "zipcode": "postcode", "id": "id_number", "nid": "id_number", "national_number": "id_number",
	"soc_sec_id": "id_number", "ssn": "id_number", "identity": "id_number", "mobile": "phone", "telephone": "phone", "phone_number": "phone", "household_id": "household"}

func fieldNamed(s string) string {
	s = strings.NewReplacer(" ", "_", "-", "_").Replace(strings.ToLower(strings.TrimSpace(s)))
	if a, ok := alias[s]; ok {
		s = a
	}
	for _, m := range mappable {
		if m.field == s {
			return s
		}
	}
	return ""
}

// MappingFields returns the names that a Mapping may use, in the order of the documentation.
func MappingFields() []string {
	out := make([]string, len(mappable))
	for i, m := range mappable {
		out[i] = m.field
	}
	return out
}

// ParseMapping reads a mapping in JSON: {"given_name": "first", "street": ["address_1", "address_2"]}, or the other way round, {"first": "given_name"}. Names that
// are neither are fault.Invalid.
func ParseMapping(b []byte) (Mapping, error) {
	var raw map[string]any
	if err := json.Unmarshal(b, &raw); err != nil {
		return nil, fault.New(fault.Invalid, "matching.map_json", err.Error())
	}
	m := Mapping{}
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
			values = []string{v}
		case []any:
			for _, x := range v {
				s, ok := x.(string)
				if !ok {
					return nil, fault.New(fault.Invalid, "matching.map_value", quoted(k))
				}
				values = append(values, s)
			}
		default:
			return nil, fault.New(fault.Invalid, "matching.map_value", quoted(k))
		}
		// Which of the two is the field? A name of the documentation before another word for one, and of two equal ones the first.
		turned := ""
		if len(values) == 1 {
			turned = fieldNamed(values[0])
		}
		switch f := fieldNamed(k); {
		case f == "" && turned != "", f != k && turned != "" && turned == values[0]:
			m[turned] = append(m[turned], k)
			continue
		case f != "":
			m[f] = append(m[f], values...)
			continue
		}
		return nil, fault.New(fault.Invalid, "matching.map_field", quoted(k), strings.Join(MappingFields(), ", "))
	}
	return m, nil
}

func quoted(s string) string { return strconv.Quote(cut(s)) }

// MostRecords is how many records of a file are read; 3 GB of memory hold about three times as many.
const MostRecords = 2_000_000

// ReadCSV reads the records of a plain file: UTF-8, with or without a byte order mark, separated by comma, semicolon or tab, the first line its headers. key is
// the column that names a record; "" takes one that is called id, or else the number of the line. A nil mapping takes the columns whose headers it knows.
// Errors are fault.Invalid and name the line.
func ReadCSV(r io.Reader, key string, m Mapping) ([]Record, Mapping, error) {
	br := bufio.NewReaderSize(r, 1<<16)
	if head, _ := br.Peek(3); bytes.Equal(head, []byte("\xef\xbb\xbf")) {
		_, _ = br.Discard(3)
	}
	head, err := br.Peek(1 << 16)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, bufio.ErrBufferFull) {
		return nil, nil, fmt.Errorf("reading the file: %w", err)
	}
	if len(bytes.TrimSpace(head)) == 0 {
		return nil, nil, fault.New(fault.Invalid, "matching.file_empty")
	}
	if !utf8.Valid(head[:wholeRunes(head)]) || bytes.IndexByte(head, 0) >= 0 {
		return nil, nil, fault.New(fault.Invalid, "matching.file_utf8")
	}
	cr := csv.NewReader(br)
	cr.Comma = separator(head)
	cr.LazyQuotes, cr.FieldsPerRecord, cr.ReuseRecord = true, -1, true
	headers, err := cr.Read()
	if err != nil {
		return nil, nil, badLine(err, 1)
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
		row, err := cr.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, nil, badLine(err, line)
		}
		if len(out) == MostRecords {
			return nil, nil, fault.New(fault.Invalid, "matching.file_long", MostRecords)
		}
		cell := func(i int) string {
			if i < 0 || i >= len(row) {
				return ""
			}
			return strings.Clone(strings.TrimSpace(row[i]))
		}
		rec, date := record(columns, cell)
		if keyAt >= 0 {
			if rec.ID = cell(keyAt); rec.ID == "" {
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
		if d != "" {
			out[i].Birth = parseBirth(d, order)
		}
	}
	return out, m, nil
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
	if errors.As(err, &pe) {
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

func headerKey(s string) string { return strings.ReplaceAll(arabic.Fold(cut(s)), " ", "") }

func columnsOf(headers []string, key string, m Mapping) (columns map[string][]int, keyAt int, used Mapping, err error) {
	columns, keyAt = map[string][]int{}, -1
	find := func(name string) int {
		if i := slices.Index(headers, name); i >= 0 {
			return i
		}
		return slices.IndexFunc(headers, func(h string) bool { return headerKey(h) == headerKey(name) })
	}
	if key != "" {
		if keyAt = find(key); keyAt < 0 {
			return nil, 0, nil, fault.New(fault.Invalid, "matching.file_column", quoted(key), strings.Join(headers, ", "))
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
		for i, h := range headers {
			if i == keyAt {
				continue
			}
			k := headerKey(h)
			for _, f := range mappable {
				if slices.Contains(f.headers, k) || slices.Contains(f.headers, strings.TrimSuffix(k, "s")) {
					m[f.field] = append(m[f.field], h)
					columns[f.field] = append(columns[f.field], i)
					break
				}
			}
		}
	} else {
		for _, f := range mappable { // in a fixed order, for the message
			for _, name := range m[f.field] {
				i := find(name)
				if i < 0 {
					return nil, 0, nil, fault.New(fault.Invalid, "matching.file_column", quoted(name), strings.Join(headers, ", "))
				}
				columns[f.field] = append(columns[f.field], i)
			}
		}
	}
	if len(columns) == 0 {
		return nil, 0, nil, fault.New(fault.Invalid, "matching.file_nothing", strings.Join(headers, ", "))
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
