package media

import (
	"bytes"
	"compress/zlib"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"muntija/internal/fault"
)

var ctx = context.Background()

// quarters is a picture with red top left, green top right, blue bottom left and white bottom right.
func quarters(w, h int) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			c := color.NRGBA{A: 255}
			switch {
			case x < w/2 && y < h/2:
				c.R = 255
			case y < h/2:
				c.G = 255
			case x < w/2:
				c.B = 255
			default:
				c.R, c.G, c.B = 255, 255, 255
			}
			m.SetNRGBA(x, y, c)
		}
	}
	return m
}

func asJPEG(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 95}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func asPNG(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// exif builds a TIFF block with an orientation, a maker's name and a GPS directory with the place 30°02′N 31°14′E.
func exif(order binary.AppendByteOrder, orientation uint16) []byte {
	b := []byte("II*\x00")
	if order.String() == "BigEndian" {
		b = []byte("MM\x00*")
	}
	entry := func(tag, kind uint16, count uint32, value []byte) {
		b = order.AppendUint16(b, tag)
		b = order.AppendUint16(b, kind)
		b = order.AppendUint32(b, count)
		b = append(b, append(value, 0, 0, 0, 0)[:4]...)
	}
	u32 := func(v uint32) []byte { return order.AppendUint32(nil, v) }
	b = order.AppendUint32(b, 8)
	b = order.AppendUint16(b, 3)
	const gps, data = 8 + 2 + 3*12 + 4, 8 + 2 + 3*12 + 4 + 2 + 4*12 + 4
	entry(0x010f, 2, 9, u32(data+48))                                   // Make
	entry(0x0112, 3, 1, order.AppendUint16(nil, orientation))           // Orientation
	entry(0x8825, 4, 1, u32(gps))                                       // GPS directory
	b = order.AppendUint32(b, 0)                                        // no next directory
	b = order.AppendUint16(b, 4)                                        //
	entry(1, 2, 2, []byte("N"))                                         // GPSLatitudeRef
	entry(2, 5, 3, u32(data))                                           // GPSLatitude
	entry(3, 2, 2, []byte("E"))                                         // GPSLongitudeRef
	entry(4, 5, 3, u32(data+24))                                        // GPSLongitude
	b = order.AppendUint32(b, 0)                                        //
	for _, v := range []uint32{30, 1, 2, 1, 0, 1, 31, 1, 14, 1, 0, 1} { // three fractions each
		b = order.AppendUint32(b, v)
	}
	return append(b, "GPSPHONE\x00"...)
}

// withSegments puts application segments behind the start of a JPEG, and bytes behind its end.
func withSegments(jpg []byte, tail string, segments ...[]byte) []byte {
	out := bytes.Clone(jpg[:2])
	for _, s := range segments {
		out = append(out, s[0], s[1])
		out = binary.BigEndian.AppendUint16(out, uint16(len(s)))
		out = append(out, s[2:]...)
	}
	out = append(out, jpg[2:]...)
	return append(out, tail...)
}

func exifSegment(tiff []byte) []byte { return append([]byte("\xff\xe1Exif\x00\x00"), tiff...) }

// chunk is one PNG chunk.
func chunk(kind string, body []byte) []byte {
	out := binary.BigEndian.AppendUint32(nil, uint32(len(body)))
	out = append(out, kind...)
	out = append(out, body...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(out[4:]))
}

// withChunk puts a chunk behind the header of a PNG.
func withChunk(p []byte, c []byte) []byte {
	const header = 8 + 25
	return append(append(bytes.Clone(p[:header]), c...), p[header:]...)
}

// riff is one chunk of a WebP.
func riff(kind string, body []byte) []byte {
	out := append([]byte(kind), binary.LittleEndian.AppendUint32(nil, uint32(len(body)))...)
	out = append(out, body...)
	if len(body)%2 == 1 {
		out = append(out, 0)
	}
	return out
}

func webpOf(chunks ...[]byte) []byte {
	return riff("RIFF", append([]byte("WEBP"), bytes.Join(chunks, nil)...))
}

// Two WebP pictures of one pixel: lossless and lossy.
var vp8l, vp8 = mustBase64("UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA=="), mustBase64("UklGRiIAAABXRUJQVlA4IBYAAAAwAQCdASoBAAEADsD+JaQAA3AAAAAA")

func mustBase64(s string) []byte {
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		panic(err)
	}
	return b
}

