package store

import (
	_ "embed"
	"fmt"
	"sync"

	"muntija/internal/fault"
	"muntija/internal/pack"
	"muntija/internal/seal"
)

// Documents are the JSON texts that stand sealed in a column: the record of a family, an assessment, the changes of an audit entry, the form of a draft, what
// the journal of an import says of a row. There are hundreds of thousands of each, and all say the same words in the same order. So they are packed
// against a dictionary of those words before they are sealed: to a third, an assessment to a tenth. What is not written need not be sealed, summed, written
// twice and read again, which is most of what an import or a re-check of a whole country did.
//
// A packed document begins with the number of its dictionary; JSON never begins with such a byte, so that documents of before are read as they are. A
// dictionary is never changed, because what was packed by it could not be read any more: a better one gets the next number. It holds no person's data.

const packV1 = 1

//go:embed document.v1.dict
var dictV1 []byte

var packer = sync.OnceValue(func() *pack.Dict { return pack.NewDict(dictV1) })

// packSmallest is the length in bytes from which packing is worth it.
const packSmallest = 48

// docBuffers hold documents and what they are packed into on their way to being sealed.
var docBuffers = sync.Pool{New: func() any { return new([]byte) }}

// sealDoc seals a document for its place, see [seal.Place] and rowPlace.
func (db *DB) sealDoc(plain, place []byte) []byte {
	buf := docBuffers.Get().(*[]byte)
	defer docBuffers.Put(buf)
	*buf = appendPacked((*buf)[:0], plain)
	sealed := db.keys.Seal(*buf, place)
	clear(*buf) // a protected value must not linger in a pool
	return sealed
}

// appendPacked appends to b a document as it is sealed: packed if that is worth it.
func appendPacked(b, plain []byte) []byte {
	if len(plain) < packSmallest && (len(plain) == 0 || plain[0] != packV1) {
		return append(b, plain...)
	}
	return packer().Append(append(b, packV1), plain)
}

// openDoc opens what sealDoc sealed, or a document that was sealed before there was packing.
func openDoc(keys *seal.Keyring, table, column string, sealed, place []byte) ([]byte, error) {
	plain, err := opened(table, column)(keys.Open(sealed, place))
	if err != nil {
		return nil, err
	}
	if plain, err = unpack(plain); err != nil {
		return nil, fault.Wrap(fmt.Errorf("unpacking %s.%s: %w", table, column, err), fault.Internal, "error.internal")
	}
	return plain, nil
}

// unpack gives back what appendPacked was given.
func unpack(packed []byte) ([]byte, error) {
	if len(packed) == 0 || packed[0] != packV1 {
		return packed, nil
	}
	return packer().Decode(packed[1:])
}

func (tx *Tx) sealDocID(table, column string, id int64, plain []byte) []byte {
	return tx.db.sealDoc(plain, seal.Place(table, column, id))
}

func (tx *Tx) openDocID(table, column string, id int64, sealed []byte) ([]byte, error) {
	return openDoc(tx.db.keys, table, column, sealed, seal.Place(table, column, id))
}

func (tx *Tx) sealDocRow(table, column, uid string, plain []byte) []byte {
	return tx.db.sealDoc(plain, rowPlace(table, column, uid))
}

func (tx *Tx) openDocRow(table, column, uid string, sealed []byte) ([]byte, error) {
	return openDoc(tx.db.keys, table, column, sealed, rowPlace(table, column, uid))
}
