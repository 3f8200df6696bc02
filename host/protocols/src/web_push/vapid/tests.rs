use serde_json::json;

use super::super::samples::{self, NOW_S, ORIGIN, headers};
use super::*;

/// What a request with these headers claims.
fn read(lines: &[(&str, &str)]) -> Result<Option<Claim>, &'static str> {
    parse(&headers(lines)).map_err(|error| error.code())
}

/// What a request with this `Authorization` and nothing else claims.
fn authorized(value: &str) -> Result<Option<Claim>, &'static str> {
    read(&[("Authorization", value)])
}

/// What a token with this header and these claims comes to, signed by the key that is sent along.
fn verdict(header: &Value, claims: &Value) -> Result<Credentials, &'static str> {
    let sender = samples::sender(1);
    let token = samples::token(&sender, header, claims);
    let claim = Claim { token, key: samples::key(&sender) };
    claim.verify(&[ORIGIN.to_owned()], NOW_S).map_err(|error| error.code())
}

fn verdict_on(claims: &Value) -> Result<Credentials, &'static str> {
    verdict(&json!({ "typ": "JWT", "alg": "ES256" }), claims)
}

/// What a token comes to if one of its claims is another, or is missing where `value` is null.
fn verdict_with(name: &str, value: Value) -> Result<Credentials, &'static str> {
    let mut claims = samples::claims();
    if value.is_null() {
        claims.as_object_mut().expect("it is an object").remove(name);
    } else {
        claims[name] = value;
    }
    verdict_on(&claims)
}

#[test]
fn a_token_is_read_in_every_form_that_senders_use() {
    let claim = samples::claim(&samples::sender(1));
    let (token, key) = (claim.token().to_owned(), samples::encoded(claim.key()));
    for value in [
        format!("vapid t={token}, k={key}"),
        format!("vapid t={token},k={key}"),
        format!("Vapid k={key}, t={token}"),
        format!("vapid  t=\"{token}\" , k=\"{key}\""),
        format!("vapid t={token}; k={key}="),
        format!("vapid t={token},k={}", key.replace('-', "+").replace('_', "/")),
    ] {
        assert_eq!(authorized(&value), Ok(Some(claim.clone())), "{value}");
    }
    for scheme in ["WebPush", "webpush", "Bearer", "bearer"] {
        for keys in [format!("p256ecdsa={key}"), format!("dh=AA;p256ecdsa=\"{key}\"")] {
            let value = format!("{scheme} {token}");
            let lines = [("Authorization", value.as_str()), ("Crypto-Key", keys.as_str())];
            assert_eq!(read(&lines), Ok(Some(claim.clone())), "{scheme} {keys}");
        }
    }
}

#[test]
fn what_is_not_vapid_claims_nothing() {
    assert_eq!(read(&[]), Ok(None));
    for value in ["", "vapid", "Basic YTpi", "key=AAAA", "Bearer abc", "vapid2 t=a,k=b", "é é"] {
        assert_eq!(authorized(value), Ok(None), "{value}");
    }
    let lines = [("Authorization", "Basic YTpi"), ("Crypto-Key", "p256ecdsa=AA")];
    assert_eq!(read(&lines), Ok(None));
}

#[test]
fn a_claim_that_lacks_something_is_refused() {
    let key = samples::encoded(&samples::key(&samples::sender(1)));
    for value in ["vapid t=a".to_owned(), format!("vapid k={key}"), "WebPush a.b.c".to_owned()] {
        assert_eq!(authorized(&value), Err("vapid-incomplete"), "{value}");
    }
    for key in ["", "AA", "!", &key[1..], &format!("{key}AAAA")] {
        let value = format!("vapid t=a.b.c, k={key}");
        assert_eq!(authorized(&value), Err("vapid-key"), "{key}");
    }
    let value = format!("vapid t={}, k={key}", "a".repeat(TOKEN_BYTES_MAX + 1));
    assert_eq!(authorized(&value), Err("vapid-token-too-long"));
    let two = [("Authorization", "vapid t=a"), ("Authorization", "vapid t=a")];
    assert_eq!(read(&two), Err("vapid-repeated"));
}

