//! `#[derive(New)]`: the struct of what a caller gives to create an entity.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{Attribute, Data, DeriveInput, Error, Field, Fields, Path, Result};

use crate::attribute::{each_entry, no_generics, once, word};
use crate::column::FieldColumn;
use crate::path::ContractPath;

/// How a field of the entity comes about.
enum Source {
    /// The caller gives it.
    Given,
    /// It is an argument of `into_entity`: an id.
    Argument,
    /// This function computes it from the rest of the entity.
    Computed(Path),
}

pub(crate) fn expand(input: &DeriveInput) -> Result<TokenStream> {
    no_generics(&input.generics)?;
    let fields = match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(fields) => &fields.named,
            _ => return Err(Error::new(input.ident.span(), "expected named fields")),
        },
        _ => return Err(Error::new(input.ident.span(), "expected a struct")),
    };
    let sources: Vec<(&Field, Source)> = fields
        .iter()
        .map(|field| source(field).map(|source| (field, source)))
        .collect::<Result<_>>()?;
    let mut contract = ContractPath::default();
    each_entry(&input.attrs, "new", "`crate`", |meta| contract.accept(meta))?;
    let values = sources
        .iter()
        .map(|(field, source)| value(field, source, &contract))
        .collect::<Result<Vec<_>>>()?;
    Ok(structure(input, &sources, &values))
}

fn source(field: &Field) -> Result<Source> {
    let mut argument = None;
    let mut computed: Option<Path> = None;
    each_entry(&field.attrs, "new", "`argument` and `computed`", |meta| {
        if meta.path.is_ident("argument") {
            word(&mut argument, meta)?;
        } else if meta.path.is_ident("computed") {
            once(
                &mut computed,
                meta.value()?.call(Path::parse_mod_style)?,
                meta,
            )?;
        } else {
            return Ok(false);
        }
        Ok(true)
    })?;
    Ok(match (argument, computed) {
        (_, Some(path)) => Source::Computed(path),
        (Some(_), None) => Source::Argument,
        (None, None) => Source::Given,
    })
}

/// What a field of the entity is made of: what was given, and a moment no finer than its column, so
/// that what is written is what is read.
fn value(field: &Field, source: &Source, contract: &ContractPath) -> Result<TokenStream> {
    let Some(name) = &field.ident else {
        return Err(Error::new_spanned(field, "expected a named field"));
    };
    Ok(match source {
        Source::Argument => quote!(#name),
        Source::Computed(_) => quote!(#name: ::core::default::Default::default()),
        Source::Given
            if field
                .attrs
                .iter()
                .any(|attr| attr.path().is_ident("column")) =>
        {
            let column = FieldColumn::parse(field, name)?;
            match column.time().map(|time| time.expression(contract)) {
                None => quote!(#name: self.#name),
                Some(ty) if column.is_spelled_option() => {
                    quote!(#name: self.#name.map(|moment| #ty.truncate(moment)))
                }
                Some(ty) => quote!(#name: #ty.truncate(self.#name)),
            }
        }
        Source::Given => quote!(#name: self.#name),
    })
}

fn structure(
    input: &DeriveInput,
    sources: &[(&Field, Source)],
    values: &[TokenStream],
) -> TokenStream {
    let (ident, visibility) = (&input.ident, &input.vis);
    let new = format_ident!("New{ident}");
    let given = sources.iter().filter_map(|(field, source)| {
        let (name, ty, visibility) = (&field.ident, &field.ty, &field.vis);
        let docs = field.attrs.iter().filter(|attribute| is_doc(attribute));
        matches!(source, Source::Given).then(|| quote!(#(#docs)* #visibility #name: #ty))
    });
    let arguments = sources.iter().filter_map(|(field, source)| {
        let (name, ty) = (&field.ident, &field.ty);
        matches!(source, Source::Argument).then(|| quote!(#name: #ty))
    });
    let computed: Vec<TokenStream> = sources
        .iter()
        .filter_map(|(field, source)| match source {
            Source::Computed(path) => {
                let name = &field.ident;
                Some(quote!(entity.#name = #path(&entity);))
            }
            _ => None,
        })
        .collect();
    let entity = quote!(#ident { #(#values),* });
    let body = if computed.is_empty() {
        entity
    } else {
        quote!(let mut entity = #entity; #(#computed)* entity)
    };
    let doc = format!("What is given to create a [`{ident}`].");
    let into_doc = format!("The [`{ident}`] that this creates. No rule is checked here.");
    quote! {
        #[doc = #doc]
        #[derive(Clone, Debug, PartialEq)]
        #visibility struct #new { #(#given),* }

        impl #new {
            #[doc = #into_doc]
            #[must_use]
            #visibility fn into_entity(self, #(#arguments),*) -> #ident {
                #body
            }
        }
    }
}

fn is_doc(attribute: &Attribute) -> bool {
    attribute.path().is_ident("doc")
}
