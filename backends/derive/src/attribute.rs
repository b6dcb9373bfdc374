//! Parsing that all attributes of the macros share.

use proc_macro2::Span;
use syn::meta::ParseNestedMeta;
use syn::spanned::Spanned;
use syn::{Attribute, Error, Generics, LitInt, Result};

/// Reads the entries of every attribute called `name` with `accept`, which returns whether it knows the entry.
pub(crate) fn each_entry(
    attributes: &[Attribute],
    name: &str,
    known: &str,
    mut accept: impl FnMut(&ParseNestedMeta<'_>) -> Result<bool>,
) -> Result<()> {
    for attribute in attributes {
        if attribute.path().is_ident(name) {
            attribute.parse_nested_meta(|meta| {
                if accept(&meta)? {
                    Ok(())
                } else {
                    Err(meta.error(format!("unknown attribute; `{name}` accepts {known}")))
                }
            })?;
        }
    }
    Ok(())
}

/// Sets a value that an attribute may set once.
pub(crate) fn once<T>(slot: &mut Option<T>, value: T, meta: &ParseNestedMeta<'_>) -> Result<()> {
    if slot.is_some() {
        return Err(meta.error("given twice"));
    }
    *slot = Some(value);
    Ok(())
}

/// A bare word such as `filter`, with its span.
pub(crate) fn word(slot: &mut Option<Span>, meta: &ParseNestedMeta<'_>) -> Result<()> {
    once(slot, meta.path.span(), meta)
}

/// A whole number within `low..=high`.
pub(crate) fn number(literal: &LitInt, low: i64, high: i64) -> Result<i64> {
    if !literal.suffix().is_empty() {
        return Err(Error::new(
            literal.span(),
            "write the number without a type",
        ));
    }
    match literal.base10_parse::<i64>() {
        Ok(value) if (low..=high).contains(&value) => Ok(value),
        _ => Err(Error::new(
            literal.span(),
            format!("expected a number from {low} to {high}"),
        )),
    }
}

/// Refuses type parameters and lifetimes: a table is one concrete type.
pub(crate) fn no_generics(generics: &Generics) -> Result<()> {
    if generics.params.is_empty() {
        Ok(())
    } else {
        Err(Error::new(
            generics.span(),
            "generic types are not supported",
        ))
    }
}

/// Collects errors, so that one compilation shows all of them.
#[derive(Default)]
pub(crate) struct Errors(Option<Error>);

impl Errors {
    pub(crate) fn push(&mut self, error: Error) {
        match &mut self.0 {
            Some(first) => first.combine(error),
            None => self.0 = Some(error),
        }
    }

    /// The value, or `None` after collecting the error.
    pub(crate) fn keep<T>(&mut self, result: Result<T>) -> Option<T> {
        result.map_err(|error| self.push(error)).ok()
    }

    pub(crate) fn finish(self) -> Result<()> {
        self.0.map_or(Ok(()), Err)
    }
}
