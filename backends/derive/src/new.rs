//! `#[derive(New)]`: the struct of the values with which a caller creates an entity.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use syn::{Attribute, DeriveInput, Error, Field, Path, Result, Type};

use crate::attribute::{each_entry, no_generics, word};
use crate::column::{FieldColumn, option_inner};
use crate::json::{JsonField, JsonStruct, Part, is_integer};
use crate::path::ContractPath;

/// The source of a field's value.
enum Source {
    /// The caller sets it; `required` if it has no default.
    Given { required: bool },
    /// The caller may set it; an argument of `into_entity` is its default.
    Fallback,
    /// It is an argument of `into_entity`: an id.
    Argument,
    /// A function computes it from the rest of the entity, or it is the type's default.
    Computed(Option<Path>),
}

struct NewField<'a> {
    field: &'a Field,
    name: &'a Ident,
    source: Source,
    /// Whether it is the first argument of `new`, at any position in the struct.
    first: bool,
}

pub(crate) fn expand(input: &DeriveInput) -> Result<TokenStream> {
    no_generics(&input.generics)?;
    let mut contract = ContractPath::default();
    each_entry(&input.attrs, "new", "`crate`", |meta| contract.accept(meta))?;
    let json = JsonStruct::parse(input)?;
    let members = JsonField::parse_all(input, &json)?;
    let fields: Vec<NewField<'_>> = members
        .iter()
        .map(NewField::from_field)
        .collect::<Result<_>>()?;
    let structure = structure(input, &fields, &json, &contract);
    let builder = builder(input, &fields);
    let entity = entity(input, &fields, &contract)?;
    Ok(quote!(#structure #builder #entity))
}

impl<'a> NewField<'a> {
    fn from_field(member: &'a JsonField) -> Result<Self> {
        let field = &member.field;
        let (mut argument, mut fallback, mut first) = (None, None, None);
        each_entry(
            &field.attrs,
            "new",
            "`argument`, `fallback` and `first`",
            |meta| {
                if meta.path.is_ident("argument") {
                    word(&mut argument, meta)?;
                } else if meta.path.is_ident("fallback") {
                    word(&mut fallback, meta)?;
                } else if meta.path.is_ident("first") {
                    word(&mut first, meta)?;
                } else {
                    return Ok(false);
                }
                Ok(true)
            },
        )?;
        let source = match (argument, fallback, &member.part) {
            (Some(span), Some(_), _) => {
                return Err(Error::new(span, "either `argument` or `fallback`"));
            }
            (_, _, Part::Absent(path)) => Source::Computed(path.clone()),
            (Some(_), None, _) => Source::Argument,
            (None, Some(_), _) => Source::Fallback,
            (None, None, Part::Embedded) => Source::Given { required: true },
            (None, None, Part::Member(member)) => Source::Given {
                required: !member.default,
            },
        };
        Ok(Self {
            field,
            name: &member.ident,
            source,
            first: first.is_some(),
        })
    }

    const fn is_given(&self) -> bool {
        matches!(self.source, Source::Given { .. } | Source::Fallback)
    }

    const fn is_required(&self) -> bool {
        matches!(self.source, Source::Given { required: true })
    }

    /// The type of a parameter: the inner type of an `Option`.
    fn value_type(&self) -> &Type {
        option_inner(&self.field.ty).unwrap_or(&self.field.ty)
    }

    /// The parameter of a constructor or setter, and its conversion. Numbers and moments are not converted,
    /// since the type of a literal or of `parse()` could then not be inferred.
    fn parameter(&self) -> (TokenStream, TokenStream) {
        let (name, ty) = (self.name, self.value_type());
        if is_plain(ty) {
            (quote!(#name: #ty), quote!(#name))
        } else {
            (
                quote!(#name: impl ::core::convert::Into<#ty>),
                quote!(::core::convert::Into::into(#name)),
            )
        }
    }

    fn docs(&self) -> impl Iterator<Item = &Attribute> {
        let attributes = self.field.attrs.iter();
        attributes.filter(|attribute| attribute.path().is_ident("doc"))
    }
}

fn is_plain(ty: &Type) -> bool {
    let last = match ty {
        Type::Path(path) => path.path.segments.last(),
        _ => None,
    };
    is_integer(ty) || last.is_some_and(|last| last.ident == "bool" || last.ident == "DateTime")
}

fn structure(
    input: &DeriveInput,
    fields: &[NewField<'_>],
    json: &JsonStruct,
    contract: &ContractPath,
) -> TokenStream {
    let (ident, visibility) = (&input.ident, &input.vis);
    let new = format_ident!("New{ident}");
    let given = fields.iter().filter(|field| field.is_given()).map(|given| {
        let (name, ty, visibility) = (given.name, &given.field.ty, &given.field.vis);
        let attributes = given.field.attrs.iter().filter(|attribute| {
            let is = |name| attribute.path().is_ident(name);
            is("doc") || is("json") || is("embed")
        });
        let ty = if let Source::Fallback = given.source {
            quote!(::core::option::Option<#ty>)
        } else {
            quote!(#ty)
        };
        quote!(#(#attributes)* #visibility #name: #ty)
    });
    let non_exhaustive = input.attrs.iter();
    let non_exhaustive =
        non_exhaustive.filter(|attribute| attribute.path().is_ident("non_exhaustive"));
    let case = json
        .pascal_case
        .then(|| quote!(, rename_all = "PascalCase"));
    let doc = format!(
        "The values with which a [`{ident}`] is created: `new` has the fields without a default, and each field has a \
         setter. In JSON it has the members of a [`{ident}`]; those that it does not have, \
         such as an id, are ignored."
    );
    quote! {
        #[doc = #doc]
        #[derive(Clone, Debug, PartialEq, #contract::JsonRecord)]
        #[json(crate = #contract #case)]
        #(#non_exhaustive)*
        #visibility struct #new { #(#given),* }
    }
}

fn builder(input: &DeriveInput, fields: &[NewField<'_>]) -> TokenStream {
    let visibility = &input.vis;
    let new = format_ident!("New{}", input.ident);
    let given = || fields.iter().filter(|field| field.is_given());
    let mut required: Vec<&NewField<'_>> = given().filter(|field| field.is_required()).collect();
    required.sort_by_key(|field| !field.first);
    let parameters = required.iter().map(|field| field.parameter().0);
    let values = given().map(|field| {
        let (name, value) = (field.name, field.parameter().1);
        if field.is_required() {
            quote!(#name: #value)
        } else {
            quote!(#name: ::core::default::Default::default())
        }
    });
    let setters = given().map(|field| {
        let (name, docs, visibility) = (field.name, field.docs(), &field.field.vis);
        let (parameter, mut value) = field.parameter();
        if option_inner(&field.field.ty).is_some() || matches!(field.source, Source::Fallback) {
            value = quote!(::core::option::Option::Some(#value));
        }
        quote! {
            #(#docs)*
            #[must_use]
            #visibility fn #name(mut self, #parameter) -> Self {
                self.#name = #value;
                self
            }
        }
    });
    let default = required.is_empty().then(|| {
        quote! {
            #[automatically_derived]
            impl ::core::default::Default for #new {
                fn default() -> Self {
                    Self::new()
                }
            }
        }
    });
    quote! {
        impl #new {
            /// The fields without a default; all others are empty, absent or 0.
            #[must_use]
            #[allow(clippy::too_many_arguments)]
            #visibility fn new(#(#parameters),*) -> Self {
                Self { #(#values),* }
            }

            #(#setters)*
        }

        #default
    }
}

fn entity(
    input: &DeriveInput,
    fields: &[NewField<'_>],
    contract: &ContractPath,
) -> Result<TokenStream> {
    let (ident, visibility) = (&input.ident, &input.vis);
    let new = format_ident!("New{ident}");
    let values = fields
        .iter()
        .map(|field| value(field, contract))
        .collect::<Result<Vec<_>>>()?;
    let arguments = fields.iter().filter_map(|field| {
        let (name, ty) = (field.name, &field.field.ty);
        let argument = matches!(field.source, Source::Argument | Source::Fallback);
        argument.then(|| quote!(#name: #ty))
    });
    let computed: Vec<TokenStream> = fields
        .iter()
        .filter_map(|field| match &field.source {
            Source::Computed(Some(path)) => {
                let name = field.name;
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
    let doc = format!("Creates the [`{ident}`]. It checks no rules.");
    Ok(quote! {
        impl #new {
            #[doc = #doc]
            #[must_use]
            #[allow(clippy::too_many_arguments)]
            #visibility fn into_entity(self, #(#arguments),*) -> #ident {
                #body
            }
        }
    })
}

/// The value of a field of the entity. A moment is truncated to its column's unit, so that it is read back
/// unchanged.
fn value(field: &NewField<'_>, contract: &ContractPath) -> Result<TokenStream> {
    let name = field.name;
    let given = match field.source {
        Source::Argument => return Ok(quote!(#name)),
        Source::Computed(_) => return Ok(quote!(#name: ::core::default::Default::default())),
        Source::Fallback => quote!(self.#name.unwrap_or(#name)),
        Source::Given { .. } => quote!(self.#name),
    };
    let mut attributes = field.field.attrs.iter();
    if !attributes.any(|attribute| attribute.path().is_ident("column")) {
        return Ok(quote!(#name: #given));
    }
    let column = FieldColumn::parse(field.field, name)?;
    Ok(match column.time().map(|time| time.expression(contract)) {
        None => quote!(#name: #given),
        Some(ty) if column.is_spelled_option() => {
            quote!(#name: #given.map(|moment| #ty.truncate(moment)))
        }
        Some(ty) => quote!(#name: #ty.truncate(#given)),
    })
}
