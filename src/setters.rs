//! The macro for the setters of filters.

/// One method for each line: its documentation, the field, and its type. A `text` accepts any `Into` of it.
/// A `condition` is joined to the field `further`, and its method has another name.
macro_rules! setters {
    ($($(#[$doc:meta])* $field:ident: $kind:ident $type:ty;)+) => {
        $(setters!(@one $(#[$doc])* $field: $kind $type);)+
    };
    (@one $(#[$doc:meta])* $field:ident: value $type:ty) => {
        $(#[$doc])*
        #[must_use]
        pub const fn $field(mut self, $field: $type) -> Self {
            self.$field = Some($field);
            self
        }
    };
    (@one $(#[$doc:meta])* $field:ident: text $type:ty) => {
        $(#[$doc])*
        #[must_use]
        pub fn $field(mut self, $field: impl Into<$type>) -> Self {
            self.$field = Some($field.into());
            self
        }
    };
    (@one $(#[$doc:meta])* $method:ident: condition $type:ty) => {
        $(#[$doc])*
        #[must_use]
        pub fn $method(mut self, further: $type) -> Self {
            self.further = Some(match self.further.take() {
                Some(before) => before & further,
                None => further,
            });
            self
        }
    };
}

pub(crate) use setters;
