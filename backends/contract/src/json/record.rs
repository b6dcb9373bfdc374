//! JSON objects whose members come from several structs: what `#[derive(JsonRecord)]` implements.

use std::fmt;
use std::marker::PhantomData;

use serde::Deserializer;
use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, Visitor};
use serde::ser::SerializeStruct;

use super::value_free::{Fault, ValueFree};

/// A struct that writes itself as members of a JSON object, its own or that of an entity which
/// embeds it. `#[derive(JsonRecord)]` implements it.
///
/// ```
/// use genledger_contract::JsonRecord;
///
/// /// Who.
/// #[derive(Debug, PartialEq, JsonRecord)]
/// #[json(crate = genledger_contract, rename_all = "PascalCase")]
/// struct Who {
///     /// The user's id.
///     user_id: Option<String>,
/// }
///
/// /// What.
/// #[derive(Debug, PartialEq, JsonRecord)]
/// #[json(crate = genledger_contract, rename_all = "PascalCase")]
/// struct Visit {
///     /// Its number.
///     #[json(name = "ID")]
///     id: i64,
///     /// Who it was.
///     #[embed]
///     who: Who,
/// }
///
/// let visit: Visit = serde_json::from_str(r#"{"UserId":"u-1","ID":7,"Extra":true}"#).unwrap();
/// assert_eq!(serde_json::to_string(&visit).unwrap(), r#"{"ID":7,"UserId":"u-1"}"#);
/// ```
pub trait JsonRecord {
    /// The number of members, embedded ones included.
    const MEMBERS: usize;

    /// The names of the members in the order in which they are written, embedded ones included.
    const NAMES: &'static [&'static str];

    /// Writes the members in the order of the fields.
    ///
    /// # Errors
    /// Returns the errors of the serializer.
    fn write_members<S: SerializeStruct>(&self, members: &mut S) -> Result<(), S::Error>;
}

/// A struct that is read from members of a JSON object. `#[derive(JsonRecord)]` implements it.
pub trait JsonRead: JsonRecord + Sized {
    /// The value while its members are being read.
    type Partial: JsonPartial<Whole = Self>;
}

/// A value of which some members have been read.
pub trait JsonPartial: Default {
    /// The whole value.
    type Whole;

    /// The position of a member; `None` for a name that the struct does not have.
    fn position(name: &str) -> Option<usize>;

    /// Reads the member at a position.
    ///
    /// # Errors
    /// Returns the errors of the deserializer, and an error for a member that comes twice.
    fn read<'de, A: MapAccess<'de>>(
        &mut self,
        position: usize,
        map: &mut A,
    ) -> Result<(), A::Error>;

    /// The whole value.
    ///
    /// # Errors
    /// Returns an error when a member is missing.
    fn finish<E: serde::de::Error>(self) -> Result<Self::Whole, E>;
}

/// For the code that `#[derive(JsonRecord)]` writes: reads an object; members that the struct does not have
/// are ignored. Errors name the member and quote no value.
///
/// # Errors
/// Returns an error for a member that is missing, comes twice, or cannot be read.
pub fn read_record<'de, T: JsonRead, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    ValueFree::record(deserializer, T::NAMES)
        .deserialize_map(RecordVisitor(PhantomData::<T>))
        .map_err(Fault::into_error)
}

struct RecordVisitor<T>(PhantomData<T>);

impl<'de, T: JsonRead> Visitor<'de> for RecordVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    #[inline]
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<T, A::Error> {
        let mut partial = T::Partial::default();
        while let Some(position) = map.next_key_seed(Position(PhantomData::<T>))? {
            match position {
                Some(position) => partial.read(position, &mut map)?,
                None => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        partial.finish()
    }
}

/// Finds the position of a member without keeping its name.
struct Position<T>(PhantomData<T>);

impl<'de, T: JsonRead> DeserializeSeed<'de> for Position<T> {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_identifier(self)
    }
}

impl<T: JsonRead> Visitor<'_> for Position<T> {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a member")
    }

    #[inline]
    fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
        Ok(T::Partial::position(name))
    }
}
