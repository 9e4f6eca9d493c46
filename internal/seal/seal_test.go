package seal

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"muntija/internal/fault"
)

// ring opens a new key file in a folder of the test.
func ring(t testing.TB) *Keyring {
	t.Helper()
	k, err := Open(filepath.Join(t.TempDir(), "keys", "muntija.key"))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// keyOf returns the message key of a fault.
func keyOf(err error) string {
	var f *fault.Error
	if errors.As(err, &f) {
		return f.Key
	}
	return ""
}

func TestSealOpen(t *testing.T) {
	k := ring(t)
	ad := Place("person", "id_no", 7)
	for _, plain := range []string{"", "29001011234567", strings.Repeat("منتجة ", 400)} {
		sealed := k.Seal([]byte(plain), ad)
		if got, want := len(sealed), len(plain)+Overhead; got != want {
			t.Errorf("sealed length %d, want %d", got, want)
		}
		if plain != "" && bytes.Contains(sealed, []byte(plain)) {
			t.Error("the sealed bytes show the plain ones")
		}
		got, err := k.Open(sealed, ad)
		if err != nil || string(got) != plain {
			t.Errorf("got %q, %v, want %q", got, err, plain)
		}
		if bytes.Equal(sealed, k.Seal([]byte(plain), ad)) {
			t.Error("the same value sealed twice gives the same bytes")
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	k, other := ring(t), ring(t)
	ad := Place("person", "id_no", 7)
	sealed := k.Seal([]byte("29001011234567"), ad)
	for i := range sealed { // one flipped bit anywhere
		bad := bytes.Clone(sealed)
		bad[i] ^= 1
		if got, err := k.Open(bad, ad); !errors.Is(err, ErrSealed) {
			t.Errorf("byte %d changed: got %q, %v, want ErrSealed", i, got, err)
		}
	}
	for n := range sealed { // cut short
		if _, err := k.Open(sealed[:n], ad); !errors.Is(err, ErrSealed) {
			t.Errorf("cut to %d: got %v, want ErrSealed", n, err)
		}
	}
	for _, wrong := range [][]byte{nil, Place("person", "id_no", 8), Place("person", "id_n", 7), Place("personi", "d_no", 7)} {
		if _, err := k.Open(sealed, wrong); !errors.Is(err, ErrSealed) {
			t.Errorf("place %q: got %v, want ErrSealed", wrong, err)
		}
	}
	if _, err := other.Open(sealed, ad); !errors.Is(err, ErrSealed) {
		t.Errorf("other keys: got %v, want ErrSealed", err)
	}
}

func TestKeyFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a", "b", "muntija.key")
	if Exists(path) {
		t.Fatal("a key file before the first start")
	}
	if _, err := OpenExisting(path); keyOf(err) != "seal.missing" || Exists(path) {
		t.Fatalf("data without keys: got %v, file made %v, want seal.missing and no file", err, Exists(path))
	}
	k, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if runtime.GOOS != "windows" {
		for p, want := range map[string]os.FileMode{path: 0o600, filepath.Dir(path): 0o700, filepath.Dir(filepath.Dir(path)): 0o700} {
			info, err := os.Stat(p)
			if err != nil {
				t.Fatal(err)
			}
			if got := info.Mode().Perm(); got != want {
				t.Errorf("%s: mode %04o, want %04o", filepath.Base(p), got, want)
			}
		}
	}
	if left, _ := filepath.Glob(path + ".*"); len(left) > 0 {
		t.Errorf("temporary files left: %v", left)
	}
	again, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := again.Fingerprint(), k.Fingerprint(); got != want || len(got) != 16 {
		t.Errorf("fingerprint %q after opening again, want %q", got, want)
	}
	if got, err := again.Open(k.Seal([]byte("x"), nil), nil); err != nil || string(got) != "x" {
		t.Errorf("opened again: got %q, %v", got, err)
	}
	if got, want := again.Blind("nid", "1"), k.Blind("nid", "1"); !bytes.Equal(got, want) {
		t.Errorf("blind index %x after opening again, want %x", got, want)
	}
	if ring(t).Fingerprint() == k.Fingerprint() {
		t.Error("two key files with one fingerprint")
	}
}

func TestKeyFileRefused(t *testing.T) {
	good := filepath.Join(t.TempDir(), "good.key")
	if _, err := Open(good); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		raw  []byte
		mode os.FileMode
		want string
	}{
		{"as made", raw, 0o600, ""},
		{"read only", raw, 0o400, ""},
		{"group may read", raw, 0o640, "seal.permissions"},
		{"all may read", raw, 0o604, "seal.permissions"},
		{"all may write", raw, 0o602, "seal.permissions"},
		{"empty", nil, 0o600, "seal.damaged"},
		{"half", raw[:len(raw)/2], 0o600, "seal.damaged"},
		{"last brace gone", raw[:len(raw)-2], 0o600, "seal.damaged"},
		{"twice", append(bytes.Clone(raw), raw...), 0o600, "seal.damaged"},
		{"later format", bytes.Replace(raw, []byte(`"format": 1`), []byte(`"format": 2`), 1), 0o600, "seal.damaged"},
		{"short secret", bytes.Replace(raw, []byte(`"root": "`), []byte(`"root": "AAAA`), 1), 0o600, "seal.damaged"},
		{"unknown field", bytes.Replace(raw, []byte(`"root"`), []byte(`"roof"`), 1), 0o600, "seal.damaged"},
		{"no keyset", []byte(`{"format":1}`), 0o600, "seal.damaged"},
		{"too long", bytes.Repeat([]byte(" "), maxFileSize+1), 0o600, "seal.damaged"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "k")
			if err := os.WriteFile(path, tt.raw, 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(path, tt.mode); err != nil {
				t.Fatal(err)
			}
			if tt.mode&0o077 != 0 && runtime.GOOS == "windows" {
				t.Skip("no permission bits")
			}
			_, err := Open(path)
			if got := keyOf(err); got != tt.want {
				t.Errorf("got %q (%v), want %q", got, err, tt.want)
			}
			if after, _ := os.ReadFile(path); !bytes.Equal(after, tt.raw) {
				t.Error("a refused file was changed")
			}
		})
	}
	if _, err := Open(t.TempDir()); keyOf(err) != "seal.damaged" {
		t.Errorf("a folder: got %v, want seal.damaged", err)
	}
}