// kindKey returns the kind and message key of a fault.
func kindKey(err error) string {
	if err == nil {
		return ""
	}
	var f *fault.Error
	if !errors.As(err, &f) {
		return err.Error()
	}
	return f.Kind.String() + " " + f.Key
}

// dominant names the colour at a point given in quarters of the picture.
func dominant(m image.Image, right, bottom bool) string {
	b := m.Bounds()
	x, y := b.Dx()/4, b.Dy()/4
	if right {
		x = b.Dx() * 3 / 4
	}
	if bottom {
		y = b.Dy() * 3 / 4
	}
	r, g, bl, _ := m.At(x, y).RGBA()
	name := ""
	for i, v := range []uint32{r, g, bl} {
		if v > 0x9000 {
			name += "rgb"[i : i+1]
		}
	}
	return name
}

func TestMetadataIsGoneAndOrientationKept(t *testing.T) {
	// The colours of the four quarters, row by row, after each orientation, and whether width and height change places.
	tests := []struct {
		orientation uint16
		want        string
		swapped     bool
	}{
		{1, "r g b rgb", false}, {2, "g r rgb b", false}, {3, "rgb b g r", false}, {4, "b rgb r g", false},
		{5, "r b g rgb", true}, {6, "b r rgb g", true}, {7, "rgb g b r", true}, {8, "g rgb r b", true},
		{0, "r g b rgb", false}, {9, "r g b rgb", false},
	}
	jpg, pn := asJPEG(t, quarters(64, 32)), asPNG(t, quarters(64, 32))
	for _, tt := range tests {
		for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
			tiff := exif(order, tt.orientation)
			sent := map[string][]byte{
				JPEG: withSegments(jpg, "PK\x03\x04 a hidden archive", []byte("\xff\xfea comment of the owner"), exifSegment(tiff),
					[]byte("\xff\xe1http://ns.adobe.com/xap/1.0/\x00<x:xmpmeta owner/>")),
				PNG: withChunk(withChunk(pn, chunk("eXIf", tiff)), chunk("tEXt", []byte("Author\x00owner"))),
			}
			for kind, raw := range sent {
				if !bytes.Contains(raw, []byte("GPSPHONE")) || !bytes.Contains(raw, []byte("owner")) {
					t.Fatal("the test's picture has no metadata")
				}
				f, err := Process(ctx, bytes.NewReader(raw), "IMG.JPG", DefaultLimits())
				if err != nil {
					t.Fatalf("%s, orientation %d: %v", kind, tt.orientation, err)
				}
				w, h := 64, 32
				if tt.swapped {
					w, h = h, w
				}
				if f.Type != JPEG || f.SentType != kind || f.Width != w || f.Height != h {
					t.Errorf("got %s from %s, %d × %d, want %d × %d", f.Type, f.SentType, f.Width, f.Height, w, h)
				}
				for _, b := range [][]byte{f.Body, f.Thumb} {
					for _, trace := range []string{"Exif", "GPS", "owner", "PK\x03\x04", "xmpmeta"} {
						if bytes.Contains(b, []byte(trace)) {
							t.Errorf("%s, orientation %d: %q is left", kind, tt.orientation, trace)
						}
					}
					m, err := jpeg.Decode(bytes.NewReader(b))
					if err != nil {
						t.Fatal(err)
					}
					got := strings.Join([]string{dominant(m, false, false), dominant(m, true, false), dominant(m, false, true), dominant(m, true, true)}, " ")
					if got != tt.want {
						t.Errorf("%s, orientation %d: got %s, want %s", kind, tt.orientation, got, tt.want)
					}
				}
				if sum := sha256.Sum256(f.Body); f.SHA256 != hex.EncodeToString(sum[:]) {
					t.Errorf("hash %s", f.SHA256)
				}
			}
		}
	}
}

