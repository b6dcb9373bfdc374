//! Pictures in JSON.

use std::collections::HashSet;
use std::fmt;

use serde::de::{DeserializeOwned, Error, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

use super::Picture;
use crate::contract::json::{Fault, RawJson, ValueFree};

impl Serialize for Picture {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        // A row of another program may have another type here.
        let other_url = self.url.is_empty() && self.further.iter().any(|(name, _)| name == "Url");
        if !other_url {
            map.serialize_entry("Url", &self.url)?;
        }
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
                "Url" => !other_url,
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
        let visitor = PictureVisitor { stored: false };
        let read = ValueFree::new(deserializer).deserialize_map(visitor);
        read.map_err(Fault::into_error)
    }
}

impl Picture {
    /// Reads the JSON of a stored picture, which may lack its address and have members twice; `None`
    /// when it is not an object.
    pub(in crate::activity) fn stored(json: &str) -> Option<Self> {
        let mut deserializer = serde_json::Deserializer::from_str(json);
        deserializer
            .deserialize_map(PictureVisitor { stored: true })
            .ok()
    }
}

struct PictureVisitor {
    /// Whether it was stored already, perhaps by another program.
    stored: bool,
}

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
            let again = !seen.insert(name.clone());
            if again && !self.stored {
                return Err(A::Error::custom("a member is present twice"));
            }
            let value = map.next_value::<RawJson>()?.into_json();
            let fits = match name.as_str() {
                _ if again => false,
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
        picture.url = match url {
            None if !self.stored => return Err(A::Error::missing_field("Url")),
            url => url.unwrap_or_default(),
        };
        Ok(picture)
    }
}

/// Reads a member that this version knows. A value of another type does not make the log unreadable.
fn read<T: DeserializeOwned>(value: &RawValue, member: &mut Option<T>) -> bool {
    match serde_json::from_str(value.get()) {
        Ok(read) => {
            *member = read;
            true
        }
        Err(_) => false,
    }
}
