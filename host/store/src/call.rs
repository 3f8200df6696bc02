//! A call of the store on its way through the writer.

use crate::waiting::Share;
use crate::writer::{Kind, Request, Tx};
use crate::{Result, StoreError};

/// One call of a [`Store`](crate::Store).
pub(crate) struct Call<T, W, R: FnOnce(Result<T>)> {
    kind: Kind,
    share: Share,
    work: Option<W>,
    done: Option<Result<T>>,
    reply: Option<R>,
}

impl<T, W, R: FnOnce(Result<T>)> Call<T, W, R> {
    pub(crate) fn new(kind: Kind, share: Share, work: W, reply: R) -> Self {
        Self { kind, share, work: Some(work), done: None, reply: Some(reply) }
    }
}

impl<T, W, R> Request for Call<T, W, R>
where
    T: Send,
    W: FnOnce(&mut Tx<'_>) -> Result<T> + Send,
    R: FnOnce(Result<T>) + Send,
{
    fn kind(&self) -> Kind {
        self.kind
    }

    fn share(&self) -> Share {
        self.share
    }

    fn run(&mut self, tx: &mut Tx<'_>) -> Result<()> {
        let Some(work) = self.work.take() else { return Err(StoreError::Closed) };
        let done = work(tx);
        let outcome = done.as_ref().map(|_| ()).map_err(Clone::clone);
        self.done = Some(done);
        outcome
    }

    fn reply(mut self: Box<Self>, committed: Result<()>) {
        let done = self.done.take().unwrap_or(Err(StoreError::Closed));
        if let Some(reply) = self.reply.take() {
            reply(committed.and(done));
        }
    }
}

impl<T, W, R: FnOnce(Result<T>)> Drop for Call<T, W, R> {
    /// A call that the writer never came to is answered too.
    fn drop(&mut self) {
        if let Some(reply) = self.reply.take() {
            reply(Err(StoreError::Closed));
        }
    }
}
