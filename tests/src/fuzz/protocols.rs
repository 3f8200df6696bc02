//! The parsers of what senders say, with what is right but for some bytes: `host/protocols` has
//! properties for arbitrary bytes, and nothing there is ever proved or decrypted. Here keys are
//! known, so that what is proved or decrypted has to be what was.
//!
//! An input has lines of headers, an empty line, and a body.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bugle_protocols::forwarded::{ForwardedBy, hops};
use bugle_protocols::web_push::{Encoding, MessageNames, SubscriptionKey, decrypt, vapid};
use bugle_protocols::{matrix, ntfy, plain, web_push, wns};
use http::header::{AUTHORIZATION, HeaderMap};
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey};

use super::Target;
use super::dice::Dice;
use super::http::headers;
use super::mutate::mutate;

/// The largest body that a door reads.
const BYTES_MAX: usize = 64 * 1024;

/// When requests come, in seconds since 1970.
const NOW: u64 = 1_700_000_000;
/// Where they come to.
const ORIGIN: &str = "https://push.example.org";
/// Whose key of WNS is used.
const APP: &str = "com.example.mail";
/// What is encrypted and signed.
const CONTENT: &[u8] = b"hello";

/// What headers say, and what they are called.
pub(super) const WORDS: &[&str] = &[
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
    "x-title",
    "x-wns-cache-policy",
    "x-wns-match",
    "x-wns-priority",
    "x-wns-tag",
    "x-wns-group",
    "x-wns-ttl",
    "x-wns-type",
    "x-wns-suppresspopup",
    "x-wns-requestforstatus",
    "bugle-a",
    "transfer-encoding",
    "expect",
    "connection",
    "host",
    "x-delay",
    "x-actions",
    "wns/raw",
    "wns/toast",
    "wns/badge",
    "wns/tile",
    "aes128gcm",
    "aesgcm",
    "high",
    "very-low",
    "cache",
    "no-cache",
    "text/xml",
    "application/octet-stream",
    "respond-async",
    "Bearer ",
    "Basic ",
    "WebPush ",
    "vapid t=",
    ", k=",
    "dh=",
    "p256ecdsa=",
    "salt=",
    "; rs=",
    "keyid=",
    "sha256=",
    "v1,",
    "type:wns/toast;all",
    "for=\"[2001:db8::17]:4711\"",
    "chunked",
    "100-continue",
    "close",
    "gzip",
    "trailer",
    "upgrade",
];

/// Of which all keys are made.
const KEY: [u8; 32] = [7; 32];

/// Requests that are right as they are; `{vapid}` and `{wns}` are tokens.
const SEEDS: [&str; 9] = [
    "ttl: 3600\nurgency: high\ntopic: news\nauthorization: {vapid}\nprefer: respond-async\n\n",
    "x-wns-type: wns/raw\nauthorization: Bearer {wns}\nx-wns-ttl: 60\nx-wns-cache-policy: cache\n\
     x-wns-priority: 1\nms-cv: abc.1\n\nhello",
    "x-wns-match: type:wns/toast;group=mail;tag=17\nauthorization: Bearer {wns}\nx-wns-tag: a\n\n\
     <toast launch=\"a\"><visual><binding template=\"ToastGeneric\"><text>A</text></binding></visual></toast>",
    "content-type: application/x-www-form-urlencoded\n\ngrant_type=client_credentials&client_id=ms-app%3A%2F\
     %2Fcom.example.mail&client_secret=s&scope=notify.windows.com",
    "authorization: Bearer whsec_BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=\nidempotency-key: \"8e03\"\n\nhello",
    "webhook-id: a\nwebhook-timestamp: 1700000000\nwebhook-signature: v1,\
     oek+eHolFmPDA6BryRVYk7RuX4Ze/3sRmKtv2rgjLLU=\n\nhello",
    "x-hub-signature-256: sha256=14ab7518a8dc2ebac43ee2e03efcfe01de7de8159a0363e2f1137cb459da58b0\n\
     forwarded: for=\"[2001:db8::17]:4711\";proto=https, For=192.0.2.43\n\
     x-forwarded-for: 192.0.2.1, ::1\n\nhello",
    "authorization: Basic OnRva2Vu\nx-title: t\nx-tags: a,b\nx-priority: high\n\n\
     {\"topic\":\"a\",\"message\":\"b\",\"priority\":4,\"tags\":[\"c\"],\"actions\":[{\"d\":1}]}",
    "\n{\"notification\":{\"devices\":[{\"pushkey\":\"k\",\"app_id\":\"a\"}],\"content\":{\"body\":\"x\"}}}",
];

