use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bugle_task::{Bytes, Value};

/// A setting's value as people write it: `true`, `12`, `1.5`, `@1700000000000` (a moment),
/// `base64:aGk=` (bytes), and everything else is text. Quotes make text of anything: `"12"`.
#[must_use]
pub fn parse_value(text: &str) -> Value {
    let quoted = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    if let Some(quoted) = quoted {
        return Value::Text(quoted.to_owned());
    }
    if let Some(bytes) = text.strip_prefix("base64:").and_then(|text| STANDARD.decode(text).ok()) {
        return Value::Bytes(Bytes(bytes));
    }
    if let Some(moment) = text.strip_prefix('@').and_then(|text| text.parse().ok()) {
        return Value::Timestamp(moment);
    }
    if let Ok(value) = text.parse() {
        return Value::Boolean(value);
    }
    if let Ok(value) = text.parse() {
        return Value::Integer(value);
    }
    // `inf` and `nan` are words before they are numbers.
    match text.parse::<f64>() {
        Ok(value) if value.is_finite() => Value::Float(value),
        _ => Value::Text(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_what_they_look_like() {
        assert_eq!(parse_value("true"), Value::Boolean(true));
        assert_eq!(parse_value("-12"), Value::Integer(-12));
        assert_eq!(parse_value("1.5"), Value::Float(1.5));
        assert_eq!(parse_value("@5"), Value::Timestamp(5));
        assert_eq!(parse_value("base64:aGk="), Value::Bytes(Bytes::from("hi")));
        for (text, value) in [("\"12\"", "12"), ("nan", "nan"), ("base64:?", "base64:?"), ("", "")]
        {
            assert_eq!(parse_value(text), Value::Text(value.to_owned()));
        }
    }
}
