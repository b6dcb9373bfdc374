//! The visitor between a format and the visitor of a value.

use std::cell::{Cell, RefCell};
use std::fmt;

use serde::Deserializer;
use serde::de::{EnumAccess, Error, Expected, MapAccess, SeqAccess, Visitor};

use super::access::{Members, Sequence, Variants};
use super::{Fault, Names, Place, ValueFree};

/// Passes a value on; everything inside of it is guarded as well.
pub(super) struct Guard<'p, V> {
    pub(super) visitor: V,
    pub(super) place: &'p Place<'p>,
    pub(super) names: Names,
    /// The known names of members, and the cell that receives the name that was found.
    pub(super) key: Option<(Names, &'p Cell<Option<&'static str>>)>,
    /// What the visitor expects, once the format has asked for an error message, which may quote the value.
    pub(super) expected: &'p RefCell<Option<String>>,
}

impl<V> Guard<'_, V> {
    /// The kind is the right one: further errors come from this module.
    fn called(&self) {
        self.expected.take();
    }

    fn note(&self, name: &str) {
        if let Some((names, found)) = self.key {
            found.set(names.find(name));
        }
    }
}

/// What a visitor expects, as text.
pub(super) fn expecting<'de>(visitor: &impl Visitor<'de>) -> String {
    let expected: &dyn Expected = visitor;
    expected.to_string()
}

macro_rules! values {
    ($($method:ident($value:ty))+) => {$(
        fn $method<E: Error>(self, value: $value) -> Result<V::Value, E> {
            let read = self.visitor.$method::<Fault<E>>(value);
            read.map_err(|fault| fault.placed(self.place))
        }
    )+};
}

macro_rules! texts {
    ($($method:ident($value:ty))+) => {$(
        fn $method<E: Error>(self, value: $value) -> Result<V::Value, E> {
            self.note(&value);
            let read = self.visitor.$method::<Fault<E>>(value);
            read.map_err(|fault| fault.placed(self.place))
        }
    )+};
}

macro_rules! nothing {
    ($($method:ident)+) => {$(
        fn $method<E: Error>(self) -> Result<V::Value, E> {
            let read = self.visitor.$method::<Fault<E>>();
            read.map_err(|fault| fault.placed(self.place))
        }
    )+};
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Guard<'_, V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = expecting(&self.visitor);
        f.write_str(&text)?;
        self.expected.replace(Some(text));
        Ok(())
    }

    values! {
        visit_bool(bool) visit_i8(i8) visit_i16(i16) visit_i32(i32) visit_i64(i64) visit_i128(i128)
        visit_u8(u8) visit_u16(u16) visit_u32(u32) visit_u64(u64) visit_u128(u128) visit_f32(f32)
        visit_f64(f64) visit_char(char) visit_bytes(&[u8]) visit_borrowed_bytes(&'de [u8])
        visit_byte_buf(Vec<u8>)
    }

    texts! { visit_str(&str) visit_borrowed_str(&'de str) visit_string(String) }

    nothing! { visit_none visit_unit }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<V::Value, D::Error> {
        let inner = ValueFree {
            inner: deserializer,
            place: self.place,
            names: self.names,
            key: None,
        };
        let read = self.visitor.visit_some(inner);
        read.map_err(|fault| fault.placed(self.place))
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(
        self,
        deserializer: D,
    ) -> Result<V::Value, D::Error> {
        let inner = ValueFree {
            inner: deserializer,
            place: self.place,
            names: self.names,
            key: None,
        };
        let read = self.visitor.visit_newtype_struct(inner);
        read.map_err(|fault| fault.placed(self.place))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<V::Value, A::Error> {
        self.called();
        let read = self.visitor.visit_seq(Sequence::new(seq, self.place));
        read.map_err(|fault| fault.placed(self.place))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<V::Value, A::Error> {
        self.called();
        let members = Members::new(map, self.place, self.names);
        let read = self.visitor.visit_map(members);
        read.map_err(|fault| fault.placed(self.place))
    }

    fn visit_enum<A: EnumAccess<'de>>(self, data: A) -> Result<V::Value, A::Error> {
        self.called();
        let read = self.visitor.visit_enum(Variants::new(data, self.place));
        read.map_err(|fault| fault.placed(self.place))
    }
}
