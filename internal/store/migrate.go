package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"path"
	"sort"
	"strconv"
	"strings"

	"muntija/internal/fault"
)

//go:embed migrations/*.sql
var migrationFiles embed.FS

// migration is one step of the schema. Its text is never changed once it has been released: the checksum of what was applied is kept.
type migration struct {
	number int
	name   string
	text   string // with tokens
}

func (m migration) sum() string {
	h := sha256.Sum256([]byte(m.text))
	return hex.EncodeToString(h[:])
}

// migrations returns the steps for an engine in order: NNNN_name.sql for both, NNNN_name.<engine>.sql for one.
func migrations(engine string) ([]migration, error) {
	entries, err := fs.ReadDir(migrationFiles, "migrations")
	if err != nil {
		return nil, fmt.Errorf("reading migrations: %w", err)
	}
	var out []migration
	for _, e := range entries {
		name := strings.TrimSuffix(e.Name(), ".sql")
		if base, only, ok := strings.Cut(name, "."); ok {
			if only != engine {
				continue
			}
			name = base
		}
		n, err := strconv.Atoi(name[:4])
		if err != nil {
			return nil, fmt.Errorf("migration %s has no number", e.Name())
		}
		text, err := migrationFiles.ReadFile(path.Join("migrations", e.Name()))
		if err != nil {
			return nil, fmt.Errorf("reading migration: %w", err)
		}
		out = append(out, migration{number: n, name: name, text: string(text)})
	}
	sort.Slice(out, func(i, j int) bool { return out[i].number < out[j].number })
	for i, m := range out {
		if m.number != i+1 {
			return nil, fmt.Errorf("migration %d is missing or doubled", i+1)
		}
	}
	return out, nil
}

// statements splits a migration into single statements with the engine's words in place of the tokens. Statements end with ";" at the end
// of a line; comments are dropped.
func (d dialect) statements(text string) []string {
	var lines []string
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(strings.TrimSpace(line), "--") {
			lines = append(lines, line)
		}
	}
	var out []string
	for s := range strings.SplitSeq(strings.Join(lines, ""), ";\n") {
		if s = strings.TrimSpace(s); s != "" {
			out = append(out, d.tokens.Replace(s))
		}
	}
	return out
}

// migrate brings the schema up to this binary's. It refuses a database that a newer binary has migrated, and one whose applied steps are
// not the ones this binary knows.
func migrate(ctx context.Context, c *sql.Conn, d dialect) error {
	steps, err := migrations(d.name)
	if err != nil {
		return err
	}
	_, err = c.ExecContext(ctx, d.tokens.Replace(`CREATE TABLE IF NOT EXISTS schema_migration (
	number BIGINT NOT NULL PRIMARY KEY, name $text NOT NULL, checksum $text NOT NULL)`))
	if err != nil {
		return fmt.Errorf("making the table of migrations: %w", err)
	}
	if _, err := c.ExecContext(ctx, d.beginWrite); err != nil {
		return fmt.Errorf("beginning the migration: %w", err)
	}
	defer c.ExecContext(context.WithoutCancel(ctx), "ROLLBACK")
	applied, err := appliedMigrations(ctx, c)
	if err != nil {
		return err
	}
	for number, sum := range applied {
		if number > len(steps) {
			return fault.New(fault.State, "store.newer", number, len(steps))
		}
		if steps[number-1].sum() != sum {
			return fault.New(fault.State, "store.other_schema", number)
		}
	}
	for _, m := range steps {
		if _, done := applied[m.number]; done {
			continue
		}
		for _, s := range d.statements(m.text) {
			if _, err := c.ExecContext(ctx, s); err != nil {
				return fmt.Errorf("migration %s: %.60s: %w", m.name, s, err)
			}
		}
		_, err := c.ExecContext(ctx, `INSERT INTO schema_migration (number, name, checksum) VALUES ($1, $2, $3)`, m.number, m.name, m.sum())
		if err != nil {
			return fmt.Errorf("noting migration %s: %w", m.name, err)
		}
	}
	if _, err := c.ExecContext(ctx, "COMMIT"); err != nil {
		return fmt.Errorf("committing the migration: %w", err)
	}
	return nil
}

func appliedMigrations(ctx context.Context, c *sql.Conn) (map[int]string, error) {
	rows, err := c.QueryContext(ctx, `SELECT number, checksum FROM schema_migration`)
	if err != nil {
		return nil, fmt.Errorf("reading applied migrations: %w", err)
	}
	defer rows.Close()
	out := map[int]string{}
	for rows.Next() {
		var n int
		var sum string
		if err := rows.Scan(&n, &sum); err != nil {
			return nil, fmt.Errorf("reading applied migrations: %w", err)
		}
		out[n] = sum
	}
	return out, rows.Err()
}
