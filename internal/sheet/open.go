// Package sheet is the door between workbooks and the registry: it reads messy rosters into the input structs of the web form, and writes workbooks
// that open right-to-left and come back without a change.
//
// # Reading
//
// [Open] checks a file and gives a [Book]; [Book.FindRosters] finds the tables in it and says what it takes each column for; a person corrects that
// and it becomes a [Mapping]; [Book.Rows] gives the records, each as the values of the form ("lead.id_number" → …), which package intake decodes and
// checks as if they had been typed. What a cell holds and the form could not take is turned into what a person would type there: a date as
// 2026-03-01, a choice as its code, a number that lost its digits as a problem with its row and column.
//
// A sheet is read by a streaming scanner of our own (scan.go, scan_xml.go): unpacking in one goroutine, tags in another, one row in memory. Tests
// hold it to excelize's answers over generated files. Titles above the table, two-row headers, notes and totals below it are found by what they look
// like, since nothing in the format says it.
//
// # Writing
//
// [Write] writes a workbook while its rows come, by a writer of our own (write*.go): blocks of XML packed on all cores, a few megabytes in memory, no file on
// disk. [ColumnFor] and [ValueOf] say how a field of the record looks in a column, with headers and titles that reading takes back without a question;
// [WriteTemplate] makes the blank workbooks of the imports; [CSV] writes the same rows as text. Text stays text whatever it begins with.
//
// [Book.Mark] gives a sender the own workbook back with its bad cells coloured and explained. It patches the few parts that change as text (mark*.go) and copies
// all others as they are packed: excelize would write every part anew and drop what it does not know.
//
// # What is refused
//
// A file is taken from whoever has an account, so that [Open] reads the zip directory itself before anything is unpacked: at most 4,096 entries and
// 1 MB of directory, no name that leads out, no entry twice, no encryption, no entry of over 8 MB that unpacks to more than 200 times its size. Each
// entry must unpack to exactly the size and checksum it promises. The XML may not declare a document type, so there is nothing to expand or to
// fetch. A tag or a text has at most 4 MB, the table of shared strings 224 MB, any other part that is kept 24 MB. Sheets are streamed, and 1,000
// blank rows end one. Nothing is written to disk.
//
// # Limits
//
// A sheet has one table; a second one beside or below it is read as columns or rows of the first. Cells merged downwards are filled in for sheets of
// up to 64 MB unpacked. Rows must be in ascending order, as every program writes them. Files in UTF-16 are refused. A date before 1 March 1900 is right in the 1900
// system but for 29 February 1900, which never was. A roster gives the whole name in one cell as often as not; it is cut after the first name, with
// the compounds that show themselves (عبد الرحمن, أبو بكر, نور الدين, هبة الله); "محمد علي حسن" may be محمد + علي حسن or محمد علي + حسن and becomes the
// first.
package sheet

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"muntija/internal/fault"
)

// Book is an opened workbook. It reads from the file that it was opened with, which must stay as it is. Its methods may not be called concurrently;
// scanners of one book may run beside each other once they were made.
type Book struct {
	zip      *archive
	sheets   []part
	styles   styles
	strings  *entry
	styled   *entry // the part with the styles, nil if there is none
	main     string // the name of the workbook part
	texts    *texts
	date1904 bool
	merged   map[int]merges
}

// part is a worksheet and where it is.
type part struct {
	Info
	entry *entry
}

// Visibility is whether a sheet is shown.
type Visibility string

// The visibilities. The zero value is a visible sheet.
const (
	Visible    Visibility = ""
	Hidden     Visibility = "hidden"
	VeryHidden Visibility = "veryHidden" // only a program can show it
)

// Info is a worksheet of a book.
type Info struct {
	Index  int // from 0, among all sheets of the workbook, sheets of charts included: what Scan takes
	Name   string
	Hidden Visibility
}

// problemOf gives an error of reading the words that say what to do. The technical cause stays in it for the log.
func problemOf(err error) error {
	var f *fault.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &f):
		return err
	case errors.Is(err, errBomb):
		return fault.Wrap(err, fault.TooLarge, "sheet.problem.bomb")
	case errors.Is(err, errMany):
		return fault.Wrap(err, fault.TooLarge, "sheet.problem.many_parts")
	case errors.Is(err, errTooLarge):
		return fault.Wrap(err, fault.TooLarge, "sheet.problem.too_large")
	case errors.Is(err, errTruncated), errors.Is(err, io.ErrUnexpectedEOF):
		return fault.Wrap(err, fault.Invalid, "sheet.problem.truncated")
	case errors.Is(err, errDoctype), errors.Is(err, errNames):
		return fault.Wrap(err, fault.Invalid, "sheet.problem.hostile")
	case errors.Is(err, errEncrypted):
		return fault.Wrap(err, fault.Unsupported, "sheet.problem.password")
	}
	return fault.Wrap(err, fault.Invalid, "sheet.problem.broken")
}

