//! The derive macros of genledger: `Entity`, `Embed`, `CodedEnum`, `Field`, `JsonRecord`, `New` and
//! `Activity`.

mod activity;
mod attribute;
mod coded;
mod column;
mod docs;
mod embed;
mod entity;
mod json;
mod members;
mod name;
mod new;
mod newtype;
mod path;
mod repository;
mod row;
mod tokens;

use proc_macro::TokenStream;
use syn::{DeriveInput, Result, parse_macro_input};

/// Derives `Entity` for a struct with named fields: the constant description of its table, writing
/// and reading of rows, and one typed column constant for each field.
///
/// ```
/// use genledger_contract::Entity;
/// use genledger_contract::entity::{Column, Filterable};
///
/// /// A login of a user.
/// #[derive(Clone, Debug, Entity)]
/// #[entity(crate = genledger_contract, table = "logins", key(id), index(user_id, at desc))]
/// pub struct Login {
///     /// Its number.
///     pub id: i64,
///     /// The user.
///     #[column(max_chars = 32)]
///     pub user_id: String,
///     /// When, in seconds since 1970.
///     pub at: i64,
///     /// The IP address.
///     #[column(max_chars = 45, sensitive)]
///     pub address: Option<String>,
/// }
///
/// assert_eq!(Login::TABLE.description, "A login of a user.");
/// assert_eq!(Login::TABLE.indexes[0].name, "ix_logins_user_id_at");
/// assert!(Login::TABLE.columns[3].nullable);
/// let column: Column<Login, String, Filterable> = Login::USER_ID;
/// assert_eq!(column.definition().description, "The user.");
/// ```
///
/// The first paragraphs of the doc comments become the descriptions of the table and its columns.
///
/// # `#[entity(…)]` on the struct
///
/// Keys and indexes name **columns**, also those of embedded structs.
///
/// | entry | meaning |
/// |---|---|
/// | `table = "logs"` | the table's name; required |
/// | `key(id)`, `key(a, b)` | the primary key, one to four columns; required. `Entity::Key` is the field's type, or a tuple |
/// | `key(base.id: ActivityId)` | a key column inside the embedded field `base`, with its type, which a macro does not know. The column must have the field's name |
/// | `unique(a, b)` | a unique key, called `uk_<table>_<columns>` |
/// | `unique(name = "…", columns(a, b), live)` | the same with a name; `live` counts only rows that are not softly deleted. `name` and `live` may be omitted |
/// | `index(a, b desc)` | an index, called `ix_<table>_<columns>`; `asc` may be written out |
/// | `index(name = "…", columns(a, b desc))` | the same with a name |
/// | `soft_delete = is_deleted` | the boolean column that marks deleted rows |
/// | `version = version` | the `i64` column that every update increments and `update_version` compares: implements `Versioned` |
/// | `append_only` | rows never change: updates and upserts do not compile |
/// | `crate = path` | the path of the contract; `::genledger::contract` if omitted |
///
/// Clippy's `duplicated_attributes` reports two indexes that share a column, unless the attribute contains a
/// direction.
///
/// # `#[column(…)]` on a field
///
/// | entry | meaning |
/// |---|---|
/// | `name = "type"` | the column's name, if it is not the field's |
/// | `max_chars = 255` | text of at most this many characters |
/// | `precision = 18, scale = 6` | a decimal; at most 18 digits, 6 of them after the point |
/// | `time = "unix_seconds"` | the encoding of a moment: also `"unix_millis"`, `"datetime3"`, `"datetime6"` |
/// | `uuid = "simple"` | the format of a UUID: also `"hyphenated"` |
/// | `json` | any type with serde, stored as JSON text; `None` of an `Option` (written as such) is NULL. The constant's type is `Json<T>` |
/// | `read_with = path` | with `json`: the stored text, `None` for NULL, is read by `fn(Option<&str>) -> Option<T>`, which accepts more than the `Deserialize` of `T` |
/// | `filter` | filters may use the column, although it leads no index and no key |
/// | `sensitive` | a secret or personal data |
/// | `default = 0` | the default in the database: a whole number, text, `true`, `false`, or `decimal("0.5")` |
/// | `range(0, 100)` | bounds of an integer, both inclusive |
/// | `sql_type(mysql = "…", sqlite = "…")` | SQL types that replace the dialect's own |
///
/// Without an entry for it, the type of the column is that of the field (`Field::TYPE`); a declared
/// type must fit it.
///
/// `#[json(…)]` sets the name of a column's member in JSON, as for
/// [`#[derive(JsonRecord)]`](macro@JsonRecord); paths of violations consist of these names. Without it the
/// member has the column's name.
///
/// `#[embed]` on a field flattens a struct with [`#[derive(Embed)]`](macro@Embed) at this place.
///
/// # What is generated
///
/// The implementation of `Entity`, one of `Embeds<T>` for each embedded struct, and for each field
/// a constant of type `Column` in capitals, as visible as the struct. Filters accept a constant that is
/// `Filterable`: its column leads an index, a unique key or the primary key, or is declared
/// `filter`. The table is checked at compile time.
#[proc_macro_derive(Entity, attributes(entity, column, embed, json))]
pub fn derive_entity(input: TokenStream) -> TokenStream {
    expand(&parse_macro_input!(input as DeriveInput), entity::expand)
}

