//! Pictures in JSON.

use std::fmt;

use serde::de::{Error, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

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
            map.serialize_entry(name, value)?;
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
        while let Some(member) = map.next_key()? {
            match member {
                Member::Url => url = map.next_value()?,
                Member::Id => picture.id = map.next_value()?,
                Member::Width => picture.width = map.next_value()?,
                Member::Height => picture.height = map.next_value()?,
                Member::Further(name) => picture.further.push((name, map.next_value()?)),
            }
        }
        picture.url = url.ok_or_else(|| A::Error::missing_field("Url"))?;
        Ok(picture)
    }
}

/// A member by its name; only those that are not known keep theirs.
enum Member {
    Url,
    Id,
    Width,
    Height,
    Further(String),
}

impl<'de> Deserialize<'de> for Member {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_identifier(MemberVisitor)
    }
}

struct MemberVisitor;

impl Visitor<'_> for MemberVisitor {
    type Value = Member;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a member")
    }

    fn visit_str<E>(self, name: &str) -> Result<Member, E> {
        Ok(match name {
            "Url" => Member::Url,
            "Id" => Member::Id,
            "Width" => Member::Width,
            "Height" => Member::Height,
            other => Member::Further(other.to_owned()),
        })
    }
}
