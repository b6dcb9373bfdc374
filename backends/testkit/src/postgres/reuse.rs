//! Removing the rows of a schema, and describing the rest.

use sqlx::{AssertSqlSafe, ConnectOptions, Connection};

use super::{PostgresServer, Schema};
use crate::{Reusable, TestServer};

impl Reusable for Schema {
    fn name(&self) -> &str {
        self.0.name()
    }

    async fn clear(&self) -> sqlx::Result<String> {
        let mut connection = PostgresServer::Direct.options().connect().await?;
        let described = clear(&mut connection, self.name()).await;
        connection.close().await?;
        described
    }
}

/// Every definition in a schema, and every row.
const DESCRIBE: &str = "SELECT coalesce(string_agg(line, E'\\n' ORDER BY line), '') FROM ( \
    SELECT format('%s %s %s %s %s %s', c.relname, a.attname, \
        format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attcollation, \
        pg_get_expr(d.adbin, d.adrelid)) AS line \
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 \
        LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum \
    WHERE c.relnamespace = $1::regnamespace AND c.relkind <> 'i' \
    UNION ALL SELECT pg_get_indexdef(i.indexrelid) \
    FROM pg_class c JOIN pg_index i ON i.indrelid = c.oid \
    WHERE c.relnamespace = $1::regnamespace \
    UNION ALL SELECT format('%s %s', conrelid::regclass, pg_get_constraintdef(oid)) \
    FROM pg_constraint WHERE connamespace = $1::regnamespace \
    UNION ALL SELECT query_to_xml(format('SELECT * FROM %s', oid::regclass), true, true, '')::text \
    FROM pg_class WHERE relnamespace = $1::regnamespace AND relkind = 'r' \
        AND pg_relation_size(oid) > 0) AS lines";

/// The connections of a schema have its name.
async fn clear(connection: &mut sqlx::PgConnection, name: &str) -> sqlx::Result<String> {
    const END: &str = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
        WHERE application_name = $1 AND pid <> pg_backend_pid()";
    loop {
        let left: i64 = sqlx::query_scalar(END)
            .bind(name)
            .fetch_one(&mut *connection)
            .await?;
        if left == 0 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    }
    let empty = format!(
        "DO $do$ DECLARE name text; BEGIN \
            FOR name IN SELECT format('%I.%I', '{name}', relname) FROM pg_class \
                WHERE relnamespace = '{name}'::regnamespace AND relkind = 'r' \
                AND relname NOT LIKE '\\_%' AND pg_relation_size(oid) > 0 \
            LOOP EXECUTE 'TRUNCATE ' || name; END LOOP; \
        END $do$"
    );
    sqlx::raw_sql(AssertSqlSafe(empty))
        .execute(&mut *connection)
        .await?;
    sqlx::query_scalar(DESCRIBE)
        .bind(name)
        .fetch_one(connection)
        .await
}
