//! `#[derive(CodedEnum)]`.

mod attribute;
mod code;
mod impls;
mod inherent;
mod serde;
mod variants;

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::{DeriveInput, Result, Visibility};

use self::attribute::CodedAttribute;
use self::variants::{Variant, Variants};
use crate::attribute::no_generics;

/// A parsed enum.
struct Coded {
    ident: Ident,
    visibility: Visibility,
    attribute: CodedAttribute,
    /// The variants with a code, in order.
    known: Vec<Variant>,
    /// The variant that keeps other codes; always called `Unrecognized`.
    unrecognized: Ident,
}

pub(crate) fn expand(input: &DeriveInput) -> Result<TokenStream> {
    no_generics(&input.generics)?;
    let attribute = CodedAttribute::parse(input)?;
    let Variants {
        known,
        unrecognized,
    } = Variants::parse(input, attribute.code)?;
    let coded = Coded {
        ident: input.ident.clone(),
        visibility: input.vis.clone(),
        attribute,
        known,
        unrecognized,
    };
    let inherent = coded.inherent();
    let (coded_enum, field, display) = (coded.coded_enum(), coded.field(), coded.display());
    let serde = coded.serde();
    Ok(quote!(#inherent #coded_enum #field #display #serde))
}
