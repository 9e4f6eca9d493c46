package web

import (
	"reflect"

	"muntija/internal/web/schema"
)

// DecodeAPIBody reads a body of a type, for fuzzing.
func DecodeAPIBody(t reflect.Type, body []byte) (any, error) {
	set := schema.New(func(t reflect.Type) string { return t.Name() })
	return decodeBody(set, t, body)
}
