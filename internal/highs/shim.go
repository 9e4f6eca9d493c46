package highs

// hostModule and callbackName name the host function that HiGHS's callback ends in.
const (
	hostModule   = "muntija"
	callbackName = "callback"
	installName  = "install"
)

// shim returns a WebAssembly module that imports the host's callback and the function table of the instance named, and exports a function that grows the table
// by the callback and returns its index. In text form:
//
//	(import "muntija" "callback" (func $f (param i32 i32 i32 i32 i32)))
//	(import INSTANCE TABLE (table 0 funcref))
//	(elem declare func $f)
//	(func (export "install") (result i32) (table.grow (ref.func $f) (i32.const 1)))
func shim(instance, table string) []byte {
	const i32, funcref = 0x7f, 0x70
	name := func(s string) []byte { return append([]byte{byte(len(s))}, s...) } // all names are shorter than 128 bytes
	join := func(parts ...[]byte) []byte {
		var out []byte
		for _, p := range parts {
			out = append(out, p...)
		}
		return out
	}
	section := func(id byte, body []byte) []byte { // bodies are shorter than 128 bytes
		return append([]byte{id, byte(len(body))}, body...)
	}
	return join(
		[]byte("\x00asm\x01\x00\x00\x00"),
		section(1, []byte{2, 0x60, 5, i32, i32, i32, i32, i32, 0, 0x60, 0, 1, i32}),
		section(2, join([]byte{2}, name(hostModule), name(callbackName), []byte{0, 0}, name(instance), name(table), []byte{1, funcref, 0, 0})),
		section(3, []byte{1, 1}),
		section(7, join([]byte{1}, name(installName), []byte{0, 1})),
		section(9, []byte{1, 3, 0, 1, 0}),
		section(10, []byte{1, 9, 0, 0xd2, 0, 0x41, 1, 0xfc, 15, 0, 0x0b}),
	)
}
