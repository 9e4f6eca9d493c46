// Package seal keeps protected values unreadable at rest: it seals them, makes blind indexes for exact look-up, and signs cards.
//
// A newcomer needs four calls. [Open] reads the key file, or makes it on the first start. [Keyring.Seal] turns a value into bytes for the
// database and [Keyring.Open] turns them back. [Keyring.Blind] gives the sixteen bytes under which a national id, a phone or a licence is
// looked up and kept unique without being readable.
//
// # Design
//
// One JSON file holds four independent secrets: a Tink keyset of AES-256-GCM keys for sealing (one is primary, older ones still open what
// they sealed), a key for blind indexes, an Ed25519 seed for the signature on cards, and a root from which sub-keys for other purposes are
// derived (HKDF-SHA-256, RFC 5869). They are apart so that rotating the sealing key leaves every index, card and session valid.
//
// Sealed bytes are bound to where they stand by associated data: [Place] names table, column and row, so that a value copied from
// one family's row to another's does not open. A blind index is HMAC-SHA-256 cut to 16 bytes (chance of two of 10⁷ values meeting: below
// 10⁻²⁴) over the kind and the value, each with its length, so that the same digits as a phone and as an id give unlike indexes.
//
// The file is made whole under a temporary name, flushed, and linked to its final name, which fails if that name is taken: two processes that start at
// once agree on one file, and a crash never leaves half of one. On Unix a file that others may read is refused.
//
// # Limits
//
// Who has both the database and the key file reads everything: back them up apart. A lost key file cannot be made again: the fingerprint
// ([Keyring.Fingerprint]) that the store keeps beside the data says so at start, before anything is written under another key.
// A blind index shows that two rows hold the same value, and who holds the key can try all 14-digit ids. Another process that runs on
// the same file learns of a rotated key only when it is started again: stop the server, rotate, start. AES-GCM with random nonces is good for
// 2³² values a key (NIST SP 800-38D, 8.3); at a million families that is some three hundred rewrites of every protected value.
package seal

import (
	"bytes"
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"

	"muntija/internal/fault"
)

// ErrSealed is what [Keyring.Open] returns for bytes that it cannot open: sealed by another key, for another place, or changed since.
// It does not say which, because the three cannot be told apart.
var ErrSealed = errors.New("sealed value does not open: other key, other place, or changed bytes")

const (
	format      = 1       // of the key file
	secretSize  = 32      // bytes of root, blind key and signing seed
	blindSize   = 16      // bytes of a blind index
	maxFileSize = 1 << 20 // bytes; a keyset of a thousand rotations is smaller
	overhead    = 5 + 12 + 16
)

// Overhead is how many bytes a sealed value is longer than the plain one: key number, nonce and tag.
const Overhead = overhead

// file is the key file. Secrets are base64 in JSON; the keyset is Tink's own JSON form.
type file struct {
	Format  int             `json:"format"`
	Note    string          `json:"note"`
	Root    []byte          `json:"root"`
	Blind   []byte          `json:"blind"`
	Signing []byte          `json:"signing"`
	Sealing json.RawMessage `json:"sealing"`
}

const note = "Muntija keys. Without this file the protected values in the database cannot be read by anybody. Keep a copy apart from the database's."

// Keyring holds the open keys. It is safe for use by several goroutines.
type Keyring struct {
	path    string
	root    []byte
	signing ed25519.PrivateKey
	blind   macs
	mac     macs
	print   string

	rotate  sync.Mutex
	sealing atomic.Pointer[sealing]
}

// sealing is the current set of AES-GCM keys.
type sealing struct {
	aead    tink.AEAD
	primary uint32
	keys    int
}

// Exists reports whether there is something at path. A store that has data but no key file must not let [Open] make a new one: it calls
// [OpenExisting], which refuses.
func Exists(path string) bool {
	_, err := os.Lstat(path)
	return !errors.Is(err, fs.ErrNotExist)
}

