//! The derive macros of genledger: `Entity`, `Embed`, `CodedEnum` and `Field`.

mod attribute;
mod coded;
mod column;
mod docs;
mod embed;
mod entity;
mod members;
mod name;
mod newtype;
mod path;
mod row;
mod tokens;

use proc_macro::TokenStream;
use syn::{DeriveInput, Result, parse_macro_input};

/// TODO
#[proc_macro_derive(Entity, attributes(entity, column, embed))]
pub fn derive_entity(input: TokenStream) -> TokenStream {
    expand(&parse_macro_input!(input as DeriveInput), entity::expand)
}

/// TODO
#[proc_macro_derive(Embed, attributes(embed, column))]
pub fn derive_embed(input: TokenStream) -> TokenStream {
    expand(&parse_macro_input!(input as DeriveInput), embed::expand)
}

/// TODO
#[proc_macro_derive(CodedEnum, attributes(coded, code))]
pub fn derive_coded_enum(input: TokenStream) -> TokenStream {
    expand(&parse_macro_input!(input as DeriveInput), coded::expand)
}

/// TODO
#[proc_macro_derive(Field, attributes(field))]
pub fn derive_field(input: TokenStream) -> TokenStream {
    expand(&parse_macro_input!(input as DeriveInput), newtype::expand)
}

fn expand(
    input: &DeriveInput,
    with: impl FnOnce(&DeriveInput) -> Result<proc_macro2::TokenStream>,
) -> TokenStream {
    with(input)
        .unwrap_or_else(|error| error.to_compile_error())
        .into()
}
