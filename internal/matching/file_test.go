package matching

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"testing"

	"muntija/internal/fault"
)

func TestReadCSV(t *testing.T) {
	tests := []struct {
		name, file, key, mapping string
		want                     []Record
	}{
		{"known headers", "\ufeffrec_id,given_name,surname,street_number,address_1,suburb,postcode,state,date_of_birth,soc_sec_id\n" +
			"rec-1, michaela , neumann ,8,stanley street,winston hills,4223,nsw,19151111,5304218\n", "", "",
			[]Record{{ID: "rec-1", Given: "michaela", Rest: "neumann", Street: "8 stanley street", Locality: "winston hills", Postcode: "4223", Area: "nsw",
				Birth: Birth{1915, 11, 11}, IDNumber: "5304218"}}},
		{"day first, semicolons, no key", "full name;dob;gender\nAnn Lee;3/4/1990;f\nJo Ray;25/12/85;m\n", "", "",
			[]Record{{ID: "2", Full: "Ann Lee", Birth: Birth{1990, 4, 3}, Sex: "f"}, {ID: "3", Full: "Jo Ray", Birth: Birth{1985, 12, 25}, Sex: "m"}}},
		{"month first", "name,dob\nA,3/4/1990\nB,12/25/1985\n", "", "", []Record{{ID: "2", Full: "A", Birth: Birth{1990, 3, 4}}, {ID: "3", Full: "B", Birth: Birth{1985, 12, 25}}}},
		{"a map", "n;x;y;p;q\n7;فاطمة;علي حسن;٠١٠١٢٣٤٥٦٧٨;01112345678\n", "n", `{"given_name":"x","rest_of_name":"y","phone":["p","q"]}`,
			[]Record{{ID: "7", Given: "فاطمة", Rest: "علي حسن", Phones: []string{"٠١٠١٢٣٤٥٦٧٨", "01112345678"}}}},
		{"a map the other way round, parts of a date", "n,f,l,y,m,d\n1,jo,ray,1950,2,\n", "n", `{"f":"given_name","l":"surname","y":"birth_year","m":"birth_month","d":"birth_day"}`,
			[]Record{{ID: "1", Given: "jo", Rest: "ray", Birth: Birth{1950, 2, 0}}}},
		{"Arabic headers", "المعرف\tالاسم الأول\tباقي الاسم\tالمحافظة\tتاريخ الميلاد\n1\tمنى\tسيد أحمد\tقنا\t١٩٨٠/٠١/٠٢\n", "المعرف", "",
			[]Record{{ID: "1", Given: "منى", Rest: "سيد أحمد", Area: "قنا", Birth: Birth{1980, 1, 2}}}},
		{"Windows-1256", "id,name\n1,\xe3\xe4\xec \xd3\xed\xcf\n", "", "", []Record{{ID: "1", Full: "منى سيد"}}},
		{"Windows-1252", "id,name\n1,Ren\xe9 M\xfcller\n", "", "", []Record{{ID: "1", Full: "René Müller"}}},
		{"UTF-16", "\xff\xfei\x00d\x00,\x00n\x00a\x00m\x00e\x00\n\x001\x00,\x00A\x00\n\x00", "", "", []Record{{ID: "1", Full: "A"}}},
		{"quotes", "id,name,city\n1,\"Smith, \"\"Jo\"\" Ann\",\"a\nb\"\n2,O\"Neil,x\n", "", "", []Record{{ID: "1", Full: `Smith, "Jo" Ann`, Area: "a\nb"}, {ID: "2", Full: `O"Neil`, Area: "x"}}},
		{"one column", "name\nA B\n\nC\n", "", "", []Record{{ID: "2", Full: "A B"}, {ID: "3", Full: "C"}}},
		{"cells that say nothing", "id,first name,dob,zip,city\n1,NaN,null,N/A,-\n", "", "", []Record{{ID: "1"}}},
		{"headers with parts", "voter_reg_num,first_name,midl_name,last_name,res_street_address,res_city_desc,zip_code,full_phone_num,age\n7,A,B,C,1 X ST,Y,2,5551234,40\n", "voter_reg_num", "",
			[]Record{{ID: "7", Given: "A", Rest: "B C", Street: "1 X ST", Area: "Y", Postcode: "2", Phones: []string{"5551234"}, Birth: Birth{Year: ageEra + 40}}}},
		{"a map in other words", "k,f,l,b,z,s,c\n1,jo,ray,1/2/1950,9,m,x\n", "", `{"key": "k", "columns": {"First Name": "f", "Last-Name": "l", "dateOfBirth": {"column": "b"}, "ZIP Code": "z", "Gender": "s", "title": "c"}}`,
			[]Record{{ID: "1", Given: "jo", Rest: "ray", Birth: Birth{1950, 2, 1}, Postcode: "9", Sex: "m"}}},
		{"a map as a list", "k,f,l\n1,jo,ray\n", "k", `[{"column": "f", "field": "given_name"}, {"column": "l", "field": "surname"}]`, []Record{{ID: "1", Given: "jo", Rest: "ray"}}},
		{"the key is no number of a person", "rec_id,f\n1,jo\n", "rec_id", `{"id": "rec_id", "given": "f"}`, []Record{{ID: "1", Full: "jo"}}},
		{"the only name is the whole one", "id,الاسم\n1,منى سيد أحمد\n", "id", "", []Record{{ID: "1", Full: "منى سيد أحمد"}}},
		{"short and long lines", "id,name\n1,A,extra\n2\n", "", "", []Record{{ID: "1", Full: "A"}, {ID: "2"}}},
	}
	for _, test := range tests {
		var m Mapping
		if test.mapping != "" {
			var err error
			if m, err = ParseMapping([]byte(test.mapping)); err != nil {
				t.Fatalf("%s: %v", test.name, err)
			}
		}
		got, _, err := ReadCSV(strings.NewReader(test.file), test.key, m)
		if err != nil || !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s: got %+v, %v; want %+v", test.name, got, err, test.want)
		}
	}
}

