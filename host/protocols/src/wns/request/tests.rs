use http::{HeaderName, HeaderValue};

use super::*;

const RAW: [(&str, &str); 3] = [
    ("X-WNS-Type", "wns/raw"),
    ("Content-Type", "application/octet-stream"),
    ("Content-Length", "5"),
];

fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
        headers.append(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
    }
    headers
}

fn parse(pairs: &[(&str, &str)]) -> Result<Request, Problem> {
    Request::parse(&headers(pairs))
}

/// A raw notification that is right, and some headers more.
fn raw_with(more: &[(&str, &str)]) -> Result<Request, Problem> {
    parse(&[&RAW[..], more].concat())
}

fn xml(kind: &str, more: &[(&str, &str)]) -> Result<Request, Problem> {
    let all = [("X-WNS-Type", kind), ("Content-Type", "text/xml"), ("Content-Length", "99")];
    parse(&[&all[..], more].concat())
}

#[track_caller]
fn assert_bad(request: Result<Request, Problem>, header: &str) {
    match request {
        Err(Problem::BadRequest(what)) => assert!(what.contains(header), "{what}"),
        other => panic!("{other:?} is no bad request for {header}"),
    }
}

#[test]
fn a_raw_notification_has_the_documented_defaults() {
    let expected = Request {
        kind: Kind::Raw,
        cache: false,
        wants_status: false,
        ttl: None,
        tag: None,
        group: None,
        priority: Priority::Low,
        suppress_popup: false,
        correlation: None,
    };
    assert_eq!(raw_with(&[]), Ok(expected));
}

#[test]
fn each_kind_has_a_priority_and_a_cache_policy_of_its_own() {
    for (kind, priority, cache) in [
        ("wns/toast", Priority::High, false),
        ("wns/badge", Priority::Medium, true),
        ("wns/tile", Priority::Medium, true),
    ] {
        let request = xml(kind, &[]).unwrap();
        assert_eq!((request.priority, request.cache), (priority, cache), "{kind}");
        assert_eq!(request.kind.as_str(), kind);
    }
}

#[test]
fn the_type_is_needed_and_one_of_four() {
    assert_bad(parse(&RAW[1..]), "X-WNS-Type");
    for kind in ["", "raw", "wns/other", "wns/raw2"] {
        assert_bad(parse(&[("X-WNS-Type", kind), RAW[1], RAW[2]]), "X-WNS-Type");
    }
    assert!(parse(&[("X-Wns-Type", "WNS/Raw"), RAW[1], RAW[2]]).is_ok());
}

#[test]
fn the_content_type_is_that_of_the_kind() {
    assert_bad(parse(&[RAW[0], ("Content-Type", "text/xml"), RAW[2]]), "Content-Type");
    let toast = ("X-WNS-Type", "wns/toast");
    for given in ["application/octet-stream", "application/xml", ""] {
        assert_bad(parse(&[toast, ("Content-Type", given), RAW[2]]), "Content-Type");
    }
    assert_bad(parse(&[toast, RAW[2]]), "Content-Type");
    for given in ["Text/XML", "text/xml; charset=utf-8", "text/xml;charset=\"UTF-8\""] {
        assert!(parse(&[toast, ("Content-Type", given), RAW[2]]).is_ok(), "{given}");
    }
}

#[test]
fn a_raw_notification_without_a_content_type_is_taken() {
    assert!(parse(&[RAW[0], RAW[2]]).is_ok());
}

#[test]
fn the_content_length_is_needed_and_a_number() {
    assert_bad(parse(&RAW[..2]), "Content-Length");
    for length in ["", "-1", "+5", "5 5", "0x5", "five"] {
        assert_bad(parse(&[RAW[0], RAW[1], ("Content-Length", length)]), "Content-Length");
    }
    assert_bad(raw_with(&[("Transfer-Encoding", "chunked")]), "Transfer-Encoding");
}

#[test]
fn a_content_has_at_most_5000_bytes_and_a_raw_one_at_least_1() {
    let of = |length| parse(&[RAW[0], RAW[1], ("Content-Length", length)]);
    assert!(of("1").is_ok());
    assert!(of("5000").is_ok());
    for length in ["5001", "99999999999999999999999"] {
        assert_eq!(of(length), Err(Problem::TooLarge), "{length}");
    }
    assert_bad(of("0"), "at least one byte");
}

#[test]
fn the_cache_policy_replaces_the_default_but_never_for_toasts() {
    let policy = |value| [("X-WNS-Cache-Policy", value)];
    assert!(raw_with(&policy("cache")).unwrap().cache);
    assert!(!raw_with(&policy("No-Cache")).unwrap().cache);
    assert!(!xml("wns/badge", &policy("no-cache")).unwrap().cache);
    assert!(!xml("wns/toast", &policy("cache")).unwrap().cache);
    assert_bad(raw_with(&policy("yes")), "X-WNS-Cache-Policy");
}

#[test]
fn the_status_is_given_only_when_it_is_asked_for() {
    let asked = |value| raw_with(&[("X-WNS-RequestForStatus", value)]);
    assert!(asked("true").unwrap().wants_status);
    assert!(asked("True").unwrap().wants_status);
    assert!(!asked("false").unwrap().wants_status);
    assert_bad(asked("1"), "X-WNS-RequestForStatus");
}

#[test]
fn a_toast_can_be_kept_from_popping_up() {
    let asked = |value| xml("wns/toast", &[("X-WNS-SuppressPopup", value)]);
    assert!(asked("true").unwrap().suppress_popup);
    assert!(!asked("false").unwrap().suppress_popup);
    assert_bad(asked("no"), "X-WNS-SuppressPopup");
}

