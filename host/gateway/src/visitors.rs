//! Who asks at the push door, as far as the network tells, and how much of it is borne.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::Response;
use bugle_protocols::forwarded::{ForwardedBy, hops};
use ipnet::IpNet;

use crate::place::Place;
use crate::push::Problem;
use crate::rates::{Limiter, Rates};
use crate::{
    GatewayError, MISS_PAUSE, MISS_RATE, MISSES_MAX, SENDER_CONNECTIONS_MAX, SENDER_WAITING_MAX,
    WAITING_MAX,
};

/// Who asks: an address of IPv4, or the network of one of IPv6, whose last 64 bits are the asker's to
/// choose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Peer(IpAddr);

impl From<IpAddr> for Peer {
    fn from(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
            address @ IpAddr::V4(_) => address,
        })
    }
}

/// A network in which a proxy is: one address, or a range like `10.0.0.0/8`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network(IpNet);

impl FromStr for Network {
    type Err = GatewayError;

    fn from_str(text: &str) -> Result<Self, GatewayError> {
        let address = || text.parse::<IpAddr>().map(|address| address.to_canonical().into());
        let network = text.parse::<IpNet>().or_else(|_| address());
        network.map(Self).map_err(|_| GatewayError::Network { text: text.to_owned() })
    }
}

/// Whose word is taken for who asks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Proxies {
    /// Where they are; nowhere for no proxies.
    pub networks: Vec<Network>,
    /// Which header they write.
    pub header: ForwardedBy,
}

impl Proxies {
    fn has(&self, address: IpAddr) -> bool {
        self.networks.iter().any(|network| network.0.contains(&address.to_canonical()))
    }

    /// Who asks: the nearest of those a request came through that is no proxy of ours.
    fn asker(&self, neighbour: IpAddr, request: &Request) -> IpAddr {
        let mut nearest = neighbour;
        if !self.has(nearest) {
            return nearest;
        }
        for hop in hops(self.header, request.headers()).into_iter().rev() {
            // One that hides who asked it is who we know.
            let Some(hop) = hop else { break };
            nearest = hop;
            if !self.has(hop) {
                break;
            }
        }
        nearest
    }
}

/// Where a connection comes from, and its place, in the extensions of its requests.
#[derive(Debug, Clone)]
pub(crate) struct Neighbour {
    pub(crate) address: IpAddr,
    pub(crate) place: Arc<Place>,
}

/// How many of what a request asked for led nowhere, where its status does not say it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Misses(pub(crate) usize);

/// Those who are connected to a door, and what they have asked for lately.
#[derive(Debug)]
pub(crate) struct Visitors {
    proxies: Proxies,
    requests: Option<Limiter<Peer>>,
    misses: Limiter<Peer>,
    /// New connections of those of whom as many wait aside as may.
    arrivals: Limiter<Peer>,
    connected: Mutex<HashMap<Peer, usize>>,
    /// Connections that wait aside.
    waiting: Mutex<HashMap<Peer, usize>>,
}

/// A connection that counts as long as this is there, once or more.
#[derive(Debug)]
pub(crate) struct Visit(Option<(Arc<Visitors>, Peer, usize)>);

impl Visitors {
    pub(crate) fn new(proxies: Proxies, rates: Rates) -> Self {
        let rate = NonZeroU32::new(MISS_RATE).unwrap_or(NonZeroU32::MIN);
        let misses = || Limiter::new(rate, MISSES_MAX);
        Self {
            proxies,
            requests: rates.sender.map(Limiter::a_second),
            misses: misses(),
            arrivals: misses(),
            connected: Mutex::default(),
            waiting: Mutex::default(),
        }
    }

    /// Counts a new connection; none if its peer has as many as it may, or as many wait aside as may and it
    /// comes again and again.
    pub(crate) fn arrive(self: &Arc<Self>, address: IpAddr) -> Option<Visit> {
        let peer = Peer::from(address);
        let waiting =
            self.waiting.lock().unwrap_or_else(PoisonError::into_inner).get(&peer).copied();
        if waiting.unwrap_or_default() >= SENDER_WAITING_MAX && self.arrivals.take(&peer).is_err() {
            return None;
        }
        self.enter(address, 1)
    }

