//! awsJson 1.0 and 1.1 bodies.

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use serde_json::{Map, Number, Value as Json};

use super::{fault::Fault, value::Value};

/// The input in a request's body; an empty body is the empty structure.
pub fn decode(body: &[u8]) -> Result<Value, Fault> {
    if body.is_empty() {
        return Ok(Value::empty());
    }
    match serde_json::from_slice(body) {
        Ok(json @ Json::Object(_)) => Ok(value(json)),
        Ok(_) => Err(Fault::Malformed("the body must be a JSON object".to_owned())),
        Err(error) => Err(Fault::Malformed(error.to_string())),
    }
}

/// The body of an answer; no output is `{}`.
pub fn encode(value: &Value) -> Bytes {
    let body = json(value).unwrap_or_else(|| Json::Object(Map::new()));
    Bytes::from(body.to_string())
}

fn value(json: Json) -> Value {
    match json {
        Json::Null => Value::Absent,
        Json::Bool(bool) => Value::Bool(bool),
        Json::Number(number) => match number.as_i64() {
            Some(int) => Value::Int(int),
            None => Value::Double(number.as_f64().unwrap_or(f64::NAN)),
        },
        Json::String(text) => Value::Text(text),
        Json::Array(items) => Value::List(items.into_iter().map(value).collect()),
        Json::Object(members) => Value::Map(members.into_iter().map(|(name, member)| (name, value(member))).collect()),
    }
}

/// `None` for a member that is left out.
fn json(value: &Value) -> Option<Json> {
    Some(match value {
        Value::Absent => return None,
        Value::Bool(bool) => Json::Bool(*bool),
        Value::Int(int) => Json::from(*int),
        Value::Double(double) => number(*double),
        Value::Text(text) => Json::String(text.clone()),
        Value::Time(time) => number(time.as_millisecond() as f64 / 1000.0),
        Value::Blob(blob) => Json::String(STANDARD.encode(blob)),
        Value::List(items) => Json::Array(items.iter().filter_map(json).collect()),
        Value::Map(members) => {
            Json::Object(members.iter().filter_map(|(name, member)| Some((name.clone(), json(member)?))).collect())
        }
    })
}

/// JSON has no word for infinity; the protocol spells it as a string.
fn number(double: f64) -> Json {
    Number::from_f64(double).map_or_else(|| Json::String(super::xml::double(double)), Json::Number)
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::shape;

    #[test]
    fn absent_members_are_left_out_and_times_are_epoch_seconds() {
        let time = Timestamp::from_millisecond(1_767_323_040_123).unwrap();
        let value = shape! { "at" => time, "gone" => None::<i64>, "load" => 8.0, "names" => vec!["a"] };
        assert_eq!(encode(&value), r#"{"at":1767323040.123,"load":8.0,"names":["a"]}"#);
    }

    #[test]
    fn no_output_is_an_empty_object() {
        assert_eq!(encode(&Value::Absent), "{}");
    }

    #[test]
    fn a_body_that_is_not_an_object_is_malformed() {
        assert!(matches!(decode(b"[1]"), Err(Fault::Malformed(_))));
        assert!(matches!(decode(b"{\"a\":"), Err(Fault::Malformed(_))));
        assert_eq!(decode(b"").unwrap(), Value::empty());
    }

    #[test]
    fn null_is_absent_and_numbers_keep_their_kind() {
        let read = decode(br#"{"a":null,"b":1,"c":1.5}"#).unwrap();
        assert_eq!(read, shape! { "a" => Value::Absent, "b" => 1, "c" => 1.5 });
    }
}
