//! The macro that declares an object type with its known keys.

/// A newtype of [`JsonObject`](super::JsonObject) with a constant for each known key.
macro_rules! json_object {
    (
        $(#[$docs:meta])*
        pub struct $name:ident at $path:literal;
        $($(#[doc = $key_docs:literal])+ $key:ident: $type:ty = $text:literal;)+
    ) => {
        $(#[$docs])*
        #[derive(Clone, Default, PartialEq, Eq, Hash)]
        pub struct $name($crate::json::JsonObject);

        impl $name {
            $(
                $(#[doc = $key_docs])+
                pub const $key: $crate::json::JsonKey<$type> = $crate::json::JsonKey::new($text);
            )+

            /// Every known key, for documentation and checks.
            pub const KNOWN: &'static [$crate::json::KnownKey] = &[
                $($crate::json::KnownKey::of(Self::$key, concat!($($key_docs),+)),)+
            ];

            /// The empty object.
            #[must_use]
            pub const fn new() -> Self {
                Self($crate::json::JsonObject::new())
            }

            /// Keeps any text as it is; see [`JsonObject::from_text`](crate::json::JsonObject).
            #[must_use]
            pub fn from_text(text: impl Into<String>) -> Self {
                Self($crate::json::JsonObject::from_text(text))
            }

            /// The text, byte for byte as it was given.
            #[must_use]
            pub fn as_str(&self) -> &str {
                self.0.as_str()
            }

            /// Whether the text is empty.
            #[must_use]
            pub const fn is_empty(&self) -> bool {
                self.0.is_empty()
            }

            /// The value of a key; `None` when it is absent or `null`.
            ///
            /// # Errors
            /// [`Corrupt`](genledger_contract::ErrorKind::Corrupt) when the text is not a JSON object,
            /// or the value is of another kind.
            pub fn get<T: $crate::json::JsonValue>(
                &self,
                key: $crate::json::JsonKey<T>,
            ) -> genledger_contract::Result<Option<T>> {
                self.0.get(key)
            }

            /// Sets a key and leaves every other byte as it is.
            pub fn set<T>(
                &mut self,
                key: $crate::json::JsonKey<T>,
                value: impl $crate::json::JsonInput<T>,
            ) -> &mut Self {
                self.0.set(key, value);
                self
            }

            /// The object with a key set.
            #[must_use]
            pub fn with<T>(
                mut self,
                key: $crate::json::JsonKey<T>,
                value: impl $crate::json::JsonInput<T>,
            ) -> Self {
                self.0.set(key, value);
                self
            }

            /// Removes a key; returns whether it was present.
            pub fn remove<T>(&mut self, key: $crate::json::JsonKey<T>) -> bool {
                self.0.remove(&[key.name()])
            }

            /// The object as it is kept: untyped keys, all entries.
            #[must_use]
            pub const fn as_object(&self) -> &$crate::json::JsonObject {
                &self.0
            }
        }

        impl From<$crate::json::JsonObject> for $name {
            fn from(object: $crate::json::JsonObject) -> Self {
                Self(object)
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Debug::fmt(&self.0, f)
            }
        }

        impl $crate::validate::Validate for $name {
            fn violations(&self) -> genledger_contract::Violations {
                let mut found = genledger_contract::Violations::new();
                found.extend(self.0.violations_at($path, Self::KNOWN));
                found
            }
        }
    };
}

pub(crate) use json_object;
