package sheet

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"strings"
	"testing"
)

// Boxes of comments as openpyxl writes them, which names the namespaces in each element: those of comments that are gone go, and ours stand in the namespaces
// that a spreadsheet program reads.
func TestPatchShapesOfOtherPrefixes(t *testing.T) {
	box := func(row, col int) string {
		return fmt.Sprintf(`<ns0:shape xmlns:ns0="urn:schemas-microsoft-com:vml" type="#_x0000_t202" style="visibility:hidden"><ns0:textbox><div style="text-align:left"/></ns0:textbox>`+
			`<ns2:ClientData xmlns:ns2="urn:schemas-microsoft-com:office:excel" ObjectType="Note"><ns2:Row>%d</ns2:Row><ns2:Column>%d</ns2:Column></ns2:ClientData></ns0:shape>`, row, col)
	}
	src := `<xml><ns0:shapelayout xmlns:ns0="urn:schemas-microsoft-com:office:office" xmlns:ns1="urn:schemas-microsoft-com:vml" ns1:ext="edit"/>` +
		`<ns2:shapetype xmlns:ns2="urn:schemas-microsoft-com:vml" id="_x0000_t202"><ns2:stroke joinstyle="miter"/></ns2:shapetype>` + box(7, 2) + box(11, 4) + `</xml>`
	var out bytes.Buffer
	if err := patchShapes(&out, []byte(src), []CellMark{{Row: 14, Col: 5, Text: "x"}}, map[place2]bool{{12, 4}: true}, 1); err != nil {
		t.Fatal(err)
	}
	var got []string
	for d := xml.NewDecoder(&out); ; {
		tok, err := d.Token()
		if tok == nil {
			if err.Error() != "EOF" {
				t.Fatal(err)
			}
			break
		}
		if e, ok := tok.(xml.StartElement); ok {
			switch e.Name.Local {
			case "shape", "ClientData":
				got = append(got, e.Name.Space+" "+e.Name.Local)
			case "Row", "Column":
				var n string
				if err := d.DecodeElement(&n, &e); err != nil {
					t.Fatal(err)
				}
				got = append(got, n)
			}
		}
	}
	one := "urn:schemas-microsoft-com:vml shape|urn:schemas-microsoft-com:office:excel ClientData|"
	if got, want := strings.Join(got, "|"), one+"7|2|"+one+"13|5"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
