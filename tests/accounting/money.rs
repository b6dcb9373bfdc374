//! The laws of amounts.

use genledger::accounting::{Currency, Money, Rounding};
use genledger::contract::{ErrorKind, Result};
use genledger::rust_decimal::Decimal;
use proptest::prelude::*;

fn cny() -> Currency {
    Currency::iso("CNY").unwrap()
}

fn rule<T: std::fmt::Debug>(outcome: Result<T>) -> &'static str {
    let error = outcome.unwrap_err();
    assert_eq!(
        (error.kind(), error.violations().len()),
        (ErrorKind::Invalid, 1)
    );
    error.violations()[0].rule()
}

fn units(count: i64) -> Money {
    Money::from_units(count, cny()).unwrap()
}

const MOST: i64 = 999_999_999_999_999_999;

fn any_units() -> impl Strategy<Value = i64> {
    prop_oneof![-20..=20_i64, -MOST..=MOST, Just(MOST), Just(-MOST)]
}

fn any_scale() -> impl Strategy<Value = Currency> {
    (0..=6_u8).prop_map(|scale| Currency::unit("POINTS", scale).unwrap())
}

#[test]
fn a_currency_is_one_of_iso_4217_or_declared() {
    for code in ["CNY", "USD", "EUR", "JPY", "AED", "ZWG"] {
        let currency = Currency::iso(code).unwrap();
        assert!(currency.is_iso() && currency.code() == code && currency.scale() == 6);
        assert_eq!(Currency::unit(code, 6).unwrap(), currency);
        assert_eq!(Currency::of(code, 6).unwrap(), currency);
        assert_eq!(rule(Currency::unit(code, 2)), "scale_mismatch");
    }
    for code in ["cny", "RMB", "", "XAU", "XXX", "CNYX", "CN"] {
        assert_eq!(rule(Currency::iso(code)), "unknown_currency", "{code}");
    }
    for code in ["PT", "POINTS", "A_1", "X2345678", "RMB"] {
        for scale in 0..=6 {
            let unit = Currency::unit(code, scale).unwrap();
            assert_eq!(
                (unit.code(), unit.scale(), unit.is_iso()),
                (code, scale, false)
            );
        }
    }
    for code in [
        "",
        "P",
        "1A",
        "_A",
        "points",
        "A-B",
        "X23456789",
        "\u{c9}A",
        "A\0",
    ] {
        assert_eq!(
            rule(Currency::unit(code, 2)),
            "malformed_currency",
            "{code}"
        );
    }
    assert_eq!(rule(Currency::unit("PT", 7)), "scale_out_of_range");
    for scale in [-1, 7, 256] {
        assert_eq!(rule(Currency::of("PT", scale)), "scale_out_of_range");
    }
}

#[test]
fn an_amount_is_exact_or_refused() {
    let new = |text: &str| Money::new(text.parse().unwrap(), cny());
    assert_eq!(new("999999999999.999999").unwrap(), Money::max(cny()));
    assert_eq!(
        new("-999999999999.999999").unwrap(),
        Money::max(cny()).negated()
    );
    assert_eq!(new("12.50000000000").unwrap().amount().to_string(), "12.5");
    assert_eq!(new("-0.0").unwrap(), Money::zero(cny()));
    for large in [
        "1000000000000",
        "-1000000000000",
        "79228162514264337593543950335",
    ] {
        assert_eq!(rule(new(large)), "out_of_range");
    }
    for fine in ["0.0000001", "-1.0000009", "0.0000000000000000000000000001"] {
        assert_eq!(rule(new(fine)), "too_many_digits");
    }
    let points = Currency::unit("POINTS", 0).unwrap();
    assert_eq!(
        rule(Money::new(Decimal::new(5, 1), points)),
        "too_many_digits"
    );
    assert_eq!(Money::max(points).units(), 999_999_999_999);
    assert_eq!(
        rule(Money::from_units(1_000_000_000_000, points)),
        "out_of_range"
    );
    assert_eq!(rule(Money::from_units(i64::MIN, cny())), "out_of_range");
    assert_eq!(rule(units(MOST).checked_mul(i64::MAX)), "out_of_range");
    assert_eq!(format!("{:?}", units(-1)), "Money(-0.000001 CNY)");
}

#[test]
fn different_currencies_are_never_combined() {
    let other = Money::from_units(1, Currency::iso("USD").unwrap()).unwrap();
    let scaled = |scale| Money::zero(Currency::unit("PT", scale).unwrap());
    for (one, two) in [(units(1), other), (scaled(2), scaled(3))] {
        assert_eq!(rule(one.checked_add(two)), "currency_mismatch");
        assert_eq!(rule(one.checked_sub(two)), "currency_mismatch");
        assert_eq!(
            rule(Money::sum([one, two], one.currency())),
            "currency_mismatch"
        );
        assert_eq!(one.partial_cmp(&two), None);
    }
}