func TestShrink(t *testing.T) {
	for _, tt := range []struct{ w, h, wantW, wantH, thumbW, thumbH int }{
		{2400, 1200, 2000, 1000, 320, 160},
		{900, 3000, 600, 2000, 96, 320},
		{100, 50, 100, 50, 100, 50},
		{2500, 1, 2000, 1, 320, 1},
	} {
		f, err := Process(ctx, bytes.NewReader(asJPEG(t, quarters(tt.w, tt.h))), "x", DefaultLimits())
		if err != nil {
			t.Fatal(err)
		}
		c, err := jpeg.DecodeConfig(bytes.NewReader(f.Thumb))
		if err != nil {
			t.Fatal(err)
		}
		if f.Width != tt.wantW || f.Height != tt.wantH || c.Width != tt.thumbW || c.Height != tt.thumbH {
			t.Errorf("%d × %d: got %d × %d and %d × %d, want %+v", tt.w, tt.h, f.Width, f.Height, c.Width, c.Height, tt)
		}
	}
}

func TestFormats(t *testing.T) {
	clear := image.NewNRGBA(image.Rect(0, 0, 8, 8)) // nothing but transparency
	deep := image.NewNRGBA64(image.Rect(0, 0, 8, 8))
	frame := func(picture []byte) []byte {
		return riff("ANMF", append([]byte{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 100, 0, 0, 0}, picture[12:]...))
	}
	animated := webpOf(riff("VP8X", []byte{2, 0, 0, 0, 0, 0, 0, 0, 0, 0}), riff("ANIM", make([]byte, 6)), frame(vp8), frame(vp8l))
	for _, tt := range []struct {
		name string
		raw  []byte
		want string
	}{
		{"lossless WebP", vp8l, WebP},
		{"lossy WebP", vp8, WebP},
		{"animated WebP", animated, WebP},
		{"animated PNG", withChunk(asPNG(t, quarters(8, 8)), chunk("acTL", []byte{0, 0, 0, 2, 0, 0, 0, 0})), PNG},
		{"grey PNG", asPNG(t, image.NewGray(image.Rect(0, 0, 8, 8))), PNG},
		{"deep PNG", asPNG(t, deep), PNG},
		{"transparent PNG", asPNG(t, clear), PNG},
	} {
		f, err := Process(ctx, bytes.NewReader(tt.raw), "photo.gif", DefaultLimits())
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		if f.SentType != tt.want || f.Name != "photo.jpg" || !f.Picture() {
			t.Errorf("%s: got %s, %s", tt.name, f.SentType, f.Name)
		}
		if tt.name == "transparent PNG" {
			if m, err := jpeg.Decode(bytes.NewReader(f.Body)); err != nil || dominant(m, false, false) != "rgb" {
				t.Errorf("transparency is not white: %v", err)
			}
		}
	}
}

