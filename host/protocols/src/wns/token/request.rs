use std::collections::BTreeMap;
use std::fmt;

use http::{HeaderValue, Response, StatusCode, header};
use serde_json::{Value, json};

/// The most bytes of the form that asks for a token. It has four short values; the recorded ones have
/// a quarter of a kilobyte together.
const FORM_BYTES_MAX: usize = 4 * 1024;

/// A request for a token (WNS, request and response headers page; OAuth 2.0, RFC 6749, 4.4).
#[derive(Clone, PartialEq, Eq)]
pub struct TokenRequest {
    /// Who asks.
    pub client_id: String,
    /// With what it proves that. Compare it in constant time.
    pub client_secret: String,
    /// What the token is for.
    pub scope: Scope,
}

/// What a token is for. All are for pushes; the answer differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// `notify.windows.com`: the service of Windows and of its phones.
    Windows,
    /// `s.notify.live.net`: the older name that phones have for it.
    Phone,
    /// `https://wns.windows.com/.default`: the same service for the Windows App SDK, whose tokens come
    /// from a tenant.
    Tenant,
}

/// Why no token is given (RFC 6749, 5.2).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenProblem {
    /// The form is not as it should be.
    #[error("{0}")]
    InvalidRequest(String),
    /// The client is not known, or its secret is another. Which of the two is not said.
    #[error("the client id or the client secret is wrong; use those of the app")]
    InvalidClient,
    /// The token is to be for something that there is not.
    #[error("the scope is not known; ask for notify.windows.com")]
    InvalidScope,
    /// Only one grant type is there.
    #[error("the grant type is not supported; ask with client_credentials")]
    UnsupportedGrantType,
}

impl fmt::Debug for TokenRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut request = f.debug_struct("TokenRequest");
        request.field("client_id", &self.client_id).field("scope", &self.scope);
        request.finish_non_exhaustive()
    }
}

impl Scope {
    fn parse(text: &str) -> Option<Self> {
        match text {
            "notify.windows.com" => Some(Self::Windows),
            "s.notify.live.net" => Some(Self::Phone),
            "https://wns.windows.com/.default" => Some(Self::Tenant),
            _ => None,
        }
    }

    /// The answer that hands over a token, in the form that clients of this scope expect.
    #[must_use]
    pub fn answer(self, token: &str, expires_in: u64) -> Response<String> {
        let body = match self {
            // Clients compare `token_type` letter by letter, and take the number as a number.
            Self::Windows | Self::Phone => {
                json!({ "token_type": "bearer", "access_token": token, "expires_in": expires_in })
            }
            // As text, and one second less, as in the quickstart of the Windows App SDK.
            Self::Tenant => {
                let seconds = expires_in.saturating_sub(1).to_string();
                json!({
                    "token_type": "Bearer",
                    "access_token": token,
                    "expires_in": seconds,
                    "ext_expires_in": seconds,
                })
            }
        };
        answer(StatusCode::OK, &body)
    }
}

impl TokenProblem {
    /// The name of the problem, as it stands in the answer.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::InvalidRequest(_) => "invalid_request",
            Self::InvalidClient => "invalid_client",
            Self::InvalidScope => "invalid_scope",
            Self::UnsupportedGrantType => "unsupported_grant_type",
        }
    }

    /// The answer. Always 400, as recorded; clients know no other.
    #[must_use]
    pub fn answer(&self) -> Response<String> {
        let body = json!({ "error": self.code(), "error_description": self.to_string() });
        answer(StatusCode::BAD_REQUEST, &body)
    }
}

