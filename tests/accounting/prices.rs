//! Price sheets: the vectors of their specification, their text, and the residual that is carried.

use genledger::accounting::{
    Bucket, BucketKind, Cost, Currency, EntryOutcome, Money, PriceFault, PriceSheet, PriceTier,
    Priced, Quantities, Rate, RatePer, Rounding, UsageUnit, UsedPrice,
};
use genledger::json::JsonObject;
use genledger::rust_decimal::Decimal;
use genledger::validate::Validate;
use proptest::prelude::*;

use crate::sample::{after, broken, cny, noon};

fn tier(per: RatePer, rates: &[(Bucket, &str)]) -> PriceTier {
    rates
        .iter()
        .fold(PriceTier::new(), |tier, (bucket, amount)| {
            let rate = Rate::new(amount.parse().unwrap(), per).unwrap();
            tier.rate(*bucket, rate)
        })
}

fn tokens(input: &str, cache_read: &str, output: &str) -> PriceTier {
    tier(
        RatePer::Million,
        &[
            (Bucket::Input, input),
            (Bucket::CacheRead, cache_read),
            (Bucket::Output, output),
        ],
    )
}

fn sheet(multiplier: &str, tiers: impl IntoIterator<Item = PriceTier>) -> PriceSheet {
    let sheet = PriceSheet::new("p-1", "CNY", ["m-1"]);
    let sheet = sheet.multiplier(multiplier.parse().unwrap()).unwrap();
    tiers.into_iter().fold(sheet, PriceSheet::tier)
}

/// The sheets of the vectors.
fn a() -> PriceSheet {
    sheet("1", [tokens("2.5", "1.25", "10")])
}

fn b() -> PriceSheet {
    let short = tokens("1.25", "0.125", "10").up_to(200_000);
    sheet("0.9", [short, tokens("2.5", "0.25", "15")])
}

fn c() -> PriceSheet {
    let rates = [(Bucket::Image, "0.04"), (Bucket::Second, "0.0025")];
    sheet("0.85", [tier(RatePer::One, &rates)])
}

fn d() -> PriceSheet {
    sheet("1", [tier(RatePer::Million, &[(Bucket::Input, "0.028")])])
}

fn e() -> PriceSheet {
    sheet("1", [tier(RatePer::One, &[(Bucket::Call, "0.3")])])
}

fn used(quantities: &[(Bucket, &str)]) -> Quantities {
    quantities
        .iter()
        .fold(Quantities::new(), |used, (bucket, quantity)| {
            let quantity: Decimal = quantity.parse().unwrap();
            used.with(*bucket, quantity).unwrap()
        })
}

fn of_tokens(input: &str, cache_read: &str, output: &str) -> Quantities {
    used(&[
        (Bucket::Input, input),
        (Bucket::CacheRead, cache_read),
        (Bucket::Output, output),
    ])
}

/// What is asked for, and the next residual, beginning with none.
fn asked(sheet: &PriceSheet, used: &Quantities) -> (String, i64) {
    let Priced { cost, price } = sheet.price(used).unwrap();
    // What is kept on the record gives the same cost.
    let kept = UsedPrice::parse(&price.to_json()).unwrap();
    assert_eq!((&kept, kept.cost(used)), (&price, Ok(cost)));
    let carried = cost.carry(0, cny()).unwrap();
    (carried.asked.amount().to_string(), carried.residual)
}

