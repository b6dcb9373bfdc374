//! The path under which generated code finds the contract.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::meta::ParseNestedMeta;
use syn::{Path, Result, parse_quote};

/// `::genledger::contract` unless the attribute says `crate = some::path`.
#[derive(Clone)]
pub(crate) struct ContractPath(Path);

impl Default for ContractPath {
    fn default() -> Self {
        Self(parse_quote!(::genledger::contract))
    }
}

impl ContractPath {
    /// Takes `crate = path`; answers whether `meta` was that.
    pub(crate) fn accept(&mut self, meta: &ParseNestedMeta<'_>) -> Result<bool> {
        if !meta.path.is_ident("crate") {
            return Ok(false);
        }
        self.0 = meta.value()?.call(Path::parse_mod_style)?;
        Ok(true)
    }
}

impl ToTokens for ContractPath {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        self.0.to_tokens(tokens);
    }
}
