package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"unsafe"
)

// Of package golang.org/x/sys/unix, which the program does not need otherwise; the numbers are those of all Linux systems that Go knows.
const (
	tmpFile       = 0x400000 | syscall.O_DIRECTORY // O_TMPFILE
	atFDCWD       = -100
	symlinkFollow = 0x400
)

// openNameless opens a file in the folder of name that has no name yet: the system drops it with the program that has it open (open(2), O_TMPFILE). false: not on
// this file system.
func openNameless(name string) (*os.File, bool) {
	f, err := os.OpenFile(filepath.Dir(name), os.O_RDWR|tmpFile, 0o600)
	return f, err == nil
}

// nameFile gives such a file its name, unless something has it.
func nameFile(f *os.File, name string) error {
	from, err := syscall.BytePtrFromString(fmt.Sprintf("/proc/self/fd/%d", f.Fd()))
	if err != nil {
		return err
	}
	to, err := syscall.BytePtrFromString(name)
	if err != nil {
		return err
	}
	at := atFDCWD
	if _, _, e := syscall.Syscall6(syscall.SYS_LINKAT, uintptr(at), uintptr(unsafe.Pointer(from)), uintptr(at), uintptr(unsafe.Pointer(to)), symlinkFollow, 0); e != 0 {
		return e
	}
	return nil
}
