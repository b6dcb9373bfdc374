//! The codes are those of the tables.

use genledger::accounting::{
    BalanceStatus, EntryKind, EntryOutcome, FailureReason, IdempotencyKey, RecordStatus, UsageUnit,
};
use genledger::contract::CodedEnum;

fn codes<C: CodedEnum<Code = String> + std::fmt::Display>() -> String {
    let known = C::KNOWN.iter();
    let each: Vec<String> = known.map(|one| format!("{} {one}", one.code())).collect();
    each.join(", ")
}

/// Every code is read as its value, and any other word is kept.
fn round_trips<C>()
where
    C: CodedEnum<Code = String> + serde::Serialize + serde::de::DeserializeOwned + std::fmt::Debug,
{
    for known in C::KNOWN {
        assert!(known.is_known() && C::from_code(known.code()) == *known);
    }
    for word in ["", "DONE", "next", "pending ", "\u{e9}"] {
        let other = C::from_code(word.to_owned());
        assert_eq!((other.is_known(), other.code().as_str()), (false, word));
        let json = serde_json::to_string(&other).unwrap();
        assert_eq!(json, serde_json::to_string(word).unwrap());
        assert_eq!(serde_json::from_str::<C>(&json).unwrap(), other);
    }
}

#[test]
fn the_codes_never_change() {
    assert_eq!(
        codes::<RecordStatus>(),
        "pending Pending, accounted Accounted, failed Failed"
    );
    assert_eq!(codes::<BalanceStatus>(), "open Open, frozen Frozen");
    assert_eq!(
        codes::<UsageUnit>(),
        "token Token, image Image, second Second, minute Minute, character Character, call Call"
    );
    assert_eq!(
        codes::<EntryKind>(),
        "top_up TopUp, authorize Authorize, settle Settle, void Void, expire Expire, charge Charge, refund Refund, \
         adjust Adjust, rerate Rerate, reverse Reverse, limit Limit, status Status"
    );
    assert_eq!(
        codes::<EntryOutcome>(),
        "done Done, account_frozen AccountFrozen, insufficient_funds InsufficientFunds, \
         record_not_found RecordNotFound, currency_mismatch CurrencyMismatch, already_settled AlreadySettled, \
         hold_voided HoldVoided, hold_refused HoldRefused, hold_expired HoldExpired, no_price NoPrice, \
         no_rate NoRate, exceeds_hold ExceedsHold, not_settled NotSettled, exceeds_settled ExceedsSettled, \
         out_of_range OutOfRange"
    );
    assert_eq!(
        codes::<FailureReason>(),
        "voided Voided, expired Expired, account_frozen AccountFrozen, insufficient_funds InsufficientFunds, \
         out_of_range OutOfRange"
    );
}

#[test]
fn unknown_words_are_kept() {
    round_trips::<RecordStatus>();
    round_trips::<BalanceStatus>();
    round_trips::<UsageUnit>();
    round_trips::<EntryKind>();
    round_trips::<EntryOutcome>();
    round_trips::<FailureReason>();
    // The word of other programs.
    let read: RecordStatus = serde_json::from_str("\"created\"").unwrap();
    assert_eq!(read, RecordStatus::Pending);
    assert_eq!(RecordStatus::from_code("created".to_owned()), read);
    assert_eq!(RecordStatus::from_str_code("created"), read);
    assert_eq!(serde_json::to_string(&read).unwrap(), "\"pending\"");
    let refused = serde_json::from_str::<RecordStatus>("77").unwrap_err();
    assert!(!refused.to_string().contains("77"));
}

#[test]
fn every_refusal_of_a_record_is_one_of_an_operation() {
    for reason in FailureReason::KNOWN {
        let outcome = EntryOutcome::from_code(reason.code());
        assert_eq!(reason.is_refusal(), outcome.is_known(), "{reason}");
    }
    let refusals = EntryOutcome::KNOWN.iter().filter(|one| one.is_refusal());
    assert_eq!(refusals.count(), EntryOutcome::KNOWN.len() - 1);
    assert!(EntryOutcome::from_code("next".to_owned()).is_refusal());
}

#[test]
fn a_key_is_visible_ascii() {
    let rules = |text: &str| -> Vec<&str> {
        let error = IdempotencyKey::new(text).unwrap_err();
        error
            .violations()
            .iter()
            .map(genledger::contract::Violation::rule)
            .collect()
    };
    let every: String = ('!'..='}').take(64).collect();
    for good in ["a", "!", "a~", &"x".repeat(64), &every] {
        let key = IdempotencyKey::new(good).unwrap();
        assert!(key.as_str() == good && key.is_valid() && !key.is_of_library());
        let json = serde_json::to_string(&key).unwrap();
        assert_eq!(serde_json::from_str::<IdempotencyKey>(&json).unwrap(), key);
    }
    assert_eq!(rules(""), ["required"]);
    for wrong in [" ", "a b", "a\n", "\u{7f}", "\u{e9}", "\0"] {
        assert_eq!(rules(wrong), ["not_visible_ascii"], "{wrong:?}");
    }
    assert_eq!(rules(&"x".repeat(65)), ["too_long"]);
    assert_eq!(rules("~a"), ["reserved"]);
    assert_eq!(
        rules(&"~ ".repeat(33)),
        ["not_visible_ascii", "too_long", "reserved"]
    );
    // Keys of existing tables are read as they are.
    let stored: IdempotencyKey = serde_json::from_str("\"\"").unwrap();
    assert!(!stored.is_valid());
}
