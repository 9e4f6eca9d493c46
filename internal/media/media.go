// Package media takes uploaded photographs and papers and makes them safe to keep: [Process] is the only way in. It is the only door for imaging and
// x/image, and, for the pictures that we make ourselves ([QR]), for barcode.
//
// # Design
//
// What a file is, its first bytes say; the name and the type that the browser sent are not believed. At most [Limits.Bytes] and one more are
// read. Of a picture the header is looked at first, and one whose dimensions would take too much memory is refused before it is decoded (a few
// hundred bytes can claim 50,000 × 50,000). Then it is decoded, shrunk, turned as its EXIF orientation says and written again as JPEG: what the
// camera wrote beside it (place, time, owner, preview, colour profile), what an editor hid in it, and whatever followed its end is gone.
//
// At most two pictures are decoded at once in the process, and a large one alone, so that memory stays bounded however many people upload.
//
// A PDF is kept byte for byte, because a paper's signature may depend on them. It is refused if it is encrypted or holds scripts, commands,
// forms that send, or attached files; names are read with their #xx escapes, and object streams are unpacked for the search.
//
// # Limits
//
// The PDF check is a search, not a parser: an object stream inside another filter than Flate is refused unseen, and one that is hidden from the search
// by a broken file structure is not found. Serve PDFs as downloads, with nosniff and a sandboxing policy. Colours outside sRGB shift
// slightly when the profile is dropped. Of an animation the first picture is kept. HEIC is not taken: phones send JPEG to a web form.
package media

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"image/png"
	"io"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/disintegration/imaging"
	"golang.org/x/image/webp"

	"muntija/internal/fault"
)

// Limits are what an upload may be and what becomes of it. Zero values are not filled in: start from [DefaultLimits].
type Limits struct {
	Bytes   int64 // of the file as sent
	Pixels  int   // of a picture as sent, width × height
	Side    int   // longest side of a picture as sent, in pixels
	Memory  int64 // bytes that decoding may take, by its header
	Longest int   // longest side of a picture as kept, in pixels
	Thumb   int   // longest side of the small picture, in pixels
	Quality int   // of the JPEG, 1–100
}

// DefaultLimits takes what phones of today make (a 12-megapixel photograph has 2–6 MB) and keeps what is readable on paper: 2,000 pixels
// along a page of A4 are 170 dots per inch.
func DefaultLimits() Limits {
	return Limits{Bytes: 10 << 20, Pixels: 40_000_000, Side: 12_000, Memory: 256 << 20, Longest: 2_000, Thumb: 320, Quality: 82}
}

// The media types, as found by their first bytes.
const (
	JPEG = "image/jpeg"
	PNG  = "image/png"
	WebP = "image/webp"
	PDF  = "application/pdf"
)

// File is an upload that was taken, as it is to be kept.
type File struct {
	Type          string // JPEG or PDF
	SentType      string // what it was when sent
	Name          string // the sender's file name, cleaned, with the ending of Type
	Body          []byte
	SHA256        string // of Body, 64 hexadecimal digits
	Width, Height int    // of Body in pixels; 0 for a PDF
	Thumb         []byte // JPEG; nil for a PDF

	square     []byte // what Square made
	squareSide int
}

// Picture reports whether the file is a picture.
func (f *File) Picture() bool { return f.Type == JPEG }

// Process reads an upload and returns it as it is to be kept. The name is the sender's and only shown to people.
//
// Errors: TooLarge (media.too_large, media.pixels), Unsupported (media.type, media.pdf.encrypted, media.pdf.active), Invalid (media.empty,
// media.damaged), Unavailable when ctx ends first. Any other error is the reader's.
func Process(ctx context.Context, r io.Reader, name string, l Limits) (*File, error) {
	raw, err := io.ReadAll(io.LimitReader(r, l.Bytes+1))
	if err != nil {
		return nil, fmt.Errorf("reading an upload: %w", err)
	}
	if err := ctx.Err(); err != nil {
		return nil, fault.Wrap(err, fault.Unavailable, "error.unavailable")
	}
	switch {
	case len(raw) == 0:
		return nil, fault.New(fault.Invalid, "media.empty")
	case int64(len(raw)) > l.Bytes:
		return nil, fault.New(fault.TooLarge, "media.too_large", l.Bytes>>20)
	}
	f := &File{SentType: sniff(raw)}
	switch f.SentType {
	case "":
		return nil, fault.New(fault.Unsupported, "media.type")
	case PDF:
		if err := checkPDF(raw); err != nil {
			return nil, err
		}
		f.Type, f.Body = PDF, raw
	default:
		if err := f.picture(ctx, raw, l); err != nil {
			return nil, err
		}
	}
	sum := sha256.Sum256(f.Body)
	f.SHA256 = hex.EncodeToString(sum[:])
	f.Name = cleanName(name, map[string]string{JPEG: ".jpg", PDF: ".pdf"}[f.Type])
	return f, nil
}

