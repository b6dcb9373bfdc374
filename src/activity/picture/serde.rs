//! Pictures in JSON.

use std::collections::HashSet;
use std::fmt;

use serde::de::{DeserializeOwned, Error, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

use super::Picture;

impl Serialize for Picture {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("Url", &self.url)?;
        if let Some(id) = &self.id {
            map.serialize_entry("Id", id)?;
        }
        if let Some(width) = &self.width {
            map.serialize_entry("Width", width)?;
        }
        if let Some(height) = &self.height {
            map.serialize_entry("Height", height)?;
        }
        for (name, value) in &self.further {
            // A member that was read as another type than it should be, and was set since then.
            let taken = match name.as_str() {
                "Url" => true,
                "Id" => self.id.is_some(),
                "Width" => self.width.is_some(),
                "Height" => self.height.is_some(),
                _ => false,
            };
            if !taken {
                map.serialize_entry(name, value)?;
            }
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Picture {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(PictureVisitor)
    }
}

struct PictureVisitor;

impl<'de> Visitor<'de> for PictureVisitor {
    type Value = Picture;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a picture")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Picture, A::Error> {
        let mut url: Option<String> = None;
        let mut picture = Picture::default();
        let mut seen = HashSet::new();
        while let Some(name) = map.next_key::<String>()? {
            if !seen.insert(name.clone()) {
                return Err(A::Error::custom(format_args!("duplicate member {name:?}")));
            }
            let value: Box<RawValue> = map.next_value()?;
            let fits = match name.as_str() {
                "Url" => read(&value, &mut url),
                "Id" => read(&value, &mut picture.id),
                "Width" => read(&value, &mut picture.width),
                "Height" => read(&value, &mut picture.height),
                _ => false,
            };
            if !fits {
                picture.further.push((name, value));
            }
        }
        picture.url = url.ok_or_else(|| A::Error::missing_field("Url"))?;
        Ok(picture)
    }
}

/// Reads a member that this version knows. One of another type is no reason to lose the log.
fn read<T: DeserializeOwned>(value: &RawValue, member: &mut Option<T>) -> bool {
    match serde_json::from_str(value.get()) {
        Ok(read) => {
            *member = read;
            true
        }
        Err(_) => false,
    }
}
