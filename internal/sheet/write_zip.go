package sheet

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"sync"
	"time"

	"muntija/internal/pack"
)

const (
	deflateBlock = 256 << 10 // bytes that are packed at a time, by themselves
	deflateAhead = 4         // blocks under way, which bounds the memory: about 2 MB with their results
	deflateLevel = 2         // 3 gives files a fiftieth smaller and takes a fourth longer
)

// outZip writes the entries of an archive one after the other, as they come: nothing goes to disk, nothing is kept. All entries carry the same time, so
// that the same workbook gives the same bytes.
type outZip struct {
	zip  *zip.Writer
	at   time.Time
	open *deflater // of the current entry
}

func newOutZip(w io.Writer, at time.Time) *outZip {
	p := &outZip{zip: zip.NewWriter(w), at: at}
	p.zip.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) {
		p.open = newDeflater(w)
		return p.open, nil
	})
	return p
}

// create begins the next entry.
func (p *outZip) create(name string) (io.Writer, error) {
	w, err := p.zip.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: p.at})
	if err != nil {
		return nil, fmt.Errorf("beginning %s: %w", name, err)
	}
	return w, nil
}

// put writes a whole entry.
func (p *outZip) put(name, content string) error {
	w, err := p.create(name)
	if err == nil {
		_, err = io.WriteString(w, content)
	}
	return err
}

// copy takes an entry over as it is packed.
func (p *outZip) copy(f *zip.File) error {
	if err := p.zip.Copy(f); err != nil {
		return fmt.Errorf("copying %s: %w", f.Name, err)
	}
	return nil
}

func (p *outZip) close() error {
	if err := p.zip.Close(); err != nil {
		return fmt.Errorf("closing the archive: %w", err)
	}
	return nil
}

// abort ends the work of an archive that will not be finished.
func (p *outZip) abort() {
	if p.open != nil {
		p.open.Close()
	}
}

// deflater packs on all cores: blocks are packed each by itself, and follow each other in the order in which they came. The stream is an ordinary one; it
// is 2 % larger than if it had been packed in one piece.
type deflater struct {
	cur    *packing
	queue  chan *packing
	done   chan error // what the writing came to
	closed bool
	failed chan struct{} // closed when writing failed, after err was set
	err    error
}

type packing struct {
	in   []byte
	last bool
	out  chan *bytes.Buffer
}

var (
	packers = sync.Pool{New: func() any {
		w, err := pack.NewWriter(io.Discard, deflateLevel)
		if err != nil {
			panic(err) // the level is a constant
		}
		return w
	}}
	blocks  = sync.Pool{New: func() any { return &packing{in: make([]byte, 0, deflateBlock)} }}
	results = sync.Pool{New: func() any { return new(bytes.Buffer) }}
)

func newDeflater(w io.Writer) *deflater {
	d := &deflater{cur: newPacking(), queue: make(chan *packing, deflateAhead), done: make(chan error, 1), failed: make(chan struct{})}
	go func() {
		var failed error
		for p := range d.queue {
			b := <-p.out
			if failed == nil {
				if _, failed = w.Write(b.Bytes()); failed != nil {
					d.err = failed
					close(d.failed)
				}
			}
			b.Reset()
			results.Put(b)
			blocks.Put(p)
		}
		d.done <- failed
	}()
	return d
}

// Write takes bytes in. An error of the writing behind it shows at a later call, at the latest at Close.
func (d *deflater) Write(b []byte) (int, error) {
	n := len(b)
	for len(b) > 0 {
		k := min(len(b), deflateBlock-len(d.cur.in))
		d.cur.in = append(d.cur.in, b[:k]...)
		if b = b[k:]; len(d.cur.in) == deflateBlock {
			select {
			case <-d.failed:
				return 0, fmt.Errorf("packing: %w", d.err)
			default:
			}
			d.pack(false)
		}
	}
	return n, nil
}

// newPacking is an empty block.
func newPacking() *packing {
	p := blocks.Get().(*packing)
	p.in, p.last, p.out = p.in[:0], false, make(chan *bytes.Buffer, 1)
	return p
}

func (d *deflater) pack(last bool) {
	p := d.cur
	p.last = last
	d.cur = newPacking()
	d.queue <- p
	go func() {
		z, b := packers.Get().(*pack.Writer), results.Get().(*bytes.Buffer)
		z.Reset(b)
		z.Write(p.in) // into memory: it cannot fail
		if p.last {
			z.Close()
		} else {
			z.Flush() // ends at a whole byte, without ending the stream
		}
		packers.Put(z)
		p.out <- b
	}()
}

// Close packs what is left and waits for the writing.
func (d *deflater) Close() error {
	if d.closed {
		return nil
	}
	d.closed = true
	d.pack(true)
	close(d.queue)
	if err := <-d.done; err != nil {
		return fmt.Errorf("packing: %w", err)
	}
	return nil
}