func TestOpenTogether(t *testing.T) {
	path := filepath.Join(t.TempDir(), "d", "k")
	prints := make([]string, 16)
	var wg sync.WaitGroup
	for i := range prints {
		wg.Go(func() {
			k, err := Open(path)
			if err != nil {
				t.Error(err)
				return
			}
			prints[i] = k.Fingerprint()
		})
	}
	wg.Wait()
	for _, got := range prints {
		if got != prints[0] || got == "" {
			t.Fatalf("fingerprints %v, want one", prints)
		}
	}
}

func TestRotate(t *testing.T) {
	k := ring(t)
	second, err := Open(k.Path()) // another process on the same file
	if err != nil {
		t.Fatal(err)
	}
	old := k.Seal([]byte("old"), nil)
	blind, pub, derived := k.Blind("nid", "1"), k.PublicKey(), k.Derive("csrf")
	if !k.Current(old) {
		t.Error("fresh bytes are not current")
	}
	var wg sync.WaitGroup
	stop := make(chan struct{})
	for range 4 { // reading and writing go on meanwhile
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if got, err := k.Open(k.Seal([]byte("x"), nil), nil); err != nil || string(got) != "x" {
					t.Errorf("during rotation: got %q, %v", got, err)
					return
				}
			}
		})
	}
	for range 3 {
		if err := k.Rotate(); err != nil {
			t.Fatal(err)
		}
	}
	if err := second.Rotate(); err != nil {
		t.Fatal(err)
	}
	close(stop)
	wg.Wait()
	if k.Current(old) || k.Current(nil) {
		t.Error("old bytes are still called current")
	}
	if got, err := k.Open(old, nil); err != nil || string(got) != "old" {
		t.Errorf("old bytes: got %q, %v", got, err)
	}
	fresh := k.Seal([]byte("new"), nil)
	again, err := Open(k.Path())
	if err != nil {
		t.Fatal(err)
	}
	if got, want := again.Keys(), 5; got != want {
		t.Errorf("%d keys in the file, want %d: a rotation was lost", got, want)
	}
	for _, b := range [][]byte{old, fresh, second.Seal([]byte("2"), nil)} {
		if _, err := again.Open(b, nil); err != nil {
			t.Errorf("after starting again: %v", err)
		}
	}
	if again.Fingerprint() != k.Fingerprint() || !bytes.Equal(again.Blind("nid", "1"), blind) ||
		!bytes.Equal(again.PublicKey(), pub) || !bytes.Equal(again.Derive("csrf"), derived) {
		t.Error("rotating the sealing key changed another key")
	}
	if info, err := os.Stat(k.Path()); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("after rotation: %v, %v", info.Mode(), err)
	}
}