// sniff returns the media type by the first bytes, "" if it is none of ours.
func sniff(raw []byte) string {
	switch {
	case bytes.HasPrefix(raw, []byte("\xff\xd8\xff")):
		return JPEG
	case bytes.HasPrefix(raw, []byte("\x89PNG\r\n\x1a\n")):
		return PNG
	case len(raw) >= 12 && string(raw[:4]) == "RIFF" && string(raw[8:12]) == "WEBP":
		return WebP
	case bytes.HasPrefix(raw, []byte("%PDF-")):
		return PDF
	}
	return ""
}

// picture decodes, shrinks, turns and writes the picture again.
func (f *File) picture(ctx context.Context, raw []byte, l Limits) error {
	if f.SentType == WebP {
		raw = firstFrame(raw)
	}
	config, decode := jpeg.DecodeConfig, jpeg.Decode
	switch f.SentType {
	case PNG:
		config, decode = png.DecodeConfig, png.Decode
	case WebP:
		config, decode = webp.DecodeConfig, webp.Decode
	}
	c, err := config(bytes.NewReader(raw))
	if err != nil {
		return fault.Wrap(err, fault.Invalid, "media.damaged")
	}
	if f.SentType == WebP {
		// The outer header of a WebP may say less than the picture inside, and the decoder believes the inner one.
		w, h := webpSize(raw)
		c.Width, c.Height = max(c.Width, w), max(c.Height, h)
	}
	// Each side is bounded before the two are multiplied: no overflow.
	if c.Width <= 0 || c.Height <= 0 {
		return fault.New(fault.Invalid, "media.damaged")
	}
	if c.Width > l.Side || c.Height > l.Side || c.Width*c.Height > l.Pixels {
		return fault.New(fault.TooLarge, "media.pixels")
	}
	memory := int64(float64(c.Width*c.Height) * bytesPerPixel(f.SentType, c.ColorModel, raw))
	if memory > l.Memory {
		return fault.New(fault.TooLarge, "media.pixels")
	}
	release, err := acquire(ctx, memory)
	if err != nil {
		return err
	}
	defer release()
	m, err := decode(bytes.NewReader(raw))
	if err != nil {
		return fault.Wrap(err, fault.Invalid, "media.damaged")
	}
	// Shrunk first, turned after: turning a small picture is cheap.
	kept := turn(imaging.Fit(m, l.Longest, l.Longest, imaging.CatmullRom), orientation(f.SentType, raw))
	m = nil // the large one can go while the small ones are written
	flat := flatten(kept)
	if f.Body, err = encode(flat, l.Quality); err != nil {
		return err
	}
	if f.Thumb, err = encode(imaging.Fit(flat, l.Thumb, l.Thumb, imaging.Lanczos), l.Quality); err != nil {
		return err
	}
	f.Type, f.Width, f.Height = JPEG, flat.Bounds().Dx(), flat.Bounds().Dy()
	return nil
}

// bytesPerPixel estimates what the decoder will take for each pixel.
func bytesPerPixel(kind string, model color.Model, raw []byte) float64 {
	switch kind {
	case JPEG:
		planes, progressive := jpegPlanes(raw)
		if progressive {
			return planes * (1 + 4) // all coefficients are kept as 32-bit numbers until the end
		}
		return planes
	case PNG:
		switch model {
		case color.GrayModel:
			return 1
		case color.RGBA64Model, color.NRGBA64Model:
			return 8
		case color.Gray16Model:
			return 2
		}
		if _, ok := model.(color.Palette); ok {
			return 1
		}
	}
	return 4
}

