//! Whatever a sender sends, a parser answers: no panic, no hang, and nothing taken that breaks a bound.
//! Inputs are arbitrary bytes, and right ones that were changed: 256 for each property, or as many as
//! `PROPTEST_CASES` says.

use bugle_protocols::forwarded::{ForwardedBy, hops};
use bugle_protocols::web_push::{Encoding, MessageNames, SubscriptionKey, decrypt, vapid};
use bugle_protocols::{matrix, ntfy, plain, web_push, wns};
use http::{HeaderMap, HeaderName, HeaderValue};
use proptest::prelude::*;

/// What is changed: something of each protocol that its parser takes.
const SEEDS: [&[u8]; 12] = [
    b"grant_type=client_credentials&client_id=ms-app%3A%2F%2Fa.b&client_secret=s&scope=notify.windows.com",
    br#"<toast launch="a"><visual><binding template="ToastGeneric"><text>A</text><text>&#233;</text>
        <image src="a.png" placement="hero"/></binding></visual><actions><action content="b" arguments="c"/>
        </actions><audio silent="true"/></toast>"#,
    br#"<?xml version="1.0" encoding="utf-8"?><badge value="7"/>"#,
    br#"{"topic":"a","message":"b","priority":4,"tags":["c"],"actions":[{"d":1}]}"#,
    br#"{"notification":{"devices":[{"pushkey":"k"}],"content":{"body":"x"}}}"#,
    b"vapid t=eyJhbGciOiJFUzI1NiJ9.eyJhdWQiOiJodHRwczovL2EuYiIsImV4cCI6MX0.AAAA, k=BAAA",
    b"dh=BAAA; p256ecdsa=BAAA, keyid=x",
    b"salt=AAAAAAAAAAAAAAAAAAAAAA; rs=4096",
    b"for=\"[2001:db8::17]:4711\";proto=https, For=192.0.2.43, for=_hidden",
    b"type:wns/toast;group=mail;tag=17",
    b"v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE= v1a,AAAA",
    b"sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
];

/// The headers that any protocol looks at.
const HEADERS: [&str; 26] = [
    "authorization",
    "content-encoding",
    "content-length",
    "content-type",
    "crypto-key",
    "encryption",
    "forwarded",
    "idempotency-key",
    "ms-cv",
    "prefer",
    "topic",
    "ttl",
    "urgency",
    "webhook-id",
    "webhook-signature",
    "webhook-timestamp",
    "x-forwarded-for",
    "x-hub-signature-256",
    "x-priority",
    "x-tags",
    "x-wns-cache-policy",
    "x-wns-match",
    "x-wns-priority",
    "x-wns-tag",
    "x-wns-ttl",
    "x-wns-type",
];

/// Arbitrary bytes, or a seed with some of its bytes changed, taken out or repeated.
fn input() -> impl Strategy<Value = Vec<u8>> {
    let changed =
        (prop::sample::select(SEEDS.to_vec()), any::<Vec<(prop::sample::Index, u8, u8)>>());
    let changed = changed.prop_map(|(seed, changes)| {
        let mut bytes = seed.to_vec();
        for (place, byte, how) in changes {
            if bytes.is_empty() {
                break;
            }
            let at = place.index(bytes.len());
            match how % 3 {
                0 => bytes[at] = byte,
                1 => drop(bytes.remove(at)),
                _ => bytes.extend_from_within(at..),
            }
            bytes.truncate(8 * 1024);
        }
        bytes
    });
    prop_oneof![any::<Vec<u8>>(), changed]
}

/// Some headers, with values of the same making.
fn headers() -> impl Strategy<Value = HeaderMap> {
    let known = prop::sample::select(vec![
        "wns/raw",
        "wns/toast",
        "aes128gcm",
        "aesgcm",
        "0",
        "3600",
        "high",
        "cache",
        "text/xml",
        "application/octet-stream",
        "respond-async",
        "1",
        "5001",
    ]);
    let value = prop_oneof![known.prop_map(|text| text.as_bytes().to_vec()), input()];
    let pairs = prop::collection::vec((prop::sample::select(HEADERS.to_vec()), value), 0..12);
    pairs.prop_map(|pairs| {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            if let Ok(value) = HeaderValue::from_bytes(&value) {
                headers.append(HeaderName::from_static(name), value);
            }
        }
        headers
    })
}