func TestRefused(t *testing.T) {
	l := DefaultLimits()
	jpg, pn := asJPEG(t, quarters(64, 32)), asPNG(t, quarters(64, 32))
	// A few hundred bytes that claim to be large.
	claim := func(w, h uint32, depth byte) []byte {
		head := binary.BigEndian.AppendUint32(nil, w)
		head = binary.BigEndian.AppendUint32(head, h)
		return append(append([]byte("\x89PNG\r\n\x1a\n"), chunk("IHDR", append(head, depth, 6, 0, 0, 0))...), pn[33:]...)
	}
	bigJPEG, progressive := bytes.Clone(jpg), bytes.Clone(jpg)
	sof := bytes.Index(jpg, []byte("\xff\xc0"))
	binary.BigEndian.PutUint16(bigJPEG[sof+5:], 60000)
	binary.BigEndian.PutUint16(bigJPEG[sof+7:], 60000)
	progressive[sof+1] = 0xc2
	binary.BigEndian.PutUint16(progressive[sof+5:], 6000)
	binary.BigEndian.PutUint16(progressive[sof+7:], 6000) // 36 megapixels: baseline would do
	progressive[sof+11] = 0x11                            // no subsampling: 15 bytes a pixel
	flood := bytes.Clone(vp8l[12:])                       // 1 × 1 outside, 16384 × 16384 inside
	binary.LittleEndian.PutUint32(flood[9:], 0x0fffffff)
	for _, tt := range []struct {
		name string
		raw  []byte
		want string
	}{
		{"empty", nil, "invalid media.empty"},
		{"text", []byte("a,b,c\n1,2,3"), "unsupported media.type"},
		{"GIF", []byte("GIF89a\x01\x00\x01\x00\x00\x00\x00;"), "unsupported media.type"},
		{"SVG", []byte(`<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`), "unsupported media.type"},
		{"HTML", []byte("<!doctype html><script>"), "unsupported media.type"},
		{"program", []byte("MZ\x90\x00"), "unsupported media.type"},
		{"RIFF sound", []byte("RIFF\x24\x00\x00\x00WAVEfmt "), "unsupported media.type"},
		{"three bytes of JPEG", []byte("\xff\xd8\xff"), "invalid media.damaged"},
		{"half a JPEG", jpg[:len(jpg)/2], "invalid media.damaged"},
		{"half a PNG", pn[:len(pn)/2], "invalid media.damaged"},
		{"WebP header", []byte("RIFF\x04\x00\x00\x00WEBP"), "invalid media.damaged"},
		{"pixel flood, PNG", claim(50000, 50000, 8), "too_large media.pixels"},
		{"pixel flood, one side", claim(12001, 1, 8), "too_large media.pixels"},
		{"pixel flood, product", claim(8000, 8000, 8), "too_large media.pixels"},
		{"pixel flood, depth", claim(6000, 6000, 16), "too_large media.pixels"},
		{"pixel flood, JPEG", bigJPEG, "too_large media.pixels"},
		{"pixel flood, progressive", progressive, "too_large media.pixels"},
		{"pixel flood, inside WebP", webpOf(riff("VP8X", make([]byte, 10)), flood), "too_large media.pixels"},
		{"nearly too large", append(bytes.Clone(jpg), make([]byte, int(l.Bytes)-len(jpg))...), ""},
		{"one byte too large", append(bytes.Clone(jpg), make([]byte, int(l.Bytes)-len(jpg)+1)...), "too_large media.too_large"},
	} {
		_, err := Process(ctx, bytes.NewReader(tt.raw), "x", l)
		if got := kindKey(err); got != tt.want {
			t.Errorf("%s: got %q, want %q (%v)", tt.name, got, tt.want, err)
		}
	}
}

// TestReadingStops sends without end and sees how much is read.
func TestReadingStops(t *testing.T) {
	l := DefaultLimits()
	l.Bytes = 1000
	n := 0
	endless := readerFunc(func(p []byte) (int, error) { n += len(p); return len(p), nil })
	if _, err := Process(ctx, endless, "x", l); kindKey(err) != "too_large media.too_large" {
		t.Errorf("got %v", err)
	}
	if n > 1001 {
		t.Errorf("%d bytes read, want 1001", n)
	}
	broken := errors.New("line cut")
	if _, err := Process(ctx, iotest.ErrReader(broken), "x", l); !errors.Is(err, broken) || fault.KindOf(err) != fault.Internal {
		t.Errorf("got %v", err)
	}
}

