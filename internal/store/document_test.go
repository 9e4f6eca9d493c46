package store

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
	"unsafe"

	"muntija/internal/calendar"
	"muntija/internal/registry"
	"muntija/internal/seal"
)

// What is packed by a dictionary can be read by it alone, so that it stays as it is.
func TestDictionaryNeverChanges(t *testing.T) {
	sum := sha256.Sum256(dictV1)
	if got, want := hex.EncodeToString(sum[:]), "9613e7dee9cbf14d8f6898878715c605ca7cde53c43eb0092c4c1ef4e817dc10"; got != want {
		t.Errorf("the dictionary has changed: %s; what was packed by the old one cannot be read any more", got)
	}
	// A document that was packed when the dictionary was made.
	const doc = `{"record":{"case":{"channel":"online"},"lead":{"given_name":"منى"}}}`
	packed := packer().Append(nil, []byte(doc))
	if got, want := hex.EncodeToString(packed), packedThen; got != want {
		t.Logf("packed as %s", got) // another way to pack is no error as long as the old one is read
	}
	then, err := hex.DecodeString(packedThen)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := packer().Decode(then); err != nil || string(got) != doc {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestDocumentsComeBack(t *testing.T) {
	keys, err := seal.Open(t.TempDir() + "/k")
	if err != nil {
		t.Fatal(err)
	}
	db := &DB{keys: keys}
	place := rowPlace("assessment", "body", "x")
	long := bytes.Repeat([]byte(`{"c":"nationality","o":"facts_missing","f":[0,1],"m":["documents.id_card"]},`), 40)
	noise := make([]byte, 5000)
	for i := range noise {
		noise[i] = byte(rand.Uint32())
	}
	for _, plain := range [][]byte{nil, {}, {packV1}, {packV1, packV1}, []byte("{}"), []byte(`{"v":1}`), long, noise, append([]byte{packV1}, long...)} {
		sealed := db.sealDoc(plain, place)
		got, err := openDoc(keys, "assessment", "body", sealed, place)
		if err != nil || !bytes.Equal(got, plain) {
			t.Errorf("%.40q came back as %.40q, %v", plain, got, err)
		}
		if len(sealed) > len(plain)+len(plain)/6+seal.Overhead+16 {
			t.Errorf("%d bytes became %d", len(plain), len(sealed))
		}
		if _, err := openDoc(keys, "assessment", "body", sealed, rowPlace("assessment", "body", "y")); err == nil {
			t.Error("opened at another place")
		}
	}
	if n := len(db.sealDoc(long, place)); n > len(long)/5 {
		t.Errorf("%d bytes packed to %d", len(long), n)
	}
	// What was sealed before there was packing.
	if got, err := openDoc(keys, "assessment", "body", keys.Seal(long, place), place); err != nil || !bytes.Equal(got, long) {
		t.Errorf("got %.40q, %v", got, err)
	}
	// Damaged inside of the seal: an error, never a panic.
	for n := range 40 {
		b := append([]byte{packV1}, packer().Append(nil, long)...)
		b[1+rand.IntN(len(b)-1)] ^= byte(1 + n)
		_, _ = openDoc(keys, "assessment", "body", keys.Seal(b, place), place)
	}
}

// filled gives a value of any type of a document, with texts that need escaping among them.
func filled(r *rand.Rand, v reflect.Value) {
	texts := []string{"", "أم كلثوم", `a "quoted" \ text`, "<b>&", "line\nbreak\tand\x01", "\u2028\u2029", "bad \xff utf8", "😀", "\x7f", "yes", strings.Repeat("ش", 300)}
	if v.Type() == reflect.TypeFor[calendar.Date]() {
		if r.IntN(3) > 0 {
			v.SetInt(int64(1 + r.IntN(800_000)))
		}
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(texts[r.IntN(len(texts))])
	case reflect.Bool:
		v.SetBool(r.IntN(2) == 0)
	case reflect.Int, reflect.Int64:
		v.SetInt([]int64{0, 1, -1, 42, 1 << 40, -1 << 63, 1<<63 - 1}[r.IntN(7)])
	case reflect.Slice:
		if n := r.IntN(5); n > 0 {
			v.Set(reflect.MakeSlice(v.Type(), n-1, n-1))
			for i := range n - 1 {
				filled(r, v.Index(i))
			}
		}
	case reflect.Struct:
		for i := range v.NumField() {
			filled(r, v.Field(i))
		}
	}
}

// The codec writes what encoding/json writes and reads what it reads.
func TestCodecIsJSON(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		var rec sealedRecord
		filled(r, reflect.ValueOf(&rec).Elem())
		holdsCodec(t, recordCodec, &rec)
		var changes sealedChanges
		filled(r, reflect.ValueOf(&changes).Elem())
		holdsCodec(t, changesCodec, &changes)
		want, err := json.Marshal(&changes)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := writeChanges(&AuditEntry{Changes: changes.Changes, Note: changes.Note}); err != nil || !bytes.Equal(got, want) {
			t.Fatalf("got  %s\nwant %s, %v", got, want, err)
		}
	}
}

// An audit entry of a whole record that was entered reads as one that names each change.
func TestEnteredReadsAsChanges(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for i := range 400 {
		f := &registry.Family{}
		if i > 0 {
			filled(r, reflect.ValueOf(&f.Record).Elem())
		}
		doc, err := writeRecord(f)
		if err != nil {
			t.Fatal(err)
		}
		note := strings.Repeat("ا", r.IntN(200))
		plain := appendEntered(nil, note, appendPacked(nil, doc))
		got, err := readChanges(plain)
		if err != nil {
			t.Fatal(err)
		}
		named, err := writeChanges(&AuditEntry{Changes: registry.AppendNew(nil, &f.Record), Note: note})
		if err != nil {
			t.Fatal(err)
		}
		if want, err := readChanges(named); err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("%s\ngot  %.300q\nwant %.300q, %v", doc, fmt.Sprint(got), fmt.Sprint(want), err)
		}
		if i%100 == 0 {
			for n := range len(plain) {
				if c, err := readChanges(plain[:n]); err == nil {
					t.Fatalf("the first %d of %d bytes were read as %+v", n, len(plain), c)
				}
			}
		}
	}
	for _, plain := range [][]byte{nil, {enteredV1}, {enteredV1, 0x80}, {enteredV1, 9, 'x'}, {enteredV1, 0, packV1, 0xff}, {enteredV1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1}} {
		if c, err := readChanges(plain); err == nil {
			t.Errorf("% x was read as %+v", plain, c)
		}
	}
}

