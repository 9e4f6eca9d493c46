package sheet

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"path"
	"strings"

	"muntija/internal/pack"
)

// What an archive may hold. An honest workbook stays far below each; see the package comment for where the numbers come from.
const (
	maxEntries      = 4096    // a workbook of 200 sheets with drawings has about 1,000
	maxDirectory    = 1 << 20 // bytes of the zip directory
	maxUnpacked     = 6 << 30 // declared bytes of all entries: sheets are streamed, so this bounds time, not memory
	maxRatio        = 200     // honest sheet XML stays under 40, deflate can reach 1,032
	ratioFloor      = 8 << 20 // an entry that unpacks to less is never called a bomb
	maxPart         = 24 << 20
	maxStringsBytes = 224 << 20
	maxStringsRatio = 60
)

// Signatures and sizes of the zip format (PKWARE APPNOTE 6.3.10, sections 4.3.7 to 4.3.16).
const (
	sigLocal     = 0x04034b50
	sigDirectory = 0x02014b50
	sigEnd       = 0x06054b50
	sigEnd64     = 0x06064b50
	sigLocator64 = 0x07064b50

	sizeLocal     = 30
	sizeDirectory = 46
	sizeEnd       = 22
	sizeLocator64 = 20
	sizeEnd64     = 56
)

// entry is one file of the archive.
type entry struct {
	name     string
	packed   int64
	unpacked int64
	offset   int64 // of its local header
	crc      uint32
	method   uint16
}

// archive is the directory of a zip file.
//
// It is our own and not archive/zip's, because that one reads as many directory records as the file holds, whatever the end record says, and
// keeps every one of them, before a caller can look at the first.
type archive struct {
	r       io.ReaderAt
	size    int64
	entries map[string]*entry // by name in lower case, without a leading slash: the format ignores case
}

var (
	errTruncated = errors.New("the file ends before its directory")
	errZip       = errors.New("the zip directory is broken")
	errBomb      = errors.New("the archive unpacks to far more than it should")
	errNames     = errors.New("an entry's name leads out of the archive")
	errEncrypted = errors.New("an entry is encrypted")
	errMany      = errors.New("the archive has too many entries")
	errTooLarge  = errors.New("a part of the workbook is too large")
)

// readArchive reads and checks the directory. It reads at most about 1.1 MB of the file.
func readArchive(r io.ReaderAt, size int64) (*archive, error) {
	dirOffset, dirSize, count, err := findDirectory(r, size)
	if err != nil {
		return nil, err
	}
	if count > maxEntries || dirSize > maxDirectory {
		return nil, errMany
	}
	if dirOffset < 0 || dirSize < 0 || dirOffset > size-dirSize {
		return nil, errTruncated
	}
	dir := make([]byte, dirSize)
	if _, err := r.ReadAt(dir, dirOffset); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("reading the zip directory: %w", err)
	}
	a := &archive{r: r, size: size, entries: make(map[string]*entry, count)}
	var packed, unpacked int64
	for n := int64(0); len(dir) > 0; n++ {
		if n == count {
			return nil, errZip // more records than the end record says
		}
		e, rest, err := readRecord(dir)
		if err != nil {
			return nil, err
		}
		dir = rest
		if err := a.check(e); err != nil {
			return nil, err
		}
		if packed += e.packed; packed > size {
			return nil, errBomb // entries that share their bytes
		}
		if unpacked += e.unpacked; unpacked > maxUnpacked {
			return nil, errBomb
		}
		key := strings.ToLower(strings.TrimPrefix(e.name, "/"))
		if a.entries[key] != nil {
			return nil, errZip // which of the two would be read is a matter of taste
		}
		a.entries[key] = e
	}
	if int64(len(a.entries)) != count {
		return nil, errZip
	}
	return a, nil
}

// findDirectory reads the end record, the 64-bit one if there is one.
func findDirectory(r io.ReaderAt, size int64) (offset, length, count int64, err error) {
	tail := make([]byte, min(size, 1<<16+sizeEnd+sizeLocator64))
	if _, err := r.ReadAt(tail, size-int64(len(tail))); err != nil && !errors.Is(err, io.EOF) {
		return 0, 0, 0, fmt.Errorf("reading the end of the file: %w", err)
	}
	at := -1
	for i := len(tail) - sizeEnd; i >= 0; i-- {
		if i = bytes.LastIndex(tail[:i+4], []byte("PK\x05\x06")); i < 0 {
			break
		}
		if i+sizeEnd+int(binary.LittleEndian.Uint16(tail[i+20:])) <= len(tail) {
			at = i
			break
		}
	}
	if at < 0 {
		return 0, 0, 0, errTruncated
	}
	end := tail[at:]
	count = int64(binary.LittleEndian.Uint16(end[10:]))
	length = int64(binary.LittleEndian.Uint32(end[12:]))
	offset = int64(binary.LittleEndian.Uint32(end[16:]))
	if count != 0xffff && length != 0xffffffff && offset != 0xffffffff {
		return offset, length, count, nil
	}
	if at < sizeLocator64 || binary.LittleEndian.Uint32(tail[at-sizeLocator64:]) != sigLocator64 {
		return offset, length, count, nil // 65,535 entries and no 64-bit record: the caller refuses it by its count
	}
	where := int64(binary.LittleEndian.Uint64(tail[at-sizeLocator64+8:]))
	if where < 0 || where > size-sizeEnd64 {
		return 0, 0, 0, errZip
	}
	rec := make([]byte, sizeEnd64)
	if _, err := r.ReadAt(rec, where); err != nil {
		return 0, 0, 0, errZip
	}
	if binary.LittleEndian.Uint32(rec) != sigEnd64 {
		return 0, 0, 0, errZip
	}
	count = int64(binary.LittleEndian.Uint64(rec[32:]))
	length = int64(binary.LittleEndian.Uint64(rec[40:]))
	offset = int64(binary.LittleEndian.Uint64(rec[48:]))
	if count < 0 || length < 0 || offset < 0 {
		return 0, 0, 0, errZip
	}
	return offset, length, count, nil
}

