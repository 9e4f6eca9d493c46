package cli

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

// A file that is being written has no name yet, so that a program that is killed leaves none behind; one that fails leaves none either, and none is overwritten.
func TestNewFile(t *testing.T) {
	dir := t.TempDir()
	names := func() (out []string) {
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			out = append(out, e.Name())
		}
		return out
	}
	name := filepath.Join(dir, "كشف.xlsx")
	failed := errors.New("failed")
	if err := newFile(name, func(io.Writer) error { return failed }); !errors.Is(err, failed) || len(names()) > 0 {
		t.Errorf("a write that failed: %v, %v", err, names())
	}
	err := newFile(name, func(w io.Writer) error {
		_, err := w.Write([]byte("whole"))
		if _, nameless := openNameless(name); nameless && runtime.GOOS == "linux" && len(names()) > 0 {
			t.Errorf("while it is written there is %v", names())
		}
		return err
	})
	if body, _ := os.ReadFile(name); err != nil || string(body) != "whole" {
		t.Errorf("got %q, %v", body, err)
	}
	if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("got %v, %v", info, err)
	}
	if err := newFile(name, func(io.Writer) error { t.Error("the work was done"); return nil }); err == nil {
		t.Error("a file was overwritten")
	}
}
