//! The variants of a coded enum.

use proc_macro2::Ident;
use syn::spanned::Spanned;
use syn::{
    Data, DeriveInput, Error, Fields, GenericArgument, Lit, PathArguments, PathSegment, Result,
    Type,
};

use super::code::{Code, CodeType};
use crate::attribute::Errors;
use crate::docs::Docs;

const CATCH_ALL: &str = "Unrecognized";

/// A variant with a code.
pub(super) struct Variant {
    pub(super) ident: Ident,
    pub(super) code: Code,
    pub(super) description: String,
}

pub(super) struct Variants {
    pub(super) known: Vec<Variant>,
    pub(super) unrecognized: Ident,
}

impl Variants {
    /// Reads the variants. Every error is reported.
    pub(super) fn parse(input: &DeriveInput, code: CodeType) -> Result<Self> {
        let Data::Enum(data) = &input.data else {
            return Err(Error::new(input.ident.span(), "expected an enum"));
        };
        let mut errors = Errors::default();
        let mut known: Vec<Variant> = Vec::new();
        let mut unrecognized = None;
        for variant in &data.variants {
            if variant.ident == CATCH_ALL {
                if errors.keep(catch_all(variant)).is_some() {
                    unrecognized = Some(variant.ident.clone());
                }
            } else if let Some(variant) = errors.keep(coded(variant, code)) {
                if let Some(first) = known
                    .iter()
                    .find(|other| other.code.value == variant.code.value)
                {
                    let message = format!(
                        "the code {} is already used by `{}`",
                        variant.code.value, first.ident
                    );
                    errors.push(Error::new(variant.code.span, message));
                }
                known.push(variant);
            }
        }
        let exists = data
            .variants
            .iter()
            .any(|variant| variant.ident == CATCH_ALL);
        if !exists {
            errors.push(Error::new(input.ident.span(), MISSING));
        } else if data.variants.len() == 1 {
            errors.push(Error::new(input.ident.span(), "no variant has a code"));
        }
        errors.finish()?;
        let Some(unrecognized) = unrecognized else {
            return Err(Error::new(input.ident.span(), MISSING));
        };
        Ok(Self {
            known,
            unrecognized,
        })
    }
}

const MISSING: &str = "a coded enum needs the variant `Unrecognized(UnrecognizedCode<Self>)`";

/// Checks the variant `Unrecognized`; the compiler checks that its payload is an `UnrecognizedCode`.
fn catch_all(variant: &syn::Variant) -> Result<()> {
    if let Some(attribute) = variant
        .attrs
        .iter()
        .find(|attr| attr.path().is_ident("code"))
    {
        let message = "`Unrecognized` holds the codes that no variant has, and has none itself";
        return Err(Error::new(attribute.path().span(), message));
    }
    match &variant.fields {
        Fields::Unnamed(fields) if fields.unnamed.len() == 1 => {
            other_payload(&fields.unnamed[0].ty)
        }
        _ => Err(Error::new(variant.span(), MISSING)),
    }
}

/// Refuses an `UnrecognizedCode` with the type of a code as its parameter: the payload belongs to the enum,
/// so that it cannot be moved into another enum that knows the code.
fn other_payload(ty: &Type) -> Result<()> {
    let segment = last_segment(ty).filter(|segment| segment.ident == "UnrecognizedCode");
    let argument = segment.and_then(|segment| match &segment.arguments {
        PathArguments::AngleBracketed(arguments) => match arguments.args.first() {
            Some(GenericArgument::Type(ty)) => last_segment(ty),
            _ => None,
        },
        _ => None,
    });
    let known = ["i16", "i32", "i64", "String"];
    match argument.filter(|segment| known.iter().any(|name| segment.ident == name)) {
        Some(segment) => Err(Error::new(segment.span(), MISSING)),
        None => Ok(()),
    }
}

fn last_segment(ty: &Type) -> Option<&PathSegment> {
    match ty {
        Type::Path(path) => path.path.segments.last(),
        _ => None,
    }
}

fn coded(variant: &syn::Variant, code: CodeType) -> Result<Variant> {
    if !matches!(variant.fields, Fields::Unit) {
        let message = "only `Unrecognized` carries a value";
        return Err(Error::new(variant.fields.span(), message));
    }
    let mut attributes = variant
        .attrs
        .iter()
        .filter(|attr| attr.path().is_ident("code"));
    let Some(attribute) = attributes.next() else {
        return Err(Error::new(
            variant.ident.span(),
            "a variant needs its code: `#[code(…)]`",
        ));
    };
    if let Some(second) = attributes.next() {
        return Err(Error::new(second.path().span(), "a variant has one code"));
    }
    Ok(Variant {
        ident: variant.ident.clone(),
        code: code.code(&attribute.parse_args::<Lit>()?)?,
        description: Docs::of(&variant.attrs).description(),
    })
}
