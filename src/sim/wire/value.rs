//! The protocol-neutral form of what goes over the wire.
//!
//! A service answers with a [`Value`]; the protocol of the request decides how it is spelt
//! (JSON number, XML text, CBOR tag …). Member names are the model's wire names.

use bytes::Bytes;
use jiff::Timestamp;

/// One value of an AWS shape, before a protocol spells it.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A member that is not there; encoders leave it out.
    Absent,
    Bool(bool),
    Int(i64),
    /// Kept apart from `Int`: in CBOR a double member must be a float, or the Rust SDK refuses it.
    Double(f64),
    Text(String),
    /// Epoch seconds in JSON and CBOR, ISO 8601 in XML.
    Time(Timestamp),
    Blob(Bytes),
    List(Vec<Value>),
    /// A structure or a string map, in the order it is written.
    Map(Vec<(String, Value)>),
}

impl Value {
    /// The empty structure.
    pub fn empty() -> Self {
        Self::Map(Vec::new())
    }

    /// A list of anything that turns into a value.
    pub fn list<T: Into<Self>>(items: impl IntoIterator<Item = T>) -> Self {
        Self::List(items.into_iter().map(Into::into).collect())
    }

    /// A list whose elements have a name of their own in XML, where other lists have `member` or `item`: only for
    /// services that speak nothing but XML.
    pub fn named(name: &str, items: impl IntoIterator<Item = Self>) -> Self {
        Self::Map(items.into_iter().map(|item| (name.to_owned(), item)).collect())
    }

    /// The member `name` of a structure.
    pub fn get(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Map(members) => members.iter().find(|(key, _)| key == name).map(|(_, value)| value),
            _ => None,
        }
    }
}

/// A structure from `name => value` pairs; `Option` values that are `None` are left out.
#[macro_export]
macro_rules! shape {
    ($($name:expr => $value:expr),* $(,)?) => {
        $crate::sim::wire::value::Value::Map(vec![
            $((String::from($name), $crate::sim::wire::value::Value::from($value))),*
        ])
    };
}
pub use shape;

macro_rules! from {
    ($($source:ty => |$it:ident| $value:expr),* $(,)?) => {
        $(impl From<$source> for Value {
            fn from($it: $source) -> Self { $value }
        })*
    };
}
from! {
    bool => |it| Self::Bool(it),
    i64 => |it| Self::Int(it),
    i32 => |it| Self::Int(it.into()),
    u32 => |it| Self::Int(it.into()),
    u16 => |it| Self::Int(it.into()),
    usize => |it| Self::Int(i64::try_from(it).unwrap_or(i64::MAX)),
    f64 => |it| Self::Double(it),
    &str => |it| Self::Text(it.to_owned()),
    String => |it| Self::Text(it),
    &String => |it| Self::Text(it.clone()),
    Timestamp => |it| Self::Time(it),
    Bytes => |it| Self::Blob(it),
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(it: Option<T>) -> Self {
        it.map_or(Self::Absent, Into::into)
    }
}

impl<T: Into<Value>> From<Vec<T>> for Value {
    fn from(it: Vec<T>) -> Self {
        Self::list(it)
    }
}
