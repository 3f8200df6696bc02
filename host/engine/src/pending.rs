use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::sync::oneshot;

use crate::Error;

/// The answer to something that takes a while: await it on any runtime, or [`wait`](Self::wait) for
/// it where there is none. What was asked for goes on if it is dropped.
#[derive(Debug)]
#[must_use = "the answer may be an error"]
pub struct Pending<T>(State<T>);

#[derive(Debug)]
enum State<T> {
    Ready(Option<Result<T, Error>>),
    Waiting(oneshot::Receiver<Result<T, Error>>),
}

/// Where the answer to a [`Pending`] is put.
#[derive(Debug)]
pub(crate) struct Promise<T>(oneshot::Sender<Result<T, Error>>);

impl<T> Promise<T> {
    pub(crate) fn new() -> (Self, Pending<T>) {
        let (sender, receiver) = oneshot::channel();
        (Self(sender), Pending(State::Waiting(receiver)))
    }

    pub(crate) fn keep(self, answer: Result<T, Error>) {
        // Nobody waits any more: that is the asker's choice.
        let _ = self.0.send(answer);
    }
}

impl<T> Pending<T> {
    pub(crate) fn ready(answer: Result<T, Error>) -> Self {
        Self(State::Ready(Some(answer)))
    }

    /// Waits for the answer on this thread.
    ///
    /// # Errors
    ///
    /// Those of what was asked for; [`Error::Stopped`] if the host went away first.
    ///
    /// # Panics
    ///
    /// On a thread that drives an asynchronous runtime, where waiting would block others: await
    /// there.
    pub fn wait(self) -> Result<T, Error> {
        match self.0 {
            State::Ready(answer) => answer.unwrap_or(Err(Error::Stopped)),
            State::Waiting(receiver) => receiver.blocking_recv().unwrap_or(Err(Error::Stopped)),
        }
    }
}

impl<T> Unpin for Pending<T> {}

impl<T> Future for Pending<T> {
    type Output = Result<T, Error>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut self.0 {
            State::Ready(answer) => Poll::Ready(answer.take().unwrap_or(Err(Error::Stopped))),
            State::Waiting(receiver) => {
                Pin::new(receiver).poll(context).map(|answer| answer.unwrap_or(Err(Error::Stopped)))
            }
        }
    }
}

/// Does something that blocks on a thread of its own.
pub(crate) fn spawn<T: Send + 'static>(
    name: &str,
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Pending<T> {
    let (promise, pending) = Promise::new();
    let thread = std::thread::Builder::new().name(name.to_owned());
    match thread.spawn(move || promise.keep(work())) {
        Ok(_) => pending,
        Err(source) => Pending::ready(Err(Error::Thread { source })),
    }
}
