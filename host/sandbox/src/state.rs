use std::sync::Arc;

use bugle_task::{CancellationReason, Identity, Limits, RunInput, Seed, Timestamp};
use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};

use crate::RunControl;
use crate::control::Watchdog;
use crate::effects::Buffer;
use crate::limiter::Limiter;
use crate::log::LogBuffer;
use crate::meter::Meter;
use crate::wasi::Wasi;

/// Everything that one run has: what it was given, what it has used, and what it has done so far.
pub(crate) struct State {
    pub(crate) limits: Limits,
    pub(crate) meter: Meter,
    pub(crate) limiter: Limiter,
    pub(crate) buffer: Buffer,
    pub(crate) log: LogBuffer,
    pub(crate) random: ChaCha12Rng,
    pub(crate) wasi: Wasi,
    pub(crate) identity: Arc<Identity>,
    pub(crate) started_at: Timestamp,
    pub(crate) control: RunControl,
    pub(crate) watchdog: Watchdog,
    pub(crate) cancellation_seen: Option<CancellationReason>,
    pub(crate) progress: Option<u32>,
}

impl State {
    pub(crate) fn new(input: &RunInput, control: RunControl) -> Self {
        let Seed(seed) = input.seed;
        Self {
            meter: Meter::new(&input.limits),
            limiter: Limiter::new(&input.limits),
            buffer: Buffer::new(&input.snapshot, &input.limits),
            log: LogBuffer::new(&input.limits),
            random: ChaCha12Rng::from_seed(seed),
            wasi: Wasi::new(&input.limits),
            identity: Arc::new(input.identity.clone()),
            limits: input.limits.clone(),
            started_at: input.started_at,
            watchdog: Watchdog::new(control.clone(), &input.limits),
            control,
            cancellation_seen: None,
            progress: None,
        }
    }

    /// The next bytes of the run's own randomness. The caller bounds the count.
    pub(crate) fn random_bytes(&mut self, count: usize) -> Vec<u8> {
        let mut bytes = vec![0; count];
        self.random.fill_bytes(&mut bytes);
        bytes
    }
}
