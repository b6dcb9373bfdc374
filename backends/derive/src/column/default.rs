//! `default = …`: the default of the column in the database.

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::parse::{Parse, ParseStream};
use syn::{Error, Ident, Lit, LitStr, Result, parenthesized};

use crate::attribute::number;
use crate::path::ContractPath;

pub(crate) enum DefaultValue {
    Bool(bool),
    Integer(i64, Span),
    Decimal(LitStr),
    Text(LitStr),
}

impl Parse for DefaultValue {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        if input.peek(Ident) {
            return decimal(input);
        }
        match input.parse::<Lit>()? {
            Lit::Bool(value) => Ok(Self::Bool(value.value)),
            Lit::Int(value) => Ok(Self::Integer(
                number(&value, i64::MIN, i64::MAX)?,
                value.span(),
            )),
            Lit::Str(value) => Ok(Self::Text(value)),
            other => {
                let message =
                    "expected a whole number, text, `true`, `false` or `decimal(\"0.5\")`";
                Err(Error::new(other.span(), message))
            }
        }
    }
}

/// `decimal("0.5")`: a literal such as `0.5` would be a float, which columns do not have.
fn decimal(input: ParseStream<'_>) -> Result<DefaultValue> {
    let word: Ident = input.parse()?;
    if word != "decimal" {
        return Err(Error::new(
            word.span(),
            "expected a whole number, text, `true`, `false` or `decimal(\"0.5\")`",
        ));
    }
    let content;
    parenthesized!(content in input);
    let literal: LitStr = content.parse()?;
    if !content.is_empty() {
        return Err(content.error("expected one text"));
    }
    let text = literal.value();
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let unsigned = text.strip_prefix('-').unwrap_or(&text);
    let well_formed = match unsigned.split_once('.') {
        Some((whole, fraction)) => digits(whole) && digits(fraction),
        None => digits(unsigned),
    };
    if well_formed {
        Ok(DefaultValue::Decimal(literal))
    } else {
        Err(Error::new(
            literal.span(),
            "expected digits such as \"0\" or \"-1.25\"",
        ))
    }
}

impl DefaultValue {
    /// The whole number, if it is one.
    pub(crate) const fn integer(&self) -> Option<(i64, Span)> {
        match self {
            Self::Integer(value, span) => Some((*value, *span)),
            _ => None,
        }
    }

    /// The default as people write it.
    pub(crate) fn words(&self) -> String {
        match self {
            Self::Bool(value) => value.to_string(),
            Self::Integer(value, _) => value.to_string(),
            Self::Decimal(text) => text.value(),
            Self::Text(text) => format!("{:?}", text.value()),
        }
    }

    pub(crate) fn expression(&self, contract: &ContractPath) -> TokenStream {
        let default = quote!(#contract::table::DefaultValue);
        match self {
            Self::Bool(value) => quote!(#default::Bool(#value)),
            Self::Integer(value, _) => quote!(#default::Integer(#value)),
            Self::Decimal(text) => quote!(#default::Decimal(#text)),
            Self::Text(text) => quote!(#default::Text(#text)),
        }
    }
}