// Open returns the keys in the file at path. If there is no file, it makes one with new keys, readable by its owner only, in a folder that
// only the owner may enter. Use it only for a database that holds no data yet; [OpenExisting] is for all others.
//
// It refuses, with a message for the person who runs the program, a file that others may read, and one that is damaged or cut short.
func Open(path string) (*Keyring, error) {
	if !Exists(path) {
		if err := create(path); err != nil && !errors.Is(err, fs.ErrExist) {
			return nil, fault.Wrap(err, fault.Unavailable, "seal.create", path)
		}
	}
	return OpenExisting(path)
}

// OpenExisting is [Open] for a database that already holds data: a missing file is an error and is not made anew.
func OpenExisting(path string) (*Keyring, error) {
	f, set, err := read(path)
	if err != nil {
		return nil, err
	}
	k := &Keyring{path: path, root: f.Root, signing: ed25519.NewKeyFromSeed(f.Signing)}
	k.sealing.Store(set)
	k.blind.init(f.Blind)
	k.mac.init(k.Derive("mac"))
	h := hmac.New(sha256.New, k.Derive("fingerprint"))
	h.Write(f.Blind)
	h.Write(k.PublicKey())
	k.print = hex.EncodeToString(h.Sum(nil)[:8])
	return k, nil
}

// read checks and parses the key file.
func read(path string) (*file, *sealing, error) {
	r, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, fault.Wrap(err, fault.State, "seal.missing", path)
	}
	if err != nil {
		return nil, nil, fault.Wrap(err, fault.Unavailable, "seal.unreadable", path)
	}
	defer r.Close()
	info, err := r.Stat()
	if err != nil {
		return nil, nil, fault.Wrap(err, fault.Unavailable, "seal.unreadable", path)
	}
	if !info.Mode().IsRegular() {
		return nil, nil, fault.New(fault.State, "seal.damaged", path)
	}
	// Windows has no such bits; there the folder's access list decides.
	if mode := info.Mode().Perm(); runtime.GOOS != "windows" && mode&0o077 != 0 {
		return nil, nil, fault.New(fault.State, "seal.permissions", path, fmt.Sprintf("%04o", mode))
	}
	raw, err := io.ReadAll(io.LimitReader(r, maxFileSize+1))
	if err != nil {
		return nil, nil, fault.Wrap(err, fault.Unavailable, "seal.unreadable", path)
	}
	f, set, err := parse(raw)
	if err != nil {
		return nil, nil, fault.Wrap(err, fault.State, "seal.damaged", path)
	}
	return f, set, nil
}

// parse reads the bytes of a key file. Its errors never quote the bytes.
func parse(raw []byte) (*file, *sealing, error) {
	if len(raw) > maxFileSize {
		return nil, nil, errors.New("key file is too long")
	}
	var f file
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(&f); err != nil {
		return nil, nil, errors.New("key file is not complete JSON")
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, nil, errors.New("key file goes on after its end")
	}
	if f.Format != format {
		return nil, nil, fmt.Errorf("key file has format %d, this program reads %d", f.Format, format)
	}
	if len(f.Root) != secretSize || len(f.Blind) != secretSize || len(f.Signing) != secretSize {
		return nil, nil, errors.New("a secret in the key file has the wrong length")
	}
	handle, err := insecurecleartextkeyset.Read(keyset.NewJSONReader(bytes.NewReader(f.Sealing)))
	if err != nil {
		return nil, nil, errors.New("the keyset in the key file cannot be read")
	}
	set, err := newSealing(handle)
	if err != nil {
		return nil, nil, err
	}
	return &f, set, nil
}

func newSealing(handle *keyset.Handle) (*sealing, error) {
	p, err := handle.Primary()
	if err != nil {
		return nil, fmt.Errorf("finding the primary key: %w", err)
	}
	a, err := aead.New(handle)
	if err != nil {
		return nil, fmt.Errorf("building the cipher: %w", err)
	}
	return &sealing{aead: a, primary: p.KeyID(), keys: handle.Len()}, nil
}

// create makes a key file with new keys; fs.ErrExist if there is one already.
func create(path string) error {
	handle, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		return fmt.Errorf("making the sealing key: %w", err)
	}
	f := &file{Format: format, Note: note, Root: random(secretSize), Blind: random(secretSize), Signing: random(secretSize)}
	return write(path, f, handle, os.Link)
}

