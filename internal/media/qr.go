package media

import (
	"fmt"
	"image/color"
	"strconv"

	"github.com/boombuler/barcode/qr"

	"muntija/internal/fault"
)

// QuietZone is how many light modules must stand around a QR code (ISO/IEC 18004, 9.1).
const QuietZone = 4

// QRCode is a QR code as a square of modules.
type QRCode struct {
	Size int // modules along a side, without the quiet zone: 21–177
	dark []bool
}

// QR returns the QR code of a text, with error correction M: fifteen per cent of a worn card may be lost. At most 2,331 bytes (Invalid, media.qr).
func QR(text string) (*QRCode, error) {
	code, err := qr.Encode(text, qr.M, qr.Auto)
	if err != nil {
		// The letters-and-digits mode refuses lower case; every text fits the byte mode.
		code, err = qr.Encode(text, qr.M, qr.Unicode)
	}
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "media.qr")
	}
	n := code.Bounds().Dx()
	q := &QRCode{Size: n, dark: make([]bool, n*n)}
	for y := range n {
		for x := range n {
			q.dark[y*n+x] = code.At(x, y) == color.Black
		}
	}
	return q, nil
}

// Dark reports whether the module in column x of row y is dark. Outside the code none is.
func (q *QRCode) Dark(x, y int) bool {
	return x >= 0 && y >= 0 && x < q.Size && y < q.Size && q.dark[y*q.Size+x]
}

// ViewBox returns the viewBox of an SVG element that holds the code with its quiet zone.
func (q *QRCode) ViewBox() string {
	n := q.Size + 2*QuietZone
	return fmt.Sprintf("%d %d %d %d", -QuietZone, -QuietZone, n, n)
}

// SVGPath returns the d of one SVG path that draws the dark modules, one unit each. Fill it black on white paper, without a stroke, and with
// shape-rendering="crispEdges".
func (q *QRCode) SVGPath() string {
	b := make([]byte, 0, q.Size*q.Size*4)
	px, py := 0, 0 // where the pen is: moves are relative, which is shorter
	for y := range q.Size {
		for x := 0; x < q.Size; x++ {
			if !q.Dark(x, y) {
				continue
			}
			n := 1
			for q.Dark(x+n, y) {
				n++
			}
			b = append(b, 'm')
			b = strconv.AppendInt(b, int64(x-px), 10)
			if y-py >= 0 {
				b = append(b, ' ')
			}
			b = strconv.AppendInt(b, int64(y-py), 10)
			b = append(b, 'h')
			b = strconv.AppendInt(b, int64(n), 10)
			b = append(b, 'v', '1', 'h', '-')
			b = strconv.AppendInt(b, int64(n), 10)
			b = append(b, 'z') // back to where the run began
			px, py = x, y
			x += n
		}
	}
	return string(b)
}