/// Derives `Embed` for a struct with named fields, so that entities can flatten it with `#[embed]`.
///
/// Its fields have the same `#[column(…)]` as those of an [entity](macro@Entity); the struct may have
/// `#[embed(crate = path)]`. It cannot embed another struct.
///
/// The typed columns are a trait, `<Name>Columns`, of every entity that embeds the struct: with the
/// trait in scope, `ImageLog::USER_ID` is a column. They can be filtered only where they are
/// declared `#[column(filter)]`, since the struct does not know the indexes of its entities.
///
/// ```
/// use genledger_contract::{Embed, Entity};
///
/// mod base {
///     use genledger_contract::Embed;
///
///     /// The columns of every log.
///     #[derive(Clone, Debug, Embed)]
///     #[embed(crate = genledger_contract)]
///     pub struct BaseInfo {
///         /// Its number.
///         pub id: i64,
///         /// Whose it is.
///         #[column(max_chars = 32, filter)]
///         pub user_id: Option<String>,
///     }
/// }
///
/// use base::{BaseInfo, BaseInfoColumns};
///
/// /// A log of an image.
/// #[derive(Clone, Debug, Entity)]
/// #[entity(crate = genledger_contract, table = "image_logs", key(base.id: i64), index(user_id))]
/// pub struct ImageLog {
///     /// The columns of every log.
///     #[embed]
///     pub base: BaseInfo,
///     /// In pixels.
///     pub width: i32,
/// }
///
/// assert_eq!(ImageLog::TABLE.columns.len(), 3);
/// assert_eq!(BaseInfo::COLUMNS.len(), 2);
/// let filter = ImageLog::USER_ID.eq("u1") & ImageLog::USER_ID.is_not_null();
/// assert!(filter.predicate().is_ok());
/// ```
#[proc_macro_derive(Embed, attributes(embed, column, json))]
pub fn derive_embed(input: TokenStream) -> TokenStream {
    expand(&parse_macro_input!(input as DeriveInput), embed::expand)
}