func TestBlind(t *testing.T) {
	k := ring(t)
	a := k.Blind("nid", "29001011234567")
	if len(a) != 16 || cap(a) != 16 {
		t.Errorf("length %d, capacity %d, want 16", len(a), cap(a))
	}
	if b := k.Blind("nid", "29001011234567"); !bytes.Equal(a, b) {
		t.Errorf("got %x then %x", a, b)
	}
	for _, o := range [][2]string{{"nid", "29001011234568"}, {"phone", "29001011234567"}, {"ni", "d29001011234567"}, {"", "nid29001011234567"}} {
		if b := k.Blind(o[0], o[1]); bytes.Equal(a, b) {
			t.Errorf("%q meets nid 29001011234567", o)
		}
	}
	if bytes.Equal(a, ring(t).Blind("nid", "29001011234567")) {
		t.Error("two keyrings give one index")
	}
	if bytes.Equal(a, k.MAC("nid", []byte("29001011234567"))[:16]) {
		t.Error("index and MAC share a key")
	}
}

func TestMACAndDerive(t *testing.T) {
	k := ring(t)
	m := k.MAC("export", []byte("row"))
	if len(m) != 32 || !k.CheckMAC("export", []byte("row"), m) {
		t.Errorf("own MAC of %d bytes refused", len(m))
	}
	for _, bad := range []bool{k.CheckMAC("import", []byte("row"), m), k.CheckMAC("export", []byte("rows"), m),
		k.CheckMAC("export", []byte("row"), m[:31]), k.CheckMAC("export", []byte("row"), nil), ring(t).CheckMAC("export", []byte("row"), m)} {
		if bad {
			t.Error("a wrong MAC is taken")
		}
	}
	if a, b := k.Derive("a"), k.Derive("b"); len(a) != 32 || bytes.Equal(a, b) || !bytes.Equal(a, k.Derive("a")) {
		t.Errorf("derived %x and %x", a, b)
	}
}

func TestSign(t *testing.T) {
	k := ring(t)
	msg := []byte("card/v1/EG-2026-000001")
	sig := k.Sign(msg)
	if !k.Verify(msg, sig) || !ed25519.Verify(k.PublicKey(), msg, sig) {
		t.Error("own signature refused")
	}
	bad := bytes.Clone(sig)
	bad[0] ^= 1
	for _, got := range []bool{k.Verify([]byte("card/v1/EG-2026-000002"), sig), k.Verify(msg, bad), k.Verify(msg, sig[:63]), k.Verify(msg, nil),
		ring(t).Verify(msg, sig), Verify(nil, msg, sig)} {
		if got {
			t.Error("a wrong signature is taken")
		}
	}
	k.PublicKey()[0] ^= 1
	if !k.Verify(msg, sig) {
		t.Error("a caller can change the key")
	}
}

func FuzzParse(f *testing.F) {
	path := filepath.Join(f.TempDir(), "k")
	if _, err := Open(path); err != nil {
		f.Fatal(err)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	f.Add([]byte(`{"format":1,"sealing":{"primaryKeyId":1,"key":[{}]}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		kf, set, err := parse(raw)
		if err != nil {
			return
		}
		if len(kf.Root) != secretSize || set.aead == nil {
			t.Error("taken without its keys")
		}
		ct, err := set.aead.Encrypt([]byte("x"), nil)
		if err != nil {
			t.Fatal(err)
		}
		if pt, err := set.aead.Decrypt(ct, nil); err != nil || string(pt) != "x" {
			t.Errorf("a taken key file does not seal: %q, %v", pt, err)
		}
	})
}

func BenchmarkSealOpen2K(b *testing.B) {
	k := ring(b)
	plain, ad := bytes.Repeat([]byte("x"), 2048), Place("family", "protected", 1)
	b.ReportAllocs()
	b.SetBytes(2048)
	for b.Loop() {
		if _, err := k.Open(k.Seal(plain, ad), ad); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkBlind(b *testing.B) {
	k := ring(b)
	b.ReportAllocs()
	for b.Loop() {
		k.Blind("nid", "29001011234567")
	}
}