/// The parsers, with the keys of a host.
pub(super) struct Protocols {
    seeds: Vec<Vec<u8>>,
    subscription: SubscriptionKey,
    tokens: wns::TokenKey,
    channel: plain::ChannelKey,
    names: MessageNames,
    vapid: String,
}

impl Protocols {
    pub(super) fn open() -> Result<Self> {
        let subscription = SubscriptionKey::derive(&KEY);
        let tokens = wns::TokenKey::new(KEY);
        let wns = tokens.issue(&APP.parse()?, NOW * 1_000).0;
        let vapid = signed_token(ORIGIN, NOW)?;
        let filled =
            |seed: &&str| seed.replace("{wns}", &wns).replace("{vapid}", &vapid).into_bytes();
        let mut seeds: Vec<Vec<u8>> = SEEDS.iter().map(filled).collect();
        seeds.extend(sealed(&subscription)?);
        let channel = plain::ChannelKey::new(KEY);
        let names = MessageNames::new(&KEY);
        Ok(Self { seeds, subscription, tokens, channel, names, vapid })
    }

    fn check_web_push(&self, headers: &HeaderMap, body: &[u8]) -> Result<String> {
        let mut said = String::new();
        match web_push::Request::parse(headers, !body.is_empty()) {
            Ok(request) => {
                ensure!(request.ttl <= web_push::TTL_MAX, "ttl: {:?}", request.ttl);
                let topic = request.topic.as_deref().unwrap_or("x");
                ensure!((1..=32).contains(&topic.len()), "topic: {topic}");
                let Some(encoding) = &request.encoding else { return Ok("no body".to_owned()) };
                said += &self.check_sealed(encoding, body)?;
            }
            Err(problem) => said += problem.code(),
        }
        match vapid::parse(headers) {
            Ok(Some(claim)) => match claim.verify(&[ORIGIN.to_owned()], NOW) {
                Ok(_) => {
                    let given = headers.get(AUTHORIZATION).context("vapid: there is none")?;
                    let token = self.vapid.strip_prefix("vapid t=").unwrap_or_default();
                    let signed = token.rsplit_once('.').map_or("", |(signed, _)| signed);
                    let is_same = String::from_utf8_lossy(given.as_bytes()).contains(signed);
                    ensure!(is_same, "vapid: nobody signed {given:?}");
                    said += " verified";
                }
                Err(error) => said += error.code(),
            },
            Ok(None) => said += " nobody",
            Err(error) => said += error.code(),
        }
        Ok(said)
    }

    fn check_sealed(&self, encoding: &Encoding, body: &[u8]) -> Result<String> {
        match decrypt(&self.subscription, encoding, body) {
            Ok(content) => {
                ensure!(content == CONTENT, "decrypted: {} of nobody", content.escape_ascii());
                Ok("decrypted".to_owned())
            }
            Err(error) => Ok(error.code().to_owned()),
        }
    }

    fn check_wns(&self, headers: &HeaderMap, body: &[u8]) -> Result<String> {
        let mut said = String::new();
        match wns::Request::parse(headers) {
            Ok(request) => {
                let names = request.tag.iter().chain(&request.group);
                ensure!(names.clone().all(|name| name.len() <= 64), "tag: {request:?}");
                said += "request";
            }
            Err(problem) => said += &format!("{problem:?}"),
        }
        if let Some(token) = wns::bearer(headers) {
            match self.tokens.verify(token, NOW * 1_000) {
                Ok(app) => ensure!(app.as_str() == APP, "token: nobody gave one to {app}"),
                Err(error) => said += error.code(),
            }
            let _ = wns::TokenKey::claimed_app(token);
        }
        let _ = wns::correlation(headers);
        if let Ok(key) = wns::matched(headers) {
            said += &format!(" {} {}", key.tag.is_some(), key.group.is_some());
        }
        match wns::parse_token_request(body) {
            Ok(_) => said += " token",
            Err(problem) => said += &format!(" {problem:?}"),
        }
        Ok(said)
    }

    fn check_plain(&self, headers: &HeaderMap, body: &[u8]) -> Result<String> {
        let mut said = String::new();
        if self.channel.check_bearer(headers).is_ok() {
            let given = headers.get(AUTHORIZATION).context("bearer: there is none")?;
            let given = String::from_utf8_lossy(given.as_bytes());
            ensure!(given.contains(&self.channel.text()), "bearer: nobody has {given}");
            said += "bearer";
        }
        match self.channel.check_signature(headers, body, NOW) {
            Ok(()) => {
                ensure!(body == CONTENT, "signature: of nobody");
                said += " signed";
                let _ = plain::signed_name(headers);
            }
            Err(error) => said += error.code(),
        }
        if let Ok(Some(name)) = plain::idempotency_key(headers) {
            let is_name =
                (1..=255).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_graphic());
            ensure!(is_name, "name: {name}");
            said += " named";
        }
        Ok(said)
    }
}

