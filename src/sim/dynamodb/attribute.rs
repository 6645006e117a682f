//! Attribute values, typed as on the wire: `{"S": "text"}`.

use super::{super::wire::value::Value, Item, validation};
use crate::{shape, sim::wire::error::ApiError};

/// An attribute value, as `DynamoDB` types it.
#[derive(Debug, Clone, PartialEq)]
pub enum Attribute {
    S(String),
    /// A number, in decimal.
    N(String),
    Bool(bool),
}

impl Attribute {
    /// Reads `{"S": …}`, `{"N": …}` or `{"BOOL": …}`; the other types do not occur in these tables.
    pub fn read(value: &Value) -> Result<Self, ApiError> {
        let Value::Map(members) = value else {
            return Err(ApiError::serialization("an attribute value", "a structure"));
        };
        match members.as_slice() {
            [(kind, Value::Text(text))] if kind == "S" => Ok(Self::S(text.clone())),
            [(kind, Value::Text(text))] if kind == "N" => Ok(Self::N(text.clone())),
            [(kind, Value::Bool(bool))] if kind == "BOOL" => Ok(Self::Bool(*bool)),
            _ => Err(validation("Supplied AttributeValue is empty, or has a type that no attribute here has")),
        }
    }

    /// The text of a string attribute.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::S(text) => Some(text),
            _ => None,
        }
    }

    /// Bytes that count towards the size of an item.
    fn size(&self) -> usize {
        match self {
            Self::S(text) => text.len(),
            Self::N(digits) => digits.len().div_ceil(2) + 1,
            Self::Bool(_) => 1,
        }
    }
}

impl From<&Attribute> for Value {
    fn from(attribute: &Attribute) -> Self {
        match attribute {
            Attribute::S(text) => shape! { "S" => text },
            Attribute::N(digits) => shape! { "N" => digits },
            Attribute::Bool(bool) => shape! { "BOOL" => *bool },
        }
    }
}

/// An item as it is answered, with the attributes that `projection` names (`None`: all).
pub fn spelt(item: &Item, projection: Option<&[String]>) -> Value {
    let wanted = |name: &String| projection.is_none_or(|names| names.contains(name));
    let members = item.iter().filter(|(name, _)| wanted(name));
    Value::Map(members.map(|(name, attribute)| (name.clone(), attribute.into())).collect())
}

/// Bytes of an item: what the 1 MB bound of a page counts.
pub fn size(item: &Item) -> usize {
    item.iter().map(|(name, attribute)| name.len() + attribute.size()).sum()
}
