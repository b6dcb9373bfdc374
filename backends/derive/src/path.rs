//! The path under which generated code finds the contract.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::meta::ParseNestedMeta;
use syn::{Path, Result, parse_quote};

use crate::tokens::at;

/// `::genledger::contract` unless the attribute says `crate = some::path`.
#[derive(Clone)]
pub(crate) struct ContractPath(TokenStream);

impl Default for ContractPath {
    fn default() -> Self {
        let path: Path = parse_quote!(::genledger::contract);
        Self(path.into_token_stream())
    }
}

impl ContractPath {
    /// Takes `crate = path`; answers whether `meta` was that.
    pub(crate) fn accept(&mut self, meta: &ParseNestedMeta<'_>) -> Result<bool> {
        if !meta.path.is_ident("crate") {
            return Ok(false);
        }
        let path = meta.value()?.call(Path::parse_mod_style)?;
        self.0 = path
            .into_token_stream()
            .into_iter()
            .map(generated)
            .collect();
        Ok(true)
    }
}

/// `$crate` resolves by its span, which stays; everything else resolves where the derive is used.
fn generated(mut token: TokenTree) -> TokenTree {
    if token.to_string() != "$crate" {
        token.set_span(at(token.span()));
    }
    token
}

impl ToTokens for ContractPath {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        self.0.to_tokens(tokens);
    }
}