#[test]
fn the_vectors_of_costs() {
    let is = |amount: &str, residual: i64| (amount.to_owned(), residual);
    let e10 = 10_000_000_000;
    // 1 to 6
    assert_eq!(
        asked(&a(), &of_tokens("400", "600", "50")),
        is("0.00225", 0)
    );
    assert_eq!(
        asked(&d(), &used(&[(Bucket::Input, "30")])),
        is("0", 84 * e10)
    );
    assert_eq!(
        asked(&b(), &of_tokens("200000", "0", "1000")),
        is("0.234", 0)
    );
    let over = of_tokens("200001", "0", "1000");
    assert_eq!(asked(&b(), &over), is("0.463502", 25 * e10));
    let cached = of_tokens("1001", "199000", "0");
    assert_eq!(asked(&b(), &cached), is("0.047027", 25 * e10));
    let media = used(&[(Bucket::Second, "12.3456"), (Bucket::Image, "2")]);
    assert_eq!(asked(&c(), &media), is("0.094234", 40 * e10));
    // 7
    let audio = used(&[(Bucket::Output, "1"), (Bucket::AudioInput, "5")]);
    let fault = a().price(&audio).unwrap_err();
    assert_eq!(fault, PriceFault::NoRate(Bucket::AudioInput));
    assert_eq!(fault.outcome(), EntryOutcome::NoRate);
    let error = genledger::Error::from(fault);
    let violation = &error.violations()[0];
    assert_eq!(
        (violation.path(), violation.rule()),
        ("quantities.audio_input", "no_rate")
    );
    // 8
    let least = sheet(
        "0.000001",
        [tier(RatePer::Million, &[(Bucket::Input, "0.000001")])],
    );
    assert_eq!(asked(&least, &used(&[(Bucket::Input, "1")])), is("0", 1));
    // 9
    let most = sheet(
        "1",
        [tier(RatePer::One, &[(Bucket::Input, "999999999.999999")])],
    );
    let fault = most.price(&used(&[(Bucket::Input, "1001")])).unwrap_err();
    assert_eq!(
        (fault, fault.outcome()),
        (PriceFault::OutOfRange, EntryOutcome::OutOfRange)
    );
    let all = used(&[(Bucket::Input, "9223372036854775807")]);
    let largest = sheet(
        "99.999999",
        [tier(RatePer::One, &[(Bucket::Input, "999999999.999999")])],
    );
    assert_eq!(largest.price(&all).unwrap_err(), PriceFault::OutOfRange);
    assert!(most.price(&used(&[(Bucket::Input, "1000")])).is_ok());
    // A rate of 0 is free, also for any quantity.
    let free = sheet("1", [tier(RatePer::One, &[(Bucket::Input, "0")])]);
    assert_eq!(asked(&free, &all), is("0", 0));
    assert_eq!(asked(&a(), &Quantities::new()), is("0", 0));
}

#[test]
fn the_vectors_of_residuals() {
    let cost = |sheet: PriceSheet, bucket, quantity| {
        sheet.price(&used(&[(bucket, quantity)])).unwrap().cost
    };
    let thirty = cost(d(), Bucket::Input, "30");
    let mut residual = 0;
    let mut carry = |cost: Cost, currency: Currency| {
        let carried = cost.carry(residual, currency).unwrap();
        residual = carried.residual;
        (carried.asked.units(), residual)
    };
    // 10
    let units: Vec<i64> = (0..5).map(|_| carry(thirty, cny()).0).collect();
    assert_eq!(units, [0, 1, 1, 1, 1]);
    // 11: u is given back
    let delta = Cost::from_attos(-840_000_000_000).unwrap();
    assert_eq!(carry(delta, cny()), (-1, 360_000_000_000));
    // 12
    let points = Currency::unit("POINTS", 0).unwrap();
    let call = cost(e(), Bucket::Call, "1");
    let mut residual = 0;
    let mut units = Vec::new();
    for _ in 0..4 {
        let carried = call.carry(residual, points).unwrap();
        residual = carried.residual;
        units.push(carried.asked.units());
    }
    assert_eq!(
        (units, residual),
        (vec![0, 0, 0, 1], 200_000_000_000_000_000)
    );
    // 13
    let carried = cost(d(), Bucket::Input, "93")
        .carry(500_000_000_000, cny())
        .unwrap();
    assert_eq!(
        (carried.asked.units(), carried.residual),
        (3, 104_000_000_000)
    );
    // A residual that cannot be.
    for wrong in [-1, 1_000_000_000_000, i64::MIN, i64::MAX] {
        let refused = thirty.carry(wrong, cny()).unwrap_err();
        assert_eq!(refused.violations()[0].path(), "residual");
    }
    // Amounts end below 10^12.
    let most = Cost::from_attos(10_i128.pow(30) - 1).unwrap();
    assert!(most.carry(0, cny()).is_ok());
    let refused = most.carry(1, cny()).unwrap_err();
    assert_eq!(refused.violations()[0].rule(), "out_of_range");
    assert!(Cost::from_attos(10_i128.pow(30)).is_err());
    assert!(Cost::from_attos(-(10_i128.pow(30))).is_err());
}

