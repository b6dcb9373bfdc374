//! Parses `#[json(…)]` on a struct and on its fields.

use proc_macro2::Ident;
use syn::ext::IdentExt;
use syn::meta::ParseNestedMeta;
use syn::{Data, DeriveInput, Error, Field, Fields, LitStr, Path, Result, Type};

use crate::attribute::{each_entry, no_generics, once, word};
use crate::column::option_inner;
use crate::path::ContractPath;

/// The attributes of the struct.
#[derive(Default)]
pub(crate) struct JsonStruct {
    pub(super) contract: ContractPath,
    pub(crate) pascal_case: bool,
}

impl JsonStruct {
    pub(crate) fn parse(input: &DeriveInput) -> Result<Self> {
        no_generics(&input.generics)?;
        let mut parsed = Self::default();
        let known = "`crate` and `rename_all`";
        each_entry(&input.attrs, "json", known, |meta| {
            if meta.path.is_ident("rename_all") {
                let case: LitStr = meta.value()?.parse()?;
                if case.value() != "PascalCase" {
                    return Err(Error::new(case.span(), "only \"PascalCase\" is supported"));
                }
                parsed.pascal_case = true;
                return Ok(true);
            }
            parsed.contract.accept(meta)
        })?;
        Ok(parsed)
    }
}

/// One field and its part in the JSON object.
pub(crate) struct JsonField {
    pub(crate) ident: Ident,
    pub(crate) field: Field,
    pub(crate) part: Part,
}

pub(crate) enum Part {
    /// A member of the object.
    Member(Member),
    /// A struct whose members are flattened into the object.
    Embedded,
    /// No member: computed by this function from the rest of the value, or the type's default.
    Absent(Option<Path>),
}

pub(crate) struct Member {
    pub(crate) name: String,
    /// Whether the name is set by an attribute, and is not only that of the field.
    pub(crate) named: bool,
    /// The module with `serialize` and `deserialize`.
    pub(super) with: Option<Path>,
    /// Whether a missing member, or null, is the type's default.
    pub(crate) default: bool,
}

impl JsonField {
    /// The part of each field of the struct.
    pub(crate) fn parse_all(input: &DeriveInput, json: &JsonStruct) -> Result<Vec<Self>> {
        let Data::Struct(data) = &input.data else {
            return Err(Error::new(input.ident.span(), "expected a struct"));
        };
        let Fields::Named(fields) = &data.fields else {
            return Err(Error::new(input.ident.span(), "expected named fields"));
        };
        fields
            .named
            .iter()
            .filter_map(|field| {
                let ident = field.ident.clone()?;
                Some(parse_part(field, &ident, json).map(|part| Self {
                    ident,
                    field: field.clone(),
                    part,
                }))
            })
            .collect()
    }
}

#[derive(Default)]
struct Entries {
    name: Option<LitStr>,
    with: Option<Path>,
    default: Option<proc_macro2::Span>,
    computed: Option<Path>,
    skip: Option<proc_macro2::Span>,
}

pub(crate) fn parse_part(field: &Field, ident: &Ident, json: &JsonStruct) -> Result<Part> {
    if field.attrs.iter().any(|attr| attr.path().is_ident("embed")) {
        return Ok(Part::Embedded);
    }
    let mut entries = Entries::default();
    let known = "`name`, `with`, `default`, `computed` and `skip`";
    each_entry(&field.attrs, "json", known, |meta| {
        accept(&mut entries, meta)
    })?;
    if let Some(path) = entries.computed {
        return Ok(Part::Absent(Some(path)));
    }
    if entries.skip.is_some() {
        return Ok(Part::Absent(None));
    }
    let named = entries.name.is_some() || json.pascal_case;
    let name = match entries.name {
        Some(name) => name.value(),
        None if json.pascal_case => pascal_case(&ident.to_string()),
        None => ident.unraw().to_string(),
    };
    Ok(Part::Member(Member {
        named,
        name,
        with: entries.with,
        default: entries.default.is_some() || option_inner(&field.ty).is_some(),
    }))
}

fn accept(entries: &mut Entries, meta: &ParseNestedMeta<'_>) -> Result<bool> {
    if meta.path.is_ident("name") {
        once(&mut entries.name, meta.value()?.parse()?, meta)?;
    } else if meta.path.is_ident("with") {
        once(
            &mut entries.with,
            meta.value()?.call(Path::parse_mod_style)?,
            meta,
        )?;
    } else if meta.path.is_ident("computed") {
        once(
            &mut entries.computed,
            meta.value()?.call(Path::parse_mod_style)?,
            meta,
        )?;
    } else if meta.path.is_ident("skip") {
        word(&mut entries.skip, meta)?;
    } else if meta.path.is_ident("default") {
        word(&mut entries.default, meta)?;
    } else {
        return Ok(false);
    }
    Ok(true)
}

/// Whether the type is written as one of the integers of columns.
pub(crate) fn is_integer(ty: &Type) -> bool {
    let integers = ["i16", "i32", "i64"];
    matches!(ty, Type::Path(path)
        if path.path.get_ident().is_some_and(|ident| integers.iter().any(|name| ident == name)))
}

fn pascal_case(name: &str) -> String {
    name.trim_start_matches("r#")
        .split('_')
        .flat_map(|word| {
            let mut chars = word.chars();
            let first = chars.next().map(|first| first.to_ascii_uppercase());
            first.into_iter().chain(chars)
        })
        .collect()
}
