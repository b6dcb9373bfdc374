//! Names of tables, columns, keys and indexes.

use std::fmt;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::{Error, LitStr, Result};

/// The longest identifier that every supported database accepts.
const MAX_BYTES: usize = 63;

/// An identifier in the database, with its span.
#[derive(Clone)]
pub(crate) struct Name {
    text: String,
    span: Span,
}

impl Name {
    /// Lower snake case, at most 63 bytes: all databases accept it, and none changes its case.
    pub(crate) fn new(text: String, span: Span) -> Result<Self> {
        let snake = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        let problem = if text.is_empty() {
            "is empty"
        } else if text.len() > MAX_BYTES {
            "is longer than 63 bytes"
        } else if text.as_bytes()[0].is_ascii_digit() {
            "starts with a digit"
        } else if !text.bytes().all(snake) {
            "is not lower snake case"
        } else {
            return Ok(Self { text, span });
        };
        Err(Error::new(span, format!("the name `{text}` {problem}")))
    }

    pub(crate) fn of_ident(ident: &Ident) -> Result<Self> {
        Self::new(ident.unraw().to_string(), ident.span())
    }

    pub(crate) fn of_literal(literal: &LitStr) -> Result<Self> {
        Self::new(literal.value(), literal.span())
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    pub(crate) const fn span(&self) -> Span {
        self.span
    }
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Parse for Name {
    /// A bare identifier; keywords too, since `type` is a valid column.
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        Self::of_ident(&input.call(Ident::parse_any)?)
    }
}

impl ToTokens for Name {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        LitStr::new(&self.text, self.span).to_tokens(tokens);
    }
}

/// The name of a field's constant: `CREATED_AT` for `created_at`.
pub(crate) fn constant(field: &Ident) -> Result<Ident> {
    let name = field.unraw().to_string().to_uppercase();
    if name == "TABLE" {
        return Err(Error::new(
            field.span(),
            "a field cannot be called `table`: its constant would hide `Entity::TABLE`; \
             rename the field and set the column's name with `#[column(name = \"table\")]`",
        ));
    }
    Ok(format_ident!("{name}", span = field.span()))
}

#[cfg(test)]
mod tests {
    use super::{Name, constant};
    use proc_macro2::Span;
    use syn::parse_quote;

    fn name(text: &str) -> Result<Name, String> {
        Name::new(text.to_owned(), Span::call_site()).map_err(|error| error.to_string())
    }

    #[test]
    fn only_portable_names_pass() {
        assert!(name("created_at2").is_ok());
        for wrong in ["", "Type", "2nd", "größe", "a-b", &"a".repeat(64)] {
            assert!(name(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn constants_are_upper_case_and_never_hide_the_table() {
        assert_eq!(constant(&parse_quote!(created_at)).unwrap(), "CREATED_AT");
        assert_eq!(constant(&parse_quote!(r#type)).unwrap(), "TYPE");
        assert!(constant(&parse_quote!(table)).is_err());
    }
}