// Open checks a file and reads what a workbook says about itself: its sheets, its date system and its number formats. The sheets are read when they
// are scanned. The error is a *[fault.Error] whose message says what to do; Open takes a few milliseconds for a file of any size, hostile ones too.
func Open(r io.ReaderAt, size int64) (*Book, error) {
	if err := sniff(r, size); err != nil {
		return nil, err
	}
	zip, err := readArchive(r, size)
	if err != nil {
		return nil, problemOf(err)
	}
	b := &Book{zip: zip, merged: map[int]merges{}}
	if err := b.load(); err != nil {
		return nil, problemOf(err)
	}
	return b, nil
}

// sniff tells a zip file from what people send instead of one.
func sniff(r io.ReaderAt, size int64) error {
	head := make([]byte, min(max(size, 0), 2048))
	if _, err := r.ReadAt(head, 0); err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("reading the head of the file: %w", err)
	}
	lower := bytes.ToLower(bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")), " \t\r\n"))
	switch {
	case size == 0:
		return fault.New(fault.Invalid, "sheet.problem.empty")
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		return nil
	case bytes.HasPrefix(head, []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")):
		return compound(r, size, head)
	case bytes.HasPrefix(lower, []byte("%pdf")):
		return fault.New(fault.Unsupported, "sheet.problem.pdf")
	case bytes.HasPrefix(lower, []byte("<html")), bytes.HasPrefix(lower, []byte("<!doctype html")), bytes.HasPrefix(lower, []byte("<table")),
		bytes.HasPrefix(lower, []byte("<?xml")), bytes.HasPrefix(lower, []byte("<meta")):
		return fault.New(fault.Unsupported, "sheet.problem.web_page")
	}
	if delimited(head) {
		return fault.New(fault.Unsupported, "sheet.problem.csv")
	}
	return fault.New(fault.Unsupported, "sheet.problem.not_excel")
}

// delimited reports whether the head of a file is text with separators, in whatever encoding: a CSV, or one under another name.
func delimited(head []byte) bool {
	if bytes.HasPrefix(head, []byte("\xff\xfe")) || bytes.HasPrefix(head, []byte("\xfe\xff")) { // UTF-16, as Excel writes "Unicode text"
		return true
	}
	for _, c := range head {
		if c < ' ' && c != '\t' && c != '\r' && c != '\n' || c == 0x7f {
			return false
		}
	}
	return bytes.ContainsAny(head, ",;\t") && bytes.ContainsAny(head, "\r\n")
}

// compound tells an .xls from a workbook with a password: both are compound files (MS-CFB), and the names of the first streams stand in the first
// sector of the directory.
func compound(r io.ReaderAt, size int64, head []byte) error {
	if len(head) < 512 {
		return fault.New(fault.Invalid, "sheet.problem.truncated")
	}
	shift := binary.LittleEndian.Uint16(head[30:])
	if shift != 9 && shift != 12 {
		return fault.New(fault.Unsupported, "sheet.problem.xls")
	}
	sector := int64(binary.LittleEndian.Uint32(head[48:]))
	at := (sector + 1) << shift
	if at >= size {
		return fault.New(fault.Unsupported, "sheet.problem.xls")
	}
	dir := make([]byte, min(4096, size-at))
	if _, err := r.ReadAt(dir, at); err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("reading the directory of a compound file: %w", err)
	}
	for _, name := range []string{"EncryptedPackage", "EncryptionInfo", "DataSpaces"} {
		wide := make([]byte, 0, 2*len(name))
		for i := range len(name) {
			wide = append(wide, name[i], 0)
		}
		if bytes.Contains(dir, wide) {
			return fault.New(fault.Unsupported, "sheet.problem.password")
		}
	}
	return fault.New(fault.Unsupported, "sheet.problem.xls")
}

// relation is one row of a relationships part.
type relation struct{ kind, target string }

func (b *Book) load() error {
	root, err := b.relations("_rels/.rels")
	if err != nil {
		return err
	}
	workbook := "xl/workbook.xml"
	for _, rel := range root {
		if rel.kind == "officeDocument" {
			workbook = resolve("", rel.target)
		}
	}
	e := b.zip.find(workbook)
	if e == nil || strings.HasSuffix(strings.ToLower(workbook), ".bin") {
		return b.other(workbook)
	}
	b.main = workbook
	dir, base := path.Split(workbook)
	rels, err := b.relations(dir + "_rels/" + base + ".rels")
	if err != nil {
		return err
	}
	x, err := b.xml(e, maxPart)
	if err != nil {
		return err
	}
	if err := b.workbook(x, dir, rels); err != nil {
		return fmt.Errorf("reading the workbook part: %w", err)
	}
	for _, rel := range rels {
		e := b.zip.find(resolve(dir, rel.target))
		switch {
		case e == nil:
		case rel.kind == "styles":
			b.styled = e
			if x, err = b.xml(e, maxPart); err == nil {
				b.styles, err = readStyles(x)
			}
			if err != nil {
				return fmt.Errorf("reading the styles: %w", err)
			}
		case rel.kind == "sharedStrings":
			if e.unpacked > maxStringsBytes || e.unpacked > ratioFloor && e.unpacked/max(e.packed, 1) > maxStringsRatio {
				return errBomb
			}
			b.strings = e
		}
	}
	if len(b.sheets) == 0 {
		return fault.New(fault.Invalid, "sheet.problem.no_sheets")
	}
	return nil
}

