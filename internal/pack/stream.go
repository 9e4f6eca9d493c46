package pack

import (
	"io"

	"github.com/klauspost/compress/flate"
)

// A Writer packs a stream by DEFLATE (RFC 1951), as the parts of a zip file are packed.
type Writer = flate.Writer

// NewWriter returns a writer to w of a level from 1 (quick) to 9 (small).
func NewWriter(w io.Writer, level int) (*Writer, error) { return flate.NewWriter(w, level) }

// NewReader returns what NewWriter, or any other program, packed.
func NewReader(r io.Reader) io.ReadCloser { return flate.NewReader(r) }
