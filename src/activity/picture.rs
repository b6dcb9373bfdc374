//! A generated picture.

use std::collections::BTreeMap;

use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

/// A generated picture. Fields that this version does not know are kept and written back as they
/// were.
#[derive(Clone, Debug, Default)]
pub struct Picture {
    /// Where it is.
    pub url: String,
    /// Its id.
    pub id: Option<String>,
    /// Its width in pixels.
    pub width: Option<i64>,
    /// Its height in pixels.
    pub height: Option<i64>,
    /// All further fields, as JSON.
    pub further: BTreeMap<String, Box<RawValue>>,
}

impl PartialEq for Picture {
    fn eq(&self, other: &Self) -> bool {
        let further = |picture: &Self| -> Vec<(String, String)> {
            picture
                .further
                .iter()
                .map(|(name, value)| (name.clone(), value.get().to_owned()))
                .collect()
        };
        self.url == other.url
            && self.id == other.id
            && self.width == other.width
            && self.height == other.height
            && further(self) == further(other)
    }
}

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
        let mut further = BTreeMap::<String, Box<RawValue>>::deserialize(deserializer)?;
        let url = take(&mut further, "Url")?;
        Ok(Self {
            url: url.ok_or_else(|| serde::de::Error::missing_field("Url"))?,
            id: take(&mut further, "Id")?,
            width: take(&mut further, "Width")?,
            height: take(&mut further, "Height")?,
            further,
        })
    }
}

fn take<'de, T, E>(fields: &mut BTreeMap<String, Box<RawValue>>, name: &str) -> Result<Option<T>, E>
where
    T: for<'a> Deserialize<'a>,
    E: serde::de::Error,
{
    let _: std::marker::PhantomData<&'de ()> = std::marker::PhantomData;
    match fields.remove(name) {
        None => Ok(None),
        Some(raw) => serde_json::from_str(raw.get()).map_err(E::custom),
    }
}