/// Derives `CodedEnum` for an enum of codes: a closed set of known codes that stays open to those
/// of newer versions.
///
/// Every variant has its `#[code(…)]`, except for `Unrecognized(UnrecognizedCode<Self>)`, which holds all
/// other codes. Two variants with one code, and a code that the type cannot hold, do not
/// compile.
///
/// ```
/// use genledger_contract::CodedEnum;
/// use genledger_contract::entity::UnrecognizedCode;
///
/// /// The kind of a log.
/// #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, CodedEnum)]
/// #[coded(crate = genledger_contract, i16)]
/// pub enum LogType {
///     /// Unknown.
///     #[code(0)]
///     Unknown,
///     /// Money came in.
///     #[code(1)]
///     Topup,
///     /// A code of a newer version.
///     Unrecognized(UnrecognizedCode<Self>),
/// }
///
/// const TOPUP: i16 = LogType::Topup.code();
/// assert_eq!(LogType::from_code(TOPUP), LogType::Topup);
/// assert_eq!(LogType::from_code(77).code(), 77);
/// assert_eq!(LogType::from_code(77).to_string(), "unrecognized(77)");
/// assert_eq!(LogType::KNOWN, [LogType::Unknown, LogType::Topup]);
/// assert_eq!(serde_json::to_string(&LogType::Topup).unwrap(), "1");
/// ```
///
/// | `#[coded(…)]` | the type of the code |
/// |---|---|
/// | `i16`, `i32`, `i64` | this integer; `code` and `from_code` are also inherent `const` functions |
/// | `text, max_chars = 16` | `String`; the inherent functions are `as_str` and `from_str_code` |
/// | `crate = path` | the path of the contract; `::genledger::contract` if omitted |
///
/// Besides `CodedEnum`, it implements `Field` (a column of the code's type that lists the codes),
/// `Display` (the variant's name), and serde's `Serialize` and `Deserialize` (the code itself). An
/// unrecognized code is read from rows and from JSON, and written back to JSON only: setting a
/// column to it is an error.
#[proc_macro_derive(CodedEnum, attributes(coded, code))]
pub fn derive_coded_enum(input: TokenStream) -> TokenStream {
    expand(&parse_macro_input!(input as DeriveInput), coded::expand)
}

/// Derives `Field` for a newtype: a tuple struct around one value that is a field itself.
///
/// Values are checked when they are created, by the newtype's own constructor; a stored value is read
/// unchecked.
///
/// ```
/// use genledger_contract::{Entity, Field};
/// use genledger_contract::table::ColumnType;
///
/// /// The name of a model; never empty.
/// #[derive(Clone, Debug, PartialEq, Field)]
/// #[field(crate = genledger_contract, text, max_chars = 255)]
/// pub struct ModelName(String);
///
/// /// A price.
/// #[derive(Clone, Debug, Entity)]
/// #[entity(crate = genledger_contract, table = "prices", key(model))]
/// pub struct Price {
///     /// The model.
///     pub model: ModelName,
/// }
///
/// assert_eq!(ModelName::TYPE, ColumnType::Text { max_chars: 255 });
/// assert!(Price::MODEL.starts_with("gpt-").predicate().is_ok());
/// ```
///
/// | `#[field(…)]` | meaning |
/// |---|---|
/// | `text` | the inside is text: also implements `TextField`, so that columns can be searched |
/// | `max_chars`, `precision` and `scale`, `time`, `uuid` | the column's type, as in `#[column(…)]`; a column may declare another |
/// | `crate = path` | the path of the contract; `::genledger::contract` if omitted |
#[proc_macro_derive(Field, attributes(field))]
pub fn derive_field(input: TokenStream) -> TokenStream {
    expand(&parse_macro_input!(input as DeriveInput), newtype::expand)
}

/// Derives `serde::Serialize` and `serde::Deserialize` for a struct whose `#[embed]` fields are flattened
/// into its own members.
///
/// Errors name the member and hold no value. Integers are read from numbers and from strings.
///
/// | attribute | meaning |
/// |---|---|
/// | `#[json(rename_all = "PascalCase")]` on the struct | the names of the members; those of the fields if omitted |
/// | `#[json(crate = path)]` on the struct | the path of the contract; `::genledger::contract` if omitted |
/// | `name = "ID"` | the name of the member |
/// | `with = path` | a module with `serialize` and `deserialize`; for an `Option`, of its inner value |
/// | `default` | a missing member, or null, is the type's default; this always applies to an `Option` |
/// | `computed = path` | no member: a function of the rest of the value |
/// | `skip` | no member: the type's default |
///
/// ```
/// use genledger_contract::JsonRecord;
///
/// /// A visit.
/// #[derive(JsonRecord)]
/// #[json(crate = genledger_contract, rename_all = "PascalCase")]
/// struct Visit {
///     /// Its number.
///     #[json(name = "ID")]
///     id: i64,
///     /// The page.
///     page_name: Option<String>,
/// }
///
/// let visit = Visit { id: 7, page_name: None };
/// assert_eq!(serde_json::to_string(&visit).unwrap(), r#"{"ID":7,"PageName":null}"#);
/// ```
#[proc_macro_derive(JsonRecord, attributes(json, embed))]
pub fn derive_json(input: TokenStream) -> TokenStream {
    expand(&parse_macro_input!(input as DeriveInput), json::expand)
}