func holdsCodec[T any](t *testing.T, c *codec[T], v *T) {
	t.Helper()
	want, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	got, err := c.append(nil, v)
	if err != nil || !bytes.Equal(got, want) {
		t.Fatalf("got  %s\nwant %s, %v", got, want, err)
	}
	holdsReading(t, c, want)
}

// holdsReading reads a document both ways.
func holdsReading[T any](t *testing.T, c *codec[T], doc []byte) {
	t.Helper()
	var got, want T
	err, wantErr := c.read(doc, &got), json.Unmarshal(doc, &want)
	if (err == nil) != (wantErr == nil) || err == nil && !reflect.DeepEqual(got, want) {
		t.Fatalf("%s\ngot  %+v, %v\nwant %+v, %v", doc, got, err, want, wantErr)
	}
}

// The quick way is taken for what this program writes, and gives way to encoding/json for all else.
func TestCodecGivesWay(t *testing.T) {
	for doc, quick := range map[string]bool{
		`{}`: true, `{"record":{}}`: true, `{"record":{"household":{"size":3}},"note":"x"}`: true, `{"record":{"lead":{"phones":[]}}}`: true,
		`{"record":{"lead":{"given_name":"a\"b\u0041"}}}`:        true,
		`{"note":"x","record":{}}`:                               false, // another order
		`{ "note":"x"}`:                                          false,
		`{"Note":"x"}`:                                           false, // encoding/json takes it
		`{"what":1}`:                                             false,
		`{"note":"x","note":"y"}`:                                false,
		`{"note":null}`:                                          false,
		`{"record":{"household":{"size":3.0}}}`:                  false,
		`{"record":{"household":{"size":03}}}`:                   false,
		`{"record":{"household":{"size":99999999999999999999}}}`: false,
		`{"record":{"lead":{"birth_date":"yesterday"}}}`:         false,
		`{"note":"x"} `:                                          false, `{"note":"x"`: false, `{"note":"x`: false, `{"note"`: false, ``: false, `[`: false, `{"record":{"lead":{"phones":[`: false,
	} {
		r := codecReader{s: doc}
		var v sealedRecord
		if got := recordCodec.root.read(&r, unsafe.Pointer(&v)) && r.i == len(doc); got != quick {
			t.Errorf("%s: read quickly %v, want %v", doc, got, quick)
		}
		holdsReading(t, recordCodec, []byte(doc))
	}
}