/// Reads the form that asks for a token.
///
/// # Errors
///
/// [`TokenProblem`] says which parameter is wrong. Who the client is, is not looked at.
pub fn parse_token_request(body: &[u8]) -> Result<TokenRequest, TokenProblem> {
    let mut parameters = parameters(body)?;
    let mut take = |name: &str| {
        parameters.remove(name).ok_or_else(|| invalid(format!("the parameter {name} is missing")))
    };
    if take("grant_type")? != "client_credentials" {
        return Err(TokenProblem::UnsupportedGrantType);
    }
    Ok(TokenRequest {
        client_id: take("client_id")?,
        client_secret: take("client_secret")?,
        scope: Scope::parse(&take("scope")?).ok_or(TokenProblem::InvalidScope)?,
    })
}

/// Nobody on the way may keep a token (RFC 6749, 5.1).
fn answer(code: StatusCode, body: &Value) -> Response<String> {
    let mut response = Response::new(body.to_string());
    *response.status_mut() = code;
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

fn invalid(what: impl Into<String>) -> TokenProblem {
    TokenProblem::InvalidRequest(what.into())
}

fn parameters(form: &[u8]) -> Result<BTreeMap<String, String>, TokenProblem> {
    if form.len() > FORM_BYTES_MAX {
        return Err(invalid(format!("the form has more than {FORM_BYTES_MAX} bytes")));
    }
    let mut parameters = BTreeMap::new();
    for pair in form.split(|byte| *byte == b'&') {
        let end = pair.iter().position(|byte| *byte == b'=').unwrap_or(pair.len());
        let (name, value) = pair.split_at(end);
        let (name, value) = (decode(name)?, decode(value.get(1..).unwrap_or_default())?);
        // One without a value counts as left out (RFC 6749, 3.2).
        if !value.is_empty() && parameters.insert(name, value).is_some() {
            return Err(invalid("a parameter is there twice; send each once"));
        }
    }
    Ok(parameters)
}

/// Takes `application/x-www-form-urlencoded` apart. Stricter than browsers are: what is not as it
/// should be is refused, and not guessed.
fn decode(text: &[u8]) -> Result<String, TokenProblem> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut bytes = text.iter().copied();
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'+' => b' ',
            b'%' => escaped(&mut bytes)
                .ok_or_else(|| invalid("a percent sign is not followed by two hex digits"))?,
            byte => byte,
        });
    }
    String::from_utf8(decoded).map_err(|_| invalid("the form is not UTF-8"))
}