func TestReadCSVRefuses(t *testing.T) {
	for name, test := range map[string]struct{ file, key, want string }{
		"empty":                     {"", "", "matching.file_empty"},
		"blank":                     {"  \n\n", "", "matching.file_empty"},
		"no such column":            {"id,name\n1,A\n", "key", "matching.file_column"},
		"nothing known":             {"id,zzz\n1,A\n", "", "matching.file_nothing"},
		"an empty key":              {"id,name\n1,A\n,B\n", "id", "matching.file_no_key"},
		"a workbook":                {"PK\x03\x04\x00\x00", "", "matching.file_utf8"},
		"no such key":               {"a,name\n1,A\n", "id", "matching.file_column"},
		"headers only":              {"zzz\n", "", "matching.file_nothing"},
		"NULs":                      {"id,name\n1,\x00\x00\n", "", "matching.file_utf8"},
		"ten thousand columns":      {strings.Repeat("c,", 10_000) + "name\n1\n", "", "matching.file_wide"},
		"a line without an end":     {"id,name\n1," + strings.Repeat("ن ", 1<<20), "id", "matching.file_record"},
		"a quote over megabytes":    {"id,name\n1,\"" + strings.Repeat("نص\n", 1<<19), "id", "matching.file_record"},
		"a header without an end":   {strings.Repeat("name", 1<<19), "", "matching.file_record"},
		"a quote that does not end": {"id,name\n1,\"A\n2,B\n3,C\n", "id", "matching.file_line"},
	} {
		_, _, err := ReadCSV(strings.NewReader(test.file), test.key, nil)
		var f *fault.Error
		if !errors.As(err, &f) || f.Key != test.want {
			t.Errorf("%s: got %v, want %s", name, err, test.want)
		}
	}
	var f *fault.Error
	if _, err := (&guard{r: strings.NewReader("1,A\n"), all: mostBytes}).Read(make([]byte, 10)); !errors.As(err, &f) || f.Key != "matching.file_large" {
		t.Errorf("a file of more than a gigabyte: got %v, want matching.file_large", err)
	}
	for _, bad := range []string{"", "[]", `{"given_name": 3}`, `{"given_name": [3]}`, `{"foo": "bar"}`, `{"foo": ["given_name", "surname"]}`} {
		if m, err := ParseMapping([]byte(bad)); err == nil {
			t.Errorf("ParseMapping(%q) = %v, want an error", bad, m)
		}
	}
	if _, err := NewSet([]Record{{ID: "1"}, {ID: "1"}}); err == nil {
		t.Error("two records of one id: no error")
	}
	if _, err := NewSet([]Record{{}}); err == nil {
		t.Error("a record without id: no error")
	}
}

