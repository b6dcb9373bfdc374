//! The text of a number as a decimal.

use rust_decimal::Decimal;

/// Parses a decimal as a JSON number is written, exponents included, without rounding; `None` for anything
/// else (`+1`, `.5`, `1_000`) and for more digits than a decimal has.
///
/// ```
/// use genledger_contract::json::decimal::parse;
///
/// assert_eq!(parse("2.5e-3").map(|value| value.to_string()).as_deref(), Some("0.0025"));
/// assert_eq!(parse("1_000"), None);
/// ```
#[must_use]
pub fn parse(text: &str) -> Option<Decimal> {
    let (digits, exponent) = match text.split_once(['e', 'E']) {
        Some((digits, exponent)) => (digits, Some(exponent)),
        None => (text, None),
    };
    // `Decimal` accepts more spellings than JSON.
    let bytes = digits.strip_prefix('-').unwrap_or(digits).as_bytes();
    let ends = [bytes.first()?, bytes.last()?];
    let plain = |byte: &u8| byte.is_ascii_digit() || *byte == b'.';
    if !ends.iter().all(|end| end.is_ascii_digit()) || !bytes.iter().all(plain) {
        return None;
    }
    let digits = Decimal::from_str_exact(digits).ok()?;
    match exponent {
        None => Some(digits),
        Some(exponent) => shifted(digits.normalize(), exponent.parse().ok()?),
    }
}

/// A decimal times a power of ten, without rounding.
fn shifted(mut digits: Decimal, exponent: i32) -> Option<Decimal> {
    if digits.is_zero() {
        return Some(Decimal::ZERO);
    }
    let scale = i64::from(digits.scale()) - i64::from(exponent);
    if let Ok(scale) = u32::try_from(scale) {
        digits.set_scale(scale).ok()?;
        return Some(digits);
    }
    digits.set_scale(0).ok()?;
    // The greatest decimal has 29 digits.
    let zeros = u32::try_from(-scale).ok().filter(|zeros| *zeros < 29)?;
    digits.checked_mul(Decimal::from_i128_with_scale(10_i128.pow(zeros), 0))
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn exponents_are_exact() {
        let text = |given: &str| parse(given).map(|decimal| decimal.to_string());
        assert_eq!(text("1.25e2").as_deref(), Some("125"));
        assert_eq!(text("1.25E+1").as_deref(), Some("12.5"));
        assert_eq!(text("125e-4").as_deref(), Some("0.0125"));
        assert_eq!(
            text("7e28").as_deref(),
            Some("70000000000000000000000000000")
        );
        assert_eq!(text("8e28"), None);
        assert_eq!(text("1e-28").map(|text| text.len()), Some(30));
        assert_eq!(text("1e-29"), None);
        assert_eq!(text("0e99999").as_deref(), Some("0"));
        assert_eq!(text("1e99999"), None);
        assert_eq!(text("1.23456789012345678901234567890e1"), None);
        assert_eq!(text("e5"), None);
        assert_eq!(text("1e"), None);
    }

    #[test]
    fn only_what_json_spells() {
        for text in [
            "1_000", "+5", ".5", "5.", "-.5", "5.e1", "", "-", "1.2.3", "0x1", "1 ",
        ] {
            assert_eq!(parse(text), None, "{text:?}");
        }
        assert_eq!(
            parse("-0.50").map(|value| value.to_string()).as_deref(),
            Some("-0.50")
        );
    }
}
