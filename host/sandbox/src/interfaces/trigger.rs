use bugle_task::{Dismissal, Header, SystemEvent, Trigger};

use crate::bindings::bugle::task::trigger_details as wit;
use crate::bindings::bugle::task::types::Pair;

/// The trigger as the guest gets it.
pub(crate) fn to_wit(trigger: &Trigger) -> wit::Trigger {
    match trigger {
        Trigger::RawNotification(push) => wit::Trigger::RawNotification(wit::RawNotification {
            channel: push.channel.to_string(),
            content: push.content.0.clone(),
            content_type: push.content_type.clone(),
            headers: pairs(&push.headers),
            received_at: push.received_at,
        }),
        Trigger::ToastActivated(toast) => wit::Trigger::ToastActivated(wit::ToastActivation {
            tag: toast.tag.clone(),
            group: toast.group.clone(),
            argument: toast.argument.clone(),
            inputs: pairs(&toast.inputs),
        }),
        Trigger::ToastDismissed(toast) => wit::Trigger::ToastDismissed(wit::ToastDismissal {
            tag: toast.tag.clone(),
            group: toast.group.clone(),
            reason: match toast.reason {
                Dismissal::ByUser => wit::Dismissal::ByUser,
                Dismissal::ByApp => wit::Dismissal::ByApp,
                Dismissal::Expired => wit::Dismissal::Expired,
            },
        }),
        Trigger::Timer(tick) => wit::Trigger::Timer(wit::TimerTick {
            name: tick.name.to_string(),
            due_at: tick.due_at,
            missed: tick.missed,
        }),
        Trigger::Application(request) => wit::Trigger::Application(wit::ApplicationRequest {
            content: request.content.0.clone(),
            content_type: request.content_type.clone(),
        }),
        Trigger::ChannelExpiring(expiry) => wit::Trigger::ChannelExpiring(wit::ChannelExpiry {
            channel: expiry.channel.to_string(),
            expires_at: expiry.expires_at,
        }),
        Trigger::System(event) => wit::Trigger::System(system(event)),
        Trigger::Custom(event) => wit::Trigger::Custom(wit::CustomEvent {
            kind: event.kind.clone(),
            content: event.content.0.clone(),
        }),
    }
}

fn pairs(headers: &[Header]) -> Vec<Pair> {
    let pair = |header: &Header| Pair { name: header.name.clone(), value: header.value.clone() };
    headers.iter().map(pair).collect()
}

fn system(event: &SystemEvent) -> wit::SystemEvent {
    match event {
        SystemEvent::InternetAvailable => wit::SystemEvent::InternetAvailable,
        SystemEvent::UserPresent => wit::SystemEvent::UserPresent,
        SystemEvent::UserAway => wit::SystemEvent::UserAway,
        SystemEvent::SessionConnected => wit::SystemEvent::SessionConnected,
        SystemEvent::PowerSourceChanged => wit::SystemEvent::PowerSourceChanged,
        SystemEvent::TimeZoneChanged => wit::SystemEvent::TimeZoneChanged,
        SystemEvent::AppUpdated(version) => wit::SystemEvent::AppUpdated(version.clone()),
        SystemEvent::Other(what) => wit::SystemEvent::Other(what.clone()),
    }
}