// FuzzReadCSV holds that any file is read or refused, and that what was read can be linked.
func FuzzReadCSV(f *testing.F) {
	f.Add([]byte("id,given_name,surname,dob,phone,email,sex\n1,محمد علي,بن حسن,1/2/90,0100,a@b,f\n2,m,x,19900201,,,\n"))
	f.Add([]byte("name;birth_year;postcode\n😀😀;9999;\n\"a\nb\";0;1"))
	f.Add([]byte("id\tname\n1\t" + strings.Repeat("ش ", 300)))
	f.Fuzz(func(t *testing.T, b []byte) {
		records, _, err := ReadCSV(strings.NewReader(string(b)), "", nil)
		if err != nil {
			return
		}
		for i := range records {
			records[i].ID = strings.Repeat("x", i+1)
			if i == 60 {
				records = records[:60]
				break
			}
		}
		s, err := NewSet(records)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Link(context.Background(), Options{Threshold: .01}); err != nil {
			t.Fatal(err)
		}
	})
}

func TestBirthForms(t *testing.T) {
	for _, test := range []struct {
		in   string
		o    order
		want Birth
	}{
		{"1990-03-04", dayFirst, Birth{1990, 3, 4}}, {"19900304", dayFirst, Birth{1990, 3, 4}}, {"04031990", dayFirst, Birth{1990, 3, 4}}, {"03041990", monthFirst, Birth{1990, 3, 4}},
		{"4/3/1990", dayFirst, Birth{1990, 3, 4}}, {"3/4/90", monthFirst, Birth{1990, 3, 4}}, {"4.3.05", dayFirst, Birth{2005, 3, 4}}, {"4 March 1990", dayFirst, Birth{1990, 3, 4}},
		{"March 4, 1990", dayFirst, Birth{1990, 3, 4}}, {"04-Mar-90", dayFirst, Birth{1990, 3, 4}}, {"٤ مارس ١٩٩٠", dayFirst, Birth{1990, 3, 4}}, {"Mar 1990", dayFirst, Birth{1990, 3, 0}},
		{"1990", dayFirst, Birth{Year: 1990}}, {"1990-03", dayFirst, Birth{1990, 3, 0}}, {"03/1990", dayFirst, Birth{1990, 3, 0}}, {"32936", dayFirst, Birth{1990, 3, 4}}, {"32936.0", dayFirst, Birth{1990, 3, 4}},
		{"1990-03-04T00:00:00Z", dayFirst, Birth{1990, 3, 4}}, {"1990-03-04 00:00:00", dayFirst, Birth{1990, 3, 4}}, {"٤/٣/١٩٩٠", dayFirst, Birth{1990, 3, 4}}, {"19151345", dayFirst, Birth{Year: 1915}}, {"", dayFirst, Birth{}}, {"unknown", dayFirst, Birth{}}, {"99", dayFirst, Birth{}},
	} {
		if got := parseBirth(test.in, test.o); got != test.want {
			t.Errorf("parseBirth(%q) = %v, want %v", test.in, got, test.want)
		}
	}
}
