//! Reads the JSON columns of rows that other programs wrote. Members that are missing, `null` or of
//! another type do not make the row unreadable. JSON of a new log is not read by these functions.

use serde_json::Value;
use serde_json::value::RawValue;

use super::{ImageSize, ImageTaskKind, MaterialSource, ParameterInfo, Picture};
use crate::json::{JsonKey, JsonObject, JsonValue};

/// The roles of a user: a list, in which parts that are not text are kept as their JSON and `null` is left out;
/// a single role; or none.
pub(super) fn roles(text: Option<&str>) -> Option<Vec<String>> {
    let Some(text) = text else {
        return Some(Vec::new());
    };
    if let Ok(roles) = serde_json::from_str(text) {
        return Some(roles);
    }
    let spelled = |role| match role {
        Value::Null => None,
        Value::String(role) => Some(role),
        other => Some(other.to_string()),
    };
    match serde_json::from_str(text).ok()? {
        Value::Null => Some(Vec::new()),
        Value::Array(roles) => Some(roles.into_iter().filter_map(spelled).collect()),
        Value::String(role) => Some(vec![role]),
        _ => None,
    }
}

/// Pictures: a list, or a single one. What is missing in a picture is empty; a part that is not an
/// object is an address or an empty picture, so that the number of pictures does not change.
pub(super) fn pictures(text: Option<&str>) -> Option<Vec<Picture>> {
    let Some(text) = text else {
        return Some(Vec::new());
    };
    if let Ok(pictures) = serde_json::from_str(text) {
        return Some(pictures);
    }
    if let Ok(pictures) = serde_json::from_str::<Option<Vec<Box<RawValue>>>>(text) {
        let pictures = pictures.unwrap_or_default();
        return Some(pictures.iter().map(|json| picture(json.get())).collect());
    }
    let single: &RawValue = serde_json::from_str(text).ok()?;
    Some(vec![picture(single.get())])
}

fn picture(json: &str) -> Picture {
    Picture::stored(json).unwrap_or_else(|| Picture {
        url: String::from_json(json).unwrap_or_default(),
        ..Picture::default()
    })
}

/// The requested parameters: a code or a number that is missing is 0, which is not a known code, and a text that is
/// missing is absent; numbers may be given as text, and texts as numbers.
pub(super) fn parameter_info(text: Option<&str>) -> Option<ParameterInfo> {
    let text = text.unwrap_or("null");
    if let Ok(info) = serde_json::from_str(text) {
        return Some(info);
    }
    let object = JsonObject::from_text(text);
    if text != "null" && !object.is_valid() {
        return None;
    }
    let number = |name| object.get(JsonKey::<i64>::new(name)).ok().flatten();
    let code = |name| i16::try_from(number(name)?).ok();
    let text = |name| object.get(JsonKey::<String>::new(name)).ok().flatten();
    Some(ParameterInfo {
        kind: ImageTaskKind::from_code(code("GenerateImageEnum").unwrap_or(0)),
        material_source: MaterialSource::from_code(code("MaterialSource").unwrap_or(0)),
        url: text("Url"),
        size: ImageSize::from_code(code("Size").unwrap_or(0)),
        ai_spatial_attribute_id: text("AISpatialAttributeId"),
        ai_style_id: text("AIStyleId"),
        sum: number("Sum")
            .and_then(|sum| i32::try_from(sum).ok())
            .unwrap_or(0),
    })
}

#[cfg(test)]
mod tests {
    use super::{parameter_info, pictures, roles};

    #[test]
    fn roles_of_other_programs_are_read() {
        let read = |text| roles(Some(text));
        assert_eq!(roles(None), Some(vec![]));
        assert_eq!(read("null"), Some(vec![]));
        assert_eq!(read("\"vip\""), Some(vec!["vip".to_owned()]));
        let mixed = read("[\"vip\", 5, null, true]").unwrap();
        assert_eq!(mixed, ["vip", "5", "true"]);
        assert_eq!(read("{}"), None);
        assert_eq!(read("[\"vip\""), None);
    }

    #[test]
    fn pictures_of_other_programs_are_read() {
        let read = |text| pictures(Some(text));
        assert_eq!(pictures(None), Some(vec![]));
        assert_eq!(read("null"), Some(vec![]));
        let text = r#"[{"Width":"wide","Score":0.250},"https://cdn.example/1.png",null,
            {"Url":5},{"Url":"a","Url":"b"}]"#;
        let found = read(text).unwrap();
        let urls: Vec<&str> = found.iter().map(|picture| picture.url.as_str()).collect();
        assert_eq!(urls, ["", "https://cdn.example/1.png", "", "", "a"]);
        let written = serde_json::to_string(&found[0]).unwrap();
        assert_eq!(written, r#"{"Url":"","Width":"wide","Score":0.250}"#);
        let written = serde_json::to_string(&found[3]).unwrap();
        assert_eq!(written, r#"{"Url":5}"#);
        assert_eq!(read(r#"{"Url":"a"}"#).unwrap().len(), 1);
        assert_eq!(read("[{"), None);
    }

    #[test]
    fn parameters_of_other_programs_are_read() {
        let read = |text| parameter_info(Some(text));
        let info = read(r#"{"GenerateImageEnum":"6","Size":{},"AIStyleId":7}"#).unwrap();
        assert_eq!((info.kind.code(), info.size.code(), info.sum), (6, 0, 0));
        assert_eq!((info.url, info.ai_style_id.as_deref()), (None, Some("7")));
        assert_eq!(read("null"), parameter_info(None));
        assert_eq!(read("{\"Sum\":2.0}").unwrap().sum, 2);
        assert_eq!(read("[]"), None);
        assert_eq!(read("{"), None);
    }
}
