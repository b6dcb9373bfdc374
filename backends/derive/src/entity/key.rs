//! Parses `key(…)`, the primary key.

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::spanned::Spanned;
use syn::{Error, Result, Token, Type};

use super::Entity;
use crate::name::Name;
use crate::tokens::at;

/// One column of the key.
pub(super) struct KeyPart {
    pub(super) column: Name,
    /// For `base.id: ActivityId`; otherwise the column belongs to a field of the entity.
    pub(super) inside: Option<Inside>,
}

/// A field of an embedded struct. A macro does not know its type, and assumes that the column has the field's
/// name.
pub(super) struct Inside {
    pub(super) embed: Ident,
    field: Ident,
    ty: Type,
}

impl Parse for KeyPart {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let first = input.call(Ident::parse_any)?;
        if !input.peek(Token![.]) {
            if input.peek(Token![:]) {
                return Err(input.error("the type of a field of the entity is known; omit it"));
            }
            return Ok(Self {
                column: Name::of_ident(&first)?,
                inside: None,
            });
        }
        input.parse::<Token![.]>()?;
        let field = input.call(Ident::parse_any)?;
        if !input.peek(Token![:]) {
            let message = format!("give the type of the field: `{first}.{field}: SomeType`");
            return Err(Error::new(field.span(), message));
        }
        input.parse::<Token![:]>()?;
        Ok(Self {
            column: Name::of_ident(&field)?,
            inside: Some(Inside {
                embed: first,
                field,
                ty: input.parse()?,
            }),
        })
    }
}

impl Entity {
    /// The type of the key, and the expression that reads it from `self`.
    pub(super) fn key(&self) -> (TokenStream, TokenStream) {
        let mut types = Vec::new();
        let mut values = Vec::new();
        for part in &self.attribute.key {
            if let Some(Inside { embed, field, ty }) = &part.inside {
                types.push(quote!(#ty));
                // A wrong type is an error at the type.
                values.push(quote_spanned! {at(ty.span())=>
                    ::core::clone::Clone::clone(&self.#embed.#field)
                });
            } else if let Some(column) = self.column(&part.column) {
                // `resolve` has found the field, or there would be no expansion.
                let (field, ty) = (&column.field, &column.ty);
                types.push(quote!(#ty));
                values.push(quote!(::core::clone::Clone::clone(&self.#field)));
            }
        }
        if let ([ty], [value]) = (types.as_slice(), values.as_slice()) {
            return (ty.clone(), value.clone());
        }
        (quote!((#(#types),*)), quote!((#(#values),*)))
    }
}
