//! `New…` of an entity: its constructor, its setters, its JSON, and the entity that it becomes.

use chrono::{DateTime, Utc};
use genledger_contract::{Embed, Entity, JsonRecord, New, json};

/// The visitor.
#[derive(Clone, Debug, Default, PartialEq, Embed, JsonRecord)]
#[embed(crate = genledger_contract)]
#[json(crate = genledger_contract)]
struct Who {
    /// The user.
    #[column(max_chars = 32)]
    user: Option<String>,
}

/// A visit.
#[derive(Clone, Debug, PartialEq, Entity, JsonRecord, New)]
#[entity(crate = genledger_contract, table = "visits", key(id))]
#[json(crate = genledger_contract, rename_all = "PascalCase")]
#[new(crate = genledger_contract)]
#[non_exhaustive]
struct Visit {
    /// Its number.
    #[json(name = "ID")]
    #[new(argument)]
    id: i64,
    /// The visitor.
    #[embed]
    who: Who,
    /// The page.
    #[column(max_chars = 32)]
    page_name: String,
    /// The start.
    #[column(time = "unix_seconds")]
    #[json(with = json::millis)]
    #[new(fallback)]
    at: DateTime<Utc>,
    /// The number of visits.
    #[new(first)]
    count: i16,
    /// The end.
    #[column(time = "unix_seconds")]
    #[json(with = json::millis)]
    until: Option<DateTime<Utc>>,
    /// Words.
    #[column(json)]
    #[json(default)]
    tags: Vec<String>,
    /// The duration.
    #[json(computed = Visit::seconds)]
    seconds: i64,
}

impl Visit {
    fn seconds(&self) -> i64 {
        self.until
            .map_or(0, |until| (until - self.at).num_seconds())
    }
}

/// A note, every part of which has a default.
#[derive(Debug, PartialEq, New)]
#[new(crate = genledger_contract)]
struct Note {
    #[new(argument)]
    id: i64,
    text: Option<String>,
    #[json(default)]
    weight: i32,
}

fn at(millis: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(millis).unwrap_or_default()
}

#[test]
fn fields_without_a_default_are_arguments() {
    let new = NewVisit::new(3, Who::default(), "home");
    assert_eq!(
        (new.count, new.page_name.as_str(), new.at, new.until),
        (3, "home", None, None)
    );
    assert!(new.tags.is_empty());
    assert_eq!(NewNote::default(), NewNote::new());
    assert_eq!(
        NewNote::new().text("a").weight(2).into_entity(1),
        Note {
            id: 1,
            text: Some("a".into()),
            weight: 2
        }
    );
}

#[test]
fn moments_are_those_of_their_columns_and_the_rest_is_computed() {
    let new = NewVisit::new(
        1,
        Who {
            user: Some("u".into()),
        },
        "home",
    )
    .until(at(9_999))
    .tags(["a".to_owned()]);
    let visit = new.clone().into_entity(7, at(2_001));
    assert_eq!(
        (visit.id, visit.at, visit.until),
        (7, at(2_000), Some(at(9_000)))
    );
    assert_eq!((visit.seconds, visit.tags.len()), (7, 1));
    assert_eq!(new.at(at(3_500)).into_entity(7, at(2_001)).at, at(3_000));
}

#[test]
fn its_json_is_that_of_the_entity_without_what_is_not_given() {
    let new = NewVisit::new(
        1,
        Who {
            user: Some("u".into()),
        },
        "home",
    )
    .at(at(2_000));
    let text = serde_json::to_string(&new).unwrap();
    assert_eq!(
        text,
        r#"{"user":"u","PageName":"home","At":2000,"Count":1,"Until":null,"Tags":[]}"#
    );
    assert_eq!(serde_json::from_str::<NewVisit>(&text).unwrap(), new);
    // The JSON of the entity itself is accepted; its id and computed members are ignored.
    let visit = new.clone().into_entity(7, at(0));
    let whole = serde_json::to_string(&visit).unwrap();
    assert_eq!(serde_json::from_str::<NewVisit>(&whole).unwrap(), new);
    let sparse: NewVisit =
        serde_json::from_str(r#"{"PageName":"home","Count":"1","Tags":null}"#).unwrap();
    assert_eq!(sparse, NewVisit::new(1, Who::default(), "home"));
    let read = serde_json::from_str::<NewVisit>;
    let error = read(r#"{"PageName":"home"}"#).unwrap_err();
    assert!(error.to_string().contains("Count"), "{error}");
    let error = read(r#"{"PageName":"home","Count":"secret"}"#).unwrap_err();
    assert!(
        error.to_string().starts_with("Count: expected an integer"),
        "{error}"
    );
    let error = read(r#"{"PageName":"home","Count":1,"Until":"secret"}"#).unwrap_err();
    assert!(!error.to_string().contains("secret"), "{error}");
}
