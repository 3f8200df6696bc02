//! What each protocol's door accepts, durable, by the same senders.

use std::path::Path;
use std::time::Instant;

use anyhow::Result;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bugle::{App, Host, Protocol};
use bugle_gateway::Tls;
use bugle_protocols::web_push::{Encoding, SubscriptionKey, decrypt};
use bugle_task::Bytes;
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey};
use serde_json::json;

use crate::figure::Figures;
use crate::load::{CONTENT_BYTES, Load, Sent};
use crate::served::Served;

/// Some seconds of the slowest door, fewer than an app may have waiting.
const PUSHES: usize = 9_000;

/// A door to measure: its name in the table, what it speaks, and whether through TLS.
const DOORS: [(&str, Protocol, bool); 4] = [
    ("plain", Protocol::Plain, false),
    ("plain, TLS", Protocol::Plain, true),
    ("WNS", Protocol::Wns, false),
    ("Web Push", Protocol::WebPush { sender_key: None }, false),
];

pub(crate) fn measure(app: &Path, scratch: &Path, figures: &mut Figures) -> Result<()> {
    let runtime = tokio::runtime::Runtime::new()?;
    for (name, protocol, with_tls) in DOORS {
        let folder = scratch.join(format!("door-{}", name.replace([' ', ','], "-")));
        let (rate, sent) = runtime.block_on(door(app, &folder, &protocol, with_tls))?;
        figures.note(format!("accepted by the door for {name}, 64 connections"), rate, "/s");
        figures.note(format!("accepted by the door for {name}, p99"), sent.p99_ms, "ms");
    }
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "some thousand")]
async fn door(
    app: &Path,
    folder: &Path,
    protocol: &Protocol,
    with_tls: bool,
) -> Result<(f64, Sent)> {
    let host = Host::builder().data_dir(folder).build().await?;
    let app = host.install(crate::installed::copy_app(app, &folder.join("app"), 0)?).await?;
    let (certificate, tls) = if with_tls { certificate(folder)? } else { (None, None) };
    let served = Served::open(&host, tls).await?;
    let mut load = load(&app, &host, protocol, &served.url).await?;
    load.address = served.address;
    load.certificate = certificate;
    let started = Instant::now();
    let sent = load.send().await?;
    let rate = PUSHES as f64 / started.elapsed().as_secs_f64();
    served.close().await?;
    host.shutdown().await?;
    Ok((rate, sent))
}

/// What a sender of a protocol sends.
async fn load(app: &App, host: &Host, protocol: &Protocol, url: &str) -> Result<Load> {
    let id = format!("{}/inbox", app.id()).parse()?;
    let channel = host.open_channel_for(&id, protocol.clone()).await?;
    let address = channel.address().as_str();
    let any = "127.0.0.1:0".parse()?;
    let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    Ok(match protocol {
        Protocol::Wns => {
            let mut load = Load::new(any, vec![format!("/wns?token={address}")], PUSHES);
            let token = wns_token(host, app).await?;
            load.headers = vec![
                header("x-wns-type", "wns/raw"),
                header("authorization", &format!("Bearer {token}")),
                header("content-type", "application/octet-stream"),
            ];
            load
        }
        Protocol::WebPush { .. } => {
            let mut load = Load::new(any, vec![format!("/wpush/{address}")], PUSHES);
            let secret = format!("web push to {id}, {}", channel.generation());
            load.content = Some(Bytes(encrypted(&SubscriptionKey::derive(&host.secret(&secret)))?));
            load.headers = vec![
                header("ttl", "3600"),
                header("content-encoding", "aes128gcm"),
                header("authorization", &vapid(url, host.clock().now() / 1_000)?),
            ];
            load
        }
        _ => Load::new(any, vec![format!("/push/{address}")], PUSHES),
    })
}

async fn wns_token(host: &Host, app: &App) -> Result<String> {
    app.credentials().await?;
    let made = host.credentials_made(app.id())?;
    let key = host.secret(&format!("wns tokens of {}, {made}", app.id()));
    let key = bugle_protocols::wns::TokenKey::new(key);
    Ok(key.issue(app.id(), host.clock().now()).0)
}

fn encrypted(key: &SubscriptionKey) -> Result<Vec<u8>> {
    // Sets the cryptography up, which is one for all of a process.
    let _ = decrypt(key, &Encoding::Aes128Gcm, &[]);
    let auth = URL_SAFE_NO_PAD.decode(key.auth())?;
    Ok(ece::encrypt(&key.public_key(), &auth, &[b'x'; CONTENT_BYTES])?)
}

fn vapid(url: &str, now: u64) -> Result<String> {
    let key = SigningKey::from_slice(&[1; 32])?;
    let part = |json: serde_json::Value| URL_SAFE_NO_PAD.encode(json.to_string());
    let claims = json!({ "aud": url, "exp": now + 3_600, "sub": "mailto:ada@example.org" });
    let signed = format!("{}.{}", part(json!({ "typ": "JWT", "alg": "ES256" })), part(claims));
    let signature: Signature = key.sign(signed.as_bytes());
    let signature = URL_SAFE_NO_PAD.encode(signature.to_bytes());
    let public = URL_SAFE_NO_PAD.encode(key.verifying_key().to_encoded_point(false).as_bytes());
    Ok(format!("vapid t={signed}.{signature}, k={public}"))
}

fn certificate(folder: &Path) -> Result<(Option<String>, Option<Tls>)> {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()])?;
    let tls = Tls { certificate: folder.join("certificate.pem"), key: folder.join("key.pem") };
    std::fs::write(&tls.certificate, made.cert.pem())?;
    std::fs::write(&tls.key, made.signing_key.serialize_pem())?;
    Ok((Some(made.cert.pem()), Some(tls)))
}
