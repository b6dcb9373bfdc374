//! The parts of lists, objects and variants.

use std::cell::{Cell, RefCell};

use serde::Deserializer;
use serde::de::{DeserializeSeed, EnumAccess, MapAccess, SeqAccess, VariantAccess, Visitor};

use super::visitor::{Guard, expecting};
use super::{Fault, Names, Place, ValueFree};

/// Reads a part through [`ValueFree`].
struct Part<'p, S> {
    seed: S,
    place: &'p Place<'p>,
    names: Names,
    key: Option<&'p Cell<Option<&'static str>>>,
}

impl<'p, S> Part<'p, S> {
    const fn value(seed: S, place: &'p Place<'p>) -> Self {
        Self {
            seed,
            place,
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
            place: self.place,
            names: self.names,
            key: self.key,
        };
        let read = self.seed.deserialize(inner);
        read.map_err(|fault| fault.placed(self.place))
    }
}

/// A list.
pub(super) struct Sequence<'p, A> {
    inner: A,
    place: &'p Place<'p>,
    index: usize,
}

impl<'p, A> Sequence<'p, A> {
    pub(super) const fn new(inner: A, place: &'p Place<'p>) -> Self {
        Self {
            inner,
            place,
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
        let place = Place::Element(self.place, self.index);
        self.index += 1;
        let read = self.inner.next_element_seed(Part::value(seed, &place));
        read.map_err(Fault::Of)
    }

    fn size_hint(&self) -> Option<usize> {
        self.inner.size_hint()
    }
}

/// The members of an object.
pub(super) struct Members<'p, A> {
    inner: A,
    place: &'p Place<'p>,
    names: Names,
    /// The name of the member that is being read.
    name: Cell<Option<&'static str>>,
}

impl<'p, A> Members<'p, A> {
    pub(super) const fn new(inner: A, place: &'p Place<'p>, names: Names) -> Self {
        Self {
            inner,
            place,
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
            place: self.place,
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
        let place = match self.name.get() {
            Some(name) => {
                member = Place::Member(self.place, name);
                &member
            }
            None => self.place,
        };
        let read = self.inner.next_value_seed(Part::value(seed, place));
        read.map_err(Fault::Of)
    }

    fn size_hint(&self) -> Option<usize> {
        self.inner.size_hint()
    }
}

/// The variants of an enum.
pub(super) struct Variants<'p, A> {
    inner: A,
    place: &'p Place<'p>,
}

impl<'p, A> Variants<'p, A> {
    pub(super) const fn new(inner: A, place: &'p Place<'p>) -> Self {
        Self { inner, place }
    }
}

impl<'de, 'p, A: EnumAccess<'de>> EnumAccess<'de> for Variants<'p, A> {
    type Error = Fault<A::Error>;
    type Variant = Variants<'p, A::Variant>;

    fn variant_seed<S: DeserializeSeed<'de>>(
        self,
        seed: S,
    ) -> Result<(S::Value, Self::Variant), Self::Error> {
        let read = self.inner.variant_seed(Part::value(seed, self.place));
        let (value, variant) = read.map_err(Fault::Of)?;
        Ok((value, Variants::new(variant, self.place)))
    }
}

impl<A> Variants<'_, A> {
    /// Formats describe in their own words which kind of variant they expect.
    fn guarded<'de, V: Visitor<'de>, T, E: serde::de::Error>(
        self,
        visitor: V,
        names: Names,
        read: impl FnOnce(A, Guard<'_, V>) -> Result<T, E>,
    ) -> Result<T, Fault<E>> {
        let expected = RefCell::new(Some(expecting(&visitor)));
        let guard = Guard {
            visitor,
            place: self.place,
            names,
            key: None,
            expected: &expected,
        };
        let read = read(self.inner, guard);
        Fault::checked(read, self.place, &expected)
    }
}

impl<'de, A: VariantAccess<'de>> VariantAccess<'de> for Variants<'_, A> {
    type Error = Fault<A::Error>;

    fn unit_variant(self) -> Result<(), Self::Error> {
        let asked = RefCell::new(Some("a variant without a value".to_owned()));
        Fault::checked(self.inner.unit_variant(), self.place, &asked)
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(
        self,
        seed: S,
    ) -> Result<S::Value, Self::Error> {
        let part = Part::value(seed, self.place);
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
