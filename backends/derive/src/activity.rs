//! `#[derive(Activity)]`: the code that all activity logs share.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote};
use syn::{Data, DeriveInput, Error, Fields, Result, Type};

use crate::attribute::{each_entry, no_generics, once, word};
use crate::name::constant;
use crate::path::ContractPath;

struct Entries {
    genledger: ContractPath,
    kind: Option<Ident>,
    time: Option<Ident>,
    needs_user: Option<Span>,
}

pub(crate) fn expand(input: &DeriveInput) -> Result<TokenStream> {
    no_generics(&input.generics)?;
    let mut entries = Entries {
        genledger: ContractPath::of_the_library(),
        kind: None,
        time: None,
        needs_user: None,
    };
    let known = "`crate`, `kind`, `time` and `needs_user`";
    each_entry(&input.attrs, "activity", known, |meta| {
        if meta.path.is_ident("kind") {
            once(&mut entries.kind, meta.value()?.parse()?, meta)?;
        } else if meta.path.is_ident("time") {
            once(&mut entries.time, meta.value()?.parse()?, meta)?;
        } else if meta.path.is_ident("needs_user") {
            word(&mut entries.needs_user, meta)?;
        } else {
            return entries.genledger.accept(meta);
        }
        Ok(true)
    })?;
    let missing = |what| {
        let message = format!("`#[activity(…)]` needs `{what} = …`");
        Error::new(input.ident.span(), message)
    };
    let kind = entries.kind.ok_or_else(|| missing("kind"))?;
    let time = entries.time.ok_or_else(|| missing("time"))?;
    let id = Ident::new("id", input.ident.span());
    let base = Ident::new("base", input.ident.span());
    let (id_type, base_type) = (type_of(input, &id)?, type_of(input, &base)?);
    let time_type = type_of(input, &time)?;
    let time_column = constant(&time)?;
    let needs_user = entries.needs_user.is_some();
    let (ident, genledger) = (&input.ident, &entries.genledger);
    let new = format_ident!("New{ident}");
    Ok(quote! {
        #[automatically_derived]
        impl #genledger::activity::Activity for #ident {
            type New = #new;

            const KIND: #genledger::activity::ActivityKind = #genledger::activity::ActivityKind::#kind;
            const NEEDS_USER: bool = #needs_user;
            const ID: #genledger::contract::entity::Column<Self, #id_type> = #ident::ID;
            const OCCURRED_AT: #genledger::contract::entity::Column<Self, #time_type> =
                #ident::#time_column;

            fn id(&self) -> &#id_type {
                &self.id
            }

            fn base(&self) -> &#base_type {
                &self.base
            }

            fn occurred_at(&self) -> #time_type {
                self.#time
            }
        }

        #[automatically_derived]
        impl #genledger::activity::NewActivity for #new {
            type Log = #ident;

            fn with_id(self, id: #id_type) -> #ident {
                self.into_entity(id)
            }
        }

        #[automatically_derived]
        impl #genledger::validate::Validate for #new {
            fn violations(&self) -> #genledger::contract::Violations {
                #genledger::validate::Validate::violations(
                    &#genledger::activity::NewActivity::as_log(self),
                )
            }

            fn warnings(&self) -> #genledger::contract::Violations {
                #genledger::validate::Validate::warnings(
                    &#genledger::activity::NewActivity::as_log(self),
                )
            }
        }
    })
}

fn type_of<'a>(input: &'a DeriveInput, name: &Ident) -> Result<&'a Type> {
    if let Data::Struct(data) = &input.data
        && let Fields::Named(fields) = &data.fields
        && let Some(field) = (fields.named.iter()).find(|field| field.ident.as_ref() == Some(name))
    {
        return Ok(&field.ty);
    }
    let message = format!("an activity log needs the field `{name}`");
    Err(Error::new(name.span(), message))
}
