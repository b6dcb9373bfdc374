//! Moments in JSON that may be absent or null, for the filters: `#[serde(with = "…")]`.

/// A module for each form of a time in JSON.
macro_rules! optional {
    ($(#[$docs:meta])* $name:ident as $form:literal) => {
        $(#[$docs])*
        pub(crate) mod $name {
            use chrono::{DateTime, Utc};
            use serde::{Deserialize, Deserializer, Serialize, Serializer};

            #[derive(Serialize, Deserialize)]
            struct Moment(#[serde(with = $form)] DateTime<Utc>);

            #[expect(clippy::ref_option, reason = "serde calls it like this")]
            pub(crate) fn serialize<S: Serializer>(
                time: &Option<DateTime<Utc>>,
                serializer: S,
            ) -> Result<S::Ok, S::Error> {
                time.map(Moment).serialize(serializer)
            }

            pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
                deserializer: D,
            ) -> Result<Option<DateTime<Utc>>, D::Error> {
                let time: Option<Moment> = Option::deserialize(deserializer)?;
                Ok(time.map(|Moment(time)| time))
            }
        }
    };
}

optional!(
    /// Whole seconds since 1970-01-01 UTC.
    unix_seconds as "crate::time::unix_seconds"
);
optional!(
    /// Whole milliseconds since 1970-01-01 UTC.
    unix_millis as "crate::contract::json::millis"
);
