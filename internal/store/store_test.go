package store_test

import (
	"testing"

	"muntija/internal/store"
	"muntija/internal/store/storetest"
)

func TestSQLite(t *testing.T) {
	storetest.Run(t, func(t *testing.T) *store.DB { return storetest.Open(t) })
}

func TestPostgres(t *testing.T) {
	storetest.PostgresDSN(t) // skips here, once, rather than in every part
	storetest.Run(t, func(t *testing.T) *store.DB { return storetest.OpenAt(t, storetest.PostgresDSN(t), storetest.Keys(t)) })
}
