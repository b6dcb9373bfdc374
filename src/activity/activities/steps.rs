//! The few columns of the logs that funnels need.
//!
//! A funnel reads whole tables, so it selects only the columns that it uses: no lists of
//! pictures, and nothing that another program may have written in its own format. These are the tables
//! of the logs, described with fewer columns, and with plain numbers in place of times and codes.

use futures_util::TryStreamExt;

use crate::activity::ActivityFilter;
use crate::contract::entity::Column;
use crate::contract::query::MAX_PAGE_SIZE;
use crate::contract::{Entity, Filter, Query, Result};
use crate::store_or_tx::StoreOrTx;

/// A row of a log as a step of a funnel.
pub(super) trait Step: Entity {
    const ID: Column<Self, String>;
    const USER_ID: Column<Self, Option<String>>;
    const CLIENT_TYPE: Column<Self, Option<i16>>;
    const CTL_CHANNEL: Column<Self, Option<String>>;
    const AT: Column<Self, Option<i64>>;

    fn taken(self) -> Taken;
}

/// The key that took a step, and the time.
pub(super) struct Taken {
    pub(super) user: Option<String>,
    pub(super) code: Option<String>,
    /// In unix milliseconds.
    at: Option<i64>,
}

macro_rules! code {
    ($row:ident) => {
        None
    };
    ($row:ident $code:ident) => {
        $row.$code
    };
}

macro_rules! step {
    ($(#[$docs:meta])* $step:ident in $table:tt at $time:tt $(, $code:ident)?) => {
        $(#[$docs])*
        #[derive(Clone, Debug, Entity)]
        #[entity(table = $table, key(id), append_only)]
        pub(super) struct $step {
            #[column(max_chars = 64)]
            id: String,
            #[column(max_chars = 64, filter)]
            user_id: Option<String>,
            #[column(filter)]
            client_type: Option<i16>,
            #[column(max_chars = 64, filter)]
            ctl_channel: Option<String>,
            $(#[column(max_chars = 64)]
            $code: Option<String>,)?
            #[column(name = $time, filter)]
            at: Option<i64>,
        }

        impl Step for $step {
            const ID: Column<Self, String> = Self::ID;
            const USER_ID: Column<Self, Option<String>> = Self::USER_ID;
            const CLIENT_TYPE: Column<Self, Option<i16>> = Self::CLIENT_TYPE;
            const CTL_CHANNEL: Column<Self, Option<String>> = Self::CTL_CHANNEL;
            const AT: Column<Self, Option<i64>> = Self::AT;

            fn taken(self) -> Taken {
                let code = code!(self $($code)?);
                Taken { user: self.user_id, code, at: self.at }
            }
        }
    };
}

step!(
    /// A user was activated.
    Activation in "user_activate_logs" at "record_time_stamp"
);
step!(
    /// A user logged in.
    Login in "user_login_logs" at "login_time_stamp"
);
step!(
    /// A task for images ended.
    Image in "generate_image_logs" at "record_time_stamp"
);
step!(
    /// Something was searched for.
    Search in "search_logs" at "record_time_stamp", temporary_code
);
step!(
    /// A ware was viewed.
    Look in "wares_browse_logs" at "record_time_stamp", temporary_code
);
step!(
    /// A ware was kept.
    Kept in "wares_collection_logs" at "record_time_stamp"
);

/// The condition of a filter on the columns of a step.
fn condition<S: Step>(filter: &ActivityFilter) -> Filter<S> {
    let user = filter.user_id.as_deref().map(|user| S::USER_ID.eq(user));
    let client = filter
        .client_type
        .map(|client| S::CLIENT_TYPE.eq(client.code()));
    let channel = filter
        .channel
        .as_deref()
        .map(|channel| S::CTL_CHANNEL.eq(channel));
    Filter::all()
        .and_maybe(user)
        .and_maybe(filter.from.map(|from| S::AT.ge(from.timestamp_millis())))
        .and_maybe(
            filter
                .before
                .map(|before| S::AT.lt(before.timestamp_millis())),
        )
        .and_maybe(client)
        .and_maybe(channel)
}

/// Passes every step to a function, the oldest first, with its time in unix milliseconds. Returns the
/// number of rows that are unreadable or have no time.
pub(super) async fn each<S: Step>(
    store: &StoreOrTx,
    filter: &ActivityFilter,
    mut take: impl FnMut(Taken, i64) + Send,
) -> Result<u64> {
    let query = Query::matching(condition::<S>(filter))
        .order_by([S::AT.asc(), S::ID.asc()])
        .page_size(MAX_PAGE_SIZE);
    let mut rows = store.session().stream_lenient(query);
    let mut unreadable = 0;
    while let Some(step) = rows.try_next().await? {
        let taken = step.ok().map(Step::taken);
        match taken.and_then(|taken| Some((taken.at?, taken))) {
            Some((at, taken)) => take(taken, at),
            None => unreadable += 1,
        }
    }
    Ok(unreadable)
}