fn check_ntfy(headers: &HeaderMap, body: &[u8]) -> Result<String> {
    let published = [
        ntfy::Publication::of_json(headers, body),
        ntfy::Publication::of_text("topic", headers, body.to_vec()),
    ];
    let mut said = ntfy::token(headers).map_or_else(String::new, |_| "token ".to_owned());
    for publication in published {
        match publication {
            Ok(publication) => {
                ensure!(!publication.content.is_empty(), "ntfy: a message without content");
                let answer = publication.answer(1, NOW, NOW);
                ensure!(answer["event"] == "message", "ntfy: the answer is {answer}");
                said += " message";
            }
            Err(problem) => said += &problem.body().to_string(),
        }
    }
    Ok(said)
}

fn check_matrix(body: &[u8]) -> Result<String> {
    let notification = match matrix::Notification::parse(body) {
        Ok(notification) => notification,
        Err(problem) => return Ok(problem.body().to_string()),
    };
    for key in notification.pushkeys() {
        for bytes_max in [0, 100, 5_000] {
            let Some(content) = notification.content(key, bytes_max) else { continue };
            ensure!(content.len() <= bytes_max, "matrix: {} bytes of {bytes_max}", content.len());
            let json = serde_json::from_slice::<serde_json::Value>(&content);
            ensure!(json.is_ok(), "matrix: the content is no JSON");
        }
    }
    Ok(format!("matrix {}", notification.pushkeys().next().is_some()))
}

/// A message that is encrypted in either coding. Its salt is by chance, so that inputs that are made
/// of these two are told by their files and not by the seed.
fn sealed(key: &SubscriptionKey) -> Result<[Vec<u8>; 2]> {
    // Sets the cryptography up, which is one for all of a process.
    let _ = decrypt(key, &Encoding::Aes128Gcm, &[]);
    let auth = URL_SAFE_NO_PAD.decode(key.auth())?;
    let body = ece::encrypt(&key.public_key(), &auth, CONTENT)?;
    let head = b"ttl: 60\ncontent-encoding: aes128gcm\n\n".as_slice();
    let before = ece::legacy::encrypt_aesgcm(&key.public_key(), &auth, CONTENT)?;
    let mut head_before = "ttl: 60\ncontent-encoding: aesgcm\n".to_owned();
    for (name, value) in before.headers(None) {
        head_before += &format!("{name}: {value}\n");
    }
    let body_before = URL_SAFE_NO_PAD.decode(before.body())?;
    Ok([[head, &body].concat(), [head_before.as_bytes(), b"\n", &body_before].concat()])
}

/// What a sender of Web Push proves itself with.
pub(super) fn signed_token(origin: &str, now_s: u64) -> Result<String> {
    let key = SigningKey::from_slice(&[1; 32])?;
    let part = |json: serde_json::Value| URL_SAFE_NO_PAD.encode(json.to_string());
    let claims = serde_json::json!({
        "aud": origin, "exp": now_s + 3_600, "sub": "mailto:ada@example.org"
    });
    let head = serde_json::json!({ "typ": "JWT", "alg": "ES256" });
    let signed = format!("{}.{}", part(head), part(claims));
    let signature: Signature = key.sign(signed.as_bytes());
    let signature = URL_SAFE_NO_PAD.encode(signature.to_bytes());
    let public = URL_SAFE_NO_PAD.encode(key.verifying_key().to_encoded_point(false).as_bytes());
    Ok(format!("vapid t={signed}.{signature}, k={public}"))
}

impl Target for Protocols {
    fn time_max(&self) -> Duration {
        Duration::from_secs(10)
    }

    fn seeds(&self) -> Vec<Vec<u8>> {
        self.seeds.clone()
    }

    fn next(&self, corpus: &[Vec<u8>], dice: &mut Dice) -> Vec<u8> {
        mutate(corpus, WORDS, dice, BYTES_MAX)
    }

    fn check(&mut self, input: &[u8]) -> Result<String> {
        let (headers, body) = headers(input);
        let mut said = self.check_web_push(&headers, body)?;
        said += &self.check_wns(&headers, body)?;
        said += &self.check_plain(&headers, body)?;
        said += &check_ntfy(&headers, body)?;
        said += &check_matrix(body)?;
        for by in [ForwardedBy::XForwardedFor, ForwardedBy::Forwarded] {
            said += &format!(" {}", hops(by, &headers).iter().flatten().count() > 0);
        }
        let text = String::from_utf8_lossy(body);
        ensure!(self.names.message(&text).is_none(), "message: nobody gave {text}");
        // An element of XML is the target's `toasts`.
        Ok(said)
    }
}
