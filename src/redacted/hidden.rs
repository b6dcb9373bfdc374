//! Members of JSON records that hold a secret, for `#[json(with = …)]`: written as `***`, and read as text. The `***` of
//! a record that was written is refused, so that it never replaces the secret.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serializer};

use super::{HIDDEN, Redacted};

pub(crate) fn serialize<S: Serializer>(
    _secret: &Redacted,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(HIDDEN)
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Redacted, D::Error> {
    let secret = Redacted::deserialize(deserializer)?;
    if secret.expose() == HIDDEN {
        return Err(D::Error::custom("is hidden in this JSON"));
    }
    Ok(secret)
}
