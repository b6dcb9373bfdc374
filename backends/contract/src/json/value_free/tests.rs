use std::collections::BTreeMap;

use serde::Deserialize;

use super::value_free;

#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "only errors are looked at")]
struct Whole {
    name: String,
    age: Option<u8>,
    tags: Vec<i64>,
    inner: BTreeMap<String, bool>,
    colour: Colour,
    pair: (u8, char),
    wrapped: Wrapped,
}

#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "only errors are looked at")]
enum Colour {
    Red,
    Mixed { red: u8 },
    Named(u8),
    Both(u8, u8),
}

#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "only errors are looked at")]
struct Wrapped(u8);

const GOOD: &str = r#"{"name":"n","age":1,"tags":[1],"inner":{"a":true},"colour":"Red",
    "pair":[1,"c"],"wrapped":1}"#;

fn from_text(json: &str) -> Result<Whole, serde_json::Error> {
    value_free(&mut serde_json::Deserializer::from_str(json))
}

fn from_value(json: &str) -> Result<Whole, serde_json::Error> {
    value_free(serde_json::from_str::<serde_json::Value>(json)?)
}

#[test]
fn no_message_quotes_what_it_refuses() {
    assert!(from_text(GOOD).is_ok() && from_value(GOOD).is_ok());
    let text = "\"4930901820\"";
    let number = "4930901820";
    let float = "4930901820.5";
    let object = "{\"4930901820\":4930901820}";
    let list = "[4930901820,\"4930901820\"]";
    for (member, good) in [
        ("name", "\"n\""),
        ("age", "1"),
        ("tags", "[1]"),
        ("tags", "1]"),
        ("inner", "{\"a\":true}"),
        ("inner", "true}"),
        ("colour", "\"Red\""),
        ("pair", "[1,\"c\"]"),
        ("wrapped", "1}"),
    ] {
        let variants = [
            text.to_owned(),
            number.to_owned(),
            float.to_owned(),
            object.to_owned(),
            list.to_owned(),
            format!("{{\"Mixed\":{text}}}"),
            format!("{{\"Mixed\":{{\"red\":{text}}}}}"),
            format!("{{\"Red\":{text}}}"),
            format!("{{\"Named\":{text}}}"),
            format!("{{\"Both\":[1,{text}]}}"),
            format!("[{text},{text}]"),
        ];
        for wrong in variants {
            let end = &good[good.len() - 1..];
            let wrong = match good {
                "1]" | "true}" | "1}" => format!("{wrong}{end}"),
                _ => wrong,
            };
            let json = GOOD.replacen(good, &wrong, 1);
            for read in [from_text(&json), from_value(&json)] {
                // A text is a name, and some numbers and lists are valid.
                let Err(error) = read else { continue };
                let message = format!("{error} {error:?}");
                assert!(!message.contains("4930901820"), "{member}: {message}");
            }
        }
    }
}

#[test]
fn errors_name_the_path_and_what_was_expected() {
    let error = |from: &str, to: &str| from_text(&GOOD.replacen(from, to, 1)).unwrap_err();
    let message = |from: &str, to: &str| {
        let text = error(from, to).to_string();
        text.split(" at line").next().unwrap_or_default().to_owned()
    };
    assert_eq!(
        message("\"n\"", "7"),
        "name: invalid type, expected a string"
    );
    assert_eq!(
        message("\"age\":1", "\"age\":900"),
        "age: invalid value: integer, expected u8"
    );
    assert_eq!(
        message("[1]", "[1,\"x\"]"),
        "tags[1]: invalid type, expected i64"
    );
    assert_eq!(
        message("true", "5"),
        "inner: invalid type, expected a boolean"
    );
    assert_eq!(
        message("\"Red\"", "\"Grey\""),
        "colour: unknown variant, expected one of Red, Mixed, Named, Both"
    );
    assert_eq!(
        message("\"Red\"", "{\"Mixed\":{\"red\":-1}}"),
        "colour.red: invalid value: integer, expected u8"
    );
}

#[test]
fn broken_syntax_stays_what_it_is() {
    let error = from_text(&GOOD[..20]).unwrap_err();
    assert!(error.is_eof(), "{error}");
    let error = from_text(&GOOD.replacen(':', "=", 1)).unwrap_err();
    assert!(error.is_syntax(), "{error}");
    assert!(error.line() == 1 && error.column() > 1, "{error}");
}
