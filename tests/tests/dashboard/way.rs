//! A way to a door that can be cut.

use std::io;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use anyhow::Result;

/// What is connected; none while it is cut.
type Streams = Option<Vec<TcpStream>>;

/// Takes connections, and hands them on to a door. Those that come while it is cut end at once.
pub(crate) struct Way {
    /// Where it begins.
    pub(crate) start: SocketAddr,
    streams: Arc<Mutex<Streams>>,
}

impl Way {
    pub(crate) fn to(door: SocketAddr) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let start = listener.local_addr()?;
        let streams = Arc::new(Mutex::new(Some(Vec::new())));
        let shared = Arc::clone(&streams);
        // It ends with the process.
        thread::spawn(move || {
            for from in listener.incoming().map_while(io::Result::ok) {
                if let Some(streams) = lock(&shared).as_mut() {
                    // Where nobody is at the door, the connection ends too.
                    let _ = hand_on(from, door, streams);
                }
            }
        });
        Ok(Self { start, streams })
    }

    /// Ends all connections; how many there were.
    pub(crate) fn cut(&self) -> usize {
        let streams = lock(&self.streams).take().unwrap_or_default();
        for stream in &streams {
            // One that has ended already is as good.
            let _ = stream.shutdown(Shutdown::Both);
        }
        streams.len() / 2
    }

    pub(crate) fn mend(&self) {
        *lock(&self.streams) = Some(Vec::new());
    }
}

fn lock(streams: &Mutex<Streams>) -> MutexGuard<'_, Streams> {
    streams.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Copies in both directions, until either end ends.
fn hand_on(from: TcpStream, door: SocketAddr, streams: &mut Vec<TcpStream>) -> io::Result<()> {
    let to = TcpStream::connect(door)?;
    for (mut from, mut to) in
        [(from.try_clone()?, to.try_clone()?), (to.try_clone()?, from.try_clone()?)]
    {
        thread::spawn(move || {
            let _ = io::copy(&mut from, &mut to);
            let _ = to.shutdown(Shutdown::Write);
        });
    }
    streams.extend([from, to]);
    Ok(())
}