/// Derives `New<Entity>`: the values with which a caller creates an entity.
///
/// It has the public fields of the entity that a caller sets, in JSON as well (`#[derive(JsonRecord)]`, whose
/// attributes are copied); `new(…)` with the fields without a default; a setter for each field; and
/// `into_entity`, which creates the entity. Setters accept anything that converts into the type of the field,
/// except for numbers, booleans and moments. It implements `Default` if every field has a default: an
/// `Option`, or a field with `#[json(default)]`. A moment is truncated to the unit of its column
/// (`#[column(time = "…")]`).
///
/// | attribute of a field | meaning |
/// |---|---|
/// | `#[new(argument)]` | not a field, but an argument of `into_entity`: an id |
/// | `#[new(fallback)]` | optional; an argument of `into_entity` is its default |
/// | `#[new(first)]` | the first argument of `new`, at any position in the struct |
/// | `#[json(computed = path)]` | computed from the rest by `path(&entity)` |
/// | `#[new(crate = path)]` on the struct | the path of the contract; `::genledger::contract` if omitted |
///
/// ```
/// use genledger_contract::New;
///
/// /// A visit.
/// #[derive(Debug, PartialEq, New)]
/// #[new(crate = genledger_contract)]
/// pub struct Visit {
///     /// Its number.
///     #[new(argument)]
///     pub id: i64,
///     /// The page.
///     pub page: String,
///     /// The referrer.
///     pub referrer: Option<String>,
/// }
///
/// let visit = NewVisit::new("home").referrer("search").into_entity(7);
/// assert_eq!(visit.page, "home");
/// let read: NewVisit = serde_json::from_str(r#"{"page":"home"}"#).unwrap();
/// assert_eq!(read, NewVisit { page: "home".into(), referrer: None });
/// ```
#[proc_macro_derive(New, attributes(new, json, embed, column))]
pub fn derive_new(input: TokenStream) -> TokenStream {
    expand(&parse_macro_input!(input as DeriveInput), new::expand)
}

/// Derives `Activity` for one of the activity logs, and `NewActivity` and `Validate` for its `New…`
/// type.
///
/// The struct has the fields `id` and `base`; its rules are an ordinary implementation of `Validate`.
///
/// ```text
/// #[derive(Clone, Debug, PartialEq, Entity, JsonRecord, New, Activity)]
/// #[activity(kind = Search, time = record_time_stamp)]
/// pub struct SearchLog { … }
/// ```
///
/// | `#[activity(…)]` | meaning |
/// |---|---|
/// | `kind = Search` | its `ActivityKind`; required |
/// | `time = record_time_stamp` | the time of the activity, a column that leads an index; required |
/// | `needs_user` | the log requires a user |
/// | `crate = path` | the path of the library; `::genledger` if omitted |
#[proc_macro_derive(Activity, attributes(activity))]
pub fn derive_activity(input: TokenStream) -> TokenStream {
    expand(&parse_macro_input!(input as DeriveInput), activity::expand)
}

/// Generates a trait of a struct's public methods that take `&self`. The struct implements it, and with the
/// feature `mock` there is a mock of it. The trait gets the documentation of the `impl`, and the methods keep
/// theirs.
///
/// For the domains of genledger: the crate that uses it depends on `async-trait`, and on `mockall`
/// behind a feature `mock`.
#[doc(hidden)]
#[proc_macro_attribute]
pub fn repository(name: TokenStream, item: TokenStream) -> TokenStream {
    repository::expand(name.into(), item.into())
        .unwrap_or_else(|error| error.to_compile_error())
        .into()
}

fn expand(
    input: &DeriveInput,
    with: impl FnOnce(&DeriveInput) -> Result<proc_macro2::TokenStream>,
) -> TokenStream {
    with(input)
        .unwrap_or_else(|error| error.to_compile_error())
        .into()
}
