//! Attributes that declare another column type than the field's own.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::meta::ParseNestedMeta;
use syn::{Error, LitInt, LitStr, Result, Type};

use crate::attribute::{number, once};
use crate::path::ContractPath;
use crate::tokens::at;

/// The entries of these attributes, for messages.
pub(crate) const KNOWN: &str = "`max_chars`, `precision`, `scale`, `time`, `uuid`";

/// A declared column type.
#[derive(Clone)]
pub(crate) struct TypeOverride {
    kind: TypeKind,
    span: Span,
}

#[derive(Clone, Copy)]
enum TypeKind {
    Text { max_chars: u32 },
    Decimal { precision: u8, scale: u8 },
    UnixSeconds,
    UnixMillis,
    DateTime { digits: u8 },
    UuidSimple,
    UuidHyphenated,
}

/// The entries that were parsed so far; [`finish`](Entries::finish) combines them into one type.
#[derive(Default)]
pub(crate) struct Entries {
    whole: Option<TypeOverride>,
    precision: Option<(u8, Span)>,
    scale: Option<(u8, Span)>,
}

impl Entries {
    /// Parses an entry; returns whether it was one of these.
    pub(crate) fn accept(&mut self, meta: &ParseNestedMeta<'_>) -> Result<bool> {
        let Some(entry) = meta.path.get_ident() else {
            return Ok(false);
        };
        let span = entry.span();
        let kind = match entry.to_string().as_str() {
            "max_chars" => TypeKind::Text {
                max_chars: small(&meta.value()?.parse()?, 1, 16_383)?,
            },
            "time" => time(&meta.value()?.parse()?)?,
            "uuid" => uuid(&meta.value()?.parse()?)?,
            "precision" => {
                let precision = small(&meta.value()?.parse()?, 1, 18)?;
                once(&mut self.precision, (precision, span), meta)?;
                return Ok(true);
            }
            "scale" => {
                let scale = small(&meta.value()?.parse()?, 0, 6)?;
                once(&mut self.scale, (scale, span), meta)?;
                return Ok(true);
            }
            _ => return Ok(false),
        };
        if self.whole.is_some() {
            return Err(meta.error("the column type is declared twice"));
        }
        self.whole = Some(TypeOverride { kind, span });
        Ok(true)
    }

    pub(crate) fn finish(self) -> Result<Option<TypeOverride>> {
        let (precision, scale, span) = match (self.precision, self.scale) {
            (None, None) => return Ok(self.whole),
            (Some((precision, span)), Some((scale, _))) => (precision, scale, span),
            (Some((_, span)), None) | (None, Some((_, span))) => {
                let message = "a decimal declares both `precision` and `scale`";
                return Err(Error::new(span, message));
            }
        };
        if let Some(other) = self.whole {
            return Err(Error::new(other.span, "the column type is declared twice"));
        }
        if scale > precision {
            return Err(Error::new(span, "`scale` is greater than `precision`"));
        }
        let kind = TypeKind::Decimal { precision, scale };
        Ok(Some(TypeOverride { kind, span }))
    }
}

fn small<T: TryFrom<i64>>(literal: &LitInt, low: i64, high: i64) -> Result<T> {
    T::try_from(number(literal, low, high)?)
        .map_err(|_| Error::new(literal.span(), "the number is out of range"))
}

fn time(literal: &LitStr) -> Result<TypeKind> {
    Ok(match literal.value().as_str() {
        "unix_seconds" => TypeKind::UnixSeconds,
        "unix_millis" => TypeKind::UnixMillis,
        "datetime3" => TypeKind::DateTime { digits: 3 },
        "datetime6" => TypeKind::DateTime { digits: 6 },
        _ => {
            let message =
                "expected \"unix_seconds\", \"unix_millis\", \"datetime3\" or \"datetime6\"";
            return Err(Error::new(literal.span(), message));
        }
    })
}

fn uuid(literal: &LitStr) -> Result<TypeKind> {
    Ok(match literal.value().as_str() {
        "simple" => TypeKind::UuidSimple,
        "hyphenated" => TypeKind::UuidHyphenated,
        _ => {
            let message = "expected \"simple\" or \"hyphenated\"";
            return Err(Error::new(literal.span(), message));
        }
    })
}

impl TypeOverride {
    /// Whether values are moments.
    pub(crate) const fn is_time(&self) -> bool {
        matches!(
            self.kind,
            TypeKind::UnixSeconds | TypeKind::UnixMillis | TypeKind::DateTime { .. }
        )
    }

    /// The type as people say it.
    pub(crate) fn words(&self) -> String {
        match self.kind {
            TypeKind::Text { max_chars } => format!("at most {max_chars} characters"),
            TypeKind::Decimal { precision, scale } => {
                format!("{precision} digits, {scale} of them after the point")
            }
            TypeKind::UnixSeconds => "stored as whole seconds since 1970".to_owned(),
            TypeKind::UnixMillis => "stored as whole milliseconds since 1970".to_owned(),
            TypeKind::DateTime { digits } => {
                format!("stored as a date and time with {digits} digits of a second")
            }
            TypeKind::UuidSimple => "stored as 32 digits".to_owned(),
            TypeKind::UuidHyphenated => "stored as 32 digits with hyphens".to_owned(),
        }
    }

    /// The type as an expression.
    pub(crate) fn expression(&self, contract: &ContractPath) -> TokenStream {
        let column_type = quote!(#contract::table::ColumnType);
        match self.kind {
            TypeKind::Text { max_chars } => quote!(#column_type::Text { max_chars: #max_chars }),
            TypeKind::Decimal { precision, scale } => {
                quote!(#column_type::Decimal { precision: #precision, scale: #scale })
            }
            TypeKind::UnixSeconds => quote!(#column_type::UnixSeconds),
            TypeKind::UnixMillis => quote!(#column_type::UnixMillis),
            TypeKind::DateTime { digits } => quote!(#column_type::DateTime { digits: #digits }),
            TypeKind::UuidSimple => {
                quote!(#column_type::Uuid(#contract::table::UuidFormat::Simple))
            }
            TypeKind::UuidHyphenated => {
                quote!(#column_type::Uuid(#contract::table::UuidFormat::Hyphenated))
            }
        }
    }

    /// A statement for a const block that fails to compile unless values of `field` can be stored in this type.
    pub(crate) fn check(&self, field: &Type, contract: &ContractPath) -> TokenStream {
        let column_type = quote!(#contract::table::ColumnType);
        let (fitting, message) = match self.kind {
            TypeKind::Text { .. } => (
                quote!(#column_type::Text { .. } | #column_type::LongText),
                "`max_chars` is for text",
            ),
            TypeKind::Decimal { .. } => (
                quote!(#column_type::Decimal { .. }),
                "`precision` and `scale` are for decimals",
            ),
            TypeKind::UnixSeconds | TypeKind::UnixMillis | TypeKind::DateTime { .. } => (
                quote!(#column_type::DateTime { .. } | #column_type::UnixSeconds | #column_type::UnixMillis),
                "`time` is for moments",
            ),
            TypeKind::UuidSimple | TypeKind::UuidHyphenated => {
                (quote!(#column_type::Uuid(_)), "`uuid` is for UUIDs")
            }
        };
        let field_type = quote!(<#field as #contract::Field>::TYPE);
        quote_spanned! {at(self.span)=>
            ::core::assert!(::core::matches!(#field_type, #fitting), #message);
        }
    }
}