type readerFunc func(p []byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

var _ io.Reader = readerFunc(nil)

// TestDecodingIsBounded takes the places and sees that others wait, and that those who gather two places get through.
func TestDecodingIsBounded(t *testing.T) {
	short := func(memory int64) (func(), error) {
		c, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
		defer cancel()
		return acquire(c, memory)
	}
	first, err := short(1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := short(alone + 1); !fault.Is(err, fault.Unavailable) {
		t.Errorf("a large picture beside another: got %v", err)
	}
	second, err := short(1)
	if err != nil {
		t.Fatalf("after the large one gave up: %v", err)
	}
	if _, err := short(1); !fault.Is(err, fault.Unavailable) {
		t.Errorf("a third picture: got %v", err)
	}
	first()
	second()
	large, err := short(alone + 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := short(1); err == nil {
		t.Error("a picture beside a large one")
	}
	large()
	done := make(chan error, 8)
	for range cap(done) {
		go func() {
			release, err := acquire(ctx, alone+1)
			if err == nil {
				release()
			}
			done <- err
		}()
	}
	for range cap(done) {
		select {
		case err := <-done:
			if err != nil {
				t.Error(err)
			}
		case <-time.After(5 * time.Second):
			t.Fatal("they wait for each other")
		}
	}
	over, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := Process(over, bytes.NewReader(asPNG(t, quarters(8, 8))), "x", DefaultLimits()); !fault.Is(err, fault.Unavailable) {
		t.Errorf("a request that is over: got %v", err)
	}
}

// pdf builds a small file with the given objects.
func pdf(objects ...string) []byte {
	var b strings.Builder
	b.WriteString("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n")
	for i, o := range objects {
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+2, o)
	}
	b.WriteString("trailer\n<< /Root 1 0 R /Size 3 >>\nstartxref\n0\n%%EOF\n")
	return []byte(b.String())
}

// objectStream packs text into an object stream.
func objectStream(dict, text string) string {
	var b bytes.Buffer
	z := zlib.NewWriter(&b)
	z.Write([]byte(text))
	z.Close()
	return fmt.Sprintf("<< /Type /ObjStm /N 1 /First 4 %s /Length %d >>\nstream\r\n%s\r\nendstream", dict, b.Len(), b.String())
}

func TestPDF(t *testing.T) {
	plain := pdf("<< /Type /Pages /Kids [] /Count 0 >>")
	for _, tt := range []struct {
		name string
		raw  []byte
		want string
	}{
		{"plain", plain, ""},
		{"version 2", bytes.Replace(plain, []byte("1.7"), []byte("2.0"), 1), ""},
		{"open at a page", pdf("<< /OpenAction [3 0 R /Fit] >>"), ""},
		{"longer name", pdf("<< /LaunchDate (x) /JavaScripted true >>"), ""},
		{"objects packed", pdf(objectStream("/Filter /FlateDecode", "1 0 << /Type /Page >>")), ""},
		{"objects in a stream, not packed", pdf("<< /Type /ObjStm /Length 2 >>\nstream\n1 0\nendstream"), ""},
		{"picture", pdf("<< /Subtype /Image /Filter /DCTDecode /Length 3 >>\nstream\n\xff\xd8\xff\nendstream"), ""},
		{"header only", []byte("%PDF-1.7\n"), "invalid media.damaged"},
		{"no version", append([]byte("%PDF-x.y"), plain[8:]...), "invalid media.damaged"},
		{"cut short", plain[:len(plain)-20], "invalid media.damaged"},
		{"bytes behind the end", append(bytes.Clone(plain), make([]byte, 2000)...), "invalid media.damaged"},
		{"encrypted", pdf("<< /Encrypt 5 0 R >>"), "unsupported media.pdf.encrypted"},
		{"script", pdf("<< /S /JavaScript /JS (app.alert(1)) >>"), "unsupported media.pdf.active"},
		{"script, name escaped", pdf("<< /S /J#61vaScr#69pt /JS (app.alert(1)) >>"), "unsupported media.pdf.active"},
		{"command", pdf("<< /S/Launch/F(cmd.exe) >>"), "unsupported media.pdf.active"},
		{"attached file", pdf("<< /Names << /EmbeddedFiles 3 0 R >> >>"), "unsupported media.pdf.active"},
		{"form that sends", pdf("<< /S /SubmitForm >>"), "unsupported media.pdf.active"},
		{"script, packed", pdf(objectStream("/Filter /FlateDecode", "1 0 << /S /JavaScript >>")), "unsupported media.pdf.active"},
		{"script, packed and escaped", pdf(objectStream("/Filter[/Fl#61teDecode]", "1 0 << /S /#4aavaScript >>")), "unsupported media.pdf.active"},
		{"script, packed second", pdf(objectStream("/Filter /FlateDecode", "1 0 << >>"), objectStream("/Filter /FlateDecode", "/Launch ")), "unsupported media.pdf.active"},
		{"unknown packing", pdf("<< /Type /ObjStm /Filter /LZWDecode /Length 1 >>\nstream\nx\nendstream"), "unsupported media.pdf.active"},
		{"broken packing", pdf("<< /Type /ObjStm /Filter /FlateDecode /Length 1 >>\nstream\nx\nendstream"), "unsupported media.pdf.active"},
		{"unpacks to 80 MB", pdf(objectStream("/Filter /FlateDecode", strings.Repeat(" ", 80<<20))), "unsupported media.pdf.active"},
	} {
		f, err := Process(ctx, bytes.NewReader(tt.raw), `C:\papers\شهادة.PDF`, DefaultLimits())
		if got := kindKey(err); got != tt.want {
			t.Errorf("%s: got %q, want %q (%v)", tt.name, got, tt.want, err)
		}
		if err == nil && (!bytes.Equal(f.Body, tt.raw) || f.Type != PDF || f.Name != "شهادة.pdf" || f.Thumb != nil || f.Picture()) {
			t.Errorf("%s: got %s %s, %d bytes", tt.name, f.Type, f.Name, len(f.Body))
		}
	}
}

func TestCleanName(t *testing.T) {
	for in, want := range map[string]string{
		"صورة البطاقة.jpeg":      "صورة البطاقة.jpg",
		"../../etc/passwd":       "passwd.jpg",
		`..\..\boot.ini`:         "boot.jpg",
		"":                       "file.jpg",
		"...":                    "file.jpg",
		"/":                      "file.jpg",
		"a\x00b\r\nc.png":        "abc.jpg",
		"photo\u202egpj.exe":     "photogpj.jpg",
		"\xff\xfe.png":           "file.jpg",
		`<img src="x">.png`:      "img src=x.jpg",
		strings.Repeat("م", 300): strings.Repeat("م", 100) + ".jpg",
	} {
		if got := cleanName(in, ".jpg"); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

func TestQR(t *testing.T) {
	for _, text := range []string{"https://example.org/v/EG-2026-000123?s=" + strings.Repeat("Ab9_", 22), "HELLO", "منتجة", strings.Repeat("x", 2331)} {
		q, err := QR(text)
		if err != nil {
			t.Fatalf("%.20q: %v", text, err)
		}
		// Draw the path again and compare every module.
		drawn := make(map[[2]int]bool)
		x, y := 0, 0
		for _, run := range strings.Split(q.SVGPath(), "z") {
			if run == "" {
				continue
			}
			move, rest, ok := strings.Cut(strings.TrimPrefix(run, "m"), "h")
			dx, dy, ok2 := strings.Cut(move, " ")
			right, back, ok3 := strings.Cut(rest, "v1h-")
			if !ok || !ok2 || !ok3 || right != back {
				t.Fatalf("run %q", run)
			}
			x, y = x+atoi(t, dx), y+atoi(t, dy)
			for i := range atoi(t, right) {
				drawn[[2]int{x + i, y}] = true
			}
		}
		for y := range q.Size {
			for x := range q.Size {
				if drawn[[2]int{x, y}] != q.Dark(x, y) {
					t.Fatalf("%.20q: module %d, %d", text, x, y)
				}
			}
		}
		// A finder pattern in three corners (ISO/IEC 18004, 6.3.3): rings of 7, 5 and 3.
		for _, c := range [][2]int{{0, 0}, {q.Size - 7, 0}, {0, q.Size - 7}} {
			for y := range 7 {
				for x := range 7 {
					ring := max(abs(x-3), abs(y-3))
					if got, want := q.Dark(c[0]+x, c[1]+y), ring != 2; got != want {
						t.Fatalf("finder at %v: module %d, %d is %v", c, x, y, got)
					}
				}
			}
		}
		// The first two bits of the format information, unmasked, are 00 for level M (7.9.1).
		if q.Dark(0, 8) != true || q.Dark(1, 8) != false {
			t.Errorf("%.20q: error correction is not M", text)
		}
		if got, want := q.ViewBox(), fmt.Sprintf("-4 -4 %d %d", q.Size+8, q.Size+8); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	if _, err := QR(strings.Repeat("x", 2332)); kindKey(err) != "invalid media.qr" {
		t.Errorf("too long: got %v", err)
	}
	if q, err := QR("x"); err != nil || q.Dark(-1, 0) || q.Dark(0, 21) || q.Size != 21 {
		t.Errorf("got %+v, %v", q, err)
	}
}

func atoi(t *testing.T, s string) int {
	t.Helper()
	n, err := strconv.Atoi(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func abs(n int) int { return max(n, -n) }

func FuzzProcess(f *testing.F) {
	small := quarters(8, 6)
	f.Add(asJPEG(f, small), "a.jpg")
	f.Add(withSegments(asJPEG(f, small), "", exifSegment(exif(binary.LittleEndian, 6))), "a.jpg")
	f.Add(withChunk(asPNG(f, small), chunk("eXIf", exif(binary.BigEndian, 8))), "a.png")
	f.Add(vp8, "a.webp")
	f.Add(vp8l, "a.webp")
	f.Add(webpOf(riff("VP8X", make([]byte, 10)), riff("ANMF", append(make([]byte, 16), vp8l[12:]...)), riff("EXIF", exif(binary.BigEndian, 3))), "")
	f.Add(pdf(objectStream("/Filter /FlateDecode", "1 0 << /Type /Page >>")), "a.pdf")
	f.Fuzz(func(t *testing.T, raw []byte, name string) {
		l := Limits{Bytes: 4096, Pixels: 4096, Side: 128, Memory: 1 << 16, Longest: 32, Thumb: 8, Quality: 50}
		file, err := Process(ctx, bytes.NewReader(raw), name, l)
		if err != nil {
			if fault.KindOf(err) == fault.Internal {
				t.Errorf("blamed on us: %v", err)
			}
			return
		}
		if strings.ContainsAny(file.Name, "/\\\x00\n") || file.Type == JPEG && (file.Width > 32 || file.Height > 32 || file.Width < 1) {
			t.Errorf("got %q, %d × %d", file.Name, file.Width, file.Height)
		}
		if file.Type == JPEG {
			again, err := Process(ctx, bytes.NewReader(file.Body), file.Name, DefaultLimits())
			if err != nil || again.Width != file.Width {
				t.Errorf("what was kept is not taken: %v", err)
			}
		}
	})
}

func BenchmarkProcess12Megapixels(b *testing.B) {
	raw := asJPEG(b, quarters(4000, 3000))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Process(ctx, bytes.NewReader(raw), "x", DefaultLimits()); err != nil {
			b.Fatal(err)
		}
	}
}
