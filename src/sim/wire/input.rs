//! Reading a request's parameters, whichever protocol carried them.
//!
//! awsQuery and ec2Query carry everything as text and spell lists as `Name.member.N` or `Name.N`;
//! the accessors here accept both spellings, so a service reads its input one way.

use jiff::Timestamp;

use super::{error::ApiError, value::Value};

/// The parameters of one call, or one structure inside them.
#[derive(Debug, Clone, Copy)]
pub struct Input<'a>(pub &'a Value);

impl<'a> Input<'a> {
    fn member(self, name: &str) -> Option<&'a Value> {
        self.0.get(name).filter(|value| !matches!(value, Value::Absent))
    }

    /// The text of `name`, if given. A number or list in its place is a serialization error.
    pub fn text(self, name: &str) -> Result<Option<&'a str>, ApiError> {
        match self.member(name) {
            None => Ok(None),
            Some(Value::Text(text)) => Ok(Some(text)),
            Some(_) => Err(ApiError::serialization(name, "a string")),
        }
    }

    /// The whole number of `name`, if given.
    pub fn int(self, name: &str) -> Result<Option<i64>, ApiError> {
        let wrong = || ApiError::serialization(name, "an integer");
        match self.member(name) {
            None => Ok(None),
            Some(Value::Int(int)) => Ok(Some(*int)),
            Some(Value::Text(text)) => text.trim().parse().map(Some).map_err(|_| wrong()),
            Some(_) => Err(wrong()),
        }
    }

    /// The number of `name`, if given.
    pub fn double(self, name: &str) -> Result<Option<f64>, ApiError> {
        let wrong = || ApiError::serialization(name, "a number");
        match self.member(name) {
            None => Ok(None),
            Some(Value::Int(int)) => Ok(Some(*int as f64)),
            Some(Value::Double(double)) => Ok(Some(*double)),
            Some(Value::Text(text)) => text.trim().parse().map(Some).map_err(|_| wrong()),
            Some(_) => Err(wrong()),
        }
    }

    /// The truth of `name`, if given.
    pub fn bool(self, name: &str) -> Result<Option<bool>, ApiError> {
        let wrong = || ApiError::serialization(name, "a boolean");
        match self.member(name) {
            None => Ok(None),
            Some(Value::Bool(bool)) => Ok(Some(*bool)),
            Some(Value::Text(text)) => text.trim().parse().map(Some).map_err(|_| wrong()),
            Some(_) => Err(wrong()),
        }
    }

    /// The moment of `name`, if given: epoch seconds (JSON, CBOR) or ISO 8601 text (Query).
    pub fn time(self, name: &str) -> Result<Option<Timestamp>, ApiError> {
        let wrong = || ApiError::serialization(name, "a timestamp");
        let from_seconds = |seconds: f64| Timestamp::from_millisecond((seconds * 1000.0) as i64);
        match self.member(name) {
            None => Ok(None),
            Some(Value::Time(time)) => Ok(Some(*time)),
            Some(Value::Int(seconds)) => Timestamp::from_second(*seconds).map(Some).map_err(|_| wrong()),
            Some(Value::Double(seconds)) => from_seconds(*seconds).map(Some).map_err(|_| wrong()),
            Some(Value::Text(text)) => text.parse().map(Some).map_err(|_| wrong()),
            Some(_) => Err(wrong()),
        }
    }

    /// The structure `name`, if given.
    pub fn object(self, name: &str) -> Option<Input<'a>> {
        self.member(name).filter(|value| matches!(value, Value::Map(_))).map(Input)
    }

    /// The elements of the list `name`; empty where it is not given.
    pub fn items(self, name: &str) -> Result<Vec<Input<'a>>, ApiError> {
        match self.member(name) {
            None => Ok(Vec::new()),
            Some(Value::List(items)) => Ok(items.iter().map(Input).collect()),
            // Query: an empty list is sent as `Name=`.
            Some(Value::Text(text)) if text.is_empty() => Ok(Vec::new()),
            Some(Value::Map(members)) => {
                let numbered = match members.as_slice() {
                    [(key, inner @ Value::Map(_))] if key == "member" => return Input(inner).numbered(name),
                    _ => self.object(name),
                };
                numbered.map_or_else(|| Ok(Vec::new()), |list| list.numbered(name))
            }
            Some(_) => Err(ApiError::serialization(name, "a list")),
        }
    }

    /// The texts of the list `name`; empty where it is not given.
    pub fn texts(self, name: &str) -> Result<Vec<String>, ApiError> {
        self.items(name)?
            .into_iter()
            .map(|item| match item.0 {
                Value::Text(text) => Ok(text.clone()),
                _ => Err(ApiError::serialization(name, "a list of strings")),
            })
            .collect()
    }

    /// Whether `name` was given at all.
    pub fn has(self, name: &str) -> bool {
        self.member(name).is_some()
    }

    /// The members `1`, `2`, … of a Query list, in order.
    fn numbered(self, name: &str) -> Result<Vec<Input<'a>>, ApiError> {
        let Value::Map(members) = self.0 else { return Ok(Vec::new()) };
        let mut items = members
            .iter()
            .map(|(key, value)| key.parse::<u32>().map(|at| (at, Input(value))))
            .collect::<Result<Vec<_>, _>>()
            .map_err(|_| ApiError::serialization(name, "a list"))?;
        items.sort_by_key(|(at, _)| *at);
        Ok(items.into_iter().map(|(_, item)| item).collect())
    }
}
