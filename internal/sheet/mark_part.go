package sheet

import (
	"bytes"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
)

// read returns a whole part.
func (b *Book) read(e *entry) ([]byte, error) {
	if e.unpacked > maxPart {
		return nil, fmt.Errorf("%s: %w", e.name, errTooLarge)
	}
	r, err := b.zip.open(e)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

// relsOf is the name of the part with the relationships of another.
func relsOf(name string) string {
	dir, base := path.Split(name)
	return dir + "_rels/" + base + ".rels"
}

// relate gives a part a relationship to another.
func (k *marker) relate(from string, to relation, id string) error {
	name := relsOf(from)
	text, ok := k.rels[name]
	if !ok {
		if e := k.book.zip.find(name); e != nil {
			b, err := k.book.read(e)
			if err != nil {
				return err
			}
			text = string(b)
		} else {
			text = relsHead + `</Relationships>`
		}
	}
	text, ok = beforeEnd(text, "Relationships", `<Relationship Id="`+id+`" Type="`+nsRels+`/`+to.kind+`" Target="`+to.target+`"/>`)
	if !ok {
		return fmt.Errorf("%s has no end: %w", name, errXML)
	}
	if k.rels == nil {
		k.rels = map[string]string{}
	}
	k.rels[name] = text
	k.text(name, text)
	return nil
}

// freshID is a relationship id that a part does not use.
func freshID(rels map[string]relation) string {
	for n := 1; ; n++ {
		id := fmt.Sprintf("rIdMuntija%d", n)
		if _, taken := rels[id]; !taken {
			rels[id] = relation{}
			return id
		}
	}
}

// beforeEnd puts elements before the end tag of the root, with its prefix. It reports false if there is no such tag.
func beforeEnd(text, root, elements string) (string, bool) {
	i := strings.LastIndex(text, root+">")
	tag := -1
	if i >= 0 {
		tag = strings.LastIndex(text[:i], "</")
	}
	if tag >= 0 && !strings.ContainsAny(text[tag+2:i], " <>") {
		return text[:tag] + strings.ReplaceAll(elements, "<", "<"+text[tag+2:i]) + text[tag:], true
	}
	from := strings.Index(text, root) // <Relationships xmlns="…"/>
	end := strings.LastIndex(text, "/>")
	if from < 1 || end < from {
		return "", false
	}
	name := strings.LastIndexByte(text[:from], '<')
	if name < 0 {
		return "", false
	}
	prefix := text[name+1 : from]
	return text[:end] + ">" + strings.ReplaceAll(elements, "<", "<"+prefix) + "</" + prefix + root + ">" + text[end+2:], true
}

// contentTypes adds the types of the new parts.
func (k *marker) contentTypes() error {
	if len(k.types) == 0 && !k.vml {
		return nil
	}
	const name = "[Content_Types].xml"
	e := k.book.zip.find(name)
	if e == nil {
		return fmt.Errorf("no content types: %w", errXML)
	}
	b, err := k.book.read(e)
	if err != nil {
		return err
	}
	add := strings.Join(k.types, "")
	if k.vml && !strings.Contains(strings.ToLower(string(b)), `extension="vml"`) {
		add = `<Default Extension="vml" ContentType="` + contentBase + `vmlDrawing"/>` + add
	}
	text, ok := beforeEnd(string(b), "Types", add)
	if !ok {
		return fmt.Errorf("%s has no end: %w", name, errXML)
	}
	k.text(e.name, text)
	return nil
}

// filterNames makes the hidden names of filters (_xlnm._FilterDatabase) reach over the two columns too: LibreOffice goes by them, Excel by the sheet.
func (k *marker) filterNames(marked []*sheetMarker) error {
	e := k.book.zip.find(k.book.main)
	src, err := k.book.read(e)
	if err != nil || !bytes.Contains(src, []byte("_FilterDatabase")) {
		return err
	}
	x := newXML(bytes.NewReader(src))
	x.all = true
	var out bytes.Buffer
	var of *sheetMarker
	changed := false
	for {
		switch x.next() {
		case tokEOF:
			if x.fail == nil && changed {
				k.text(e.name, out.String())
			}
			return x.fail
		case tokStart:
			of = nil
			if string(x.name) == "definedName" && x.attr("name") == "_xlnm._FilterDatabase" {
				if n, ok := atoi(attrOf(x.attrs, "localSheetId")); ok {
					if i := slices.IndexFunc(marked, func(s *sheetMarker) bool { return s.roster.Sheet == n }); i >= 0 {
						of = marked[i]
					}
				}
			}
		case tokText:
			if i := bytes.LastIndexByte(x.text, '!'); of != nil && i >= 0 {
				if ref, ok := of.wider(string(x.text[i+1:])); ok {
					out.Write(x.text[:i+1])
					out.WriteString(absolute(ref))
					changed = true
					continue
				}
			}
		}
		out.Write(x.raw)
	}
}