proptest! {
    #[test]
    fn wns_answers_any_headers(headers in headers()) {
        if let Ok(request) = wns::Request::parse(&headers) {
            prop_assert!(request.tag.is_none_or(|tag| tag.len() <= 16));
        }
        let _ = (wns::bearer(&headers), wns::correlation(&headers), wns::matched(&headers));
    }

    #[test]
    fn wns_answers_any_form_and_token(input in input()) {
        let _ = wns::parse_token_request(&input);
        let text = String::from_utf8_lossy(&input);
        prop_assert!(wns::TokenKey::new([7; 32]).verify(&text, 0).is_err());
        let _ = wns::TokenKey::claimed_app(&text);
    }

    #[test]
    fn wns_answers_any_xml(input in input()) {
        if let Ok(toast) = wns::toast(&input) {
            prop_assert!(toast.check().is_ok());
        }
        let _ = (wns::badge(&input), wns::tile(&input));
    }

    #[test]
    fn web_push_answers_any_headers(headers in headers(), has_body: bool) {
        if let Ok(request) = web_push::Request::parse(&headers, has_body) {
            prop_assert!(request.ttl <= web_push::TTL_MAX);
            prop_assert!(!has_body || request.encoding.is_some());
        }
        if let Ok(Some(claim)) = vapid::parse(&headers) {
            prop_assert!(claim.verify(&["https://a.b".to_owned()], 0).is_err(), "nobody signed it");
        }
    }

    #[test]
    fn web_push_answers_any_content(input in input(), rs: u32) {
        let key = SubscriptionKey::derive(&[1; 32]);
        prop_assert!(decrypt(&key, &Encoding::Aes128Gcm, &input).is_err(), "nobody encrypted it");
        let names = MessageNames::new(&[7; 32]);
        prop_assert_eq!(names.message(&String::from_utf8_lossy(&input)), None, "nobody gave it");
        let legacy = Encoding::AesGcm { dh: key.public_key().to_vec(), salt: vec![0; 16], rs };
        let _ = decrypt(&key, &legacy, &input);
        // Right up to the content: a head, a key on the curve, then anything.
        let head = [[0; 16].as_slice(), &rs.to_be_bytes(), &[65], &key.public_key()].concat();
        let _ = decrypt(&key, &Encoding::Aes128Gcm, &[head, input].concat());
    }

    #[test]
    fn ntfy_answers_any_message(headers in headers(), input in input()) {
        let _ = ntfy::token(&headers);
        if let Ok(publication) = ntfy::Publication::of_json(&headers, &input) {
            let _ = publication.answer(1, 0, 0);
        }
        let _ = ntfy::Publication::of_text("a", &headers, input);
    }

    #[test]
    fn plain_answers_any_proof(headers in headers(), input in input()) {
        let key = plain::ChannelKey::new([7; 32]);
        prop_assert!(key.check_bearer(&headers).is_err(), "nobody knows it");
        prop_assert!(key.check_signature(&headers, &input, 0).is_err(), "nobody signed it");
        if let Ok(Some(key)) = plain::idempotency_key(&headers) {
            prop_assert!(!key.is_empty() && key.len() <= 255);
        }
    }

    #[test]
    fn proxies_may_forward_anything(headers in headers()) {
        for by in [ForwardedBy::XForwardedFor, ForwardedBy::Forwarded] {
            let _ = hops(by, &headers);
        }
    }

    #[test]
    fn matrix_answers_any_notification(input in input(), bytes_max in 0_usize..9_000) {
        if let Ok(notification) = matrix::Notification::parse(&input) {
            for key in notification.pushkeys() {
                let content = notification.content(key, bytes_max);
                prop_assert!(content.is_none_or(|content| content.len() <= bytes_max));
            }
        }
    }
}