    /// Counts a connection, once or more; none if its peer has as many as it may. A proxy has as many as
    /// there are.
    pub(crate) fn enter(self: &Arc<Self>, address: IpAddr, counts: usize) -> Option<Visit> {
        if self.proxies.has(address) {
            return Some(Visit(None));
        }
        let mut visit = Visit(Some((Arc::clone(self), Peer::from(address), 0)));
        visit.counts_more(counts).then_some(visit)
    }
}

impl Visit {
    /// Counts the connection so many times more; false if that is more than its peer may have.
    pub(crate) fn counts_more(&mut self, more: usize) -> bool {
        let Some((visitors, peer, counts)) = &mut self.0 else { return true };
        let mut connected = visitors.connected.lock().unwrap_or_else(PoisonError::into_inner);
        let count = connected.entry(*peer).or_default();
        if *count + more > SENDER_CONNECTIONS_MAX {
            return false;
        }
        *count += more;
        *counts += more;
        true
    }
}

impl Drop for Visit {
    fn drop(&mut self) {
        let Some((visitors, peer, counts)) = self.0.take() else { return };
        let mut connected = visitors.connected.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = connected.get_mut(&peer) {
            *count -= counts;
            if *count == 0 {
                connected.remove(&peer);
            }
        }
    }
}

/// A connection that waits aside as long as this is there.
#[derive(Debug)]
pub(crate) struct Waiting(Arc<Visitors>, Peer);

impl Visitors {
    /// None if too many wait already.
    pub(crate) fn wait(self: &Arc<Self>, peer: Peer) -> Option<Waiting> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.values().sum::<usize>() >= WAITING_MAX {
            return None;
        }
        let own = waiting.entry(peer).or_default();
        if *own >= SENDER_WAITING_MAX {
            return None;
        }
        *own += 1;
        Some(Waiting(Arc::clone(self), peer))
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let mut waiting = self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = waiting.get_mut(&self.1) {
            *own -= 1;
            if *own == 0 {
                waiting.remove(&self.1);
            }
        }
    }
}

/// Lets a request in as its sender's rate allows. Who keeps asking for what is not there waits for each
/// answer, or gets none, so that a search for addresses learns little; who knows an address never waits.
pub(crate) async fn greet(
    State(visitors): State<Arc<Visitors>>,
    request: Request,
    next: Next,
) -> Response {
    let Some(Neighbour { address, place }) = request.extensions().get().cloned() else {
        return next.run(request).await;
    };
    let peer = Peer::from(visitors.proxies.asker(address, &request));
    if let Some(Err(after)) = visitors.requests.as_ref().map(|requests| requests.take(&peer)) {
        return Problem::too_many(after).into_response();
    }
    let response = next.run(request).await;
    let misses = misses(&response);
    if (0..misses).all(|_| visitors.misses.take(&peer).is_ok()) {
        return response;
    }
    // A proxy's connections are those of others, too.
    if visitors.proxies.has(address) || !place.step_aside(peer) {
        place.end();
        return Problem::too_many(MISS_PAUSE).into_response();
    }
    // Also if it is gone before the pause is over.
    let aside = Aside(place);
    tokio::time::sleep(MISS_PAUSE).await;
    drop(aside);
    response
}

/// A request that waits aside.
struct Aside(Arc<Place>);

impl Drop for Aside {
    fn drop(&mut self) {
        self.0.step_back();
    }
}

