//! Decodes the binary format of `numeric` with its stored scale.
//!
//! sqlx drops the scale of a zero, which would change its text.

use rust_decimal::Decimal;

const POSITIVE: u16 = 0x0000;
const NEGATIVE: u16 = 0x4000;

/// The most digits after the point of a [`Decimal`].
const MOST_DIGITS: u32 = Decimal::MAX_SCALE;

/// The decimal; `None` for values that a [`Decimal`] cannot hold, including NaN and infinities.
pub(super) fn decimal(bytes: &[u8]) -> Option<Decimal> {
    let (header, digits) = bytes.split_first_chunk::<8>()?;
    let [a, b, c, d, e, f, g, h] = *header;
    let count = usize::from(u16::from_be_bytes([a, b]));
    // The exponent of the first digit, in base 10,000.
    let weight = i32::from(i16::from_be_bytes([c, d]));
    let sign = u16::from_be_bytes([e, f]);
    let scale = u32::from(u16::from_be_bytes([g, h]));
    if digits.len() != count * 2 || scale > MOST_DIGITS {
        return None;
    }
    let mut mantissa: i128 = 0;
    for digit in digits.chunks_exact(2) {
        let digit = i128::from(i16::from_be_bytes([digit[0], digit[1]]));
        mantissa = mantissa.checked_mul(10_000)?.checked_add(digit)?;
    }
    // The number of decimal digits of the mantissa after the point.
    let after = (i32::try_from(count).ok()? - 1 - weight) * 4;
    let missing = i32::try_from(scale).ok()? - after;
    let power = |exponent: u32| 10_i128.checked_pow(exponent);
    let mantissa = match u32::try_from(missing) {
        Ok(missing) if mantissa != 0 => mantissa.checked_mul(power(missing)?)?,
        Ok(_) => 0,
        // The last digit of base 10,000 may reach beyond the scale, with zeros.
        Err(_) => mantissa / power(missing.unsigned_abs())?,
    };
    let mantissa = match sign {
        POSITIVE => mantissa,
        NEGATIVE => -mantissa,
        _ => return None,
    };
    Decimal::try_from_i128_with_scale(mantissa, scale).ok()
}

#[cfg(test)]
mod tests {
    use super::decimal;

    fn bytes(weight: i16, sign: u16, scale: u16, digits: &[i16]) -> Vec<u8> {
        let mut bytes = Vec::new();
        bytes.extend(u16::try_from(digits.len()).unwrap().to_be_bytes());
        bytes.extend(weight.to_be_bytes());
        bytes.extend(sign.to_be_bytes());
        bytes.extend(scale.to_be_bytes());
        for digit in digits {
            bytes.extend(digit.to_be_bytes());
        }
        bytes
    }

    #[test]
    fn every_form() {
        let cases = [
            (bytes(0, 0, 6, &[]), Some("0.000000")),
            (bytes(0, 0, 0, &[]), Some("0")),
            (bytes(0, 0, 6, &[1, 5000]), Some("1.500000")),
            (bytes(0, 0x4000, 6, &[1, 2345, 6700]), Some("-1.234567")),
            (bytes(-1, 0, 4, &[1]), Some("0.0001")),
            (bytes(-2, 0, 6, &[100]), Some("0.000001")),
            (bytes(1, 0, 2, &[1]), Some("10000.00")),
            (bytes(2, 0, 0, &[9999, 9999, 9999]), Some("999999999999")),
            (bytes(0, 0xC000, 0, &[]), None),
            (bytes(0, 0xD000, 0, &[]), None),
            (bytes(9, 0, 0, &[1]), None),
            (bytes(0, 0, 40, &[1]), None),
            (vec![0, 1], None),
        ];
        for (bytes, expected) in cases {
            let read = decimal(&bytes).map(|decimal| decimal.to_string());
            assert_eq!(read.as_deref(), expected, "{bytes:?}");
        }
    }
}
