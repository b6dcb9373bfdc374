//! Generates the code that writes a struct to a row and reads it back.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote};

use crate::column::{FieldColumn, option_inner};
use crate::members::Member;
use crate::path::ContractPath;

/// The body of `write`: it destructures the struct, so that no field can be forgotten.
pub(crate) fn write(members: &[Member], contract: &ContractPath) -> TokenStream {
    let sink = sink();
    let mut pattern = TokenStream::new();
    let mut statements = TokenStream::new();
    for (index, member) in members.iter().enumerate() {
        // Numbered bindings: a field may be called `sink`.
        let value = format_ident!("value{index}");
        let (field, statement) = match member {
            Member::Column(column) => (&column.field, write_column(column, &value, contract)),
            Member::Embedded { field, ty } => (
                field,
                quote!(<#ty as #contract::Embed>::write(#value, #sink)?;),
            ),
        };
        pattern.extend(quote!(#field: #value,));
        statements.extend(statement);
    }
    quote! {
        let Self { #pattern } = self;
        #statements
        ::core::result::Result::Ok(())
    }
}

fn write_column(column: &FieldColumn, value: &Ident, contract: &ContractPath) -> TokenStream {
    let (ty, sink) = (&column.ty, sink());
    if !column.is_json() {
        return quote!(<#ty as #contract::Field>::write(#value, #sink)?;);
    }
    if option_inner(ty).is_none() {
        return quote!(#contract::entity::write_json(#value, #sink)?;);
    }
    quote! {
        match #value {
            ::core::option::Option::Some(value) => #contract::entity::write_json(value, #sink)?,
            ::core::option::Option::None => #contract::row::ParamSink::null(#sink)?,
        }
    }
}

/// The value of `read`, with the position of each member.
pub(crate) fn read(
    members: &[Member],
    positions: &[TokenStream],
    contract: &ContractPath,
) -> TokenStream {
    let row = row();
    let fields = members
        .iter()
        .zip(positions)
        .map(|(member, position)| match member {
            Member::Column(column) => {
                let field = &column.field;
                let value = read_column(column, position, contract);
                quote!(#field: #value)
            }
            Member::Embedded { field, ty } => {
                quote!(#field: <#ty as #contract::Embed>::read(#row, #position)?)
            }
        });
    quote!(::core::result::Result::Ok(Self { #(#fields),* }))
}

fn read_column(
    column: &FieldColumn,
    position: &TokenStream,
    contract: &ContractPath,
) -> TokenStream {
    let (ty, row) = (&column.ty, row());
    let stored = column.stored_type(contract);
    let read = if let Some(read) = column.read_with() {
        quote!(#contract::entity::read_json_with(#row, #position, #read))
    } else {
        quote!(<#stored as #contract::Field>::read(#row, #position))
    };
    let value = quote! {
        match #read {
            ::core::result::Result::Ok(value) => value,
            ::core::result::Result::Err(error) => {
                return ::core::result::Result::Err(#contract::__private::failed(error));
            }
        }
    };
    if !column.is_json() || column.read_with().is_some() {
        value
    } else if option_inner(ty).is_some() {
        quote!((#value).map(|json| json.0))
    } else {
        quote!((#value).0)
    }
}

/// The parameter of `write`.
pub(crate) fn sink() -> Ident {
    Ident::new("sink", Span::mixed_site())
}

/// The parameter of `read`.
pub(crate) fn row() -> Ident {
    Ident::new("row", Span::mixed_site())
}