/// How much of what was asked for is not there, or not for who asked.
fn misses(response: &Response) -> usize {
    if let Some(Misses(misses)) = response.extensions().get() {
        return *misses;
    }
    let is_miss = matches!(
        response.status(),
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::NOT_FOUND
    );
    usize::from(is_miss)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(forwarded: &str) -> Request {
        let request = Request::builder().header("x-forwarded-for", forwarded);
        request.body(axum::body::Body::empty()).expect("it is a request")
    }

    #[test]
    fn a_proxys_word_is_taken_for_who_asks() {
        let networks = ["10.0.0.0/8", "::1", "::ffff:172.16.0.1"]
            .map(|text| text.parse().expect("it is a network"));
        let proxies = Proxies { networks: networks.to_vec(), header: ForwardedBy::XForwardedFor };
        let asker = |neighbour: &str, forwarded: &str| {
            let neighbour = neighbour.parse().expect("it is an address");
            proxies.asker(neighbour, &request(forwarded)).to_string()
        };
        assert_eq!(asker("192.0.2.9", "192.0.2.1"), "192.0.2.9", "it is no proxy of ours");
        assert_eq!(asker("10.0.0.1", "192.0.2.1"), "192.0.2.1");
        // What a sender writes stands before what the proxy adds.
        assert_eq!(asker("::ffff:10.0.0.1", "198.51.100.7, 192.0.2.1"), "192.0.2.1");
        assert_eq!(asker("10.0.0.1", "192.0.2.1, 10.0.0.2, 10.0.0.3"), "192.0.2.1");
        assert_eq!(asker("172.16.0.1", "192.0.2.1"), "192.0.2.1");
        assert_eq!(asker("::1", "192.0.2.1, unknown"), "::1");
        assert_eq!(asker("10.0.0.1", ""), "10.0.0.1");
        let nobody = Proxies::default().asker([10, 0, 0, 1].into(), &request("192.0.2.1"));
        assert_eq!(nobody.to_string(), "10.0.0.1", "nobody said that it is a proxy");
    }

    #[test]
    fn a_peer_of_ipv6_is_its_network() {
        let peer = |text: &str| Peer::from(text.parse::<IpAddr>().expect("it is an address"));
        assert_eq!(peer("2001:db8:1:2::1"), peer("2001:db8:1:2:ffff::9"));
        assert_ne!(peer("2001:db8:1:2::1"), peer("2001:db8:1:3::1"));
        assert_eq!(peer("::ffff:192.0.2.1"), peer("192.0.2.1"));
        assert_ne!(peer("192.0.2.1"), peer("192.0.2.2"));
    }

    #[test]
    fn one_address_has_some_of_the_connections() {
        let visitors = Arc::new(Visitors::new(Proxies::default(), Rates::default()));
        let ours = IpAddr::from([192, 0, 2, 1]);
        let mut visits: Vec<_> =
            (0..SENDER_CONNECTIONS_MAX).map(|_| visitors.enter(ours, 1)).collect();
        assert!(visits.iter().all(Option::is_some));
        assert!(visitors.enter(ours, 1).is_none());
        assert!(visitors.enter([192, 0, 2, 2].into(), 1).is_some());
        visits.pop();
        let mut visit = visitors.enter(ours, 1).expect("there is room for one");
        assert!(!visit.counts_more(1));
        visits.pop();
        assert!(visit.counts_more(1) && !visit.counts_more(1));
        drop((visit, visits));
        let connected = visitors.connected.lock().unwrap_or_else(PoisonError::into_inner);
        assert!(connected.is_empty());
    }

    #[test]
    fn some_connections_wait_and_no_more() {
        let visitors = Arc::new(Visitors::new(Proxies::default(), Rates::default()));
        let wait = |last: u8| -> Vec<_> {
            let peer = Peer::from(IpAddr::from([192, 0, 2, last]));
            (0..=SENDER_WAITING_MAX).map_while(|_| visitors.wait(peer)).collect()
        };
        let (first, second, third) = (wait(1), wait(2), wait(3));
        let all = [first.len(), second.len(), third.len()];
        assert_eq!(all, [SENDER_WAITING_MAX, WAITING_MAX - SENDER_WAITING_MAX, 0]);
        drop((first, second, third));
        assert!(visitors.waiting.lock().unwrap_or_else(PoisonError::into_inner).is_empty());
    }
}