// write stores the file whole: temporary name, flush, then place puts it at path (os.Link never replaces, os.Rename does).
func write(path string, f *file, handle *keyset.Handle, place func(from, to string) error) (err error) {
	var set bytes.Buffer
	if err := insecurecleartextkeyset.Write(handle, keyset.NewJSONWriter(&set)); err != nil {
		return fmt.Errorf("writing the keyset: %w", err)
	}
	f.Sealing = set.Bytes()
	raw, err := json.MarshalIndent(f, "", "  ")
	if err != nil {
		return fmt.Errorf("writing the key file: %w", err)
	}
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("making the key folder: %w", err)
	}
	tmp := fmt.Sprintf("%s.%s.new", path, hex.EncodeToString(random(6)))
	w, err := os.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("making the key file: %w", err)
	}
	defer os.Remove(tmp)
	_, err = w.Write(append(raw, '\n'))
	if err == nil {
		err = w.Sync()
	}
	if cerr := w.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return fmt.Errorf("writing the key file: %w", err)
	}
	if err := place(tmp, path); err != nil {
		return fmt.Errorf("placing the key file: %w", err)
	}
	if runtime.GOOS == "windows" {
		return nil // a folder cannot be flushed there
	}
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("flushing the key folder: %w", err)
	}
	defer d.Close()
	if err := d.Sync(); err != nil {
		return fmt.Errorf("flushing the key folder: %w", err)
	}
	return nil
}

// Path returns where the keys came from.
func (k *Keyring) Path() string { return k.path }

// Fingerprint returns sixteen hexadecimal digits that name these keys and tell nothing about them. It stays the same when the sealing key is rotated.
// The store keeps it beside its data and refuses to start under keys with another.
func (k *Keyring) Fingerprint() string { return k.print }

// Seal returns plain encrypted for the place that ad names (see [Place]). The same ad must be given to [Keyring.Open].
// The result is [Overhead] bytes longer than plain.
func (k *Keyring) Seal(plain, ad []byte) []byte {
	ct, err := k.sealing.Load().aead.Encrypt(plain, ad)
	if err != nil {
		// Only a text beyond 2³⁶ bytes fails here, and no caller can hold one.
		panic("seal: " + err.Error())
	}
	return ct
}

// Open returns what [Keyring.Seal] was given, or [ErrSealed].
func (k *Keyring) Open(sealed, ad []byte) ([]byte, error) {
	plain, err := k.sealing.Load().aead.Decrypt(sealed, ad)
	if err != nil {
		return nil, ErrSealed
	}
	return plain, nil
}

// Current reports whether sealed was made by today's primary key. After [Keyring.Rotate] the store seals again what is not current.
func (k *Keyring) Current(sealed []byte) bool {
	return len(sealed) >= overhead && sealed[0] == 1 && binary.BigEndian.Uint32(sealed[1:]) == k.sealing.Load().primary
}

// Keys returns how many sealing keys the ring holds: one, and one more for each rotation.
func (k *Keyring) Keys() int { return k.sealing.Load().keys }

// Rotate adds a new sealing key, makes it primary and rewrites the key file. Older keys still open what they sealed. The blind index, the card
// signature and derived keys do not change. Copy the new key file to its safe place before relying on it.
func (k *Keyring) Rotate() error {
	k.rotate.Lock()
	defer k.rotate.Unlock()
	// From the file, not from memory: a rotation by another process since the start must not be lost.
	f, _, err := read(k.path)
	if err != nil {
		return err
	}
	handle, err := insecurecleartextkeyset.Read(keyset.NewJSONReader(bytes.NewReader(f.Sealing)))
	if err != nil {
		return fmt.Errorf("reading the keyset: %w", err)
	}
	m := keyset.NewManagerFromHandle(handle)
	id, err := m.Add(aead.AES256GCMKeyTemplate())
	if err != nil {
		return fmt.Errorf("adding a sealing key: %w", err)
	}
	if err := m.SetPrimary(id); err != nil {
		return fmt.Errorf("choosing the new sealing key: %w", err)
	}
	next, err := m.Handle()
	if err != nil {
		return fmt.Errorf("building the keyset: %w", err)
	}
	set, err := newSealing(next)
	if err != nil {
		return err
	}
	if err := write(k.path, f, next, os.Rename); err != nil {
		return fault.Wrap(err, fault.Unavailable, "seal.create", k.path)
	}
	k.sealing.Store(set)
	return nil
}

