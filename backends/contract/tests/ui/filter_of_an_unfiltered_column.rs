use genledger_contract::{Entity, Filter, Query, Result, SessionExt};
use genledger_contract::query::{AggregateQuery, ClaimQuery, Guard};

#[derive(Clone, Entity)]
#[entity(crate = genledger_contract, table = "logs", key(id), index(user, model))]
struct Log {
    id: i64,
    user: i64,
    model: i64,
}

async fn delete(session: &impl SessionExt) -> Result<u64> {
    session.delete_where(Log::USER.eq(1) & Log::MODEL.gt(1)).await
}

fn main() {
    let _ = Query::matching(Log::USER.eq(1));
    let _ = Query::matching(Log::MODEL.eq(1));
    let _ = AggregateQuery::over(Log::USER.le_column(Log::MODEL)).count();
    let _ = ClaimQuery::new(Log::MODEL.is_in([1]), Log::MODEL, 7);
    let _: Filter<Log> = Filter::all().and_maybe(None);
    let _: Guard<Log> = Log::MODEL.eq(1);
}
