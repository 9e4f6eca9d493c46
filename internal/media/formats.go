package media

import (
	"bytes"
	"encoding/binary"
)

// eachSegment calls fn for the marker segments of a JPEG up to the picture itself, until fn returns false. Broken files just end early.
func eachSegment(raw []byte, fn func(marker byte, body []byte) bool) {
	for i := 2; i+4 <= len(raw); {
		if raw[i] != 0xff {
			return
		}
		marker := raw[i+1]
		switch {
		case marker == 0xff: // padding
			i++
			continue
		case marker == 0x01 || marker >= 0xd0 && marker <= 0xd7: // no body
			i += 2
			continue
		case marker == 0xda || marker == 0xd9: // the picture, the end
			return
		}
		n := int(binary.BigEndian.Uint16(raw[i+2:]))
		if n < 2 || i+2+n > len(raw) {
			return
		}
		if !fn(marker, raw[i+4:i+2+n]) {
			return
		}
		i += 2 + n
	}
}

// eachPNGChunk does the same for a PNG.
func eachPNGChunk(raw []byte, fn func(kind string, body []byte) bool) {
	for i := 8; i+12 <= len(raw); {
		n := int64(binary.BigEndian.Uint32(raw[i:]))
		if n > int64(len(raw)-i-12) || !fn(string(raw[i+4:i+8]), raw[i+8:i+8+int(n)]) {
			return
		}
		i += 12 + int(n)
	}
}

// eachRIFFChunk does the same for the chunks of a WebP file or frame, whole being the chunk with its header and padding.
func eachRIFFChunk(raw []byte, fn func(kind string, body, whole []byte) bool) {
	for i := 0; i+8 <= len(raw); {
		n := int64(binary.LittleEndian.Uint32(raw[i+4:]))
		if n > int64(len(raw)-i-8) {
			return
		}
		end := i + 8 + int(n)
		next := min(end+int(n&1), len(raw))
		if !fn(string(raw[i:i+4]), raw[i+8:end], raw[i:next]) {
			return
		}
		i = next
	}
}

// orientation returns the EXIF orientation 1–8 of a picture; 1 if it says none.
func orientation(kind string, raw []byte) int {
	var exif []byte
	switch kind {
	case JPEG:
		eachSegment(raw, func(marker byte, body []byte) bool {
			if marker == 0xe1 && bytes.HasPrefix(body, []byte("Exif\x00\x00")) {
				exif = body
			}
			return exif == nil
		})
	case PNG:
		eachPNGChunk(raw, func(kind string, body []byte) bool {
			if kind == "eXIf" {
				exif = body
			}
			return exif == nil
		})
	case WebP:
		eachRIFFChunk(raw[12:], func(kind string, body, _ []byte) bool {
			if kind == "EXIF" {
				exif = body
			}
			return exif == nil
		})
	}
	return exifOrientation(bytes.TrimPrefix(exif, []byte("Exif\x00\x00")))
}

// exifOrientation reads tag 0x0112 from the first directory of a TIFF block.
func exifOrientation(b []byte) int {
	if len(b) < 8 {
		return 1
	}
	var order binary.ByteOrder
	switch string(b[:4]) {
	case "II*\x00":
		order = binary.LittleEndian
	case "MM\x00*":
		order = binary.BigEndian
	default:
		return 1
	}
	at := int64(order.Uint32(b[4:]))
	if at+2 > int64(len(b)) {
		return 1
	}
	b = b[at:]
	count := int(order.Uint16(b))
	for i := range count {
		entry := 2 + 12*i
		if entry+12 > len(b) {
			return 1
		}
		if order.Uint16(b[entry:]) != 0x0112 {
			continue
		}
		if v := order.Uint16(b[entry+8:]); order.Uint16(b[entry+2:]) == 3 && v >= 1 && v <= 8 { // 3: SHORT
			return int(v)
		}
		return 1
	}
	return 1
}

// firstFrame returns a still WebP with the first picture of an animated one (WebP container specification, ANMF). Others come back as they are.
func firstFrame(raw []byte) []byte {
	var frame, exif []byte
	eachRIFFChunk(raw[12:], func(kind string, body, whole []byte) bool {
		switch {
		case kind == "ANMF" && frame == nil && len(body) > 16:
			frame = body
		case kind == "EXIF":
			exif = whole
		}
		return true
	})
	if frame == nil {
		return raw
	}
	var picture, alpha []byte
	eachRIFFChunk(frame[16:], func(kind string, _, whole []byte) bool {
		switch kind {
		case "VP8 ", "VP8L":
			picture = whole
		case "ALPH":
			alpha = whole
		}
		return picture == nil
	})
	// VP8X: flags (alpha 0x10, EXIF 0x08), three reserved bytes, and width − 1 and height − 1 as three bytes each, as the frame has them.
	var flags byte
	if alpha != nil {
		flags |= 0x10
	}
	if exif != nil {
		flags |= 0x08
	}
	out := []byte("RIFF\x00\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00")
	out = append(out, flags, 0, 0, 0)
	out = append(out, frame[6:12]...)
	out = append(out, alpha...)
	out = append(out, picture...)
	out = append(out, exif...)
	binary.LittleEndian.PutUint32(out[4:], uint32(len(out)-8))
	return out
}

// webpSize returns the largest width and height that any picture inside a WebP claims (RFC 9649, 2.5 and 2.6; RFC 6386, 9.1).
func webpSize(raw []byte) (width, height int) {
	eachRIFFChunk(raw[12:], func(kind string, b, _ []byte) bool {
		switch {
		case kind == "VP8 " && len(b) >= 10:
			width = max(width, int(binary.LittleEndian.Uint16(b[6:])&0x3fff))
			height = max(height, int(binary.LittleEndian.Uint16(b[8:])&0x3fff))
		case kind == "VP8L" && len(b) >= 5:
			bits := binary.LittleEndian.Uint32(b[1:])
			width = max(width, int(bits&0x3fff)+1)
			height = max(height, int(bits>>14&0x3fff)+1)
		}
		return true
	})
	return width, height
}
