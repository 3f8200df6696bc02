// Package types has the types of the component model that Go lacks, as the generated bindings use
// them.
package types

const (
	OptionNone = 0
	OptionSome = 1

	ResultOk  = 0
	ResultErr = 1
)

// Unit is a value that says nothing.
type Unit struct{}

// Option is a value that may be missing.
type Option[T any] struct {
	tag   uint8
	value T
}

func None[T any]() Option[T]        { return Option[T]{} }
func Some[T any](value T) Option[T] { return Option[T]{OptionSome, value} }

func (o Option[T]) Tag() uint8 { return o.tag }

// Some panics if there is no value.
func (o Option[T]) Some() T {
	if o.tag != OptionSome {
		panic("an option without a value")
	}
	return o.value
}

// Result is a value or an error.
type Result[T, E any] struct {
	tag uint8
	ok  T
	err E
}

func Ok[T, E any](ok T) Result[T, E]   { return Result[T, E]{tag: ResultOk, ok: ok} }
func Err[T, E any](err E) Result[T, E] { return Result[T, E]{tag: ResultErr, err: err} }

func (r Result[T, E]) Tag() uint8 { return r.tag }

// Ok panics if the result is an error.
func (r Result[T, E]) Ok() T {
	if r.tag != ResultOk {
		panic("a result that is an error")
	}
	return r.ok
}

// Err panics if the result is no error.
func (r Result[T, E]) Err() E {
	if r.tag != ResultErr {
		panic("a result that is no error")
	}
	return r.err
}
