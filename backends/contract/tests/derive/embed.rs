//! Structs that are flattened into entities.

use genledger_contract::entity::{Column, Embeds, Filterable, Unindexed};
use genledger_contract::{Embed, Entity, Result};

use self::inner::{BaseInfo, BaseInfoColumns, CallColumns};
use crate::row::{Row, round_trip};

/// The columns' traits must be usable from another module.
mod inner {
    use genledger_contract::{Embed, Field};

    /// The key of a log.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Field)]
    #[field(crate = genledger_contract)]
    pub(crate) struct LogId(pub(crate) i64);

    /// The columns of every log.
    #[derive(Clone, Debug, PartialEq, Embed)]
    #[embed(crate = genledger_contract)]
    pub(crate) struct BaseInfo {
        /// Its number.
        #[column(filter)]
        pub(crate) id: LogId,
        /// The user.
        #[column(max_chars = 32, filter)]
        pub(crate) user_id: Option<String>,
        #[column(name = "at", default = 0)]
        pub(crate) created_at: i64,
    }

    /// The columns of every call.
    #[derive(Clone, Debug, PartialEq, Embed)]
    #[embed(crate = genledger_contract)]
    pub(crate) struct Call {
        pub(crate) success: bool,
        #[column(json)]
        pub(crate) result: Option<Vec<i64>>,
    }
}

/// A log with both, among its own columns.
#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(crate = genledger_contract, table = "image_logs", key(base.id: inner::LogId))]
#[entity(index(at desc, id), unique(user_id, model))]
struct ImageLog {
    first: i16,
    #[embed]
    base: BaseInfo,
    #[column(max_chars = 64)]
    model: String,
    width: i32,
    #[embed]
    call: inner::Call,
}

/// A log with only the columns of all logs, and a key of two parts.
#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(crate = genledger_contract, table = "bare_logs", key(number, base.id: inner::LogId))]
struct BareLog {
    #[embed]
    base: BaseInfo,
    number: i32,
}

fn base() -> BaseInfo {
    BaseInfo {
        id: inner::LogId(9),
        user_id: Some("u".to_owned()),
        created_at: 4,
    }
}

fn image_log() -> ImageLog {
    ImageLog {
        first: 1,
        base: base(),
        model: "m".to_owned(),
        width: 512,
        call: inner::Call {
            success: true,
            result: Some(vec![3]),
        },
    }
}

#[test]
fn columns_are_at_the_place_of_the_struct() {
    let names: Vec<_> = ImageLog::TABLE
        .columns
        .iter()
        .map(|column| column.name)
        .collect();
    let expected = [
        "first", "id", "user_id", "at", "model", "width", "success", "result",
    ];
    assert_eq!(names, expected);
    assert_eq!(BaseInfo::COLUMNS.len(), 3);
    assert_eq!(ImageLog::TABLE.columns[2], BaseInfo::COLUMNS[1]);
}

#[test]
fn values_come_back_from_their_places() -> Result<()> {
    let log = image_log();
    assert_eq!(round_trip(&log)?, log);
    let bare = BareLog {
        base: base(),
        number: 6,
    };
    assert_eq!(round_trip(&bare)?, bare);
    let row = Row::of(&log)?;
    assert_eq!(
        row.value("width"),
        Some(&genledger_contract::row::Value::I32(512))
    );
    Ok(())
}

#[test]
fn a_key_may_lie_inside() {
    assert_eq!(image_log().key(), inner::LogId(9));
    let bare = BareLog {
        base: base(),
        number: 6,
    };
    assert_eq!(bare.key(), (6, inner::LogId(9)));
    assert_eq!(BareLog::TABLE.primary_key, ["number", "id"]);
}

#[test]
fn typed_columns_exist_on_every_entity() {
    let _: Column<ImageLog, Option<String>, Filterable> = ImageLog::USER_ID;
    let _: Column<BareLog, Option<String>, Filterable> = BareLog::USER_ID;
    let _: Column<ImageLog, i64, Unindexed> = ImageLog::CREATED_AT;
    let _: Column<ImageLog, bool, Unindexed> = ImageLog::SUCCESS;
    assert_eq!(ImageLog::USER_ID.position(), 2);
    assert_eq!(BareLog::USER_ID.position(), 1);
    assert_eq!(ImageLog::RESULT.position(), 7);
    assert!(ImageLog::USER_ID.eq("u").predicate().is_ok());
}

#[test]
fn code_can_be_written_once_for_all_that_embed() {
    fn of_user<E: Embeds<BaseInfo>>() -> &'static str {
        E::USER_ID.definition().name
    }
    assert_eq!(of_user::<ImageLog>(), "user_id");
    assert_eq!(of_user::<BareLog>(), "user_id");
}
