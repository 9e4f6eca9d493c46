//go:build !linux

package cli

import (
	"errors"
	"os"
)

func openNameless(string) (*os.File, bool) { return nil, false }

func nameFile(*os.File, string) error { return errors.ErrUnsupported }