#[test]
fn a_good_token_says_who_sends_and_until_when() {
    let expected = Credentials {
        key: samples::key(&samples::sender(1)),
        subject: Some("mailto:push@example.org".to_owned()),
        expires_at_s: NOW_S + 3_600,
    };
    assert_eq!(verdict_on(&samples::claims()), Ok(expected));
}

#[test]
fn the_audience_is_one_of_the_origins_of_this_host() {
    for aud in [json!(ORIGIN), json!([ORIGIN]), json!(["https://elsewhere.example", ORIGIN])] {
        assert!(verdict_with("aud", aud.clone()).is_ok(), "{aud}");
    }
    for aud in [
        json!(null),
        json!(""),
        json!([]),
        json!(7),
        json!([null, 7, [ORIGIN]]),
        json!({ ORIGIN: ORIGIN }),
        json!("https://elsewhere.example"),
        json!("http://push.example"),
        json!("https://push.example:8443"),
        json!("https://push.example.elsewhere.example"),
    ] {
        assert_eq!(verdict_with("aud", aud.clone()), Err("vapid-audience"), "{aud}");
    }
    let claim = samples::claim(&samples::sender(1));
    let origins = ["http://127.0.0.1:18080".to_owned(), ORIGIN.to_owned()];
    assert!(claim.verify(&origins, NOW_S).is_ok());
    assert!(claim.verify(&[], NOW_S).is_err());
}

#[test]
fn a_token_lasts_until_its_end_and_not_longer_than_a_day() {
    let day = 24 * 60 * 60;
    for exp in [json!(NOW_S + 1), json!(NOW_S + day), json!(NOW_S + day + 60)] {
        assert!(verdict_with("exp", exp.clone()).is_ok(), "{exp}");
    }
    let cut = verdict_with("exp", json!(1_700_000_001.9)).map(|sender| sender.expires_at_s);
    assert_eq!(cut, Ok(NOW_S + 1));
    for exp in [json!(NOW_S), json!(NOW_S - 1), json!(0), json!(0.5), json!(1_700_000_000.9)] {
        assert_eq!(verdict_with("exp", exp.clone()), Err("vapid-expired"), "{exp}");
    }
    for exp in [json!(NOW_S + day + 61), json!(u64::MAX), json!(1e18)] {
        assert_eq!(verdict_with("exp", exp.clone()), Err("vapid-too-far-ahead"), "{exp}");
    }
    for exp in [json!(null), json!("1700003600"), json!(-1), json!(1e300), json!([NOW_S + 1])] {
        assert_eq!(verdict_with("exp", exp.clone()), Err("vapid-expiry"), "{exp}");
    }
}

#[test]
fn a_subject_is_a_way_to_reach_someone_and_may_be_missing() {
    for sub in [json!("mailto:a@example.org"), json!("https://example.org"), json!("MAILTO:a@b")] {
        let subject = verdict_with("sub", sub.clone()).map(|sender| sender.subject);
        assert_eq!(subject, Ok(sub.as_str().map(str::to_owned)));
    }
    assert_eq!(verdict_with("sub", json!(null)).map(|sender| sender.subject), Ok(None));
    for sub in [json!(""), json!("a@b"), json!("http://a"), json!(7), json!("mailto:\u{1b}[31m")] {
        assert_eq!(verdict_with("sub", sub.clone()), Err("vapid-subject"), "{sub}");
    }
}

#[test]
fn only_es256_is_believed() {
    for header in [
        json!({}),
        json!({ "alg": "none" }),
        json!({ "alg": "HS256" }),
        json!({ "alg": "es256" }),
        json!({ "alg": ["ES256"] }),
        json!({ "alg": "ES256", "crit": ["exp"] }),
    ] {
        assert_eq!(verdict(&header, &samples::claims()), Err("vapid-algorithm"), "{header}");
    }
}

