//! Amounts of money: exact decimals of a currency, never floats.
//!
//! Invariants: amounts are rounded here and nowhere else, and only to be shown; parts that are shown beside their total
//! add up to it ([`apportion`]).

use std::fmt;

use rust_decimal::{Decimal, RoundingStrategy::MidpointAwayFromZero};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

/// A currency by its ISO 4217 code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency([u8; 3]);

impl Currency {
    pub const USD: Self = Self(*b"USD");

    /// Three capital letters; `None` for anything else.
    pub fn parse(code: &str) -> Option<Self> {
        let letters: [u8; 3] = code.as_bytes().try_into().ok()?;
        letters.iter().all(u8::is_ascii_uppercase).then_some(Self(letters))
    }

    pub fn code(&self) -> &str {
        // Letters only, by construction.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// Digits after the point in which it is billed.
    fn decimals(self) -> u32 {
        match &self.0 {
            b"JPY" | b"KRW" => 0,
            _ => 2,
        }
    }

    /// `amount` as it is billed: in whole cents, half a cent away from zero.
    pub fn rounded(self, amount: Decimal) -> Decimal {
        amount.round_dp_with_strategy(self.decimals(), MidpointAwayFromZero)
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code())
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = String::deserialize(deserializer)?;
        Self::parse(&code).ok_or_else(|| D::Error::custom("expected three capital letters of a currency"))
    }
}

/// An amount of a currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Money {
    pub amount: Decimal,
    pub currency: Currency,
}

impl Money {
    pub const fn new(amount: Decimal, currency: Currency) -> Self {
        Self { amount, currency }
    }

    /// The number alone, as billed: `1,234.50`.
    pub fn figure(&self) -> String {
        grouped(self.currency.rounded(self.amount), self.currency.decimals())
    }

    /// For what need not be known to the cent: whole from 100 on (`223 USD`), else as billed (`15.20 USD`).
    pub fn brief(&self) -> String {
        let whole = self.amount.round_dp_with_strategy(0, MidpointAwayFromZero);
        if whole.abs() < Decimal::ONE_HUNDRED {
            return self.to_string();
        }
        format!("{} {}", grouped(whole, 0), self.currency)
    }

    /// A price of one unit, in four digits that matter: `0.04048 USD`.
    pub fn price(&self) -> String {
        let exact = self.amount.round_sf_with_strategy(4, MidpointAwayFromZero).unwrap_or(self.amount);
        let decimals = exact.normalize().scale().max(self.currency.decimals());
        format!("{} {}", grouped(exact, decimals), self.currency)
    }

    /// What runs up in an hour: to the cent, below ten cents to a hundredth of one (`0.31 USD/h`, `0.0243 USD/h`).
    pub fn per_hour(&self) -> String {
        let decimals = self.currency.decimals() + if self.amount.abs() < Decimal::new(1, 1) { 2 } else { 0 };
        let rounded = self.amount.round_dp_with_strategy(decimals, MidpointAwayFromZero);
        format!("{} {}/h", grouped(rounded, decimals), self.currency)
    }

    /// The sign to be put before what is more or less than something else; nothing before a negative amount, which has
    /// its own.
    pub fn plus(&self) -> &'static str {
        if self.amount.is_sign_negative() && !self.amount.is_zero() { "" } else { "+" }
    }
}

/// As billed: `1,234.50 USD`.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{} {}", self.figure(), self.currency))
    }
}

/// With so many decimals, and commas between thousands. A zero has no sign.
fn grouped(rounded: Decimal, decimals: u32) -> String {
    let digits = format!("{:.*}", decimals as usize, rounded.abs());
    let (whole, fraction) = digits.split_once('.').map_or((digits.as_str(), None), |(it, rest)| (it, Some(rest)));
    let mut text = String::new();
    if rounded.is_sign_negative() && !rounded.is_zero() {
        text.push('-');
    }
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if let Some(fraction) = fraction {
        text.push('.');
        text.push_str(fraction);
    }
    text
}

/// Parts as billed, so that they add up to their total as billed: each is rounded down to whole cents, and the cents that
/// are then missing go to those that lost most. None is off by a cent or more.
pub fn apportion(amounts: &[Decimal], currency: Currency) -> Vec<Decimal> {
    apportion_to(amounts, currency.rounded(amounts.iter().sum()), currency)
}

