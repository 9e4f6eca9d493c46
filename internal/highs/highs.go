// Package highs solves linear and mixed-integer programmes with HiGHS, which runs as WebAssembly inside of the process: no cgo, no child process, no file.
//
// Build a [Model], open one [Solver] per process with [New], let [Solver.Warm] compile in the background, call [Solver.Solve]. A [Result] has the values, the
// bound that is proven, the gap, and for linear programmes the duals. [Solver.Clash] finds a minimal set of groups of rows that cannot hold together.
//
// # Design
//
// The bytes in wasm/ come from the npm package "highs" (HiGHS of the University of Edinburgh, built with emscripten; both under the MIT licence, beside the
// bytes). "go generate" fetches the pinned version, checks its hash and writes abi.go; at load the SHA-256 of the embedded bytes is checked again. wazero, whose
// only door this package is, compiles them to machine code once per process, or takes the code from a folder: the first compile takes about two seconds, a
// cached one less than a tenth. Each solve runs in a fresh instance, so that nothing of an earlier one can change it: same model, same parameters, same result,
// unless a time limit cut it short. Models are passed through the C interface as arrays of float64, never as text.
//
// Progress, interruption and improving solutions come through HiGHS's callback. A C callback is an index into the function table of the module, and a host can
// not write to that; so a module of a few bytes (shim.go) that imports the table and the host function puts the one into the other.
//
// # Limits
//
// 32-bit memory (2 GiB at most, less by [Options]), one thread per solve. When a context or a time limit ends, HiGHS is asked to stop and gives its best point and bound; if
// it does not listen for 0.3 seconds it is left to itself, cut off when it next looks at the clock, and the best point that it had reported is returned. Executable memory is needed: where the system forbids it
// (systemd's MemoryDenyWriteExecute), Solve returns an Unavailable fault, and the caller must go on without proof.
package highs

import (
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"

	"github.com/tetratelabs/wazero"

	"muntija/internal/fault"
)

//go:generate go run generate.go

//go:embed wasm/highs.wasm
var wasm []byte

// Options are the settings of a solver.
type Options struct {
	CacheDir  string // folder for the compiled code, made if need be; "" keeps it in memory only. Whoever can write there can run code as this process.
	MemoryMiB int    // most memory of one solve, 1024 unless said, at most 2048
	Solves    int    // solves at one time, 1 unless said; others wait
}

// UserCache is a folder for the compiled code that lasts between runs: in the user's own cache, which nobody else may write to. "" if there is none.
func UserCache() string {
	dir, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	dir = filepath.Join(dir, "muntija")
	if os.MkdirAll(dir, 0o700) != nil {
		return ""
	}
	return dir
}

// Solver is a compiled HiGHS. It is safe for concurrent use.
type Solver struct {
	opt     Options
	slots   chan struct{}
	serial  atomic.Int64
	running atomic.Int64
	mu      sync.Mutex    // guards warm, and what follows once it is closed
	warm    chan struct{} // closed when compiled; nil before the first Warm
	err     error
	runtime wazero.Runtime
	code    wazero.CompiledModule
	cache   wazero.CompilationCache
}

// New returns a solver that compiles at its first use, or when Warm is called.
func New(o Options) *Solver {
	if o.MemoryMiB <= 0 {
		o.MemoryMiB = 1024
	}
	o.MemoryMiB = min(o.MemoryMiB, 2048)
	o.Solves = max(o.Solves, 1)
	return &Solver{opt: o, slots: make(chan struct{}, o.Solves)}
}

// Warm compiles the module unless that is done, and reports whether the solver can be used. If the context ends first, the compile goes on for those who come later. Call
// it in the background when the program starts.
func (s *Solver) Warm(ctx context.Context) error {
	s.mu.Lock()
	if s.warm == nil {
		s.warm = make(chan struct{})
		go func() {
			defer close(s.warm)
			s.err = s.compile(context.WithoutCancel(ctx))
		}()
	}
	warm := s.warm
	s.mu.Unlock()
	select {
	case <-warm:
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.err
	case <-ctx.Done():
		return fault.Wrap(ctx.Err(), fault.Unavailable, "error.solver_busy")
	}
}

func (s *Solver) compile(ctx context.Context) (err error) {
	defer func() {
		if p := recover(); p != nil { // wazero panics where it is not given executable memory
			err = fmt.Errorf("%v", p)
		}
		if err != nil {
			err = fault.Wrap(fmt.Errorf("compiling HiGHS: %w", err), fault.Unavailable, "error.solver_unavailable")
		}
	}()
	if sum := sha256.Sum256(wasm); hex.EncodeToString(sum[:]) != wasmSHA256 {
		return fmt.Errorf("the embedded bytes are not those of version %s", Version)
	}
	s.cache = nil
	if s.opt.CacheDir != "" && os.MkdirAll(s.opt.CacheDir, 0o700) == nil {
		if s.cache, err = wazero.NewCompilationCacheWithDir(s.opt.CacheDir); err != nil {
			s.cache = nil
		}
	}
	if s.cache == nil { // none wanted, or none can be kept: then each process compiles
		s.cache = wazero.NewCompilationCache()
	}
	config := wazero.NewRuntimeConfigCompiler().WithCompilationCache(s.cache).WithMemoryLimitPages(uint32(s.opt.MemoryMiB) * 16)
	s.runtime = wazero.NewRuntimeWithConfig(ctx, config)
	if s.code, err = s.runtime.CompileModule(ctx, wasm); err != nil {
		return err
	}
	return s.instantiateHost(ctx)
}

// Close frees the compiled code. No solve may be running; if one was left to itself and still does, or if it is compiling, that stays until
// the process ends.
func (s *Solver) Close(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.warm == nil {
		s.warm = make(chan struct{})
		close(s.warm)
		s.err = fault.New(fault.Unavailable, "error.solver_unavailable")
		return nil
	}
	select {
	case <-s.warm:
	default:
		return nil // it compiles yet
	}
	if s.runtime == nil || s.running.Load() > 0 {
		return nil
	}
	err := s.runtime.Close(ctx)
	if e := s.cache.Close(ctx); err == nil {
		err = e
	}
	s.runtime, s.err = nil, fault.New(fault.Unavailable, "error.solver_unavailable")
	return err
}
