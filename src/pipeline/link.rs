//! Links between stages: lossless for files, newest-only for live pictures.

use crossbeam_channel::{self as channel, RecvTimeoutError, TrySendError};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Weak};
use std::time::Duration;

/// What a full link does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policy {
    /// The sender waits. Nothing is lost.
    Wait {
        /// How many items may wait.
        depth: usize,
    },
    /// The oldest waiting item is thrown away and counted. Latency stays bounded.
    Newest,
    /// As `Newest`, but so many may wait: for a receiver that is fast enough though not at every moment.
    Recent {
        /// How many items may wait.
        depth: usize,
    },
}

/// The other end is gone; the sender should stop quietly.
#[derive(Debug, PartialEq, Eq)]
pub struct Closed;

/// The end items go in. Dropping it ends the stream.
pub struct Sender<T> {
    tx: channel::Sender<T>,
    /// Lets the sender evict. Weak, because a strong receiver would hide that the real one is gone.
    evict: Option<Weak<channel::Receiver<T>>>,
    dropped: Arc<AtomicU64>,
}

/// The end items come out. Dropping it tells the sender to stop.
pub struct Receiver<T>(Arc<channel::Receiver<T>>);

/// A new link.
#[must_use]
pub fn link<T>(policy: Policy) -> (Sender<T>, Receiver<T>) {
    let depth = match policy {
        Policy::Wait { depth } | Policy::Recent { depth } => depth,
        Policy::Newest => 1,
    };
    let (tx, rx) = channel::bounded(depth);
    let rx = Arc::new(rx);
    let evict = (!matches!(policy, Policy::Wait { .. })).then(|| Arc::downgrade(&rx));
    (Sender { tx, evict, dropped: Arc::default() }, Receiver(rx))
}

impl<T> Sender<T> {
    /// Hands `item` over; waits or evicts when the link is full.
    ///
    /// # Errors
    /// [`Closed`] once the receiver is gone.
    pub fn send(&self, item: T) -> Result<(), Closed> {
        let Some(evict) = &self.evict else {
            return self.tx.send(item).map_err(|_| Closed);
        };
        let mut item = item;
        loop {
            match self.tx.try_send(item) {
                Ok(()) => return Ok(()),
                Err(TrySendError::Disconnected(_)) => return Err(Closed),
                Err(TrySendError::Full(back)) => {
                    let oldest = evict.upgrade().ok_or(Closed)?.try_recv();
                    self.dropped.fetch_add(u64::from(oldest.is_ok()), Relaxed);
                    item = back;
                }
            }
        }
    }
    /// How many items were thrown away.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Relaxed)
    }
    /// The count behind [`Sender::dropped`], to be read while another thread has the sender.
    #[must_use]
    pub fn drops(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.dropped)
    }
}

impl<T> Receiver<T> {
    /// Waits for the next item; `None` once the sender is gone and the link is empty.
    #[must_use]
    pub fn recv(&self) -> Option<T> {
        self.0.recv().ok()
    }
    /// Waits for the next item, but not for longer than `timeout`: then `Ok(None)`.
    ///
    /// # Errors
    /// [`Closed`] once the sender is gone and the link is empty.
    pub fn recv_for(&self, timeout: Duration) -> Result<Option<T>, Closed> {
        match self.0.recv_timeout(timeout) {
            Ok(item) => Ok(Some(item)),
            Err(RecvTimeoutError::Timeout) => Ok(None),
            Err(RecvTimeoutError::Disconnected) => Err(Closed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn newest_keeps_the_newest() {
        let (tx, rx) = link(Policy::Newest);
        for i in 0..5 {
            tx.send(i).unwrap();
        }
        assert_eq!((rx.recv(), tx.dropped()), (Some(4), 4));
    }

    #[test]
    fn recent_keeps_as_many_as_it_says() {
        let (tx, rx) = link(Policy::Recent { depth: 3 });
        let drops = tx.drops();
        (0..5).for_each(|i| tx.send(i).unwrap());
        drop(tx);
        let wait = || rx.recv_for(Duration::from_millis(1));
        assert_eq!([wait(), wait(), wait(), wait()], [Ok(Some(2)), Ok(Some(3)), Ok(Some(4)), Err(Closed)]);
        assert_eq!(drops.load(Relaxed), 2);
    }

    #[test]
    fn waiting_ends_in_time() {
        let (tx, rx) = link::<u8>(Policy::Newest);
        assert_eq!(rx.recv_for(Duration::from_millis(1)), Ok(None));
        drop(tx);
    }

    #[test]
    fn newest_notices_a_gone_receiver() {
        let (tx, rx) = link(Policy::Newest);
        tx.send(1).unwrap();
        drop(rx);
        assert_eq!(tx.send(2), Err(Closed));
    }

    #[test]
    fn wait_loses_nothing_and_keeps_order() {
        let (tx, rx) = link(Policy::Wait { depth: 2 });
        let sender = std::thread::spawn(move || (0..1000).for_each(|i| tx.send(i).unwrap()));
        let got: Vec<i32> = std::iter::from_fn(|| rx.recv()).collect();
        sender.join().unwrap();
        assert_eq!(got, (0..1000).collect::<Vec<_>>());
    }
}
