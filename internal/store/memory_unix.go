//go:build unix

package store

import "syscall"

// mapMemory gives zeroed memory outside of the heap: the collector neither walks it nor counts it against the limit of the heap.
func mapMemory(n int) ([]byte, error) {
	return syscall.Mmap(-1, 0, n, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
}

func unmapMemory(b []byte) { _ = syscall.Munmap(b) }
