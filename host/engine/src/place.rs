//! On which processors guests run. While quick apps have something to do, one processor is kept free of
//! the turns that do much: the store's writer, the doors and quick apps find it free at once, where a
//! thread that waits for a time slice waits for milliseconds.

#[cfg(target_os = "linux")]
pub(crate) use self::linux::Place;
#[cfg(not(target_os = "linux"))]
pub(crate) use self::other::Place;

#[cfg(target_os = "linux")]
mod linux {
    use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

    /// Where the calling thread may run.
    #[derive(Debug, Clone)]
    pub(crate) struct Place {
        all: CpuSet,
        but_one: CpuSet,
        /// None until it was said: a thread begins where the one was that started it.
        is_aside: Option<bool>,
    }

    impl Place {
        /// The processors of the calling thread; none if there is only one, or the system does not tell.
        pub(crate) fn of_this_thread() -> Option<Self> {
            let all = sched_getaffinity(None).ok().filter(|all| all.count() > 1)?;
            let mut but_one = all;
            but_one.unset((0..CpuSet::MAX_CPU).find(|processor| all.is_set(*processor))?);
            Some(Self { all, but_one, is_aside: None })
        }

        /// Leaves one processor to others, or goes back to all. Of the calling thread; where the system
        /// refuses, runs only compete as equals.
        pub(crate) fn set_aside(&mut self, is_aside: bool) {
            if self.is_aside != Some(is_aside) {
                let place = if is_aside { &self.but_one } else { &self.all };
                self.is_aside = sched_setaffinity(None, place).ok().map(|()| is_aside);
            }
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod other {
    /// Where the calling thread may run: everywhere.
    #[derive(Debug, Clone)]
    pub(crate) struct Place;

    impl Place {
        pub(crate) fn of_this_thread() -> Option<Self> {
            None
        }

        pub(crate) fn set_aside(&mut self, _is_aside: bool) {}
    }
}
