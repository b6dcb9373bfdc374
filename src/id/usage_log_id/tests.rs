use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;

use super::{MAX_MILLIS, MIN_MILLIS, UsageLogId};
use crate::id::NodeId;

fn epoch() -> DateTime<Utc> {
    "2024-01-01T00:00:00Z".parse().unwrap()
}

#[test]
fn the_layout_is_fixed() {
    let id = |millis, node, sequence| {
        let timestamp = epoch() + TimeDelta::milliseconds(millis);
        UsageLogId::from_parts(timestamp, NodeId::new(node).unwrap(), sequence).unwrap()
    };
    assert_eq!(id(0, 0, 0).get(), 0);
    assert_eq!(id(0, 0, 4095).get(), 4095);
    assert_eq!(id(0, 1, 0).get(), 1 << 12);
    assert_eq!(id(1, 0, 0).get(), 1 << 22);
    assert_eq!(id(MAX_MILLIS, 1023, 4095).get(), i64::MAX);
    assert_eq!(id(-1, 1023, 4095).get(), -1);
    assert_eq!(id(MIN_MILLIS, 0, 0).get(), i64::MIN);
}

#[test]
fn times_that_no_id_has_are_refused() {
    let id = |timestamp| UsageLogId::from_parts(timestamp, NodeId::ZERO, 0);
    for wrong in [
        epoch() + TimeDelta::milliseconds(MIN_MILLIS - 1),
        epoch() + TimeDelta::milliseconds(MAX_MILLIS + 1),
        DateTime::<Utc>::MIN_UTC,
        DateTime::<Utc>::MAX_UTC,
    ] {
        let error = id(wrong).unwrap_err();
        assert_eq!(error.violations()[0].path(), "timestamp");
    }
    let last = id(epoch() + TimeDelta::milliseconds(MAX_MILLIS)).unwrap();
    assert_eq!(
        last.timestamp().to_rfc3339(),
        "2093-09-06T15:47:35.551+00:00"
    );
    assert!(UsageLogId::from_parts(epoch(), NodeId::ZERO, 4096).is_err());
}

#[test]
fn text_and_json() {
    let id = UsageLogId::new(i64::MAX);
    assert_eq!(id.to_string(), "9223372036854775807");
    assert_eq!(serde_json::to_string(&id).unwrap(), "9223372036854775807");
    for wrong in ["", " 1", "+1", "1.0", "9223372036854775808", "0x1"] {
        assert!(wrong.parse::<UsageLogId>().is_err(), "{wrong:?}");
    }
    assert_eq!("-5".parse::<UsageLogId>().unwrap().get(), -5);
}

#[test]
fn rows_of_a_replay_differ_within_a_millisecond() {
    let node = NodeId::new(1023).unwrap();
    let id = |row| UsageLogId::for_replay(epoch(), node, row).unwrap();
    assert_ne!(id(4095), id(4096));
    assert_eq!(id(5), id(4101));
}

proptest! {
    #[test]
    fn parts_come_back_and_ids_sort_like_times(
        millis in MIN_MILLIS..=MAX_MILLIS, other in MIN_MILLIS..=MAX_MILLIS,
        node in 0_u16..1024, sequence in 0_u16..4096,
    ) {
        let node = NodeId::new(node).unwrap();
        let at = |millis| epoch() + TimeDelta::milliseconds(millis);
        let id = UsageLogId::from_parts(at(millis), node, sequence).unwrap();
        prop_assert_eq!((id.timestamp(), id.node(), id.sequence()), (at(millis), node, sequence));
        let other_id = UsageLogId::from_parts(at(other), node, sequence).unwrap();
        prop_assert_eq!(id.cmp(&other_id), millis.cmp(&other));
    }

    #[test]
    fn the_parts_of_any_number_are_harmless(number: i64) {
        let id = UsageLogId::new(number);
        let _ = (id.timestamp(), id.node(), id.sequence());
        prop_assert_eq!(id.to_string().parse::<UsageLogId>().unwrap(), id);
    }
}
