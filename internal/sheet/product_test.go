package sheet

import (
	"strings"
	"testing"

	"muntija/internal/place"
)

// rosterOf is the roster that rows of texts make.
func rosterOf(rows ...[]string) (Roster, bool) {
	var head []headRow
	for i, r := range rows {
		h := headRow{n: i + 1, cells: map[int]Cell{}}
		for j, s := range r {
			if s != "" {
				h.cells[j] = Cell{Col: j, Kind: Text, Text: s}
				h.width = j + 1
			}
		}
		head = append(head, h)
	}
	return findRoster(newMatchers(), head)
}

// Lists of products and families with products are told apart by what else they say of the family.
func TestProductRosters(t *testing.T) {
	for name, c := range map[string]struct {
		rows [][]string
		kind RosterKind
		want string
	}{
		"an association's list": {[][]string{{"كشف المنتجات"}, {"م", "الرقم القومي", "اسم المستفيدة", "المنتج", "الخامة", "السعر", "الوحدة"}}, Products, "- lead.id_number - product.name_ar product.materials product.price product.unit"},
		"an export":             {[][]string{{"رقم التسجيل", "رقم المنتج", "اسم المنتج بالعربية", "الحرفة", "حالة المنتج"}}, Products, "number product.id product.name_ar product.craft -"},
		"families, a product":   {[][]string{{"م", "الاسم", "الرقم القومي", "تليفون", "المحافظة", "العنوان", "المنتج", "السعر"}}, Families, "- lead.name lead.id_number lead.phones.number address.area address.text product.name_ar product.price"},
		"families, the craft":   {[][]string{{"م", "الاسم", "الرقم القومي", "تليفون", "المحافظة", "المنتج"}}, Families, "- lead.name lead.id_number lead.phones.number address.area project.activity"},
		"two products":          {[][]string{{"الاسم", "الرقم القومي", "المحافظة", "اسم المنتج", "سعر المنتج", "اسم المنتج", "سعر المنتج"}}, Families, "lead.name lead.id_number address.area product.name_ar product.price product[1].name_ar product[1].price"},
		"numbered":              {[][]string{{"الاسم", "الرقم القومي", "المحافظة", "اسم المنتج 1", "سعر المنتج 1", "اسم المنتج 2", "سعر المنتج 2"}}, Families, "lead.name lead.id_number address.area product.name_ar product.price product[1].name_ar product[1].price"},
		"groups of two rows": {[][]string{{"الاسم", "الرقم القومي", "المحافظة", "المنتج الأول", "", "المنتج الثاني", ""}, {"", "", "", "الاسم", "السعر", "الاسم", "السعر"}}, Families,
			"lead.name lead.id_number address.area product.name_ar product.price product[1].name_ar product[1].price"},
	} {
		ros, ok := rosterOf(c.rows...)
		var got []string
		for _, col := range ros.Columns {
			got = append(got, col.Field)
		}
		if !ok || ros.Kind != c.kind || strings.Join(got, " ") != c.want {
			t.Errorf("%s: %s %q, want %s %q", name, ros.Kind, strings.Join(got, " "), c.kind, c.want)
		}
	}
	ros, _ := rosterOf([]string{"الاسم", "الرقم القومي", "المنتج", "السعر"})
	ros.ReadAs(Products)
	if f := ros.Columns[2].Field; ros.Kind != Products || f != "product.name_ar" || ros.Columns[0].Field != FieldIgnore {
		t.Errorf("read as products: %+v", ros.Columns)
	}
}

// Values of a product as people write them.
func TestProductValues(t *testing.T) {
	ros, _ := rosterOf([]string{"رقم التسجيل", "اسم المنتج", "السعر", "الوزن", "العمل اليدوي", "الحساسية", "رمز النظام المنسق", "للبيع في الخارج"})
	m := Suggest([]Roster{ros}).Sheets[0]
	for _, c := range []struct{ cells, want string }{
		{"1|2|٤٥٠ ج.م|1.5 كجم|٩٠٪|لبن، لوز|0901.21|لا", "price=٤٥٠ ج.م weight=1500 handmade=90 allergens=milk,nuts hs_code=0901.21 abroad=no"},
		{"1|2|50 QAR|250 جم|100|لا يوجد|090121|نعم", "price=50 QAR weight=250 handmade=100 allergens=none hs_code=090121 abroad=yes"},
		{"1|2|50|1.5|100||—|", "price=50 weight=1.5 handmade=100"},
	} {
		rd, err := newReader(ros, m, place.Egypt)
		if err != nil {
			t.Fatal(err)
		}
		var cells []Cell
		for i, s := range strings.Split(c.cells, "|") {
			cells = append(cells, Cell{Col: i, Kind: Text, Text: s})
		}
		p := rd.read(2, cells).Products()
		if len(p) != 1 {
			t.Fatalf("%s: %d products", c.cells, len(p))
		}
		v := p[0].Form.Values()
		v["allergens"] = strings.Join(p[0].Form.Allergens, ",")
		var got []string
		for _, f := range []string{"price", "weight", "handmade", "allergens", "hs_code", "abroad"} {
			if v[f] != "" {
				got = append(got, f+"="+v[f])
			}
		}
		if s := strings.Join(got, " "); s != strings.ReplaceAll(c.want, "٤٥٠", "450") && s != c.want {
			t.Errorf("%s: got %q, want %q", c.cells, s, c.want)
		}
	}
}
