//! `Debug` of filters: shows which conditions are set, and not their operands.

/// Implements `Debug` for a struct whose fields are optional conditions.
macro_rules! shows_no_operand {
    ($filter:ident $(<$param:ident>)? { $($field:ident),+ $(,)? }) => {
        impl $(<$param>)? ::std::fmt::Debug for $filter $(<$param>)? {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                // A field that is missing here does not compile.
                let Self { $($field),+ } = self;
                let mut shown = f.debug_struct(stringify!($filter));
                $(if $field.is_some() {
                    shown.field(stringify!($field), &format_args!(".."));
                })+
                shown.finish()
            }
        }
    };
}

pub(crate) use shows_no_operand;

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use crate::activity::{ActivityFilter, ClientType};
    use crate::contract::query::TextMatch;
    use crate::usage::{UsageLog, UsageLogFilter, UsageLogType, UserUsageLogFilter};

    /// Checks that none of the operands of the filters below is shown.
    fn shown(filter: &impl std::fmt::Debug) -> String {
        let plain = format!("{filter:?}");
        let all = format!("{plain} {filter:#?}");
        for value in ["secret", "77", "1970", "Consume", "Ios"] {
            assert!(!all.contains(value), "{all}");
        }
        plain
    }

    #[test]
    fn a_filter_shows_its_conditions_and_no_value() {
        let text = || TextMatch::Contains("secret".to_owned());
        let time = DateTime::from_timestamp(77, 0).unwrap();
        let usage = UsageLogFilter {
            kind: Some(UsageLogType::Consume),
            from: Some(time),
            before: Some(time),
            user_id: Some(77),
            model_name: Some(text()),
            username: Some(text()),
            token_name: Some(text()),
            token_id: Some(77),
            channel_id: Some(77),
            group: Some(text()),
            request_id: Some("secret".to_owned()),
            content: Some(text()),
            keyword: Some("secret".to_owned()),
            further: Some(UsageLog::CONTENT.eq("secret")),
        };
        assert_eq!(
            shown(&usage),
            "UsageLogFilter { kind: .., from: .., before: .., user_id: .., model_name: .., \
             username: .., token_name: .., token_id: .., channel_id: .., group: .., \
             request_id: .., content: .., keyword: .., further: .. }"
        );
        let user = UserUsageLogFilter::new().from(time).content(text());
        assert_eq!(
            shown(&user.request_id("secret")),
            "UserUsageLogFilter { from: .., request_id: .., content: .. }"
        );
        let activity: ActivityFilter = ActivityFilter::new().user_id("secret");
        assert_eq!(
            shown(&activity.client_type(ClientType::Ios)),
            "ActivityFilter { user_id: .., client_type: .. }"
        );
        assert_eq!(shown(&UsageLogFilter::new()), "UsageLogFilter");
    }
}