#[test]
fn a_division_leaves_nothing() {
    let shares = |count, weights: &[&str]| -> Vec<i64> {
        let weights: Vec<Decimal> = weights.iter().map(|one| one.parse().unwrap()).collect();
        let shares = units(count).allocate(&weights).unwrap();
        shares.into_iter().map(Money::units).collect()
    };
    // The vectors of the specification.
    assert_eq!(shares(100, &["1", "1", "1"]), [34, 33, 33]);
    assert_eq!(shares(-7, &["0.5", "0.3", "0.2"]), [-4, -2, -1]);
    assert_eq!(shares(5, &["0", "0.10", "0"]), [0, 5, 0]);
    assert_eq!(shares(MOST, &["99999999999999999999", "1"]), [MOST, 0]);
    let refused = |weights: &[Decimal]| rule(units(1).allocate(weights));
    assert_eq!(refused(&[]), "required");
    assert_eq!(refused(&[Decimal::ZERO]), "required");
    assert_eq!(refused(&[Decimal::ONE, Decimal::NEGATIVE_ONE]), "negative");
    assert_eq!(refused(&[Decimal::MAX]), "too_many_digits");
    assert_eq!(
        refused(&[Decimal::ONE, Decimal::new(1, 28)]),
        "too_many_digits"
    );
}

/// An amount that is rounded, compared with the neighbours of the exact one.
fn check_rounding(value: Decimal, currency: Currency) {
    let round = |rounding| Money::round(value, currency, rounding).unwrap();
    let (floor, ceil) = (round(Rounding::Floor), round(Rounding::Ceil));
    let amount = |money: Money| money.amount();
    assert!(amount(floor) <= value && value <= amount(ceil));
    let gap = ceil.units() - floor.units();
    assert_eq!(gap, i64::from(amount(floor) != value));
    let toward = if value.is_sign_negative() {
        ceil
    } else {
        floor
    };
    assert_eq!(round(Rounding::Trunc), toward);
    let (below, above) = (value - amount(floor), amount(ceil) - value);
    let even = if floor.units() % 2 == 0 { floor } else { ceil };
    let away = if value.is_sign_negative() {
        floor
    } else {
        ceil
    };
    let nearest = |tie: Money| match below.cmp(&above) {
        std::cmp::Ordering::Less => floor,
        std::cmp::Ordering::Greater => ceil,
        std::cmp::Ordering::Equal => tie,
    };
    assert_eq!(round(Rounding::HalfEven), nearest(even));
    assert_eq!(round(Rounding::HalfUp), nearest(away));
}

proptest! {
    #[test]
    fn addition_is_that_of_integers(a in any_units(), b in any_units(), c in any_units()) {
        let (x, y, z) = (units(a), units(b), units(c));
        let sum = i128::from(a) + i128::from(b);
        match x.checked_add(y) {
            Ok(found) => {
                prop_assert_eq!(i128::from(found.units()), sum);
                prop_assert_eq!(y.checked_add(x).unwrap(), found);
                prop_assert_eq!(found.checked_sub(y).unwrap(), x);
                prop_assert_eq!(found.amount(), x.amount() + y.amount());
            }
            Err(_) => prop_assert!(sum.abs() > i128::from(MOST)),
        }
        // The order of a sum does not matter, also where a part of it is out of range.
        let all = sum + i128::from(c);
        for order in [[x, y, z], [z, x, y], [y, z, x]] {
            match Money::sum(order, cny()) {
                Ok(found) => prop_assert_eq!(i128::from(found.units()), all),
                Err(_) => prop_assert!(all.abs() > i128::from(MOST)),
            }
        }
        prop_assert_eq!(x.checked_sub(x).unwrap(), Money::zero(cny()));
        prop_assert_eq!(x.negated().negated(), x);
        prop_assert_eq!(x < y, a < b);
    }

    #[test]
    fn an_amount_is_read_as_it_was_written(currency in any_scale(), count in -999_999_999_999_i64..=999_999_999_999) {
        let money = Money::from_units(count, currency).unwrap();
        prop_assert_eq!(Money::new(money.amount(), currency).unwrap(), money);
        for rounding in [Rounding::Floor, Rounding::Ceil, Rounding::Trunc, Rounding::HalfEven, Rounding::HalfUp] {
            prop_assert_eq!(Money::round(money.amount(), currency, rounding).unwrap(), money);
        }
    }

    #[test]
    fn rounding_moves_by_less_than_a_unit(currency in any_scale(), mantissa in -99_999_999_999_i64..=99_999_999_999, scale in 0_u32..=12) {
        check_rounding(Decimal::new(mantissa, scale), currency);
        // Ties.
        check_rounding(Decimal::new(mantissa % 1_000 * 10 + 5, u32::from(currency.scale()) + 1), currency);
    }

    #[test]
    fn shares_are_proportional_and_add_up(
        count in any_units(),
        weights in prop::collection::vec(0_i64..=1_000_000, 1..8),
        scale in 0_u32..=4,
    ) {
        let total: i128 = weights.iter().map(|weight| i128::from(*weight)).sum();
        prop_assume!(total > 0);
        let decimals: Vec<Decimal> = weights.iter().map(|weight| Decimal::new(*weight, scale)).collect();
        let shares = units(count).allocate(&decimals).unwrap();
        prop_assert_eq!(Money::sum(shares.iter().copied(), cny()).unwrap(), units(count));
        for (share, weight) in shares.iter().zip(&weights) {
            // Less than a unit away from the exact share.
            let error = i128::from(share.units()) * total - i128::from(count) * i128::from(*weight);
            prop_assert!(error.abs() < total);
            prop_assert!(*weight > 0 || share.is_zero());
        }
        let opposite = units(-count).allocate(&decimals).unwrap();
        let negated: Vec<Money> = shares.iter().map(|share| share.negated()).collect();
        prop_assert_eq!(opposite, negated);
    }
}
