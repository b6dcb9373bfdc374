//! The macro that makes a log.

/// Makes one of the logs of what only this log has: the struct of its own fields, the time at which
/// it happened, and its rules. The id, the common part, the two indexes that every list needs, the
/// struct of what is given, and the traits are the same for all and are added here.
///
/// Own fields stand before the time (and, after `then`, behind it) and take the attributes of the
/// derive macros. `rules` and `warnings` see the log; what is given for one is checked as the log
/// that it becomes.
macro_rules! activity_log {
    (
        $(#[$meta:meta])*
        pub struct $log:ident / $new:ident as $kind:ident in $table:tt { $($before:tt)* }
        at $time:ident $time_doc:tt
        $(then { $($after:tt)* })?
        $(index $index:tt)*
        needs_user: $needs_user:tt
        $(rules |$log_value:ident, $found:ident| $rules:block)?
        $(warnings |$warned:ident, $warnings:ident| $warns:block)?
    ) => {
        $(#[$meta])*
        #[derive(
            Clone,
            Debug,
            PartialEq,
            $crate::contract::Entity,
            $crate::contract::Json,
            $crate::contract::New,
        )]
        #[json(rename_all = "PascalCase")]
        #[entity(
            table = $table,
            key(id),
            append_only,
            index($time desc, id desc),
            index(user_id, $time desc, id desc),
            $(index $index,)*
        )]
        pub struct $log {
            /// The id, made by the client; opaque.
            #[json(name = "ID")]
            #[new(argument)]
            pub id: $crate::id::ActivityId,
            /// The common part.
            #[embed]
            pub base: $crate::activity::BaseInfo,
            $($before)*
            #[doc = $time_doc]
            #[column(time = "unix_millis")]
            #[json(with = crate::contract::json::millis)]
            pub $time: chrono::DateTime<chrono::Utc>,
            $($($after)*)?
        }

        impl $crate::activity::Activity for $log {
            type New = $new;

            const KIND: $crate::activity::LogKind = $crate::activity::LogKind::$kind;
            const OCCURRED_AT: $crate::contract::Column<Self, chrono::DateTime<chrono::Utc>> =
                $crate::contract::Column::named(stringify!($time));
            const ID: $crate::contract::Column<Self, $crate::id::ActivityId> =
                $crate::contract::Column::named("id");

            fn id(&self) -> &$crate::id::ActivityId {
                &self.id
            }

            fn base(&self) -> &$crate::activity::BaseInfo {
                &self.base
            }

            fn occurred_at(&self) -> chrono::DateTime<chrono::Utc> {
                self.$time
            }
        }

        impl $crate::activity::NewActivity for $new {
            type Log = $log;

            const NEEDS_USER: bool = $needs_user;

            fn with_id(self, id: $crate::id::ActivityId) -> $log {
                self.into_entity(id)
            }
        }

        impl $crate::validate::Validate for $log {
            fn violations(&self) -> $crate::contract::Violations {
                let mut violations = $crate::activity::rules::common(self, $needs_user);
                $crate::activity::rules::moment(&mut violations, stringify!($time), self.$time);
                $({
                    let ($log_value, $found) = (self, &mut violations);
                    $rules
                })?
                $crate::activity::rules::columns(&mut violations, self);
                violations
            }

            $(fn warnings(&self) -> $crate::contract::Violations {
                let mut violations = $crate::contract::Violations::new();
                let ($warned, $warnings) = (self, &mut violations);
                $warns
                violations
            })?
        }

        impl $crate::validate::Validate for $new {
            fn violations(&self) -> $crate::contract::Violations {
                $crate::activity::NewActivity::as_log(self).violations()
            }

            fn warnings(&self) -> $crate::contract::Violations {
                $crate::activity::NewActivity::as_log(self).warnings()
            }
        }
    };
}

pub(super) use activity_log;
