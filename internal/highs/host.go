package highs

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/tetratelabs/wazero/api"
)

// Numbers of errors as emscripten's C library knows them.
const (
	errnoBadFile = 8
	errnoNoEntry = 44
)

// errStop is what a host function panics with to cut a run off.
var errStop = errors.New("cut off")

// hostFuncs are the functions that the module imports, by their C names. The module sees no file, no environment and no clock but these.
var hostFuncs = map[string]func(r *run, mod api.Module, stack []uint64){
	"cxa_throw": func(*run, api.Module, []uint64) { panic(errors.New("HiGHS threw an exception")) },
	"abort_js":  func(*run, api.Module, []uint64) { panic(errors.New("HiGHS aborted")) },
	"exit":      func(_ *run, _ api.Module, s []uint64) { panic(fmt.Errorf("HiGHS exited with %d", int32(s[0]))) },
	"proc_exit": func(_ *run, _ api.Module, s []uint64) { panic(fmt.Errorf("HiGHS exited with %d", int32(s[0]))) },

	"emscripten_get_now": func(r *run, _ api.Module, s []uint64) {
		s[0] = math.Float64bits(float64(r.clock()) / 1e6)
	},
	"emscripten_date_now": func(r *run, _ api.Module, s []uint64) {
		s[0] = math.Float64bits(float64(r.clock()) / 1e6) // no date: HiGHS prints it only, and results must not hold it
	},
	"clock_time_get": func(r *run, mod api.Module, s []uint64) {
		mod.Memory().WriteUint64Le(uint32(s[2]), uint64(r.clock()))
		s[0] = 0
	},
	"setitimer_js":                       func(_ *run, _ api.Module, s []uint64) { s[0] = 0 },
	"emscripten_runtime_keepalive_clear": func(*run, api.Module, []uint64) {},
	"tzset_js": func(_ *run, mod api.Module, s []uint64) {
		mod.Memory().WriteUint32Le(uint32(s[0]), 0)
		mod.Memory().WriteUint32Le(uint32(s[1]), 0)
		mod.Memory().Write(uint32(s[2]), []byte("UTC\x00"))
		mod.Memory().Write(uint32(s[3]), []byte("UTC\x00"))
	},
	"emscripten_resize_heap": func(r *run, mod api.Module, s []uint64) {
		want, have := s[0]&math.MaxUint32, uint64(mod.Memory().Size())
		s[0] = 0
		if want <= have {
			s[0] = 1
			return
		}
		// A fifth more than asked saves growing again; if that is over the limit, what was asked is tried.
		for _, size := range []uint64{max(want, have+have/5), want} {
			if _, ok := mod.Memory().Grow(uint32((size - have + 65535) / 65536)); ok {
				s[0] = 1
				return
			}
		}
		r.full = true
	},
	"environ_get": func(_ *run, _ api.Module, s []uint64) { s[0] = 0 },
	"environ_sizes_get": func(_ *run, mod api.Module, s []uint64) {
		mod.Memory().WriteUint32Le(uint32(s[0]), 0)
		mod.Memory().WriteUint32Le(uint32(s[1]), 0)
		s[0] = 0
	},
	"syscall_openat":  func(_ *run, _ api.Module, s []uint64) { s[0] = api.EncodeI32(-errnoNoEntry) },
	"syscall_fcntl64": func(_ *run, _ api.Module, s []uint64) { s[0] = api.EncodeI32(-errnoBadFile) },
	"syscall_ioctl":   func(_ *run, _ api.Module, s []uint64) { s[0] = api.EncodeI32(-errnoBadFile) },
	"fd_close":        func(_ *run, _ api.Module, s []uint64) { s[0] = errnoBadFile },
	"fd_read":         func(_ *run, _ api.Module, s []uint64) { s[0] = errnoBadFile },
	"fd_seek":         func(_ *run, _ api.Module, s []uint64) { s[0] = errnoBadFile },
	"fd_write": func(r *run, mod api.Module, s []uint64) {
		fd, vec, n, out := uint32(s[0]), uint32(s[1]), uint32(s[2]), uint32(s[3])
		s[0] = errnoBadFile
		if fd != 1 && fd != 2 {
			return
		}
		total := uint32(0)
		for i := range n {
			at, ok1 := mod.Memory().ReadUint32Le(vec + 8*i)
			size, ok2 := mod.Memory().ReadUint32Le(vec + 8*i + 4)
			text, ok3 := mod.Memory().Read(at, size)
			if !ok1 || !ok2 || !ok3 {
				return
			}
			r.write(text)
			total += size
		}
		mod.Memory().WriteUint32Le(out, total)
		s[0] = 0
	},
}

type runKey struct{}

// instantiateHost offers the host functions under the short names that the module wants, each with the type that the module says.
func (s *Solver) instantiateHost(ctx context.Context) error {
	builders := map[string]int{}
	b := s.runtime.NewHostModuleBuilder("a")
	for _, def := range s.code.ImportedFunctions() {
		module, short, _ := def.Import()
		f := hostFuncs[hostNames[short]]
		if module != "a" || f == nil {
			return fmt.Errorf("the module wants %s.%s (%q), which is not offered: run go generate", module, short, hostNames[short])
		}
		builders[short]++
		b = b.NewFunctionBuilder().WithGoModuleFunction(api.GoModuleFunc(func(ctx context.Context, mod api.Module, stack []uint64) {
			f(ctx.Value(runKey{}).(*run), mod, stack)
		}), def.ParamTypes(), def.ResultTypes()).Export(short)
	}
	if len(builders) == 0 {
		return errors.New("the module imports nothing")
	}
	if _, err := b.Instantiate(ctx); err != nil {
		return err
	}
	five := []api.ValueType{api.ValueTypeI32, api.ValueTypeI32, api.ValueTypeI32, api.ValueTypeI32, api.ValueTypeI32}
	_, err := s.runtime.NewHostModuleBuilder(hostModule).NewFunctionBuilder().WithGoModuleFunction(api.GoModuleFunc(func(ctx context.Context, _ api.Module, stack []uint64) {
		ctx.Value(runKey{}).(*run).callback(ctx, int(int32(stack[0])), uint32(stack[2]), uint32(stack[3]))
	}), five, nil).Export(callbackName).Instantiate(ctx)
	return err
}

// clock returns the nanoseconds since the run began. HiGHS looks at the clock all the time, so this is also where a run that does not heed its end is cut off.
func (r *run) clock() int64 {
	if d := r.ended.Load(); d != 0 && time.Since(r.began) > time.Duration(d)+grace {
		panic(errStop)
	}
	return int64(time.Since(r.began))
}

// write passes complete lines of HiGHS's log on.
func (r *run) write(text []byte) {
	r.mu.Lock()
	left := r.left
	r.mu.Unlock()
	if r.log == nil || left {
		return
	}
	r.line.Write(text)
	for {
		line, rest, ok := strings.Cut(r.line.String(), "\n")
		if !ok {
			return
		}
		r.line.Reset()
		r.line.WriteString(rest)
		r.log(line)
	}
}

func putFloats(b []byte, v []float64) {
	for i, x := range v {
		binary.LittleEndian.PutUint64(b[8*i:], math.Float64bits(x))
	}
}

func putInts(b []byte, v []int32) {
	for i, x := range v {
		binary.LittleEndian.PutUint32(b[4*i:], uint32(x))
	}
}

func floats(b []byte) []float64 {
	out := make([]float64, len(b)/8)
	for i := range out {
		out[i] = math.Float64frombits(binary.LittleEndian.Uint64(b[8*i:]))
	}
	return out
}
