package store

import (
	"context"
	"muntija/internal/seal"
)

func (db *DB) Backup(ctx context.Context, path string) error                 { panic("soon") }
func Restore(ctx context.Context, from, to string, keys *seal.Keyring) error { panic("soon") }
func Move(ctx context.Context, from, to *DB) error                           { panic("soon") }
func (db *DB) Doctor(ctx context.Context) ([]Finding, error)                 { panic("soon") }
func (db *DB) Ready(ctx context.Context) error                               { panic("soon") }
func (db *DB) Stats(ctx context.Context) Stats                               { panic("soon") }