#[test]
fn the_time_to_live_is_whole_seconds_and_at_most_30_days() {
    let ttl = |value| raw_with(&[("X-WNS-TTL", value)]);
    assert_eq!(ttl("60").unwrap().ttl, Some(Duration::from_secs(60)));
    assert_eq!(ttl("0").unwrap().ttl, Some(Duration::ZERO));
    for value in ["2592001", "99999999999999999999999"] {
        assert_eq!(ttl(value).unwrap().ttl, Some(TTL_MAX), "{value}");
    }
    for value in ["", "-1", "+1", "1.5", "1s"] {
        assert_bad(ttl(value), "X-WNS-TTL");
    }
}

#[test]
fn a_tag_and_a_group_have_at_most_16_letters_and_digits() {
    let request = raw_with(&[("X-WNS-Tag", "news1"), ("X-WNS-Group", "0123456789abcdef")]).unwrap();
    assert_eq!(request.tag.as_deref(), Some("news1"));
    assert_eq!(request.group.as_deref(), Some("0123456789abcdef"));
    for name in ["X-WNS-Tag", "X-WNS-Group"] {
        for value in ["", "0123456789abcdefg", "a-b", "a b", "caf\u{e9}"] {
            assert_bad(raw_with(&[(name, value)]), name);
        }
    }
}

#[test]
fn the_priority_is_a_number_from_1_to_4() {
    let priority = |value| raw_with(&[("X-WNS-PRIORITY", value)]);
    for (value, expected) in [
        ("1", Priority::High),
        ("2", Priority::Medium),
        ("3", Priority::Low),
        ("4", Priority::VeryLow),
    ] {
        assert_eq!(priority(value).unwrap().priority, expected);
    }
    for value in ["", "0", "5", "01", "high"] {
        assert_bad(priority(value), "X-WNS-PRIORITY");
    }
}

#[test]
fn a_correlation_vector_is_bounded_and_printable() {
    let vector = |value| raw_with(&[("MS-CV", value)]);
    let longest = "a".repeat(127);
    for value in ["tul4NUsfs9Cl7mOf.1", longest.as_str()] {
        assert_eq!(vector(value).unwrap().correlation.as_deref(), Some(value));
        assert_eq!(correlation(&headers(&[("MS-CV", value)])), Some(value));
    }
    let too_long = "a".repeat(128);
    for value in ["", "a b", "a\tb", "\u{e9}", too_long.as_str()] {
        assert_bad(vector(value), "MS-CV");
        assert_eq!(correlation(&headers(&[("MS-CV", value)])), None);
    }
}

#[test]
fn headers_that_the_protocol_does_not_name_are_not_looked_at() {
    let more = [
        ("X-NotificationClass", "3"),
        ("X-WindowsPhone-Target", "toast"),
        ("X-WNS-Unheard-Of", "\u{e9}"),
        ("Expect", "100-continue"),
    ];
    assert_eq!(raw_with(&more), raw_with(&[]));
}

#[test]
fn a_header_that_is_given_twice_has_to_say_the_same() {
    let twice = |name, first, second| raw_with(&[(name, first), (name, second)]);
    assert_bad(twice("X-WNS-TTL", "60", "61"), "X-WNS-TTL");
    assert_bad(raw_with(&[("X-WNS-Type", "wns/toast")]), "X-WNS-Type");
    assert_bad(raw_with(&[("Content-Length", "6")]), "Content-Length");
    let ttl = twice("X-WNS-TTL", "60", "60").unwrap().ttl;
    assert_eq!(ttl, Some(Duration::from_secs(60)));
}

#[test]
fn the_bearer_token_is_read_whatever_the_case_of_the_scheme() {
    for value in ["Bearer abc", "bearer abc", "BEARER  abc "] {
        assert_eq!(bearer(&headers(&[("Authorization", value)])), Some("abc"), "{value}");
    }
    for value in ["", "abc", "Bearer", "Bearer ", "Basic abc", "Bearerabc"] {
        assert_eq!(bearer(&headers(&[("Authorization", value)])), None, "{value}");
    }
    assert_eq!(bearer(&HeaderMap::new()), None);
    let two = [("Authorization", "Bearer abc"), ("Authorization", "Bearer abd")];
    assert_eq!(bearer(&headers(&two)), None);
}

#[test]
fn toasts_to_take_away_are_matched() {
    let key = |text: &str| matched(&headers(&[("X-WNS-Match", text)])).ok();
    let of = |tag: Option<&str>, group: Option<&str>| {
        Some(ToastKey { tag: tag.map(str::to_owned), group: group.map(str::to_owned) })
    };
    assert_eq!(key("type:wns/toast;group=g;tag=t"), of(Some("t"), Some("g")));
    assert_eq!(key("type:wns/toast;group=g"), of(None, Some("g")));
    assert_eq!(key("type:wns/toast; tag=t"), of(Some("t"), None));
    assert_eq!(key("type:wns/toast;all"), of(None, None));
    for wrong in [
        "",
        "all",
        "type:wns/toast",
        "type:wns/tile;all",
        "type:wns/toast;",
        "type:wns/toast;all;tag=t",
        "type:wns/toast;tag=t;tag=u",
        "type:wns/toast;tag=",
        "type:wns/toast;tag=a-b",
        "type:wns/toast;x=y",
    ] {
        assert_eq!(key(wrong), None, "{wrong}");
    }
    assert!(matched(&HeaderMap::new()).is_err());
}
