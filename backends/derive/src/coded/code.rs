//! The stored type of codes, and one code.

use std::fmt;

use proc_macro2::{Literal, Span, TokenStream};
use quote::{ToTokens, quote};
use syn::{Error, Lit, Result};

use crate::attribute::number;

/// The stored type of an enum's codes.
#[derive(Clone, Copy)]
pub(super) enum CodeType {
    I16,
    I32,
    I64,
    Text { max_chars: u32 },
}

impl CodeType {
    pub(super) const fn is_text(self) -> bool {
        matches!(self, Self::Text { .. })
    }

    /// The Rust type.
    pub(super) fn rust_type(self) -> TokenStream {
        match self {
            Self::I16 => quote!(i16),
            Self::I32 => quote!(i32),
            Self::I64 => quote!(i64),
            Self::Text { .. } => quote!(::std::string::String),
        }
    }

    /// Reads the literal of `#[code(…)]`.
    pub(super) fn code(self, literal: &Lit) -> Result<Code> {
        let value = match (self, literal) {
            (Self::I16, Lit::Int(literal)) => {
                CodeValue::Integer(number(literal, i16::MIN.into(), i16::MAX.into())?)
            }
            (Self::I32, Lit::Int(literal)) => {
                CodeValue::Integer(number(literal, i32::MIN.into(), i32::MAX.into())?)
            }
            (Self::I64, Lit::Int(literal)) => {
                CodeValue::Integer(number(literal, i64::MIN, i64::MAX)?)
            }
            (Self::Text { max_chars }, Lit::Str(literal)) => {
                let text = literal.value();
                if text.chars().count() > max_chars as usize {
                    let message = format!("the code is longer than {max_chars} characters");
                    return Err(Error::new(literal.span(), message));
                }
                if text.trim() != text || text.chars().any(char::is_control) {
                    let message = "a code has no white space around it and no control characters";
                    return Err(Error::new(literal.span(), message));
                }
                CodeValue::Text(text)
            }
            (Self::Text { .. }, other) => {
                return Err(Error::new(
                    other.span(),
                    "expected a text code, as in `#[code(\"paid\")]`",
                ));
            }
            (_, other) => {
                return Err(Error::new(
                    other.span(),
                    "expected a numeric code, as in `#[code(1)]`",
                ));
            }
        };
        Ok(Code {
            value,
            span: literal.span(),
        })
    }
}

/// A code with its span; a literal of the code type in generated code.
#[derive(Clone)]
pub(super) struct Code {
    pub(super) value: CodeValue,
    pub(super) span: Span,
}

#[derive(Clone, PartialEq)]
pub(super) enum CodeValue {
    Integer(i64),
    Text(String),
}

impl fmt::Display for CodeValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer(value) => value.fmt(f),
            Self::Text(text) => fmt::Debug::fmt(text, f),
        }
    }
}

impl CodeValue {
    /// The code as the contract's `Code`.
    pub(super) fn definition(&self, contract: &impl ToTokens) -> TokenStream {
        match self {
            Self::Integer(value) => quote!(#contract::table::Code::Integer(#value)),
            Self::Text(text) => quote!(#contract::table::Code::Text(#text)),
        }
    }
}

impl ToTokens for Code {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        match &self.value {
            // The type is inferred; without a suffix the expansion is easier to read.
            CodeValue::Integer(value) => Literal::i64_unsuffixed(*value).to_tokens(tokens),
            CodeValue::Text(text) => text.to_tokens(tokens),
        }
    }
}