#[test]
fn a_token_of_another_key_is_refused() {
    let mut claim = samples::claim(&samples::sender(1));
    claim.key = samples::key(&samples::sender(2));
    assert_eq!(claim.verify(&[ORIGIN.to_owned()], NOW_S), Err(VapidError::Signature));
    // Off the curve, and none of the forms of 65 bytes.
    for first in [4, 0, 2, 6] {
        claim.key = [0; KEY_BYTES];
        claim.key[0] = first;
        assert_eq!(claim.verify(&[ORIGIN.to_owned()], NOW_S), Err(VapidError::Key), "{first}");
    }
}

#[test]
fn a_token_with_any_character_changed_or_cut_off_is_refused() {
    let claim = samples::claim(&samples::sender(1));
    let refused = |token: String| {
        let claim = Claim { token, key: claim.key };
        claim.verify(&[ORIGIN.to_owned()], NOW_S).is_err()
    };
    for (at, character) in claim.token.char_indices() {
        let other = if character == 'A' { "B" } else { "A" };
        let mut token = claim.token.clone();
        token.replace_range(at..=at, other);
        assert!(refused(token), "character {at}");
        assert!(refused(claim.token[..at].to_owned()), "the first {at} characters");
    }
    assert!(refused(format!("{}.", claim.token)));
    assert!(refused(format!("e30.{}", claim.token)));
}

#[test]
fn a_token_that_is_no_jwt_is_refused() {
    let key = samples::key(&samples::sender(1));
    // `W10` is `[]`, `e30` is `{}`, `bnVsbA` is `null`.
    for token in ["", ".", "..", "...", "e30", "e30.e30", "W10.W10.", "bnVsbA.e30.", "!.!.!"] {
        let claim = Claim { token: token.to_owned(), key };
        assert_eq!(claim.verify(&[], NOW_S), Err(VapidError::Token), "{token}");
    }
    let deep = format!("{{\"alg\":{}", "[".repeat(3_000));
    let claim = Claim { token: format!("{}.e30.", samples::encoded(deep.as_bytes())), key };
    assert_eq!(claim.verify(&[], NOW_S), Err(VapidError::Token));
}

#[test]
fn a_signature_of_another_form_is_refused() {
    let claim = samples::claim(&samples::sender(1));
    let (signed, _) = claim.token.rsplit_once('.').expect("it has dots");
    // Not there, too short, out of range on either side, too long as a DER one is.
    for signature in [&[][..], &[1; 63], &[0; 64], &[0xff; 64], &[0x30; 70]] {
        let token = format!("{signed}.{}", samples::encoded(signature));
        let claim = Claim { token, key: claim.key };
        let verdict = claim.verify(&[ORIGIN.to_owned()], NOW_S);
        assert_eq!(verdict, Err(VapidError::Signature), "{signature:?}");
    }
}

#[test]
fn a_subscription_may_be_restricted_to_one_sender() {
    let (one, other) = (samples::sender(1), samples::sender(2));
    let sender = samples::claim(&one).verify(&[ORIGIN.to_owned()], NOW_S).expect("it is good");
    assert_eq!(sender.check_key(&samples::key(&one)), Ok(()));
    assert_eq!(sender.check_key(&samples::key(&other)), Err(VapidError::OtherKey));
}

#[test]
fn a_refusal_says_what_to_do() {
    let claim = samples::claim(&samples::sender(1));
    let origins = ["https://a.example".to_owned(), "https://b.example".to_owned()];
    let error = claim.verify(&origins, NOW_S).expect_err("it is for another");
    let expected = "the token's `aud` is not this host; \
                    set it to `https://a.example` or `https://b.example`";
    assert_eq!(error.to_string(), expected);
    let long = VapidError::TokenTooLong { bytes: 5_000 };
    assert_eq!(long.to_string(), "the token has 5000 bytes and may have 4096; claim less");
}

#[test]
fn a_token_does_not_show_in_what_is_printed() {
    assert_eq!(format!("{:?}", samples::claim(&samples::sender(1))), "Claim(secret)");
}
