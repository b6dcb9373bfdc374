//! Reading and writing of JSON, beyond the frozen files.

use std::fmt::Debug;

use genledger::activity::{
    Activity, ActivityLog, ClientType, GenerateImageLog, ImageSize, OrderLog, Picture,
    PlatformAmountLog, SearchLog, WaresBrowseLog,
};
use genledger::contract::CodedEnum;
use proptest::prelude::*;
use rust_decimal::Decimal;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

const SEARCH: &str = r#"{"ID":"a","KeyWord":"k","ResultCount":1,"RecordTimeStamp":1750000000000"#;

fn search(more: &str) -> serde_json::Result<SearchLog> {
    serde_json::from_str(&format!("{SEARCH}{more}}}"))
}

#[test]
fn a_missing_client_is_unknown_and_never_the_web() {
    assert_eq!(search("").unwrap().base.client_type, ClientType::Unknown);
    let null = search(r#","ClientType":null,"Roles":null"#).unwrap();
    assert_eq!(null.base.client_type, ClientType::Unknown);
    assert!(null.base.roles.is_empty());
    let web = search(r#","ClientType":0"#).unwrap();
    assert_eq!(web.base.client_type, ClientType::Web);
}

#[test]
fn unknown_codes_go_through() {
    let log = search(r#","ClientType":4"#).unwrap();
    assert!(!log.base.client_type.is_known());
    assert_eq!(log.base.client_type.code(), 4);
    assert!(
        serde_json::to_string(&log)
            .unwrap()
            .contains(r#""ClientType":4"#)
    );
    assert_eq!(search(r#","ClientType":"4""#).unwrap(), log);
    assert!(search(r#","ClientType":"web""#).is_err());
    assert!(search(r#","ClientType":40000"#).is_err());
}

#[test]
fn further_members_are_passed_over() {
    let log = search(r#","New":{"a":[1,2]},"id":5,"userid":"other""#).unwrap();
    assert_eq!(log, search("").unwrap());
    let twice = search(r#","KeyWord":"again""#).unwrap_err();
    assert!(twice.to_string().contains("KeyWord"), "{twice}");
    let missing = serde_json::from_str::<SearchLog>(r#"{"ID":"a"}"#).unwrap_err();
    assert!(missing.to_string().contains("KeyWord"), "{missing}");
}

fn amount(json: &str) -> serde_json::Result<PlatformAmountLog> {
    serde_json::from_str(&format!(
        r#"{{"ID":"a","FlowType":1,"Amount":{json},"TradeType":"t","RecordTimeStamp":1750000000000}}"#
    ))
}

#[test]
fn decimals_lose_nothing() {
    let written = |json: &str| -> String {
        let text = serde_json::to_string(&amount(json).unwrap()).unwrap();
        let (_, rest) = text.split_once(r#""Amount":"#).unwrap();
        rest.split(',').next().unwrap().to_owned()
    };
    for (given, stable) in [
        ("12.50", "12.5"),
        (r#""12.50""#, "12.5"),
        ("0", "0"),
        ("-0", "0"),
        ("1e3", "1000"),
        ("0.1", "0.1"),
        ("123456789.123456", "123456789.123456"),
        ("999999999999.999999", "999999999999.999999"),
        (
            r#""123456789012345678.123456789""#,
            "123456789012345678.123456789",
        ),
        ("0.0000001", "0.0000001"),
    ] {
        assert_eq!(written(given), stable);
    }
    // Digits that a float would lose.
    let exact: Decimal = "99999999999.123457".parse().unwrap();
    assert_eq!(amount("99999999999.123457").unwrap().amount, exact);
    for wrong in ["null", "true", r#""""#, r#""NaN""#, r#""1,5""#, "[]"] {
        assert!(amount(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn the_payment_time_takes_zones_and_none() {
    let text = crate::fixtures::read("order_log.json");
    let at = |time: &str| -> serde_json::Result<i64> {
        let json = text.replace("2025-06-15T15:06:40.123Z", time);
        Ok(serde_json::from_str::<OrderLog>(&json)?
            .pay_time
            .timestamp_millis())
    };
    let expected = 1_750_000_000_000;
    for time in [
        "2025-06-15T15:06:40Z",
        "2025-06-15T23:06:40+08:00",
        "2025-06-15T10:06:40.000-05:00",
        "2025-06-15T23:06:40",
        "2025-06-15 23:06:40",
        "2025-06-15T23:06:40.0",
    ] {
        assert_eq!(at(time).unwrap(), expected, "{time}");
    }
    // Fractions of a millisecond are cut off.
    assert_eq!(at("2025-06-15T15:06:40.0009Z").unwrap(), expected);
    for wrong in ["", "2025-06-15", "1750000000000", "2025-13-01T00:00:00Z"] {
        assert!(at(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn a_picture_keeps_what_it_does_not_know() {
    let json = r#"{"Url":"u","B":{"z":1,"a":2.50},"A":[null,1E5],"Id":"p"}"#;
    let picture: Picture = serde_json::from_str(json).unwrap();
    assert_eq!(picture.id.as_deref(), Some("p"));
    let written = serde_json::to_string(&picture).unwrap();
    assert_eq!(
        written,
        r#"{"Url":"u","Id":"p","B":{"z":1,"a":2.50},"A":[null,1E5]}"#
    );
    assert_eq!(serde_json::from_str::<Picture>(&written).unwrap(), picture);
    assert!(serde_json::from_str::<Picture>(r#"{"Id":"p"}"#).is_err());
    assert!(serde_json::from_str::<Picture>(r#"{"Url":null}"#).is_err());
}

#[test]
fn parameters_are_read_by_their_own_names() {
    let text = crate::fixtures::read("generate_image_log.json");
    let log: GenerateImageLog = serde_json::from_str(&text).unwrap();
    assert_eq!(
        log.parameter_info.ai_spatial_attribute_id.as_deref(),
        Some("sp-1")
    );
    assert_eq!(log.parameter_info.ai_style_id.as_deref(), Some("st-1"));
    assert_eq!(log.parameter_info.size, ImageSize::Landscape16x9);
    assert!(log.is_partial(), "two of four");
    assert_eq!(log.run_time_ms, 9000);
    let more = text.replace(r#""Sum":4"#, r#""Sum":4,"Seed":7"#);
    assert_eq!(
        serde_json::from_str::<GenerateImageLog>(&more).unwrap(),
        log
    );
}

#[test]
fn an_envelope_needs_its_tag() {
    let log: WaresBrowseLog =
        serde_json::from_str(&crate::fixtures::read("wares_browse_log.json")).unwrap();
    let inside = serde_json::to_string(&log).unwrap();
    let swapped = format!(r#"{{"log":{inside},"extra":1,"log_type":"WaresBrowseLog"}}"#);
    let read: ActivityLog = serde_json::from_str(&swapped).unwrap();
    assert_eq!(read, log.into());
    // The same members fit several logs; only the tag decides.
    let other = swapped.replace("WaresBrowseLog", "MerchantSettleLog");
    assert!(matches!(
        serde_json::from_str(&other).unwrap(),
        ActivityLog::MerchantSettle(_)
    ));
    for wrong in ["\"Other\"", "null", "1"] {
        let wrong = swapped.replace("\"WaresBrowseLog\"", wrong);
        assert!(serde_json::from_str::<ActivityLog>(&wrong).is_err());
    }
    assert!(serde_json::from_str::<ActivityLog>(&inside).is_err());
}

/// The ways in which serde and `serde_json` keep a value before it is read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Flat<T> {
    trace: u8,
    #[serde(flatten)]
    log: T,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind")]
enum Inside<T> {
    Log(T),
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "log")]
enum Beside<T> {
    Log(T),
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Untagged<T> {
    Number(u8),
    Log(T),
}

fn returns<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T) {
    let text = serde_json::to_string(value).unwrap();
    assert_eq!(serde_json::from_str::<T>(&text).unwrap(), *value);
    assert_eq!(
        serde_json::from_reader::<_, T>(text.as_bytes()).unwrap(),
        *value
    );
    let tree = serde_json::to_value(value).unwrap();
    assert_eq!(serde_json::from_value::<T>(tree).unwrap(), *value);
    let tree: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(serde_json::from_value::<T>(tree).unwrap(), *value);
}

fn survives<L: Serialize + DeserializeOwned + PartialEq + Debug + Clone>(log: &L) {
    returns(log);
    returns(&Flat {
        trace: 1,
        log: log.clone(),
    });
    returns(&Inside::Log(log.clone()));
    returns(&Beside::Log(log.clone()));
    returns(&Untagged::Log(log.clone()));
    returns(&Untagged::Log(Flat {
        trace: 1,
        log: Inside::Log(log.clone()),
    }));
}

#[test]
fn every_log_survives_the_buffers_of_serde() {
    fn check<L: Activity + Into<ActivityLog> + Debug + PartialEq>() {
        for suffix in ["", "_sparse"] {
            let text = crate::fixtures::read(&crate::fixtures::file::<L>(suffix));
            // Unknown members of a picture keep their values, but not their order and digits.
            let text = text.replace(r#","Score":0.250,"Nsfw":null,"Tags":["a", 1e-7]"#, "");
            let log: L = serde_json::from_str(&text).unwrap();
            survives(&log);
            survives::<ActivityLog>(&log.into());
        }
    }
    crate::fixtures::of_every_log!(check);
}

proptest! {
    /// A float keeps 15 digits, and a text all of them.
    #[test]
    fn decimals_of_fifteen_digits_survive(number in -999_999_999_999_999_i64..=999_999_999_999_999, scale in 0_u32..=6) {
        let mut log = amount("1").unwrap();
        log.amount = Decimal::new(number, scale);
        survives(&log);
    }
}

/// A number that may have lost digits in a float is refused, and never read as another amount.
#[test]
fn digits_that_a_float_loses_are_refused() {
    let text = |amount: &str| {
        format!(
            r#"{{"trace":1,"ID":"a","FlowType":1,"Amount":{amount},"TradeType":"t","RecordTimeStamp":1750000000000}}"#
        )
    };
    let exact: Decimal = "99999999999.123457".parse().unwrap();
    let read = |json: &str| serde_json::from_str::<Flat<PlatformAmountLog>>(json);
    let error = read(&text("99999999999.123457")).unwrap_err();
    assert!(error.to_string().contains("string"), "{error}");
    let log = read(&text("\"99999999999.123457\"")).unwrap().log;
    assert_eq!(log.amount, exact);
    let inside = text("99999999999.123457");
    let tagged = format!(r#"{{"trace":1,"log_type":"PlatformAmountLog","log":{inside}}}"#);
    assert!(serde_json::from_str::<Flat<ActivityLog>>(&tagged).is_err());
    let log: ActivityLog = serde_json::from_str(&tagged).unwrap();
    assert!(matches!(log, ActivityLog::PlatformAmount(log) if log.amount == exact));
}

#[test]
fn numbers_may_be_texts() {
    let log = search("").unwrap();
    let text = serde_json::to_string(&log).unwrap();
    let texts = text
        .replace(r#""ResultCount":1"#, r#""ResultCount":"1""#)
        .replace(r#""ClientType":-1"#, r#""ClientType":"-1""#)
        .replace(":1750000000000", r#":"1750000000000""#);
    assert_ne!(text, texts);
    assert_eq!(serde_json::from_str::<SearchLog>(&texts).unwrap(), log);
    returns(&Flat {
        trace: 1,
        log: log.clone(),
    });
    for wrong in [
        r#""""#,
        r#""+1""#,
        r#"" 1""#,
        "1.5",
        "true",
        "null",
        "[1]",
        "9223372036854775808",
    ] {
        let wrong = text.replace(r#""ResultCount":1"#, &format!(r#""ResultCount":{wrong}"#));
        assert!(
            serde_json::from_str::<SearchLog>(&wrong).is_err(),
            "{wrong}"
        );
    }
}

#[test]
fn a_picture_of_another_form_is_kept() {
    let text = r#"{"Url":"u","Id":123,"Width":768.0,"Height":768,"Score":0.250}"#;
    let picture: Picture = serde_json::from_str(text).unwrap();
    assert_eq!((picture.id.as_deref(), picture.width), (None, None));
    assert_eq!(picture.height, Some(768));
    let kept = r#"{"Url":"u","Height":768,"Id":123,"Width":768.0,"Score":0.250}"#;
    assert_eq!(serde_json::to_string(&picture).unwrap(), kept);
    assert_eq!(serde_json::from_str::<Picture>(kept).unwrap(), picture);
    // Fields that are set afterwards replace it.
    let set = Picture {
        id: Some("x".into()),
        ..picture
    };
    let written = r#"{"Url":"u","Id":"x","Height":768,"Width":768.0,"Score":0.250}"#;
    assert_eq!(serde_json::to_string(&set).unwrap(), written);
    for refused in [
        r#"{"Id":"x"}"#,
        r#"{"Url":5}"#,
        r#"{"Url":"u","Url":"v"}"#,
        r#"{"Url":"u","x":1,"x":2}"#,
    ] {
        assert!(
            serde_json::from_str::<Picture>(refused).is_err(),
            "{refused}"
        );
    }
}