const CANONICAL: &str = r#"{"v":1,"id":"p-1","currency":"CNY","models":["m-1","m \"2\""],"from":"2025-06-01T12:00:00.250001Z","before":"2025-06-01T12:01:00.250001Z","multiplier":"0.9","tiers":[{"up_to":200000,"rates":{"input":["1.25",1000000],"cache_read":["0.125",1000000],"output":["10",1000000]}},{"rates":{}}]}"#;

#[test]
fn a_sheet_has_one_text() {
    let sheet = PriceSheet::new("p-1", "CNY", ["m-1", "m \"2\""])
        .from(noon())
        .before(after(60))
        .multiplier("0.900".parse().unwrap())
        .unwrap()
        .tier(tokens("1.25", "0.125", "10").up_to(200_000))
        .tier(PriceTier::new());
    assert_eq!(sheet.canonical(), CANONICAL);
    // As `sha256sum` calculates it.
    assert_eq!(
        sheet.version(),
        "bad9a4215f07b34f9af2b9454ab1879e7e6d5c84bc98f29ff5ce9821d9e8e83b"
    );
    // Another order of keys, other digits and other zones are the same sheet.
    let same = r#" {"tiers": [{"rates":{"output":["10.0",1000000],"input":["1.250",1000000],
        "cache_read":["0.125",1000000]},"up_to":200000},{"up_to":null,"rates":{}}],
        "multiplier":"0.90","before":"2025-06-01T14:01:00.250001+02:00","from":"2025-06-01T12:00:00.250001Z",
        "models":["m-1","m \"2\""],"currency":"CNY","id":"p-1","v":1}"#;
    for text in [CANONICAL, same] {
        let read = PriceSheet::parse(text).unwrap();
        assert_eq!(read, sheet);
        assert_eq!(read.version(), sheet.version());
    }
    let open = a().canonical();
    assert!(!open.contains("from") && !open.contains("before"));
    assert_ne!(a().version(), b().version());
}