// FuzzCodec holds the quick reading to encoding/json over whatever is no damaged text: the documents were sealed, so that bytes that no program wrote do not
// come here.
func FuzzCodec(f *testing.F) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 20 {
		var rec sealedRecord
		filled(r, reflect.ValueOf(&rec).Elem())
		doc, err := json.Marshal(rec)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(doc)
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		if utf8.Valid(doc) && !slices.ContainsFunc(doc, func(c byte) bool { return c < ' ' }) {
			holdsReading(t, recordCodec, doc)
		}
	})
}

func TestNamelessPlaceholders(t *testing.T) {
	for query, want := range map[string]string{
		`INSERT INTO x (a, b) VALUES ($1, $2)`:                    `INSERT INTO x (a, b) VALUES (?, ?)`,
		`SELECT a FROM x WHERE b = $1 AND c <> '~' AND d IN ($2)`: `SELECT a FROM x WHERE b = ? AND c <> '~' AND d IN (?)`,
		`SELECT 1`:                                                        `SELECT 1`,
		`UPDATE x SET a = $2 WHERE b = $1`:                                `UPDATE x SET a = $2 WHERE b = $1`,
		`SELECT a FROM x WHERE $1 = 0 OR b = $1`:                          `SELECT a FROM x WHERE ? = 0 OR b = ?1`,
		`INSERT INTO x VALUES ($1, $2), ($3, $2), ($10, $2)`:              `INSERT INTO x VALUES ($1, $2), ($3, $2), ($10, $2)`,
		`INSERT INTO x VALUES ($1, $2), ($3, $2)`:                         `INSERT INTO x VALUES (?, ?), (?, ?2)`,
		`SELECT a FROM x WHERE b = $1 AND c = '$2'`:                       `SELECT a FROM x WHERE b = $1 AND c = '$2'`,
		`SELECT a FROM x WHERE b = $1 AND c = '?'`:                        `SELECT a FROM x WHERE b = $1 AND c = '?'`,
		`SELECT a FROM x WHERE b IN ($10)`:                                `SELECT a FROM x WHERE b IN ($10)`,
		fmt.Sprintf(`($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $%d)`, 11): `(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
	} {
		if got := namelessPlaceholders(query); got != want {
			t.Errorf("%s\ngot  %s\nwant %s", query, got, want)
		}
	}
}

// BenchmarkRecord reads and writes the record of a family as most are.
func BenchmarkRecord(b *testing.B) {
	doc := []byte(`{"record":{"case":{"channel":"social_unit","application_date":"2024-01-10","file_no":"296/2024","social_unit":"وحدة تونس"},"lead":{"given_name":"مصطفى",` +
		`"rest_of_name":"حسين إبراهيم الجندي","id_type":"eg_nid","id_number":"29011162600011","id_expiry":"2028-08-23","birth_date":"1990-11-16","sex":"m","nationality":"EG",` +
		`"marital_status":"married","breadwinner":"no","education":"preparatory","literacy":"yes","phones":[{"number":"+201500500073","use":"own"}]},"guardian":{},` +
		`"household":{"members":[{"name":"خديجة","relation":"wife","sex":"f","birth_year":1994}],"size":5,"dependents":4},"address":{"area":"EG-FYM","district":"مركز سنورس"},` +
		`"project":{"name":"طمي مصطفى","craft":"PT","activity":"فخار","stage":"operating","channels":["home","market"]},"skills":{},` +
		`"finance":{"est_value":1300000,"currency":"EGP"},"consents":[{"scope":"own_ministry","version":"2026-1","given":true,"date":"2024-01-10","how":"signature"}]}}`)
	var rec sealedRecord
	if err := json.Unmarshal(doc, &rec); err != nil {
		b.Fatal(err)
	}
	for name, run := range map[string]func() error{
		"write": func() error { _, err := recordCodec.append(make([]byte, 0, 2048), &rec); return err },
		"read":  func() error { var v sealedRecord; return recordCodec.read(doc, &v) },
		"pack":  func() error { packer().Append(nil, doc); return nil },
		"json":  func() error { var v sealedRecord; return json.Unmarshal(doc, &v) },
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := run(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// packedThen is what the document of TestDictionaryNeverChanges was packed to.
const packedThen = "4776b708146f6e6c696e6562630824d985d986d989227d7d7d"
