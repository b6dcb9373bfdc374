//! The expansion of `#[derive(Embed)]`.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{DeriveInput, Error, Result};

use crate::attribute::{Errors, each_entry};
use crate::column::FieldColumn;
use crate::members::{self, Member};
use crate::path::ContractPath;
use crate::row;

pub(crate) fn expand(input: &DeriveInput) -> Result<TokenStream> {
    let mut contract = ContractPath::default();
    each_entry(&input.attrs, "embed", "`crate`", |meta| {
        contract.accept(meta)
    })?;
    let members = members::parse(input)?;
    refuse_nesting(&members)?;
    let embed = embed_impl(input, &members, &contract);
    let columns = column_trait(input, &members, &contract);
    Ok(quote!(#embed #columns))
}

/// One level is enough for flat tables, and it keeps every column visible in two places at most.
fn refuse_nesting(members: &[Member]) -> Result<()> {
    let mut errors = Errors::default();
    for (field, _) in members.iter().filter_map(Member::embedded) {
        let message = "an embedded struct cannot embed another; embed both in the entity";
        errors.push(Error::new(field.span(), message));
    }
    errors.finish()
}

fn embed_impl(input: &DeriveInput, members: &[Member], contract: &ContractPath) -> TokenStream {
    let ident = &input.ident;
    let columns: Vec<&FieldColumn> = members.iter().filter_map(Member::column).collect();
    let definitions = columns.iter().map(|column| column.definition(contract));
    let checks = columns.iter().enumerate().map(|(index, column)| {
        let definition = quote!(<#ident as #contract::Embed>::COLUMNS[#index]);
        column.check(&definition, contract)
    });
    let (sink, row) = (row::sink(), row::row());
    let start = quote!(start);
    let positions = members::positions(members, Some(&start), contract);
    let write = row::write(members, contract);
    let read = row::read(members, &positions, contract);
    quote! {
        #[automatically_derived]
        impl #contract::Embed for #ident {
            const COLUMNS: &'static [#contract::table::ColumnDef] = &[#(#definitions),*];

            fn write(&self, #sink: &mut dyn #contract::row::ParamSink) -> #contract::Result<()> {
                #write
            }

            fn read(#row: &dyn #contract::row::RowReader, #start: usize) -> #contract::Result<Self> {
                #read
            }
        }

        const _: () = {
            #(#checks)*
        };
    }
}

/// The typed columns, as a trait of every entity that embeds the struct.
fn column_trait(input: &DeriveInput, members: &[Member], contract: &ContractPath) -> TokenStream {
    let (ident, visibility) = (&input.ident, &input.vis);
    let name = format_ident!("{ident}Columns");
    let docs =
        format!(" The typed columns of [`{ident}`], on every entity into which it is flattened.");
    let owner = quote!(Self);
    let columns = members.iter().filter_map(Member::column);
    let constants = columns.map(|column| column.constant(&owner, None, false, contract));
    quote! {
        #[doc = #docs]
        #[allow(dead_code)]
        #visibility trait #name: #contract::entity::Embeds<#ident> {
            #(#constants)*
        }

        #[automatically_derived]
        impl<__E: #contract::entity::Embeds<#ident>> #name for __E {}
    }
}