#[test]
fn what_is_not_a_sheet_is_refused() {
    let rules = |text: &str| -> Vec<String> {
        let error = PriceSheet::parse(text).unwrap_err();
        let each = error.violations().iter();
        each.map(|one| format!("{} {}", one.path(), one.rule()))
            .collect()
    };
    let changed = |from: &str, to: &str| {
        assert!(CANONICAL.contains(from));
        rules(&CANONICAL.replacen(from, to, 1))
    };
    assert_eq!(rules("[]"), ["sheet not_a_sheet"]);
    assert_eq!(changed("\"v\":1", "\"v\":2"), ["sheet not_a_sheet"]);
    assert_eq!(changed("\"v\":1", "\"v\":1,\"w\":1"), ["sheet not_a_sheet"]);
    assert_eq!(
        changed("\"up_to\":200000", "\"up_to\":2,\"x\":1"),
        ["sheet not_a_sheet"]
    );
    assert_eq!(
        changed("2025-06-01T12:00", "2025-06-01 noon"),
        ["sheet not_a_sheet"]
    );
    assert_eq!(changed("\"0.9\"", "0.9"), ["sheet not_a_sheet"]);
    assert_eq!(changed("\"0.9\"", "\"100\""), ["multiplier out_of_range"]);
    assert_eq!(changed("\"0.9\"", "\"-1\""), ["multiplier negative"]);
    assert_eq!(
        changed("\"0.9\"", "\"0.9000001\""),
        ["multiplier too_many_digits"]
    );
    assert_eq!(changed("\"input\"", "\"inputs\""), ["rates unknown_bucket"]);
    assert_eq!(changed("\"output\"", "\"input\""), ["rates duplicate"]);
    assert_eq!(
        changed("\"1.25\",1000000", "\"1.25\",100"),
        ["rates not_a_rate"]
    );
    assert_eq!(changed("\"1.25\"", "1.25"), ["rates not_a_rate"]);
    assert_eq!(
        changed("\"1.25\"", "\"1000000000\""),
        ["rates out_of_range"]
    );
    assert_eq!(changed("\"1.25\"", "\"-1\""), ["rates negative"]);
    assert_eq!(
        changed("\"CNY\"", "\"cny\""),
        ["currency malformed_currency"]
    );
    assert_eq!(changed("T12:01", "T12:00"), ["before empty_period"]);
    assert_eq!(
        changed("\"input\":[\"1.25\",1000000]", "\"image\":[\"1\",1000]"),
        ["tiers[0].rates.image not_per_one"]
    );
    let broken_sheet = PriceSheet::new("", "", ["m", "m", ""]);
    assert_eq!(
        broken(&broken_sheet.violations()),
        [
            ("id".to_owned(), "required"),
            ("currency".to_owned(), "malformed_currency"),
            ("models".to_owned(), "required"),
            ("models".to_owned(), "duplicate"),
            ("tiers".to_owned(), "required")
        ]
    );
    let tiers = |ends: &[Option<i64>]| {
        let tiers = ends.iter().map(|end| match end {
            Some(end) => PriceTier::new().up_to(*end),
            None => PriceTier::new(),
        });
        broken(&sheet("1", tiers).violations())
    };
    let fault = |index: usize, rule| (format!("tiers[{index}].up_to"), rule);
    assert_eq!(tiers(&[Some(0), Some(1), None]), []);
    assert_eq!(tiers(&[Some(1), Some(1), None]), [fault(1, "not_rising")]);
    assert_eq!(tiers(&[Some(-1), None]), [fault(0, "not_rising")]);
    assert_eq!(tiers(&[Some(1)]), [fault(0, "not_last")]);
    assert_eq!(tiers(&[None, None]), [fault(0, "not_last")]);
}

#[test]
fn periods_are_half_open_and_do_not_overlap() {
    let period = |from: Option<i64>, before: Option<i64>| {
        let sheet = a();
        let sheet = match from {
            Some(from) => sheet.from(after(from)),
            None => sheet,
        };
        match before {
            Some(before) => sheet.before(after(before)),
            None => sheet,
        }
    };
    let sheet = period(Some(1), Some(3));
    let applies: Vec<bool> = (0..4).map(|at| sheet.applies("m-1", after(at))).collect();
    assert_eq!(applies, [false, true, true, false]);
    assert!(!sheet.applies("m-2", after(1)));
    assert!(a().applies("m-1", after(0)));
    for (other, overlaps) in [
        (period(Some(3), None), false),
        (period(None, Some(1)), false),
        (period(Some(2), None), true),
        (period(None, Some(2)), true),
        (period(None, None), true),
    ] {
        assert_eq!(sheet.overlaps(&other), overlaps);
        assert_eq!(other.overlaps(&sheet), overlaps);
    }
    let usd = PriceSheet::new("p", "USD", ["m-1"]);
    let model = PriceSheet::new("p", "CNY", ["m-2"]);
    assert!(!sheet.overlaps(&usd) && !sheet.overlaps(&model));
}

