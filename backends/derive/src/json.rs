//! `#[derive(JsonRecord)]`: serde for structs with embedded structs, without serde's `flatten`.
//!
//! Flattening in serde keeps every value in a buffer, which is slow and converts numbers to floats. The
//! generated code knows the names of all fields, embedded ones included, so that each value is read once,
//! directly into its field.

mod attribute;
mod read;
mod write;

use proc_macro2::TokenStream;
use quote::quote;
use syn::{DeriveInput, Result};

pub(crate) use attribute::{JsonField, JsonStruct, Part, is_integer, parse_part};

pub(crate) fn expand(input: &DeriveInput) -> Result<TokenStream> {
    let json = JsonStruct::parse(input)?;
    let fields = JsonField::parse_all(input, &json)?;
    let write = write::expand(input, &json, &fields);
    let read = read::expand(input, &json, &fields);
    Ok(quote!(#write #read))
}
