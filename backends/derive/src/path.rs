//! The path under which generated code finds the contract.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};
use syn::meta::ParseNestedMeta;
use syn::{Path, Result};

use crate::tokens::respanned;

/// `::genledger::contract` unless the attribute has `crate = some::path`.
#[derive(Clone)]
pub(crate) struct ContractPath(TokenStream);

impl Default for ContractPath {
    fn default() -> Self {
        Self(quote!(::genledger::contract))
    }
}

impl ContractPath {
    /// The path of the whole library, for items outside of the contract.
    pub(crate) fn of_the_library() -> Self {
        Self(quote!(::genledger))
    }

    /// Parses `crate = path`; returns whether `meta` was that.
    pub(crate) fn accept(&mut self, meta: &ParseNestedMeta<'_>) -> Result<bool> {
        if !meta.path.is_ident("crate") {
            return Ok(false);
        }
        let path = meta.value()?.call(Path::parse_mod_style)?;
        self.0 = respanned(path.into_token_stream(), None);
        Ok(true)
    }

    /// The path for code whose errors are shown at `span`.
    pub(crate) fn at(&self, span: Span) -> Self {
        Self(respanned(self.0.clone(), Some(span)))
    }
}

impl ToTokens for ContractPath {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        self.0.to_tokens(tokens);
    }
}
