package pack

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/klauspost/compress/s2"
)

// words are what the documents of these tests say.
var words = []byte(`{"record":{"case":{"channel":"import","file_no":"","application_date":"2026-"},"lead":{"given_name":"محمد","rest_of_name":"عبد الله","id_type":"egyptian_nid","id_number":"2` +
	`"},"household":{"size":4,"dependents":2},"address":{"area":"EG-ASN","district":"","village":"","street":""},"consents":[{"scope":"own_ministry","given":true}]}`)

// documents are of the kinds that there are, and of those that there are not.
func documents() [][]byte {
	r := rand.New(rand.NewPCG(1, 2))
	noise := make([]byte, 5000)
	for i := range noise {
		noise[i] = byte(r.Uint32())
	}
	out := [][]byte{nil, {0}, []byte("{}"), words, words[:9], words[3:], append(words[100:len(words):len(words)], words...), noise, noise[:7], noise[:8], noise[:60], noise[:61], noise[:300],
		bytes.Repeat([]byte("a"), 8), bytes.Repeat([]byte("a"), 270), bytes.Repeat([]byte("ab"), 30_000), bytes.Repeat([]byte("abc"), 40_000), bytes.Repeat(noise[:100], 200)}
	for n := range 200 {
		rec := map[string]any{"record": map[string]any{"case": map[string]string{"channel": "import", "file_no": strings.Repeat("7", n%9)},
			"lead": map[string]string{"given_name": "منى", "id_number": "2" + strings.Repeat("0123456789", n%40)}}}
		b, err := json.Marshal(rec)
		if err != nil {
			panic(err)
		}
		out = append(out, b, append(b[:len(b):len(b)], words[n:]...))
	}
	return out
}

// What Append writes comes back, and is about as small as what S2 writes.
func TestDocumentsComeBack(t *testing.T) {
	d := NewDict(words)
	plain := s2.NewDict(append([]byte{0}, words...))
	ours, theirs := 0, 0
	for _, doc := range documents() {
		packed := d.Append([]byte("before"), doc)
		if !bytes.HasPrefix(packed, []byte("before")) {
			t.Fatal("what stood before is gone")
		}
		packed = packed[len("before"):]
		got, err := d.Decode(packed)
		if err != nil || !bytes.Equal(got, doc) {
			t.Fatalf("%.60q came back as %.60q, %v", doc, got, err)
		}
		if len(packed) > len(doc)+len(doc)/60+8 {
			t.Errorf("%d bytes became %d", len(doc), len(packed))
		}
		by := plain.Encode(nil, doc)
		if got, err := d.Decode(by); err != nil || !bytes.Equal(got, doc) {
			t.Fatalf("what S2 packed of %.60q came back as %.60q, %v", doc, got, err)
		}
		ours, theirs = ours+len(packed), theirs+len(by)
	}
	if ours > theirs+theirs/20 {
		t.Errorf("%d bytes, S2 makes it %d", ours, theirs)
	}
}

func FuzzDict(f *testing.F) {
	for _, doc := range documents() {
		f.Add(doc)
	}
	d := NewDict(words)
	f.Fuzz(func(t *testing.T, doc []byte) {
		got, err := d.Decode(d.Append(nil, doc))
		if err != nil || !bytes.Equal(got, doc) {
			t.Fatalf("%q came back as %q, %v", doc, got, err)
		}
	})
}

func TestStream(t *testing.T) {
	var b bytes.Buffer
	w, err := NewWriter(&b, 2)
	if err != nil {
		t.Fatal(err)
	}
	want := bytes.Repeat(words, 100)
	if _, err := w.Write(want); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer
	if _, err := got.ReadFrom(NewReader(&b)); err != nil || !bytes.Equal(got.Bytes(), want) {
		t.Errorf("%d bytes came back as %d, %v", len(want), got.Len(), err)
	}
}

func BenchmarkDict(b *testing.B) {
	d := NewDict(words)
	docs := documents()[20:]
	var buf []byte
	for b.Loop() {
		for _, doc := range docs {
			buf = d.Append(buf[:0], doc)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(docs)), "ns/doc")
}
