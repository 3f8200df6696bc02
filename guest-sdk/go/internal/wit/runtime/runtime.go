//go:build wasip1

// Package runtime is the memory that the host and the generated bindings share.
package runtime

import "unsafe"

// What the host has written to, and nothing of Go's refers to yet.
var held []unsafe.Pointer

// The size of what the adapter between WASI preview 1 and 2 takes, once for its state and once
// for its stack. Nothing else that crosses here has it.
const adapterBytes = 64 << 10

// What the adapter takes, for as long as the instance lives. It is there from the start: to take it
// from the heap costs 300,000 units of fuel, more than a small task.
var (
	adapterMemory [2][adapterBytes / 8]uint64
	adapterTook   int
)

var isStarted = false

func init() { isStarted = true }

// Pinner holds what the host reads while it does, in place of Go's own: that marks every object that
// is pinned, which the collector, since it moves nothing, does not need, and takes a fifth of the
// fuel of a small task.
type Pinner struct {
	held []unsafe.Pointer
	// Room for what most calls have.
	first [4]unsafe.Pointer
}

// What is referred to from here is in the heap: stacks do move.
var inHeap unsafe.Pointer

// Pin holds what a pointer points to.
func (p *Pinner) Pin(pointer unsafe.Pointer) {
	inHeap = pointer
	if p.held == nil {
		p.held = p.first[:0]
	}
	p.held = append(p.held, pointer)
}

// Unpin lets go of all.
func (p *Pinner) Unpin() { *p = Pinner{} }

// Allocate gives memory that stays where it is until the pinner lets it go.
func Allocate(pinner *Pinner, size, align uintptr) unsafe.Pointer {
	if size == 0 {
		return nil
	}
	memory := allocate(size, align)
	pinner.Pin(memory)
	return memory
}

// Memory that Go takes for bytes or numbers: what it may refer to is held elsewhere.
func allocate(size, align uintptr) unsafe.Pointer {
	if align <= 1 {
		return unsafe.Pointer(unsafe.SliceData(make([]uint8, size)))
	}
	return unsafe.Pointer(unsafe.SliceData(make([]uint64, (size+7)/8)))
}

// Unpin lets go of what the host has written; by now it is in values of Go.
func Unpin() { held = held[:0] }

//go:linkname sbrk runtime.sbrk
func sbrk(size uintptr) unsafe.Pointer

// The host's way to memory for what it hands over. Go's collector moves nothing, so that holding a
// pointer is enough. The adapter comes before Go's runtime has started, when there is no heap yet.
//
//go:wasmexport cabi_realloc
func cabiRealloc(old unsafe.Pointer, oldSize, align, size uintptr) unsafe.Pointer {
	if size == adapterBytes && adapterTook < len(adapterMemory) {
		adapterTook++
		return unsafe.Pointer(&adapterMemory[adapterTook-1])
	}
	if !isStarted {
		memory := sbrk(size + align)
		return unsafe.Add(memory, -uintptr(memory)&(align-1))
	}
	if old != nil || oldSize != 0 {
		panic("the host grew memory that it was given, which it never does")
	}
	if size == 0 {
		return nil
	}
	memory := allocate(size, align)
	held = append(held, memory)
	return memory
}