#[test]
fn quantities_are_disjoint_buckets() {
    let one = used(&[
        (Bucket::CacheRead, "600"),
        (Bucket::Input, "400"),
        (Bucket::Output, "50"),
    ]);
    assert_eq!(
        one.to_json(),
        r#"{"input":400,"cache_read":600,"output":50}"#
    );
    assert_eq!(
        (
            one.prompt_tokens().unwrap(),
            one.completion_tokens().unwrap()
        ),
        (1_000, 50)
    );
    assert_eq!(one.unit(), (UsageUnit::Token, None));
    let two = used(&[(Bucket::Call, "1"), (Bucket::Image, "2.0")]);
    assert_eq!(two.unit(), (UsageUnit::Image, Some(2.into())));
    assert_eq!(JsonObject::from(&two).as_str(), r#"{"image":2,"call":1}"#);
    assert_eq!(
        Quantities::parse(r#"{ "call": "1", "image": 2.0 }"#).unwrap(),
        two
    );
    assert_eq!(Quantities::new().to_json(), "{}");
    let rule = |text: &str| {
        let error = Quantities::parse(text).unwrap_err();
        let one = &error.violations()[0];
        format!("{} {}", one.path(), one.rule())
    };
    assert_eq!(rule("[]"), "quantities not_an_object");
    assert_eq!(rule(r#"{"tokens":1}"#), "quantities unknown_bucket");
    assert_eq!(rule(r#"{"input":true}"#), "quantities.input not_a_number");
    assert_eq!(rule(r#"{"input":-1}"#), "quantities.input negative");
    assert_eq!(rule(r#"{"input":0.5}"#), "quantities.input too_many_digits");
    assert_eq!(
        rule(r#"{"second":0.00001}"#),
        "quantities.second too_many_digits"
    );
    assert_eq!(
        rule(r#"{"second":100000000000}"#),
        "quantities.second out_of_range"
    );
    assert_eq!(
        rule(r#"{"input":9223372036854775808}"#),
        "quantities.input out_of_range"
    );
    let most = i64::MAX;
    let all = Quantities::new().with(Bucket::Input, most).unwrap();
    let all = all.with(Bucket::CacheRead, 1).unwrap();
    assert_eq!(
        all.prompt_tokens().unwrap_err().violations()[0].rule(),
        "out_of_range"
    );
    for bucket in Bucket::ALL {
        assert_eq!(Bucket::from_name(bucket.name()), Some(bucket));
        let is_unit = bucket.kind() == BucketKind::Unit;
        assert_eq!(is_unit, bucket.unit() != UsageUnit::Token);
    }
}

/// The exact sum of costs as a fraction, calculated without the code under test.
fn rational(rate: i128, tokens: i128) -> i128 {
    // In 10^-18: the rate in millionths, per million, with the multiplier 1.
    rate * tokens * 1_000_000
}

/// The issue of rounding every record: the residual carries what would be lost.
#[test]
fn two_hundred_thousand_records_are_charged_exactly() {
    let sheet = d();
    let (mut residual, mut units, mut exact, mut floors) = (0, 0_i128, 0_i128, 0_i128);
    for number in 0..200_000_i64 {
        let tokens = number * 7_919 % 30 + 1;
        let used = Quantities::new().with(Bucket::Input, tokens).unwrap();
        let cost = sheet.price(&used).unwrap().cost;
        let carried = cost.carry(residual, cny()).unwrap();
        residual = carried.residual;
        units += i128::from(carried.asked.units());
        exact += rational(28_000, tokens.into());
        floors += i128::from(cost.round(cny(), Rounding::Floor).unwrap().units());
    }
    let unit = 1_000_000_000_000_i128;
    let lost = exact - units * unit;
    assert!((0..unit).contains(&lost));
    assert_eq!(lost, i128::from(residual));
    // Without it nothing at all would be charged.
    assert_eq!(floors, 0);
}

proptest! {
    #[test]
    fn the_error_of_a_carry_is_below_a_unit_in_any_order(
        scale in 0_u8..=6,
        costs in prop::collection::vec(-3_000_000_000_000_000_000_i128..=3_000_000_000_000_000_000, 1..40),
        seed in any::<u64>(),
    ) {
        let currency = Currency::unit("POINTS", scale).unwrap();
        let unit = 10_i128.pow(18 - u32::from(scale));
        let exact: i128 = costs.iter().sum();
        let mut shuffled = costs.clone();
        for index in (1..shuffled.len()).rev() {
            let other = usize::try_from(seed.rotate_left(u32::try_from(index).unwrap()) % 41).unwrap();
            shuffled.swap(index, other % (index + 1));
        }
        let mut last = Vec::new();
        for order in [costs, shuffled] {
            let (mut residual, mut asked, mut sum) = (0, 0_i128, 0_i128);
            for cost in order {
                let carried = Cost::from_attos(cost).unwrap().carry(residual, currency).unwrap();
                residual = carried.residual;
                asked += i128::from(carried.asked.units()) * unit;
                sum += cost;
                // After each of them.
                prop_assert!((0..unit).contains(&(sum - asked)));
                prop_assert_eq!(sum - asked, i128::from(residual));
            }
            prop_assert_eq!(i128::from(residual), exact.rem_euclid(unit));
            last.push((asked, residual));
        }
        prop_assert_eq!(last[0], last[1]);
    }

    #[test]
    fn a_hold_of_the_cost_rounded_up_suffices(attos in 0_i128..=5_000_000_000_000, residual in 0_i64..1_000_000_000_000) {
        let cost = Cost::from_attos(attos).unwrap();
        let held = cost.round(cny(), Rounding::Ceil).unwrap();
        let carried = cost.carry(residual, cny()).unwrap();
        prop_assert!(carried.asked.units() <= held.units() + i64::from(residual > 0));
        let first = cost.carry(0, cny()).unwrap();
        prop_assert!(first.asked <= held);
        prop_assert_eq!(first.asked, cost.round(cny(), Rounding::Floor).unwrap());
    }

    #[test]
    fn a_cost_is_the_sum_of_its_buckets(
        counts in prop::collection::vec(0_i64..=1_000_000, 14),
        rates in prop::collection::vec(0_i64..=1_000_000_000, 14),
        factor in 0_i64..100_000_000,
    ) {
        let mut tier = PriceTier::new();
        let mut used = Quantities::new();
        let mut expected = 0_i128;
        for (bucket, (count, rate)) in Bucket::ALL.into_iter().zip(counts.iter().zip(&rates)) {
            let is_unit = bucket.kind() == BucketKind::Unit;
            let per = match (is_unit, rate % 3) {
                (true, _) | (false, 0) => RatePer::One,
                (false, 1) => RatePer::Thousand,
                _ => RatePer::Million,
            };
            tier = tier.rate(bucket, Rate::new(Decimal::new(*rate, 6), per).unwrap());
            let digits = if is_unit { 4 } else { 0 };
            used = used.with(bucket, Decimal::new(*count, digits)).unwrap();
            // rate · count · factor / per in 10^-18.
            let divisor = i128::from(per.number()) * 10_i128.pow(digits);
            let product = i128::from(*rate) * i128::from(*count) * i128::from(factor) * 1_000_000;
            prop_assert_eq!(product % divisor, 0);
            expected += product / divisor;
        }
        let sheet = PriceSheet::new("p", "CNY", ["m"]).multiplier(Decimal::new(factor, 6)).unwrap().tier(tier);
        match sheet.price(&used) {
            Ok(priced) => {
                prop_assert_eq!(priced.cost.attos(), expected);
                let read = PriceSheet::parse(&sheet.canonical()).unwrap();
                prop_assert_eq!(read.price(&used).unwrap(), priced);
            }
            Err(fault) => {
                prop_assert_eq!(fault, PriceFault::OutOfRange);
                prop_assert!(expected >= 10_i128.pow(30));
            }
        }
    }
}

#[test]
fn a_cost_is_shown_and_subtracted() {
    let cost = |attos: i128| Cost::from_attos(attos).unwrap();
    assert_eq!(cost(-1_500_000_000_000_000_000).to_string(), "-1.5");
    assert_eq!(cost(1).to_string(), "0.000000000000000001");
    assert_eq!(cost(0).to_string(), "0");
    let delta = cost(1).checked_sub(cost(2)).unwrap();
    assert_eq!(delta.attos(), -1);
    let most = cost(10_i128.pow(30) - 1);
    assert!(most.checked_sub(cost(-1)).is_err());
    let money: Money = cost(1_500_000_000_000)
        .round(cny(), Rounding::HalfEven)
        .unwrap();
    assert_eq!(money.units(), 2);
}