// jpegPlanes returns how many bytes of colour planes a pixel of the JPEG takes (3 without subsampling, 1.5 as phones write), and whether it is progressive.
func jpegPlanes(raw []byte) (planes float64, progressive bool) {
	planes = 4
	eachSegment(raw, func(marker byte, body []byte) bool {
		// Start of frame: C0–CF without C4 (Huffman tables), C8 (reserved), CC (arithmetic tables).
		if marker < 0xc0 || marker > 0xcf || marker == 0xc4 || marker == 0xc8 || marker == 0xcc {
			return true
		}
		progressive = marker == 0xc2
		if len(body) < 6 || len(body) < 6+3*int(body[5]) {
			return false
		}
		most, sum := 0, 0
		for i := range int(body[5]) {
			sampling := body[6+3*i+1]
			blocks := int(sampling>>4) * int(sampling&15)
			most, sum = max(most, blocks), sum+blocks
		}
		if most > 0 {
			planes = float64(sum) / float64(most)
		}
		return false
	})
	return planes, progressive
}

// Two pictures may be decoded at once; one beyond alone bytes takes both places.
const alone = 64 << 20

var (
	places = make(chan struct{}, 2)
	both   = make(chan struct{}, 1) // held while somebody gathers two places, or two could wait for each other for ever
)

// acquire waits for a turn to decode. Call release when done.
func acquire(ctx context.Context, memory int64) (release func(), err error) {
	n := 1
	if memory > alone {
		n = cap(places)
		select {
		case both <- struct{}{}:
			defer func() { <-both }()
		case <-ctx.Done():
			return nil, fault.Wrap(ctx.Err(), fault.Unavailable, "error.unavailable")
		}
	}
	held := 0
	release = func() {
		for range held {
			<-places
		}
	}
	for held < n {
		select {
		case places <- struct{}{}:
			held++
		case <-ctx.Done():
			release()
			return nil, fault.Wrap(ctx.Err(), fault.Unavailable, "error.unavailable")
		}
	}
	return release, nil
}

// turn applies an EXIF orientation (EXIF 2.32, tag 0x0112).
func turn(m *image.NRGBA, orientation int) *image.NRGBA {
	switch orientation {
	case 2:
		return imaging.FlipH(m)
	case 3:
		return imaging.Rotate180(m)
	case 4:
		return imaging.FlipV(m)
	case 5:
		return imaging.Transpose(m)
	case 6:
		return imaging.Rotate270(m)
	case 7:
		return imaging.Transverse(m)
	case 8:
		return imaging.Rotate90(m)
	}
	return m
}

// flatten lays a picture on white paper: JPEG has no transparency, and a scanned stamp on none would turn black.
func flatten(m *image.NRGBA) *image.RGBA {
	out := image.NewRGBA(image.Rect(0, 0, m.Bounds().Dx(), m.Bounds().Dy()))
	draw.Draw(out, out.Bounds(), image.White, image.Point{}, draw.Src)
	draw.Draw(out, out.Bounds(), m, m.Bounds().Min, draw.Over)
	return out
}

func encode(m image.Image, quality int) ([]byte, error) {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: quality}); err != nil {
		return nil, fmt.Errorf("writing a picture: %w", err)
	}
	return b.Bytes(), nil
}

const maxName = 100 // characters, without the ending

// cleanName returns the last part of a sent file name, without control and invisible characters, with the given ending.
func cleanName(name, ending string) string {
	name = path.Base(strings.ReplaceAll(strings.ToValidUTF8(name, ""), `\`, "/"))
	name = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || strings.ContainsRune(`<>:"/|?*`, r) {
			return -1
		}
		return r
	}, name)
	name = strings.Trim(strings.TrimSuffix(name, path.Ext(name)), ". ")
	if utf8.RuneCountInString(name) > maxName {
		name = strings.TrimRight(string([]rune(name)[:maxName]), ". ")
	}
	if name == "" {
		name = "file"
	}
	return name + ending
}

var errShort = errors.New("file ends too early")

// Square returns a picture that was taken, cropped to its middle square, as a JPEG of the given side in pixels; a smaller picture is made larger, so that
// pictures beside each other are of one size.
func Square(f *File, side int) ([]byte, error) {
	if f.square != nil && f.squareSide == side {
		return f.square, nil
	}
	m, err := jpeg.Decode(bytes.NewReader(f.Body))
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "media.damaged")
	}
	if f.square, err = encode(imaging.Fill(m, side, side, imaging.Center, imaging.Lanczos), 80); err != nil {
		return nil, err
	}
	f.squareSide = side
	return f.square, nil
}
