package sheet

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"sort"
	"strings"
)

// merges are the cells that are merged downwards, by column: the value of the first row counts for all of them.
type merges map[int][]rowRange

type rowRange struct{ from, to int }

const (
	maxMergeScan = 64 << 20 // a sheet that unpacks to more, some 60,000 full rows, is read without looking for merged cells: they stand behind its rows
	maxMerges    = 200_000
)

// first returns the row whose value a cell shows, the cell's own unless it is merged.
func (m merges) first(col, row int) int {
	rs := m[col]
	if i := sort.Search(len(rs), func(i int) bool { return rs[i].to >= row }); i < len(rs) && row >= rs[i].from {
		return rs[i].from
	}
	return row
}

// mergesOf reads which cells of a sheet are merged downwards. They are listed after the rows, so that the whole sheet is unpacked for it, but only
// its end is read.
func (b *Book) mergesOf(sheet int) (merges, error) {
	if m, ok := b.merged[sheet]; ok {
		return m, nil
	}
	m := merges{}
	for i := range b.sheets {
		if b.sheets[i].Index != sheet || b.sheets[i].entry.unpacked > maxMergeScan {
			continue
		}
		r, err := b.zip.open(b.sheets[i].entry)
		if err != nil {
			return nil, problemOf(err)
		}
		tail, err := afterRows(r)
		if err == nil && tail != nil {
			err = m.read(newXML(tail))
		}
		if err != nil {
			return nil, problemOf(fmt.Errorf("looking for merged cells: %w", err))
		}
	}
	b.merged[sheet] = m
	return m, nil
}

// afterRows unpacks up to the end tag of the rows and returns what follows it, nil if there is none.
func afterRows(r io.Reader) (io.Reader, error) {
	const name = "sheetData>"
	buf := make([]byte, windowStart)
	kept := 0
	for {
		n, err := r.Read(buf[kept:])
		w := buf[:kept+n]
		for from := 0; ; {
			i := bytes.Index(w[from:], []byte(name))
			if i < 0 {
				break
			}
			i += from
			from = i + len(name)
			tag := bytes.LastIndexByte(w[:i], '<')
			if tag >= 0 && bytes.HasPrefix(w[tag:], []byte("</")) && !bytes.ContainsAny(w[tag+2:i], " \t\r\n>") {
				return io.MultiReader(strings.NewReader("<tail>"), bytes.NewReader(w[from:]), r), nil
			}
		}
		if err != nil {
			if errors.Is(err, io.EOF) {
				return nil, nil
			}
			return nil, err
		}
		kept = min(len(w), 128) // a tag that is cut in two
		copy(buf, w[len(w)-kept:])
	}
}

func (m merges) read(x *xmlReader) error {
	n := 0
	for {
		switch x.next() {
		case tokEOF:
			for _, rs := range m {
				slices.SortFunc(rs, func(a, b rowRange) int { return a.from - b.from })
			}
			return x.fail
		case tokStart:
			if string(x.name) != "mergeCell" {
				continue
			}
			if n++; n > maxMerges {
				return errTooLarge
			}
			from, to, ok := strings.Cut(x.attr("ref"), ":")
			if !ok {
				continue
			}
			col, first, ok1 := cellRef([]byte(from))
			_, last, ok2 := cellRef([]byte(to))
			if ok1 && ok2 && first > 0 && last > first {
				m[col] = append(m[col], rowRange{first, last})
			}
		}
	}
}
