//! On which processors threads run. While quick apps have something to do, one processor is kept free of
//! the turns that do much: the store's writer and quick apps find it free at once, where a thread that waits
//! for a time slice waits for milliseconds.

#[cfg(target_os = "linux")]
pub(crate) use self::linux::Place;
#[cfg(not(target_os = "linux"))]
pub(crate) use self::other::Place;

/// Which processors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stand {
    Anywhere,
    /// On all but the one that is kept free.
    Aside,
    /// On the one that is kept free.
    Kept,
}

#[cfg(target_os = "linux")]
mod linux {
    use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

    use super::Stand;

    /// Where a thread may run.
    #[derive(Debug, Clone)]
    pub(crate) struct Place {
        all: CpuSet,
        aside: CpuSet,
        kept: CpuSet,
        /// None until it was said: a thread begins where the one was that started it.
        stand: Option<Stand>,
    }

    impl Place {
        /// The processors of the calling thread; none if there is only one, or the system does not tell.
        pub(crate) fn of_this_thread() -> Option<Self> {
            let all = sched_getaffinity(None).ok().filter(|all| all.count() > 1)?;
            let first = (0..CpuSet::MAX_CPU).find(|processor| all.is_set(*processor))?;
            let (mut aside, mut kept) = (all, CpuSet::new());
            aside.unset(first);
            kept.set(first);
            Some(Self { all, aside, kept, stand: None })
        }

        pub(crate) fn is_of_two(&self) -> bool {
            self.all.count() == 2
        }

        /// Moves the calling thread. Where the system refuses, threads only compete as equals.
        pub(crate) fn go(&mut self, stand: Stand) {
            if self.stand == Some(stand) {
                return;
            }
            let processors = match stand {
                Stand::Anywhere => &self.all,
                Stand::Aside => &self.aside,
                Stand::Kept => &self.kept,
            };
            self.stand = sched_setaffinity(None, processors).ok().map(|()| stand);
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod other {
    use super::Stand;

    /// Where a thread may run: everywhere.
    #[derive(Debug, Clone)]
    pub(crate) struct Place;

    impl Place {
        pub(crate) fn of_this_thread() -> Option<Self> {
            None
        }

        pub(crate) fn is_of_two(&self) -> bool {
            false
        }

        pub(crate) fn go(&mut self, _stand: Stand) {}
    }
}
