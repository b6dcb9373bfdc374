//! The schema as JSON documents.

use genledger::schema::registry::{TableDocument, entities};

/// An array of `{summary, fields, idxfields, codes}` objects, one for each table.
///
/// # Errors
/// The errors of the serializer.
pub fn json() -> serde_json::Result<String> {
    let documents: Vec<TableDocument> = entities().iter().map(TableDocument::of).collect();
    let mut text = serde_json::to_string_pretty(&documents)?;
    text.push('\n');
    Ok(text)
}