// readRecord reads one record of the directory.
func readRecord(b []byte) (*entry, []byte, error) {
	if len(b) < sizeDirectory || binary.LittleEndian.Uint32(b) != sigDirectory {
		return nil, nil, errZip
	}
	flags := binary.LittleEndian.Uint16(b[8:])
	e := &entry{
		method:   binary.LittleEndian.Uint16(b[10:]),
		crc:      binary.LittleEndian.Uint32(b[16:]),
		packed:   int64(binary.LittleEndian.Uint32(b[20:])),
		unpacked: int64(binary.LittleEndian.Uint32(b[24:])),
		offset:   int64(binary.LittleEndian.Uint32(b[42:])),
	}
	n, x, c := int(binary.LittleEndian.Uint16(b[28:])), int(binary.LittleEndian.Uint16(b[30:])), int(binary.LittleEndian.Uint16(b[32:]))
	if len(b) < sizeDirectory+n+x+c {
		return nil, nil, errZip
	}
	if flags&1 != 0 {
		return nil, nil, errEncrypted
	}
	e.name = strings.ReplaceAll(string(b[sizeDirectory:sizeDirectory+n]), `\`, "/")
	extra := b[sizeDirectory+n : sizeDirectory+n+x]
	for len(extra) >= 4 {
		id, length := binary.LittleEndian.Uint16(extra), int(binary.LittleEndian.Uint16(extra[2:]))
		if extra = extra[4:]; len(extra) < length {
			break
		}
		if id == 1 { // 64-bit sizes, each only if the 32-bit one is full
			f := extra[:length]
			for _, v := range []*int64{&e.unpacked, &e.packed, &e.offset} {
				if *v == 0xffffffff && len(f) >= 8 {
					*v, f = int64(binary.LittleEndian.Uint64(f)), f[8:]
				}
			}
		}
		extra = extra[length:]
	}
	return e, b[sizeDirectory+n+x+c:], nil
}

func (a *archive) check(e *entry) error {
	switch clean := path.Clean("/" + e.name); {
	case strings.ContainsRune(e.name, 0), strings.Contains(e.name, ":"), strings.HasPrefix(e.name, "//"):
		return errNames
	case e.name == ".." || strings.HasPrefix(e.name, "../") || strings.Contains(e.name, "/../") || strings.HasSuffix(e.name, "/.."):
		return errNames
	case clean == "/" && e.name != "/":
		return errNames
	case e.packed < 0 || e.unpacked < 0 || e.offset < 0 || e.packed > a.size || e.offset > a.size-sizeLocal:
		return errZip
	case e.unpacked > ratioFloor && e.unpacked/max(e.packed, 1) > maxRatio:
		return errBomb
	case e.method != 0 && e.method != 8:
		return fmt.Errorf("compression method %d: %w", e.method, errZip)
	case e.method == 0 && e.packed != e.unpacked:
		return errZip
	}
	return nil
}

// find returns the entry of a part's name, in any case, nil if there is none.
func (a *archive) find(name string) *entry {
	return a.entries[strings.ToLower(strings.TrimPrefix(name, "/"))]
}

// open returns the unpacked bytes of an entry. The reader fails if the entry holds more or less than the directory says, or if its checksum is
// wrong: a size that lies is found at the first byte too many.
func (a *archive) open(e *entry) (io.Reader, error) {
	var h [sizeLocal]byte
	if _, err := a.r.ReadAt(h[:], e.offset); err != nil {
		return nil, errTruncated
	}
	if binary.LittleEndian.Uint32(h[:]) != sigLocal {
		return nil, errZip
	}
	start := e.offset + sizeLocal + int64(binary.LittleEndian.Uint16(h[26:])) + int64(binary.LittleEndian.Uint16(h[28:]))
	if start > a.size-e.packed {
		return nil, errTruncated
	}
	raw := io.NewSectionReader(a.r, start, e.packed)
	if e.method == 0 {
		return &counted{r: raw, left: e.unpacked, crc: e.crc}, nil
	}
	return &counted{r: pack.NewReader(raw), left: e.unpacked, crc: e.crc}, nil
}

// counted holds a reader to the size and the checksum that the directory promises.
type counted struct {
	r    io.Reader
	left int64
	sum  uint32
	crc  uint32
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	if int64(n) > c.left { // a size that lies, or a byte that was lost: either way the file is not what Excel wrote
		return 0, errZip
	}
	c.left -= int64(n)
	c.sum = crc32.Update(c.sum, crc32.IEEETable, p[:n])
	switch {
	case err == nil:
		return n, nil
	case !errors.Is(err, io.EOF):
		return n, fmt.Errorf("unpacking: %w", err)
	case c.left > 0:
		return n, errTruncated
	case c.sum != c.crc:
		return n, errZip
	}
	return n, io.EOF
}
