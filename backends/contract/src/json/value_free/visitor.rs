//! The visitor between a format and the visitor of a value, and the parts of lists, objects and variants.

use std::cell::{Cell, RefCell};
use std::fmt;

use serde::Deserializer;
use serde::de::{
    DeserializeSeed, EnumAccess, Error, Expected, MapAccess, SeqAccess, VariantAccess, Visitor,
};

use super::{Fault, Names, Path, ValueFree};

/// Passes a value on; everything inside of it is guarded as well.
pub(super) struct Guard<'p, V> {
    pub(super) visitor: V,
    pub(super) path: &'p Path<'p>,
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
            read.map_err(|fault| fault.at_path(self.path))
        }
    )+};
}

macro_rules! texts {
    ($($method:ident($value:ty))+) => {$(
        fn $method<E: Error>(self, value: $value) -> Result<V::Value, E> {
            self.note(&value);
            let read = self.visitor.$method::<Fault<E>>(value);
            read.map_err(|fault| fault.at_path(self.path))
        }
    )+};
}

macro_rules! nothing {
    ($($method:ident)+) => {$(
        fn $method<E: Error>(self) -> Result<V::Value, E> {
            let read = self.visitor.$method::<Fault<E>>();
            read.map_err(|fault| fault.at_path(self.path))
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
            path: self.path,
            names: self.names,
            key: None,
        };
        let read = self.visitor.visit_some(inner);
        read.map_err(|fault| fault.at_path(self.path))
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(
        self,
        deserializer: D,
    ) -> Result<V::Value, D::Error> {
        let inner = ValueFree {
            inner: deserializer,
            path: self.path,
            names: self.names,
            key: None,
        };
        let read = self.visitor.visit_newtype_struct(inner);
        read.map_err(|fault| fault.at_path(self.path))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<V::Value, A::Error> {
        self.called();
        let read = self.visitor.visit_seq(Sequence::new(seq, self.path));
        read.map_err(|fault| fault.at_path(self.path))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<V::Value, A::Error> {
        self.called();
        let members = Members::new(map, self.path, self.names);
        let read = self.visitor.visit_map(members);
        read.map_err(|fault| fault.at_path(self.path))
    }

    fn visit_enum<A: EnumAccess<'de>>(self, data: A) -> Result<V::Value, A::Error> {
        self.called();
        let read = self.visitor.visit_enum(Variants::new(data, self.path));
        read.map_err(|fault| fault.at_path(self.path))
    }
}

/// Reads a part through [`ValueFree`].
struct Part<'p, S> {
    seed: S,
    path: &'p Path<'p>,
    names: Names,
    key: Option<&'p Cell<Option<&'static str>>>,
}

impl<'p, S> Part<'p, S> {
    const fn value(seed: S, path: &'p Path<'p>) -> Self {
        Self {
            seed,
            path,
            names: Names::NONE,
            key: None,
        }
    }
}

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for Part<'_, S> {
    type Value = S::Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<S::Value, D::Error> {
        let inner = ValueFree {
            inner: deserializer,
            path: self.path,
            names: self.names,
            key: self.key,
        };
        let read = self.seed.deserialize(inner);
        read.map_err(|fault| fault.at_path(self.path))
    }
}

/// A list.
struct Sequence<'p, A> {
    inner: A,
    path: &'p Path<'p>,
    index: usize,
}

impl<'p, A> Sequence<'p, A> {
    const fn new(inner: A, path: &'p Path<'p>) -> Self {
        Self {
            inner,
            path,
            index: 0,
        }
    }
}

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for Sequence<'_, A> {
    type Error = Fault<A::Error>;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Self::Error> {
        let path = Path::Element(self.path, self.index);
        self.index += 1;
        let read = self.inner.next_element_seed(Part::value(seed, &path));
        read.map_err(Fault::Of)
    }

    fn size_hint(&self) -> Option<usize> {
        self.inner.size_hint()
    }
}

/// The members of an object.
struct Members<'p, A> {
    inner: A,
    path: &'p Path<'p>,
    names: Names,
    /// The name of the member that is being read.
    name: Cell<Option<&'static str>>,
}

impl<'p, A> Members<'p, A> {
    const fn new(inner: A, path: &'p Path<'p>, names: Names) -> Self {
        Self {
            inner,
            path,
            names,
            name: Cell::new(None),
        }
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Members<'_, A> {
    type Error = Fault<A::Error>;

    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Self::Error> {
        self.name.set(None);
        let part = Part {
            seed,
            path: self.path,
            names: self.names,
            key: Some(&self.name),
        };
        self.inner.next_key_seed(part).map_err(Fault::Of)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<S::Value, Self::Error> {
        let member;
        let path = match self.name.get() {
            Some(name) => {
                member = Path::Member(self.path, name);
                &member
            }
            None => self.path,
        };
        let read = self.inner.next_value_seed(Part::value(seed, path));
        read.map_err(Fault::Of)
    }

    fn size_hint(&self) -> Option<usize> {
        self.inner.size_hint()
    }
}

/// The variants of an enum.
struct Variants<'p, A> {
    inner: A,
    path: &'p Path<'p>,
}

impl<'p, A> Variants<'p, A> {
    const fn new(inner: A, path: &'p Path<'p>) -> Self {
        Self { inner, path }
    }
}

impl<'de, 'p, A: EnumAccess<'de>> EnumAccess<'de> for Variants<'p, A> {
    type Error = Fault<A::Error>;
    type Variant = Variants<'p, A::Variant>;

    fn variant_seed<S: DeserializeSeed<'de>>(
        self,
        seed: S,
    ) -> Result<(S::Value, Self::Variant), Self::Error> {
        let read = self.inner.variant_seed(Part::value(seed, self.path));
        let (value, variant) = read.map_err(Fault::Of)?;
        Ok((value, Variants::new(variant, self.path)))
    }
}

impl<A> Variants<'_, A> {
    /// Formats describe in their own words which kind of variant they expect.
    fn guarded<'de, V: Visitor<'de>, T, E: Error>(
        self,
        visitor: V,
        names: Names,
        read: impl FnOnce(A, Guard<'_, V>) -> Result<T, E>,
    ) -> Result<T, Fault<E>> {
        let expected = RefCell::new(Some(expecting(&visitor)));
        let guard = Guard {
            visitor,
            path: self.path,
            names,
            key: None,
            expected: &expected,
        };
        let read = read(self.inner, guard);
        Fault::checked(read, self.path, &expected)
    }
}

impl<'de, A: VariantAccess<'de>> VariantAccess<'de> for Variants<'_, A> {
    type Error = Fault<A::Error>;

    fn unit_variant(self) -> Result<(), Self::Error> {
        let asked = RefCell::new(Some("a variant without a value".to_owned()));
        Fault::checked(self.inner.unit_variant(), self.path, &asked)
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(
        self,
        seed: S,
    ) -> Result<S::Value, Self::Error> {
        let part = Part::value(seed, self.path);
        self.inner.newtype_variant_seed(part).map_err(Fault::Of)
    }

    fn tuple_variant<V: Visitor<'de>>(
        self,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        self.guarded(visitor, Names::NONE, |inner, guard| {
            inner.tuple_variant(length, guard)
        })
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        self.guarded(visitor, Names(fields), |inner, guard| {
            inner.struct_variant(fields, guard)
        })
    }
}
