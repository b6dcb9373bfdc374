//! `key(…)`: the primary key.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::{Error, Result, Token, Type};

use super::Entity;
use crate::members::Member;
use crate::name::Name;

/// One column of the key.
pub(super) enum KeyPart {
    /// `id`: the column of a field.
    Direct(Name),
    /// `base.id: LogId`: a field of an embedded struct, whose type a macro cannot see. Its column
    /// has the field's name.
    Embedded {
        embed: Ident,
        field: Ident,
        ty: Type,
        column: Name,
    },
}

impl KeyPart {
    pub(super) const fn column(&self) -> &Name {
        match self {
            Self::Direct(column) | Self::Embedded { column, .. } => column,
        }
    }
}

impl Parse for KeyPart {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let first = input.call(Ident::parse_any)?;
        if !input.peek(Token![.]) {
            if input.peek(Token![:]) {
                return Err(input.error("the type of a direct field is known; leave it out"));
            }
            return Name::of_ident(&first).map(Self::Direct);
        }
        input.parse::<Token![.]>()?;
        let field = input.call(Ident::parse_any)?;
        if !input.peek(Token![:]) {
            let message = format!("give the type of the field: `{first}.{field}: SomeType`");
            return Err(Error::new(field.span(), message));
        }
        input.parse::<Token![:]>()?;
        Ok(Self::Embedded {
            column: Name::of_ident(&field)?,
            embed: first,
            field,
            ty: input.parse()?,
        })
    }
}

impl Entity {
    /// The type of the key and the expression that takes it from `self`.
    pub(super) fn key(&self) -> (TokenStream, TokenStream) {
        let mut types = Vec::new();
        let mut values = Vec::new();
        for part in &self.attribute.key {
            match part {
                KeyPart::Direct(name) => {
                    let mut columns = self.members.iter().filter_map(Member::column);
                    // `resolve` has found the field, or there would be no expansion.
                    if let Some(column) = columns.find(|column| column.name == *name) {
                        let (field, ty) = (&column.field, &column.ty);
                        types.push(quote!(#ty));
                        values.push(quote!(::core::clone::Clone::clone(&self.#field)));
                    }
                }
                KeyPart::Embedded {
                    embed, field, ty, ..
                } => {
                    types.push(quote!(#ty));
                    values.push(quote!(::core::clone::Clone::clone(&self.#embed.#field)));
                }
            }
        }
        if let ([ty], [value]) = (types.as_slice(), values.as_slice()) {
            return (ty.clone(), value.clone());
        }
        (quote!((#(#types),*)), quote!((#(#values),*)))
    }
}
