//! The fields of a request, read again from the text that its entry keeps.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use crate::accounting::{Bucket, Quantities};

/// The fields by their names, with their values as they were before they were escaped.
pub(super) struct Fields(BTreeMap<String, String>);

impl Fields {
    /// `None` for a text that this version does not know.
    pub(super) fn read(text: &str) -> Option<Self> {
        let lines = text.strip_prefix("genledger-request/1\n")?.lines();
        let fields = lines.map(|line| {
            let (name, value) = line.split_once('=')?;
            Some((name.to_owned(), unescaped(value)?))
        });
        fields.collect::<Option<_>>().map(Self)
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    pub(super) fn integer(&self, name: &str) -> Option<i64> {
        self.text(name)?.parse().ok()
    }

    /// An amount in 10^-18 of the currency.
    pub(super) fn attos(&self, name: &str) -> Option<i128> {
        let text = self.text(name)?;
        let (sign, digits) = match text.strip_prefix('-') {
            Some(digits) => (-1, digits),
            None => (1, text),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        if fraction.len() > 18 {
            return None;
        }
        let digits: i128 = format!("{whole}{fraction:0<18}").parse().ok()?;
        Some(sign * digits)
    }

    /// Whether it states what was used, and not an amount.
    pub(super) fn is_priced(&self) -> bool {
        !self.0.contains_key("amount")
    }

    /// What was used.
    pub(super) fn quantities(&self) -> Option<Quantities> {
        let used = self.0.iter().filter_map(|(name, value)| {
            let bucket = name.strip_prefix("q.")?;
            Some((bucket, value))
        });
        let mut quantities = Quantities::new();
        for (bucket, value) in used {
            let quantity: Decimal = value.parse().ok()?;
            quantities = quantities.with(Bucket::from_name(bucket)?, quantity).ok()?;
        }
        Some(quantities)
    }
}

fn unescaped(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        if byte == b'%' {
            let digits = std::str::from_utf8(after.get(..2)?).ok()?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = after.get(2..)?;
        } else {
            bytes.push(byte);
            rest = after;
        }
    }
    String::from_utf8(bytes).ok()
}

/// An amount of a row in 10^-18 of its currency.
pub(super) fn attos(amount: Decimal) -> Option<i128> {
    let factor = 10_i128.checked_pow(18_u32.checked_sub(amount.scale())?)?;
    amount.mantissa().checked_mul(factor)
}
