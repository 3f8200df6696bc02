use wasmtime::StoreContextMut;
use wasmtime::component::{ComponentType, LinkerInstance, Lower, Resource, ResourceType};

use super::{define_out_of_reach, poll, stdio};
use crate::meter::{Stop, charge, charge_words, charge_work};
use crate::state::State;

/// The most bytes of one write: the least that WASI wants of `blocking-write-and-flush`, and two
/// lines of the log.
const WRITE_BYTES_MAX: u64 = 4096;

/// Streams never fail, so that there is no value of this resource, and no guest can hold a handle
/// to one.
pub(super) enum StreamFailure {}

/// Standard input, which is at its end. There is no other input.
pub(super) enum InputStream {}

impl InputStream {
    /// The number behind its handle.
    pub(super) const STDIN: u32 = 0;
}

/// Where a guest can write to.
#[derive(Debug, Clone, Copy)]
pub(super) enum OutputStream {
    Stdout,
    Stderr,
}

impl OutputStream {
    const STDOUT: u32 = 0;
    const STDERR: u32 = 1;

    pub(super) fn to_handle(self) -> Resource<Self> {
        Resource::new_own(match self {
            Self::Stdout => Self::STDOUT,
            Self::Stderr => Self::STDERR,
        })
    }

    fn of_handle(handle: &Resource<Self>) -> Self {
        if handle.rep() == Self::STDERR { Self::Stderr } else { Self::Stdout }
    }
}

#[derive(ComponentType, Lower)]
#[component(variant)]
enum StreamError {
    #[component(name = "last-operation-failed")]
    #[expect(dead_code, reason = "it is a part of the type, but streams never fail")]
    LastOperationFailed(Resource<StreamFailure>),
    #[component(name = "closed")]
    Closed,
}

/// What a call on a stream gives the guest.
type Answer<T> = wasmtime::Result<(Result<T, StreamError>,)>;

type In = Resource<InputStream>;
type Out = Resource<OutputStream>;

fn read(mut store: StoreContextMut<'_, State>, (_, _count): (In, u64)) -> Answer<Vec<u8>> {
    charge(&mut store, 0)?;
    Ok((Err(StreamError::Closed),))
}

fn skip(mut store: StoreContextMut<'_, State>, (_, _count): (In, u64)) -> Answer<u64> {
    charge(&mut store, 0)?;
    Ok((Err(StreamError::Closed),))
}

/// A splice reads first, and there is nothing to read from but a stream that is closed.
fn splice(mut store: StoreContextMut<'_, State>, (_, _, _count): (Out, In, u64)) -> Answer<u64> {
    charge(&mut store, 0)?;
    Ok((Err(StreamError::Closed),))
}

fn check_write(mut store: StoreContextMut<'_, State>, (_,): (Out,)) -> Answer<u64> {
    charge_words(&mut store, 0)?;
    Ok((Ok(WRITE_BYTES_MAX),))
}

fn check_size(bytes: u64) -> wasmtime::Result<()> {
    if bytes > WRITE_BYTES_MAX {
        let what = "the guest wrote more to a stream at once than `check-write` allows";
        return Err(Stop::Misuse(what).into());
    }
    Ok(())
}

fn write(mut store: StoreContextMut<'_, State>, (stream, bytes): (Out, Vec<u8>)) -> Answer<()> {
    charge_words(&mut store, bytes.len())?;
    check_size(bytes.len() as u64)?;
    stdio::write(&mut store, OutputStream::of_handle(&stream), &bytes)?;
    Ok((Ok(()),))
}

fn write_zeroes(mut store: StoreContextMut<'_, State>, (stream, count): (Out, u64)) -> Answer<()> {
    charge(&mut store, 0)?;
    check_size(count)?;
    charge_work(&mut store, count)?;
    let count = usize::try_from(count).expect("it is at most 4,096");
    stdio::write(&mut store, OutputStream::of_handle(&stream), &vec![0; count])?;
    Ok((Ok(()),))
}

/// Has nothing to do: the log takes lines, and a part of a line waits for the rest.
fn flush(mut store: StoreContextMut<'_, State>, (_,): (Out,)) -> Answer<()> {
    charge_words(&mut store, 0)?;
    Ok((Ok(()),))
}

/// A stream has nothing but its handle.
fn close(mut store: StoreContextMut<'_, State>, _rep: u32) -> wasmtime::Result<()> {
    store.data_mut().wasi.handles.take_back();
    Ok(())
}

/// A stream is always ready: to be written to, or to say that it is closed.
fn subscribe<S: 'static>(
    mut store: StoreContextMut<'_, State>,
    (_,): (Resource<S>,),
) -> wasmtime::Result<(Resource<poll::Pollable>,)> {
    charge(&mut store, 0)?;
    Ok((poll::push(&mut store, 0)?,))
}

pub(super) fn define_error(error: &mut LinkerInstance<'_, State>) -> wasmtime::Result<()> {
    error.resource("error", ResourceType::host::<StreamFailure>(), |_, _| Ok(()))?;
    define_out_of_reach(error, &["[method]error.to-debug-string"])
}

pub(super) fn define(streams: &mut LinkerInstance<'_, State>) -> wasmtime::Result<()> {
    streams.resource("input-stream", ResourceType::host::<InputStream>(), close)?;
    streams.func_wrap("[method]input-stream.read", read)?;
    streams.func_wrap("[method]input-stream.blocking-read", read)?;
    streams.func_wrap("[method]input-stream.skip", skip)?;
    streams.func_wrap("[method]input-stream.blocking-skip", skip)?;
    streams.func_wrap("[method]input-stream.subscribe", subscribe::<InputStream>)?;

    streams.resource("output-stream", ResourceType::host::<OutputStream>(), close)?;
    streams.func_wrap("[method]output-stream.check-write", check_write)?;
    streams.func_wrap("[method]output-stream.write", write)?;
    streams.func_wrap("[method]output-stream.blocking-write-and-flush", write)?;
    streams.func_wrap("[method]output-stream.flush", flush)?;
    streams.func_wrap("[method]output-stream.blocking-flush", flush)?;
    streams.func_wrap("[method]output-stream.subscribe", subscribe::<OutputStream>)?;
    streams.func_wrap("[method]output-stream.write-zeroes", write_zeroes)?;
    streams.func_wrap("[method]output-stream.blocking-write-zeroes-and-flush", write_zeroes)?;
    streams.func_wrap("[method]output-stream.splice", splice)?;
    streams.func_wrap("[method]output-stream.blocking-splice", splice)
}
