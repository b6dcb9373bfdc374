//! The result of a task that is generated again, as its attempt keeps it.

use serde::Serialize;

use crate::generation::TextList;
use crate::json::JsonObject;

#[derive(Serialize)]
struct Kept<'a> {
    urls: &'a TextList,
    paths: &'a TextList,
}

/// The URLs and the paths as one object.
pub(super) fn json(urls: &TextList, paths: &TextList) -> JsonObject {
    let text = serde_json::to_string(&Kept { urls, paths });
    // Lists of texts, and stored JSON as text where it is none: both can be written.
    JsonObject::from_text(text.unwrap_or_default())
}
