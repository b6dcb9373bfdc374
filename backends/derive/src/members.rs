//! The fields of an entity or of an embedded struct, in order.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::spanned::Spanned;
use syn::{Data, DeriveInput, Error, Field, Fields, Meta, Result, Type};

use crate::attribute::{Errors, no_generics};
use crate::column::FieldColumn;
use crate::json::{JsonStruct, Part, parse_part};
use crate::path::ContractPath;

pub(crate) enum Member {
    Column(Box<FieldColumn>),
    /// A struct whose columns are inserted at this position.
    Embedded {
        field: Ident,
        ty: Box<Type>,
    },
}

impl Member {
    pub(crate) const fn column(&self) -> Option<&FieldColumn> {
        match self {
            Self::Column(column) => Some(column),
            Self::Embedded { .. } => None,
        }
    }

    pub(crate) const fn embedded(&self) -> Option<(&Ident, &Type)> {
        match self {
            Self::Embedded { field, ty } => Some((field, ty)),
            Self::Column(_) => None,
        }
    }
}

/// Reads the fields. Every error of every field is reported.
pub(crate) fn parse(input: &DeriveInput) -> Result<Vec<Member>> {
    no_generics(&input.generics)?;
    let fields = match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(fields) if !fields.named.is_empty() => &fields.named,
            _ => return Err(Error::new(input.ident.span(), "expected named fields")),
        },
        Data::Enum(_) | Data::Union(_) => {
            return Err(Error::new(input.ident.span(), "expected a struct"));
        }
    };
    let mut errors = Errors::default();
    let mut members = Vec::with_capacity(fields.len());
    let json = JsonStruct::parse(input)?;
    for field in fields {
        if let Some(member) = errors.keep(parse_field(field, &json)) {
            members.push(member);
        }
    }
    different_columns(&members, &mut errors);
    errors.finish()?;
    Ok(members)
}

fn parse_field(field: &Field, json: &JsonStruct) -> Result<Member> {
    let Some(ident) = &field.ident else {
        return Err(Error::new(field.span(), "expected a named field"));
    };
    let Some(embed) = field
        .attrs
        .iter()
        .find(|attr| attr.path().is_ident("embed"))
    else {
        let mut column = FieldColumn::parse(field, ident)?;
        column.member = match parse_part(field, ident, json)? {
            Part::Member(member) if member.named => Some(member.name),
            Part::Member(_) => Some(column.name.to_string()),
            Part::Embedded | Part::Absent(_) => None,
        };
        return Ok(Member::Column(Box::new(column)));
    };
    if !matches!(embed.meta, Meta::Path(_)) {
        let message = "`#[embed]` on a field accepts no arguments";
        return Err(Error::new(embed.path().span(), message));
    }
    if let Some(column) = field
        .attrs
        .iter()
        .find(|attr| attr.path().is_ident("column"))
    {
        let message = "an embedded struct is not a column: its own fields carry `#[column]`";
        return Err(Error::new(column.path().span(), message));
    }
    Ok(Member::Embedded {
        field: ident.clone(),
        ty: Box::new(field.ty.clone()),
    })
}

fn different_columns(members: &[Member], errors: &mut Errors) {
    let columns: Vec<&FieldColumn> = members.iter().filter_map(Member::column).collect();
    for (index, column) in columns.iter().enumerate() {
        if columns[..index]
            .iter()
            .any(|other| other.name == column.name)
        {
            let message = format!("two columns are called `{}`", column.name);
            errors.push(Error::new(column.name.span(), message));
        }
    }
}

/// The position of each member's first column, counted from `start`.
pub(crate) fn positions(
    members: &[Member],
    start: Option<&TokenStream>,
    contract: &ContractPath,
) -> Vec<TokenStream> {
    let mut own = 0_usize;
    let mut before = start
        .cloned()
        .map_or_else(TokenStream::new, |start| quote!(#start +));
    let mut positions = Vec::with_capacity(members.len());
    for member in members {
        positions.push(quote!(#before #own));
        match member {
            Member::Column(_) => own += 1,
            Member::Embedded { ty, .. } => {
                before.extend(quote!(<#ty as #contract::Embed>::COLUMNS.len() +));
            }
        }
    }
    positions
}
