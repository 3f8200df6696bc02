//! The push protocol of the Windows Push Notification Services (WNS), for senders that speak it.
//!
//! A sender asks for a token ([`parse_token_request`], [`TokenKey::issue`]), and then sends each
//! notification with it: [`bearer`] and [`Request::parse`] read the headers, [`toast`], [`badge`] and
//! [`tile`] the content, and [`Reply`] and [`Problem`] are the answer. Nothing here does I/O, has a
//! clock or knows a channel: that is the caller's.
//!
//! The protocol is what Microsoft documents ("Push notification service request and response
//! headers", "Windows Push Notification Services (WNS) overview", "Raw notification overview", "WNS
//! Notification Priorities", "Toast content schema", "Badge notifications for Windows apps"), and
//! where the documents differ from the wire, what was recorded of the service in 2012 and 2013 (the
//! tests of the npm package `wns`). Comments name these as "WNS, … page".

mod reply;
mod request;
mod token;
mod xml;

pub use reply::{Device, Problem, Reply, Status};
pub use request::{CONTENT_BYTES_MAX, Kind, Priority, Request, bearer, correlation, matched};
pub use token::{Scope, TokenError, TokenKey, TokenProblem, TokenRequest, parse_token_request};
pub use xml::{XmlError, badge, tile, toast};
