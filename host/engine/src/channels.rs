//! What a host does with channels: opens and closes them, and finds them by their addresses.

use std::sync::Arc;

use bugle_store::{ChannelRecord, IfOpen, OpenChannel};
use bugle_task::TriggerId;

use crate::channel::CHANNEL_LIFE_MS;
use crate::lane::Lane;
use crate::pending::{Pending, Promise};
use crate::{Address, Channel, ChannelId, Destination, Ending, Error, Host, Protocol, Topic};

impl Host {
    /// Opens a channel of an app's manifest, or gives the one that is open: the same address until it
    /// is closed or 30 days have passed.
    ///
    /// # Errors
    ///
    /// The app's manifest has no such channel.
    pub fn open_channel(&self, id: &ChannelId) -> Pending<Channel> {
        self.open_channel_for(id, Protocol::Plain)
    }

    /// The same, for senders that speak a protocol.
    ///
    /// # Errors
    ///
    /// As [`open_channel`](Self::open_channel). The channel is open for another protocol, or another
    /// channel has the topic.
    pub fn open_channel_for(&self, id: &ChannelId, protocol: Protocol) -> Pending<Channel> {
        match self.begin_open_channel(id, protocol, IfOpen::Keep) {
            Ok(pending) => pending,
            Err(error) => Pending::ready(Err(error)),
        }
    }

    /// Gives an open channel 30 days from now on, at the same address.
    ///
    /// # Errors
    ///
    /// The channel is not open.
    pub fn renew_channel(&self, id: &ChannelId) -> Pending<Channel> {
        self.open_again(id, IfOpen::Renew)
    }

    /// Gives an open channel a new address and 30 days from now on; the one before leads nowhere from now on.
    ///
    /// # Errors
    ///
    /// The channel is not open.
    pub fn rotate_channel(&self, id: &ChannelId) -> Pending<Channel> {
        self.open_again(id, IfOpen::Rotate)
    }

    fn open_again(&self, id: &ChannelId, if_open: IfOpen) -> Pending<Channel> {
        let begin = || {
            let (_, record) = self.open_record(id)?;
            self.begin_open_channel(id, Protocol::of(&record.setup)?, if_open)
        };
        begin().unwrap_or_else(|error| Pending::ready(Err(error)))
    }

    /// An app's channel, which must be open.
    pub(crate) fn open_record(&self, id: &ChannelId) -> Result<(Arc<Lane>, ChannelRecord), Error> {
        let lane = self.inner.lane_of(&id.app)?;
        let record = self.inner.reader.open_channel(lane.key, &id.name)?;
        let record = record.filter(|record| record.expires_at > self.inner.clock.now());
        Ok((lane, record.ok_or_else(|| Error::ChannelNotOpen { channel: id.clone() })?))
    }

    fn begin_open_channel(
        &self,
        id: &ChannelId,
        protocol: Protocol,
        if_open: IfOpen,
    ) -> Result<Pending<Channel>, Error> {
        protocol.check()?;
        let lane = self.inner.lane_of(&id.app)?;
        if lane.app().manifest.channel(&id.name).is_none() {
            return Err(Error::UnknownChannel { channel: id.clone() });
        }
        let (promise, pending) = Promise::new();
        let (keys, id, now) = (self.inner.keys.clone(), id.clone(), self.inner.clock.now());
        let (keys_of_hash, id_of_hash) = (keys.clone(), id.clone());
        let open = OpenChannel {
            app: lane.key,
            name: id.name.clone(),
            now,
            expires_at: now.saturating_add(CHANNEL_LIFE_MS),
            setup: protocol.setup(),
            if_open,
            hash_of: Box::new(move |generation| {
                keys_of_hash.address(&id_of_hash, generation).hash()
            }),
        };
        let inner = Arc::clone(&self.inner);
        self.inner.store.open_channel(open, move |answer| {
            if if_open != IfOpen::Keep {
                inner.forget_addresses();
            }
            promise.keep(answer.map_err(Error::from).map(|record| Channel {
                address: keys.address(&id, record.generation),
                id,
                generation: record.generation,
                protocol,
                opened_at: record.opened_at,
                expires_at: record.expires_at,
            }));
        });
        Ok(pending)
    }

    /// Closes a channel: its address leads nowhere from now on, and never again. Whether it was open.
    ///
    /// # Errors
    ///
    /// There is no such app.
    pub fn close_channel(&self, id: &ChannelId) -> Pending<bool> {
        let lane = match self.inner.lane_of(&id.app) {
            Ok(lane) => lane,
            Err(error) => return Pending::ready(Err(error)),
        };
        let (promise, pending) = Promise::new();
        let (inner, now) = (Arc::clone(&self.inner), self.inner.clock.now());
        self.inner.store.close_channel(lane.key, id.name.clone(), now, move |answer| {
            inner.forget_addresses();
            promise.keep(answer.map_err(Error::from));
        });
        pending
    }

    /// What an address leads to: a channel that was not closed, and that may have expired.
    ///
    /// # Errors
    ///
    /// Nothing has the address, or the store cannot be read.
    pub fn destination(&self, address: &Address) -> Result<Destination, Error> {
        self.inner.addressed(address).map(Destination)
    }

    /// What a topic leads to, as [`destination`](Self::destination).
    ///
    /// # Errors
    ///
    /// No channel has the topic, or the store cannot be read.
    pub fn destination_of_topic(&self, topic: &Topic) -> Result<Destination, Error> {
        self.inner.addressed_by_topic(topic).map(|addressed| Destination(Arc::new(addressed)))
    }

    /// Takes a push back whose run has not begun. False if it has, or has ended.
    ///
    /// # Errors
    ///
    /// The store cannot be written.
    pub fn withdraw(&self, id: TriggerId) -> Pending<bool> {
        let held = self.inner.known_lanes().into_iter().find_map(|lane| {
            let claim = lane.take_unbegun(|claim| claim.run.trigger == id)?;
            Some((lane, claim))
        });
        let run = held.as_ref().map(|(lane, claim)| (lane.key, claim.run));
        let (promise, pending) = Promise::new();
        let inner = Arc::clone(&self.inner);
        self.inner.store.cancel(id, run, move |answer| {
            if let (Err(_), Some((lane, claim))) = (&answer, held) {
                inner.begin_again(&lane, Some(claim));
            }
            promise.keep(answer.map_err(Error::from).map(|withdrawn| {
                let lane = withdrawn.and_then(|withdrawn| inner.known_lane(withdrawn.app));
                match (withdrawn, lane) {
                    (Some(withdrawn), Some(lane)) => inner.was_withdrawn(&lane, &withdrawn),
                    (Some(_), None) => inner.watches.ended(id, |_| Ending::Withdrawn),
                    (None, _) => {}
                }
                withdrawn.is_some()
            }));
        });
        pending
    }

    /// A secret that is derived from the host's own, for a purpose: the same tomorrow, and of no use for
    /// another purpose.
    #[must_use]
    pub fn secret(&self, purpose: &str) -> [u8; 32] {
        self.inner.keys.secret(purpose)
    }

    /// Whether two secrets are equal, in a time that tells nothing about where they differ.
    #[must_use]
    pub fn are_equal(&self, one: &[u8], other: &[u8]) -> bool {
        self.inner.keys.are_equal(one, other)
    }
}
