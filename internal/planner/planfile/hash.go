package planfile

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
)

// Hash returns the SHA-256 of a problem's JSON, in hexadecimal. A problem is made of values that always marshal.
func Hash(problem any) string {
	b, err := json.Marshal(problem)
	if err != nil {
		panic(err)
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
