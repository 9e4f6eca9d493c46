package web

import (
	"reflect"

	"muntija/internal/auth"
	"muntija/internal/web/schema"
)

// DecodeAPIBody reads a body of a type, for fuzzing.
func DecodeAPIBody(t reflect.Type, body []byte) (any, error) {
	set := schema.New(func(t reflect.Type) string { return t.Name() })
	return decodeBody(set, t, body)
}

// APIOperation is one operation of the interface, for tests.
type APIOperation struct {
	ID, Method, Path string
	Scope            auth.TokenScope
	Open, Match      bool
	Body             bool
}

// APIOperations returns all operations.
func APIOperations() []APIOperation {
	var out []APIOperation
	for _, r := range apiTable() {
		out = append(out, APIOperation{r.id, r.method, r.path, r.scope, r.open, r.match, r.body != nil})
	}
	return out
}
