package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
)

// newFile writes a file that was not there, readable by its owner alone. What could not be written whole is not left behind; where the system knows files without a
// name (see openNameless), also not by a program that is killed.
func newFile(name string, write func(io.Writer) error) error {
	err := writeNew(name, write)
	switch {
	case errors.Is(err, os.ErrExist):
		return fmt.Errorf("%s is there already; no file is overwritten", name)
	case err != nil:
		return fmt.Errorf("writing %s: %w", name, err)
	}
	return nil
}

func writeNew(name string, write func(io.Writer) error) error {
	if _, err := os.Lstat(name); err == nil {
		return os.ErrExist // before the work, not after it
	}
	if f, ok := openNameless(name); ok {
		defer f.Close()
		if err := write(f); err != nil {
			return err
		}
		if err := nameFile(f, name); err == nil || errors.Is(err, os.ErrExist) {
			return err
		}
		if _, err := f.Seek(0, io.SeekStart); err != nil { // no way to a name on this system: copied
			return err
		}
		write = func(w io.Writer) error { _, err := io.Copy(w, f); return err }
	}
	f, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if err := errors.Join(write(f), f.Close()); err != nil {
		os.Remove(name)
		return err
	}
	return nil
}
