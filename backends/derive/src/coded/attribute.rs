//! Parses `#[coded(…)]`.

use syn::{DeriveInput, Error, LitInt, Result};

use super::code::CodeType;
use crate::attribute::{each_entry, number, once};
use crate::path::ContractPath;

const KNOWN: &str = "`crate` and one of `i16`, `i32`, `i64`, `text, max_chars = …`";

pub(super) struct CodedAttribute {
    pub(super) contract: ContractPath,
    pub(super) code: CodeType,
}

impl CodedAttribute {
    pub(super) fn parse(input: &DeriveInput) -> Result<Self> {
        let mut contract = ContractPath::default();
        let mut code = None;
        let mut max_chars: Option<LitInt> = None;
        each_entry(&input.attrs, "coded", KNOWN, |meta| {
            if contract.accept(meta)? {
                return Ok(true);
            }
            let Some(entry) = meta.path.get_ident() else {
                return Ok(false);
            };
            let found = match entry.to_string().as_str() {
                "i16" => CodeType::I16,
                "i32" => CodeType::I32,
                "i64" => CodeType::I64,
                "text" => CodeType::Text { max_chars: 0 },
                "max_chars" => {
                    once(&mut max_chars, meta.value()?.parse()?, meta)?;
                    return Ok(true);
                }
                _ => return Ok(false),
            };
            once(&mut code, (found, entry.span()), meta)?;
            Ok(true)
        })?;
        let Some((code, span)) = code else {
            let message = format!("`#[coded(…)]` accepts {KNOWN}");
            return Err(Error::new(input.ident.span(), message));
        };
        let code = match (code, max_chars) {
            (CodeType::Text { .. }, Some(literal)) => CodeType::Text {
                max_chars: u32::try_from(number(&literal, 1, 16_383)?).unwrap_or(u32::MAX),
            },
            (CodeType::Text { .. }, None) => {
                let message = "text codes need a bound: `#[coded(text, max_chars = 16)]`";
                return Err(Error::new(span, message));
            }
            (_, Some(literal)) => {
                return Err(Error::new(literal.span(), "`max_chars` is for text codes"));
            }
            (code, None) => code,
        };
        Ok(Self { contract, code })
    }
}
