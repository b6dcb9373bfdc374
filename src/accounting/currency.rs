//! `Currency`: a code, and the digits after the point.

use std::fmt;

use genledger_contract::{Result, Violation};

use super::iso_4217;

/// The most characters of a code.
const MAX_CODE: usize = 8;

/// The digits after the point of the currencies of ISO 4217, and the most of a declared unit: those of the columns.
pub(super) const MAX_SCALE: u8 = 6;

/// A currency of ISO 4217, or a declared unit such as points.
///
/// Amounts of a currency of ISO 4217 have 6 digits after the point, whatever coins there are, since a call of a model
/// costs less than a coin. A declared unit has 0 to 6. An amount is a multiple of the smallest unit, 10^-scale.
///
/// ```
/// use genledger::accounting::Currency;
///
/// assert_eq!(Currency::iso("CNY")?.scale(), 6);
/// assert_eq!(Currency::unit("POINTS", 0)?.code(), "POINTS");
/// // The scale of a currency of ISO 4217 is not chosen.
/// assert!(Currency::unit("EUR", 2).is_err());
/// assert!(Currency::iso("RMB").is_err());
/// # Ok::<(), genledger::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Currency {
    /// The code, with zeros after it.
    code: [u8; MAX_CODE],
    scale: u8,
}

impl Currency {
    /// A currency of ISO 4217.
    ///
    /// # Errors
    /// [`Invalid`](genledger_contract::ErrorKind::Invalid) with the rule `unknown_currency` for a code that is not the
    /// one of a currency in use; `rmb`, `cny` and codes of funds are not.
    pub fn iso(code: &str) -> Result<Self> {
        if !is_iso(code) {
            let message = "is not the code of a currency in ISO 4217";
            return Err(Violation::new("currency", "unknown_currency", message).into());
        }
        Ok(Self::padded(code, MAX_SCALE))
    }

    /// A declared unit: a code of 2 to 8 capital letters, digits and underscores that begins with a letter, and its
    /// digits after the point, 0 to 6.
    ///
    /// # Errors
    /// [`Invalid`](genledger_contract::ErrorKind::Invalid) with the rule `malformed_currency` for another code,
    /// `scale_out_of_range`, and `scale_mismatch` for a currency of ISO 4217 with another scale than 6.
    pub fn unit(code: &str, scale: u8) -> Result<Self> {
        match fault(code, i16::from(scale)) {
            Some(violation) => Err(violation.into()),
            None => Ok(Self::padded(code, scale)),
        }
    }

    /// The currency of a row: that of ISO 4217, or a unit that was declared with this scale.
    ///
    /// # Errors
    /// As [`unit`](Self::unit).
    pub fn of(code: &str, scale: i16) -> Result<Self> {
        match (fault(code, scale), u8::try_from(scale)) {
            (None, Ok(scale)) => Ok(Self::padded(code, scale)),
            (Some(violation), _) => Err(violation.into()),
            (None, Err(_)) => Err(scale_fault().into()),
        }
    }

    /// A code that was checked.
    fn padded(code: &str, scale: u8) -> Self {
        let mut padded = [0; MAX_CODE];
        for (place, byte) in padded.iter_mut().zip(code.bytes()) {
            *place = byte;
        }
        Self {
            code: padded,
            scale,
        }
    }

    /// The code, as it is stored.
    #[must_use]
    pub fn code(&self) -> &str {
        let length = self.code.iter().take_while(|byte| **byte != 0).count();
        std::str::from_utf8(&self.code[..length]).unwrap_or_default()
    }

    /// The digits after the point, 0 to 6.
    #[must_use]
    pub const fn scale(&self) -> u8 {
        self.scale
    }

    /// Whether it is a currency of ISO 4217.
    #[must_use]
    pub fn is_iso(&self) -> bool {
        is_iso(self.code())
    }

    /// The number of smallest units in 10^12 of the currency, which no amount reaches.
    pub(super) const fn limit(self) -> i64 {
        1_000_000_000_000 * 10_i64.pow(self.scale as u32)
    }
}

fn is_iso(code: &str) -> bool {
    iso_4217::CODES.binary_search(&code).is_ok()
}

/// Whether a text is the code of a currency or can be that of a declared unit.
pub(super) fn is_code(code: &str) -> bool {
    let mut bytes = code.bytes();
    let first = bytes.next().is_some_and(|byte| byte.is_ascii_uppercase());
    let rest = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    first && (2..=MAX_CODE).contains(&code.len()) && bytes.all(rest)
}

/// The first broken rule of a code and a scale.
pub(super) fn fault(code: &str, scale: i16) -> Option<Violation> {
    if !is_code(code) {
        let message =
            "must be a code of ISO 4217, or 2 to 8 capital letters, digits and underscores";
        return Some(Violation::new("currency", "malformed_currency", message));
    }
    if !(0..=i16::from(MAX_SCALE)).contains(&scale) {
        return Some(scale_fault());
    }
    if is_iso(code) && scale != i16::from(MAX_SCALE) {
        let message = "must be 6 for a currency of ISO 4217";
        return Some(Violation::new("scale", "scale_mismatch", message));
    }
    None
}

fn scale_fault() -> Violation {
    Violation::new("scale", "scale_out_of_range", "must be from 0 to 6")
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Currency({}, {})", self.code(), self.scale)
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code())
    }
}