// other says what a zip file without a workbook is.
func (b *Book) other(workbook string) error {
	switch {
	case b.zip.find("xl/workbook.bin") != nil || strings.HasSuffix(strings.ToLower(workbook), ".bin"):
		return fault.New(fault.Unsupported, "sheet.problem.xlsb")
	case b.zip.find("content.xml") != nil && b.zip.find("mimetype") != nil:
		return fault.New(fault.Unsupported, "sheet.problem.ods")
	}
	return fault.New(fault.Unsupported, "sheet.problem.not_excel")
}

// xml opens a part as XML. A part that is kept in memory has a limit.
func (b *Book) xml(e *entry, limit int64) (*xmlReader, error) {
	if limit > 0 && e.unpacked > limit {
		return nil, errTooLarge
	}
	r, err := b.zip.open(e)
	if err != nil {
		return nil, err
	}
	return newXML(r), nil
}

func (b *Book) relations(name string) (map[string]relation, error) {
	e := b.zip.find(name)
	if e == nil {
		return nil, nil
	}
	x, err := b.xml(e, maxPart)
	if err != nil {
		return nil, err
	}
	rels := map[string]relation{}
	for {
		switch x.next() {
		case tokEOF:
			if x.fail != nil {
				return nil, fmt.Errorf("reading %s: %w", name, x.fail)
			}
			return rels, nil
		case tokStart:
			if string(x.name) == "Relationship" && x.attr("TargetMode") != "External" && len(rels) < maxEntries {
				rels[x.attr("Id")] = relation{path.Base(x.attr("Type")), x.attr("Target")}
			}
		}
	}
}

// resolve is the name of the part that a relationship of a part in dir points at.
func resolve(dir, target string) string {
	target = strings.ReplaceAll(target, `\`, "/")
	if strings.HasPrefix(target, "/") {
		return path.Clean(target)[1:]
	}
	return strings.TrimPrefix(path.Clean("/"+dir+target), "/")
}

func (b *Book) workbook(x *xmlReader, dir string, rels map[string]relation) error {
	root, n := false, 0
	for {
		switch x.next() {
		case tokEOF:
			if x.fail == nil && !root {
				return errXML
			}
			return x.fail
		case tokStart:
			switch string(x.name) {
			case "workbook":
				root = true
			case "workbookPr":
				v := x.attr("date1904")
				b.date1904 = v == "1" || v == "true"
			case "sheet":
				rel := rels[x.relationID()]
				p := part{Info: Info{Index: n, Name: x.attr("name"), Hidden: Visibility(x.attr("state"))}, entry: b.zip.find(resolve(dir, rel.target))}
				if p.Hidden == "visible" {
					p.Hidden = Visible
				}
				n++
				if rel.kind != "worksheet" { // a chart or a dialogue
					continue
				}
				if p.entry == nil {
					return errXML
				}
				b.sheets = append(b.sheets, p)
			}
		}
	}
}

// relationID is the r:id of an element, which may also have an id of its own.
func (x *xmlReader) relationID() string {
	for b := x.attrs; ; {
		name, value, rest, ok := nextAttr(b)
		if !ok {
			return ""
		}
		if len(name) > 3 && string(name[len(name)-3:]) == ":id" {
			return string(value)
		}
		b = rest
	}
}

// Sheets returns the worksheets in the order of their tabs, hidden ones included.
func (b *Book) Sheets() []Info {
	out := make([]Info, len(b.sheets))
	for i, p := range b.sheets {
		out[i] = p.Info
	}
	return out
}

// Scan returns a scanner over the rows of a sheet, by its [Info] index. The first scan of a book reads its shared strings, which for 100,000 rows
// takes about as long as a tenth of the rows. What goes wrong, the scanner says.
func (b *Book) Scan(sheet int) *Scanner {
	s := &Scanner{book: b}
	for i := range b.sheets {
		if b.sheets[i].Index != sheet {
			continue
		}
		if b.texts == nil {
			b.texts = &texts{}
			if b.strings != nil {
				r, err := b.zip.open(b.strings)
				if err == nil {
					ahead := newPipe(r)
					b.texts, err = readTexts(newXML(ahead))
					ahead.close()
				}
				if err != nil {
					b.texts = nil
					s.failed(fmt.Errorf("reading the shared strings: %w", err))
					return s
				}
			}
		}
		r, err := b.zip.open(b.sheets[i].entry)
		if err != nil {
			s.failed(err)
			return s
		}
		s.pipe, s.texts = newPipe(r), b.texts
		s.x = newXML(s.pipe)
		return s
	}
	s.failed(fault.New(fault.NotFound, "sheet.problem.no_such_sheet"))
	return s
}
