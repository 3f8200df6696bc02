//! When a future is told that it can go on, by the thread that has done what it waits for. What its own
//! thread waits for a processor after that is no part of it.

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Wake, Waker};
use std::time::Instant;

/// The future's output, and when it was told of it.
pub(crate) async fn told<F: Future>(future: F) -> (F::Output, Instant) {
    let mut future = pin!(future);
    let call = Arc::new(Call::default());
    let output = std::future::poll_fn(|context| call.poll(future.as_mut(), context)).await;
    let at = *call.at.lock().unwrap_or_else(PoisonError::into_inner);
    // One that was ready at once was told by nobody.
    (output, at.unwrap_or_else(Instant::now))
}

#[derive(Default)]
struct Call {
    waker: Mutex<Option<Waker>>,
    at: Mutex<Option<Instant>>,
}

impl Call {
    fn poll<F: Future>(
        self: &Arc<Self>,
        future: Pin<&mut F>,
        context: &Context<'_>,
    ) -> std::task::Poll<F::Output> {
        let waker = Some(context.waker().clone());
        *self.waker.lock().unwrap_or_else(PoisonError::into_inner) = waker;
        future.poll(&mut Context::from_waker(&Waker::from(Arc::clone(self))))
    }
}

impl Wake for Call {
    fn wake(self: Arc<Self>) {
        *self.at.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        let waker = self.waker.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}
