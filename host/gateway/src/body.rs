//! The body of a request: bounded in size and in time.

use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, header};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};

use crate::BODY_READ_TIMEOUT;

/// Why a body was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BodyProblem {
    TooLarge,
    TooSlow,
    Broken,
}

/// Reads a body of at most so many bytes. One that says that it is larger is not read at all.
pub(crate) async fn read(
    headers: &HeaderMap,
    body: Body,
    bytes_max: usize,
) -> Result<Vec<u8>, BodyProblem> {
    read_within(headers, body, bytes_max, BODY_READ_TIMEOUT).await
}

/// The same, within a time.
pub(crate) async fn read_within(
    headers: &HeaderMap,
    body: Body,
    bytes_max: usize,
    time: Duration,
) -> Result<Vec<u8>, BodyProblem> {
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    if announced.and_then(|length| length.parse().ok()) > Some(bytes_max as u64) {
        return Err(BodyProblem::TooLarge);
    }
    let whole = Limited::new(body, bytes_max).collect();
    match tokio::time::timeout(time, whole).await {
        Ok(Ok(content)) => Ok(content.to_bytes().into()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(BodyProblem::TooLarge),
        Ok(Err(_)) => Err(BodyProblem::Broken),
        Err(_) => Err(BodyProblem::TooSlow),
    }
}
