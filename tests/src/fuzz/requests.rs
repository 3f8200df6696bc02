//! Requests that are right, for each of the doors' protocols, and what is answered.
//!
//! What only a host knows stands in braces: `{plain}` is an address, `{wns-token}` a token. `{pause}` ends
//! a packet.

/// A request that is right, and the statuses of its answers.
pub(super) const SEEDS: [(&[u16], &str); 20] = [
    (
        &[201],
        "POST /push/{plain} HTTP/1.1\r\nhost: t\r\ncontent-length: 5\r\nttl: 60\r\n\
      content-type: text/plain\r\nbugle-a: b\r\nidempotency-key: \"8e03\"\r\n\r\nhello",
    ),
    (
        &[201, 201],
        "POST /push/{plain} HTTP/1.1\r\nhost: t\r\ntransfer-encoding: chunked\r\n\r\n\
      3;x=y\r\nhel\r\n2\r\nlo\r\n0\r\na: b\r\n\r\n\
      POST /push/{plain} HTTP/1.1\r\nhost: t\r\ncontent-length: 1\r\n\r\nx",
    ),
    (&[201], "POST /push/{plain} HTTP/1.0\r\ncontent-length: 1\r\n\r\n{pause}x"),
    (
        &[201],
        "POST /push/{plain} HTTP/1.1\r\nhost: t\r\nexpect: 100-continue\r\ncontent-length: 1\r\n\r\n{pause}x",
    ),
    (
        &[404, 405, 404],
        "GET /nothing HTTP/1.1\r\nhost: t\r\n\r\nGET /push/{plain} HTTP/1.1\r\nhost: t\r\n\r\n\
      HEAD / HTTP/1.1\r\nhost: t\r\nconnection: close\r\n\r\n",
    ),
    (
        &[201],
        "POST /push/{bearer} HTTP/1.1\r\nhost: t\r\ncontent-length: 5\r\n\
      authorization: Bearer {bearer-key}\r\n\r\nhello",
    ),
    (
        &[403],
        "POST /push/{signed} HTTP/1.1\r\nhost: t\r\ncontent-length: 5\r\n\
      webhook-id: a\r\nwebhook-timestamp: {now}\r\nwebhook-signature: v1,AAAA\r\n\r\nhello",
    ),
    (
        &[200],
        "POST /wns?token={wns} HTTP/1.1\r\nhost: t\r\ncontent-length: 5\r\nx-wns-type: wns/raw\r\n\
      authorization: Bearer {wns-token}\r\ncontent-type: application/octet-stream\r\nx-wns-ttl: 60\r\n\
      x-wns-cache-policy: cache\r\nx-wns-requestforstatus: true\r\nms-cv: a.1\r\n\r\nhello",
    ),
    (
        &[200],
        "POST /wns?token={wns} HTTP/1.1\r\nhost: t\r\ncontent-length: 102\r\nx-wns-type: wns/toast\r\n\
      authorization: Bearer {wns-token}\r\ncontent-type: text/xml\r\nx-wns-tag: a\r\nx-wns-group: g\r\n\r\n\
      <toast launch=\"a\"><visual><binding template=\"ToastGeneric\"><text>Ada</text></binding></visual></toast>",
    ),
    (
        &[200],
        "POST /wns?token={wns} HTTP/1.1\r\nhost: t\r\ncontent-length: 18\r\nx-wns-type: wns/badge\r\n\
      authorization: Bearer {wns-token}\r\ncontent-type: text/xml\r\n\r\n<badge value=\"7\"/>",
    ),
    (
        &[200],
        "DELETE /wns?token={wns} HTTP/1.1\r\nhost: t\r\nx-wns-match: type:wns/toast;group=g;tag=a\r\n\
      authorization: Bearer {wns-token}\r\n\r\n",
    ),
    (
        &[200],
        "POST /accesstoken.srf HTTP/1.1\r\nhost: t\r\ncontent-length: {form-length}\r\n\
      content-type: application/x-www-form-urlencoded\r\n\r\n{form}",
    ),
    (
        &[201],
        "POST /wpush/{web-push} HTTP/1.1\r\nhost: t\r\nttl: 60\r\nurgency: high\r\ntopic: news\r\n\
      authorization: {vapid}\r\ncontent-length: 0\r\n\r\n",
    ),
    (
        &[202],
        "POST /wpush/{web-push} HTTP/1.1\r\nhost: t\r\nttl: 60\r\ncontent-encoding: aes128gcm\r\n\
      prefer: respond-async\r\ncontent-length: {sealed-length}\r\n\r\n{sealed}",
    ),
    (
        &[200, 404],
        "GET /wpush/{web-push} HTTP/1.1\r\nhost: t\r\n\r\n\
      DELETE /message/1.AAAAAAAAAAAAAAAAAAAAAA HTTP/1.1\r\n\
      host: t\r\n\r\n",
    ),
    (
        &[200],
        "POST /news HTTP/1.1\r\nhost: t\r\nauthorization: Bearer {topic-token}\r\nx-title: t\r\n\
      x-tags: a,b\r\nx-priority: high\r\ncontent-length: 5\r\n\r\nhello",
    ),
    (
        &[200],
        "PUT / HTTP/1.1\r\nhost: t\r\nauthorization: Bearer {topic-token}\r\ncontent-length: 56\r\n\r\n\
      {\"topic\":\"news\",\"message\":\"b\",\"priority\":4,\"tags\":[\"c\"]}",
    ),
    (
        &[200],
        "POST /_matrix/push/v1/notify HTTP/1.1\r\nhost: t\r\ncontent-length: {matrix-length}\r\n\r\n{matrix}",
    ),
    (
        &[200],
        "GET /_matrix/push/v1/notify HTTP/1.1\r\nhost: t\r\nx-forwarded-for: 192.0.2.1\r\n\r\n",
    ),
    (
        &[],
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\u{4}\0\0\0\0\0\0\0\u{1}\u{1}\u{5}\0\0\0\u{1}\u{2}\u{4}\u{6}",
    ),
];

/// What an input may have beside the words of headers.
pub(super) const WORDS: &[&str] = &[
    "{plain}",
    "{bearer}",
    "{signed}",
    "{wns}",
    "{web-push}",
    "{topic-token}",
    "{wns-token}",
    "{vapid}",
    "{bearer-key}",
    "{sealed}",
    "{pause}",
    "{form}",
    "{matrix}",
    "POST ",
    "GET ",
    "PUT ",
    "DELETE ",
    "HEAD ",
    "OPTIONS * ",
    "CONNECT ",
    "TRACE ",
    "/push/",
    "/wpush/",
    "/wns?token=",
    "/accesstoken.srf",
    "/_matrix/push/v1/notify",
    "/news",
    "/message/",
    "/receipt/",
    " HTTP/1.1\r\n",
    " HTTP/1.0\r\n",
    " HTTP/2.0\r\n",
    " HTTP/9.9\r\n",
    "\r\n\r\n",
    "\r\n",
    "\n",
    "content-length: 5\r\n",
    "content-length: 18446744073709551615\r\n",
    "transfer-encoding: chunked\r\n",
    "transfer-encoding: gzip, chunked\r\n",
    "ffffffffffffffff\r\n",
    "0\r\n\r\n",
    "connection: upgrade\r\n",
    "upgrade: h2c\r\n",
];
