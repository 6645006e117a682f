//! How plain types stand in TOML.

use rust_decimal::Decimal;
use toml::de::{DeInteger, DeValue};

use super::{At, Reported, Value, all};

/// A type that can be read from a value; notes every fault of it.
pub trait FromToml: Sized {
    fn from_toml(value: Value<'_>) -> Result<Self, Reported>;
}

impl FromToml for String {
    fn from_toml(value: Value<'_>) -> Result<Self, Reported> {
        value.text().map(str::to_owned)
    }
}

impl FromToml for bool {
    fn from_toml(value: Value<'_>) -> Result<Self, Reported> {
        value.toml().as_bool().ok_or_else(|| value.expected("true or false"))
    }
}

/// Whole numbers are taken too: `8` for `8.0`.
impl FromToml for f64 {
    fn from_toml(value: Value<'_>) -> Result<Self, Reported> {
        let number = match value.toml() {
            DeValue::Float(float) => float.as_str().parse().ok(),
            DeValue::Integer(integer) => whole(integer).map(|it| it as Self),
            _ => None,
        };
        number.filter(|it: &Self| it.is_finite()).ok_or_else(|| value.expected("a number"))
    }
}

/// Exact to the last digit, as money needs it.
impl FromToml for Decimal {
    fn from_toml(value: Value<'_>) -> Result<Self, Reported> {
        let number = match value.toml() {
            DeValue::Float(float) => float.as_str().parse().ok(),
            DeValue::Integer(integer) => whole(integer).map(Self::from),
            _ => None,
        };
        number.ok_or_else(|| value.expected("an amount"))
    }
}

fn whole(integer: &DeInteger<'_>) -> Option<i64> {
    i64::from_str_radix(integer.as_str(), integer.radix()).ok()
}

macro_rules! whole_numbers {
    ($($number:ty),*) => {$(
        impl FromToml for $number {
            fn from_toml(value: Value<'_>) -> Result<Self, Reported> {
                let DeValue::Integer(integer) = value.toml() else {
                    return Err(value.expected("a whole number"));
                };
                whole(integer).and_then(|it| Self::try_from(it).ok()).ok_or_else(|| {
                    let message = format!("{integer} is out of range");
                    value.fault(message, Some(format!("expected {} to {}", Self::MIN, Self::MAX)))
                })
            }
        }
    )*};
}

whole_numbers!(u8, u16, u32, u64, usize, i64);

impl<T: FromToml> FromToml for Vec<T> {
    fn from_toml(value: Value<'_>) -> Result<Self, Reported> {
        all(value.items()?.into_iter().map(Value::get))
    }
}

impl<T: FromToml> FromToml for At<T> {
    fn from_toml(value: Value<'_>) -> Result<Self, Reported> {
        Ok(Self { value: value.get()?, place: value.place() })
    }
}