fn escaped(bytes: &mut impl Iterator<Item = u8>) -> Option<u8> {
    let mut digit = || char::from(bytes.next()?).to_digit(16);
    let (high, low) = (digit()?, digit()?);
    u8::try_from(high * 16 + low).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As npm `wns` 0.5.4 sends it, and django-push-notifications 3.3.0 too.
    const FORM: &str = "grant_type=client_credentials&client_id=ms-app%3A%2F%2Fs-1-15-2-1\
                        &client_secret=a+b%2Bc%3D&scope=notify.windows.com";

    fn problem(form: &str) -> TokenProblem {
        parse_token_request(form.as_bytes()).unwrap_err()
    }

    /// The form with something else in a place.
    fn problem_with(from: &str, to: &str) -> TokenProblem {
        let form = FORM.replace(from, to);
        assert_ne!(form, FORM);
        problem(&form)
    }

    #[test]
    fn the_form_that_clients_send_is_read() {
        let expected = TokenRequest {
            client_id: "ms-app://s-1-15-2-1".to_owned(),
            client_secret: "a b+c=".to_owned(),
            scope: Scope::Windows,
        };
        assert_eq!(parse_token_request(FORM.as_bytes()), Ok(expected));
    }

    #[test]
    fn three_scopes_are_known() {
        for (text, scope) in [
            ("notify.windows.com", Scope::Windows),
            ("s.notify.live.net", Scope::Phone),
            ("https%3A%2F%2Fwns.windows.com%2F.default", Scope::Tenant),
        ] {
            let form = FORM.replace("notify.windows.com", text);
            assert_eq!(parse_token_request(form.as_bytes()).map(|r| r.scope), Ok(scope));
        }
        for text in ["other", "Notify.windows.com", "notify.windows.com+s.notify.live.net"] {
            assert_eq!(problem_with("notify.windows.com", text), TokenProblem::InvalidScope);
        }
    }

    #[test]
    fn only_client_credentials_are_granted() {
        let problem = problem_with("client_credentials", "password");
        assert_eq!(problem, TokenProblem::UnsupportedGrantType);
    }

    #[test]
    fn a_parameter_that_is_missing_or_empty_is_named() {
        for name in ["grant_type", "client_id", "client_secret", "scope"] {
            let missing = problem_with(&format!("{name}="), "other=");
            assert_eq!(missing, invalid(format!("the parameter {name} is missing")));
        }
        let empty = problem_with("client_secret=a+b%2Bc%3D", "client_secret=");
        assert_eq!(empty, invalid("the parameter client_secret is missing"));
        assert_eq!(problem(""), invalid("the parameter grant_type is missing"));
    }

    #[test]
    fn a_parameter_may_not_be_there_twice() {
        let form = format!("{FORM}&scope=notify.windows.com");
        assert_eq!(problem(&form).code(), "invalid_request");
    }

    #[test]
    fn parameters_that_are_not_known_are_not_looked_at() {
        let form = format!("&&{FORM}&resource=x&flag&=&");
        assert!(parse_token_request(form.as_bytes()).is_ok());
    }

    #[test]
    fn a_form_that_is_not_encoded_rightly_is_refused() {
        for secret in ["%", "%4", "%zz", "%+1", "%-1", "%ff"] {
            let refused = problem_with("a+b%2Bc%3D", secret);
            assert_eq!(refused.code(), "invalid_request", "{secret}");
        }
        assert!(parse_token_request(b"scope=\xff").is_err());
    }

    #[test]
    fn a_form_is_bounded() {
        assert_eq!(problem_with("a+b", &"a".repeat(FORM_BYTES_MAX)).code(), "invalid_request");
    }

    #[test]
    fn the_secret_is_not_shown() {
        let form = FORM.replace("a+b%2Bc%3D", "hush");
        let request = parse_token_request(form.as_bytes()).unwrap();
        assert!(!format!("{request:?}").contains("hush"));
    }

    fn json_of(response: &Response<String>) -> Value {
        assert_eq!(response.headers()[header::CACHE_CONTROL], "no-store");
        assert_eq!(response.headers()[header::CONTENT_TYPE], "application/json");
        serde_json::from_str(response.body()).unwrap()
    }

    #[test]
    fn the_classic_answer_is_the_recorded_one() {
        let expected =
            json!({ "token_type": "bearer", "access_token": "abc", "expires_in": 86400 });
        for scope in [Scope::Windows, Scope::Phone] {
            let response = scope.answer("abc", 86_400);
            assert_eq!(response.status(), StatusCode::OK);
            assert_eq!(json_of(&response), expected);
        }
    }

    #[test]
    fn the_answer_of_a_tenant_has_its_numbers_as_text() {
        let response = Scope::Tenant.answer("abc", 86_400);
        let expected = json!({
            "token_type": "Bearer",
            "access_token": "abc",
            "expires_in": "86399",
            "ext_expires_in": "86399",
        });
        assert_eq!(json_of(&response), expected);
    }

    #[test]
    fn every_problem_is_a_400_with_its_name_and_a_description() {
        for (problem, name) in [
            (invalid("the form is not UTF-8"), "invalid_request"),
            (TokenProblem::InvalidClient, "invalid_client"),
            (TokenProblem::InvalidScope, "invalid_scope"),
            (TokenProblem::UnsupportedGrantType, "unsupported_grant_type"),
        ] {
            let response = problem.answer();
            assert_eq!(response.status(), StatusCode::BAD_REQUEST);
            let expected = json!({ "error": name, "error_description": problem.to_string() });
            assert_eq!(json_of(&response), expected);
        }
    }
}
