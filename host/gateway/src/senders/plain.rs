//! Plain HTTP: what the push door took, for a channel that may want to know from whom.

use bugle::task::TriggerId;
use bugle::{ChannelId, Host, Protocol};
use bugle_protocols::plain::{ChannelKey, signed_name};

use super::Senders;
use crate::push::{Incoming, Problem};

/// The key of a channel's address: another one for each.
fn key(host: &Host, channel: &ChannelId, generation: u32) -> ChannelKey {
    ChannelKey::new(host.secret(&format!("key of {channel}, {generation}")))
}

/// What senders to a channel need beside its address, if that takes no push without.
pub(crate) fn key_text(host: &Host, channel: &bugle::Channel) -> Option<String> {
    let wants_key = matches!(channel.protocol(), Protocol::Bearer | Protocol::Signed);
    wants_key.then(|| key(host, channel.id(), channel.generation()).text())
}

/// Makes a push durable.
pub(super) async fn accept(senders: &Senders, incoming: Incoming) -> Result<TriggerId, Problem> {
    let host = senders.host();
    let Incoming { address, mut push, headers } = incoming;
    let to = host.destination(&address)?;
    if !to.protocol().is_plain() || to.expires_at() <= senders.now() {
        return Err(Problem::not_found());
    }
    let key = || key(host, to.channel(), to.generation());
    match to.protocol() {
        Protocol::Bearer => key().check_bearer(&headers)?,
        Protocol::Signed => {
            key().check_signature(&headers, push.content(), senders.now() / 1_000)?;
            if let Some(name) = signed_name(&headers)? {
                push = push.name(name);
            }
        }
        _ => {}
    }
    senders.admit(&to).map_err(Problem::too_many)?;
    Ok(host.push_at(&to, push).await?.id())
}
