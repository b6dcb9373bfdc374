//! The expansion of `#[derive(CodedEnum)]`.

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
use crate::path::ContractPath;

/// A parsed enum.
struct Coded {
    ident: Ident,
    visibility: Visibility,
    attribute: CodedAttribute,
    /// The variants with a code, in order.
    known: Vec<Variant>,
    /// The variant that holds all other codes; always called `Unrecognized`.
    unrecognized: Ident,
}

pub(crate) fn expand(input: &DeriveInput) -> Result<TokenStream> {
    no_generics(&input.generics)?;
    let attribute = CodedAttribute::parse(input)?;
    let contract = attribute.contract.clone();
    match Variants::parse(input, attribute.code) {
        Ok(variants) => Ok(implement(input, attribute, variants)),
        Err(error) => {
            let (error, placeholder) = (
                error.to_compile_error(),
                placeholder(&input.ident, &contract),
            );
            Ok(quote!(#error #placeholder))
        }
    }
}

fn implement(input: &DeriveInput, attribute: CodedAttribute, variants: Variants) -> TokenStream {
    let coded = Coded {
        ident: input.ident.clone(),
        visibility: input.vis.clone(),
        attribute,
        known: variants.known,
        unrecognized: variants.unrecognized,
    };
    let inherent = coded.inherent();
    let (coded_enum, field, display) = (coded.coded_enum(), coded.field(), coded.display());
    let serde = coded.serde();
    quote!(#inherent #coded_enum #field #display #serde)
}

/// A placeholder implementation after an error, so that no further errors follow: the payload of
/// `Unrecognized` needs the trait.
fn placeholder(ident: &Ident, contract: &ContractPath) -> TokenStream {
    quote! {
        #[automatically_derived]
        impl #contract::CodedEnum for #ident {
            type Code = i64;

            const KNOWN: &'static [Self] = &[];

            fn code(&self) -> i64 {
                0
            }

            fn from_code(_: i64) -> Self {
                loop {}
            }

            fn name(&self) -> &'static str {
                ""
            }

            fn is_known(&self) -> bool {
                false
            }
        }
    }
}