/// The same to a `total` as billed that lies within a cent of their sum, as where that is itself a part of something larger:
/// none is off by more than a cent.
pub fn apportion_to(amounts: &[Decimal], total: Decimal, currency: Currency) -> Vec<Decimal> {
    let cent = Decimal::new(1, currency.decimals());
    let mut parts: Vec<Decimal> = amounts
        .iter()
        .map(|it| it.round_dp_with_strategy(currency.decimals(), rust_decimal::RoundingStrategy::ToNegativeInfinity))
        .collect();
    let mut missing = total - parts.iter().sum::<Decimal>();
    let mut by_loss: Vec<usize> = (0..amounts.len()).collect();
    by_loss.sort_by_key(|at| std::cmp::Reverse(amounts[*at] - parts[*at]));
    for at in by_loss {
        if missing < cent {
            break;
        }
        parts[at] += cent;
        missing -= cent;
    }
    parts
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Currency, Decimal, Money, apportion, apportion_to};

    fn usd(text: &str) -> Money {
        Money::new(text.parse().unwrap(), Currency::USD)
    }

    #[test]
    fn amounts_are_shown_as_billed() {
        let shown = ["0", "0.004", "0.005", "12.345", "-12.345", "1234567.891", "-0.001"].map(|it| usd(it).to_string());
        let billed = ["0.00 USD", "0.00 USD", "0.01 USD", "12.35 USD", "-12.35 USD", "1,234,567.89 USD", "0.00 USD"];
        assert_eq!(shown, billed);
        let yen = Money::new("1234.5".parse().unwrap(), Currency::parse("JPY").unwrap());
        assert_eq!(yen.to_string(), "1,235 JPY");
    }

    #[test]
    fn prices_rates_and_sums_have_the_digits_that_matter() {
        let prices = ["0.04048", "0.004446", "0.0464", "8.1", "0.00000123456"].map(|it| usd(it).price());
        assert_eq!(prices, ["0.04048 USD", "0.004446 USD", "0.0464 USD", "8.10 USD", "0.000001235 USD"]);
        let rates = ["0.31", "0.02434", "12.3", "-0.31"].map(|it| usd(it).per_hour());
        assert_eq!(rates, ["0.31 USD/h", "0.0243 USD/h", "12.30 USD/h", "-0.31 USD/h"]);
        let sums = ["223.4", "99.4", "99.99", "-1234.5"].map(|it| usd(it).brief());
        assert_eq!(sums, ["223 USD", "99.40 USD", "100 USD", "-1,235 USD"]);
        assert_eq!(["1", "0", "-1"].map(|it| usd(it).plus()), ["+", "+", ""]);
    }

    #[test]
    fn a_currency_is_three_capital_letters() {
        assert_eq!(Currency::parse("USD"), Some(Currency::USD));
        assert_eq!(["usd", "US", "USDT", "U$D", "ÄB"].map(Currency::parse), [None; 5]);
    }

    proptest! {
        #[test]
        fn parts_as_billed_add_up_to_their_total_as_billed(
            amounts in prop::collection::vec((-1_000_000_000_i64..1_000_000_000_000, 0_u32..10), 0..40),
            yen in any::<bool>(),
        ) {
            let currency = if yen { Currency(*b"JPY") } else { Currency::USD };
            let amounts: Vec<Decimal> = amounts.into_iter().map(|(mantissa, scale)| Decimal::new(mantissa, scale)).collect();
            let parts = apportion(&amounts, currency);
            let total: Decimal = amounts.iter().sum();
            prop_assert_eq!(parts.iter().sum::<Decimal>(), currency.rounded(total));
            let cent = Decimal::new(1, currency.decimals());
            for (part, amount) in parts.iter().zip(&amounts) {
                prop_assert_eq!(*part, currency.rounded(*part));
                prop_assert!((part - amount).abs() < cent, "{} for {}", part, amount);
            }
            // The total may itself have been rounded up or down, to be a part of another.
            let down = total.round_dp_with_strategy(currency.decimals(), rust_decimal::RoundingStrategy::ToNegativeInfinity);
            for wanted in [down, down + cent].into_iter().filter(|_| !amounts.is_empty()) {
                let parts = apportion_to(&amounts, wanted, currency);
                prop_assert_eq!(parts.iter().sum::<Decimal>(), wanted);
                prop_assert!(parts.iter().zip(&amounts).all(|(part, amount)| (part - amount).abs() <= cent));
            }
        }
    }
}