// Place returns associated data that binds a sealed value to a column of a row, such as Place("person", "id_no", 1042).
func Place(table, column string, row int64) []byte {
	b := make([]byte, 0, len(table)+len(column)+16)
	b = appendText(b, table)
	b = appendText(b, column)
	return binary.BigEndian.AppendUint64(b, uint64(row))
}

// Blind returns the blind index of a value: 16 bytes that are the same for the same kind and value and tell nothing without the key. The value must
// be in its canonical form (digits only, E.164), because one blank more gives another index. Kind names the
// sort of value, such as "nid" or "phone"; indexes of two kinds never meet.
func (k *Keyring) Blind(kind, value string) []byte {
	return k.blind.sum(nil, kind, value)[:blindSize:blindSize]
}

// MAC returns 32 bytes that only these keys can make over data, for one purpose. [Keyring.CheckMAC] checks them.
func (k *Keyring) MAC(purpose string, data []byte) []byte { return k.mac.sum(nil, purpose, data) }

// CheckMAC reports, in constant time, whether mac is [Keyring.MAC] of the same purpose and data.
func (k *Keyring) CheckMAC(purpose string, data, mac []byte) bool {
	var buf [sha256.Size]byte
	return hmac.Equal(k.mac.sum(buf[:0], purpose, data), mac)
}

// Derive returns a 32-byte key for a purpose, always the same for these keys and unlike any other purpose's (HKDF-SHA-256).
func (k *Keyring) Derive(purpose string) []byte {
	key, err := hkdf.Key(sha256.New, k.root, nil, "muntija/v1/"+purpose, secretSize)
	if err != nil {
		panic("seal: " + err.Error()) // only a length beyond 255 hashes fails
	}
	return key
}

// Sign returns the 64-byte Ed25519 signature (RFC 8032) of msg. Callers put their purpose at the front of msg.
func (k *Keyring) Sign(msg []byte) []byte { return ed25519.Sign(k.signing, msg) }

// Verify reports whether sig is the signature of msg by these keys.
func (k *Keyring) Verify(msg, sig []byte) bool { return Verify(k.PublicKey(), msg, sig) }

// PublicKey returns the 32 bytes with which anybody can check a card without asking this server.
func (k *Keyring) PublicKey() []byte {
	return append([]byte(nil), k.signing.Public().(ed25519.PublicKey)...)
}

// Verify reports whether sig is the signature of msg by the holder of the public key. A key or signature of the wrong length is false.
func Verify(public, msg, sig []byte) bool {
	return len(public) == ed25519.PublicKeySize && len(sig) == ed25519.SignatureSize && ed25519.Verify(public, msg, sig)
}

// macs makes HMAC-SHA-256 sums from a pool: building the two key blocks anew each time costs as much as a short sum itself.
type macs struct{ pool sync.Pool }

// macState is one HMAC with a buffer for its input, so that a sum allocates nothing but its result.
type macState struct {
	h   hash.Hash
	buf []byte
}

func (m *macs) init(key []byte) {
	key = bytes.Clone(key)
	m.pool.New = func() any { return &macState{h: hmac.New(sha256.New, key)} }
}

func (m *macs) sum(dst []byte, kind string, value any) []byte {
	s := m.pool.Get().(*macState)
	defer m.pool.Put(s)
	s.h.Reset()
	s.buf = appendText(s.buf[:0], kind)
	switch v := value.(type) {
	case string:
		s.buf = append(s.buf, v...)
	case []byte:
		s.buf = append(s.buf, v...)
	}
	s.h.Write(s.buf)
	clear(s.buf) // a protected value must not linger in a pool
	return s.h.Sum(dst)
}

// appendText appends s behind its length, so that no two lists of texts run together into the same bytes.
func appendText(b []byte, s string) []byte {
	b = binary.AppendUvarint(b, uint64(len(s)))
	return append(b, s...)
}

func random(n int) []byte {
	b := make([]byte, n)
	rand.Read(b) // never fails (crypto/rand, since Go 1.24)
	return b
}
