//! Every database through SeaORM.

use anyhow::Result;
use sea_orm::sqlx::sqlite::SqliteSynchronous;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectOptions, Database, DatabaseConnection, EntityTrait,
    IntoActiveModel, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
};

use crate::row::LogRow;
use crate::writer::Writer;

/// The entity, with the attribute that the column `other` has.
macro_rules! entity {
    ($name:ident, $other:meta) => {
        pub mod $name {
            use sea_orm::entity::prelude::*;

            #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
            #[sea_orm(table_name = "logs")]
            pub struct Model {
                #[sea_orm(primary_key, auto_increment = false)]
                pub id: i64,
                pub user_id: i64,
                pub created_at: i64,
                #[sea_orm(column_name = "type")]
                pub kind: i16,
                pub content: String,
                pub username: String,
                pub token_name: String,
                pub model_name: String,
                pub quota: i64,
                pub prompt_tokens: i64,
                pub completion_tokens: i64,
                pub use_time: i32,
                pub is_stream: bool,
                pub channel_id: i64,
                pub token_id: i64,
                pub group: String,
                pub ip: Option<String>,
                pub request_id: Option<String>,
                #[$other]
                pub other: String,
            }

            #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
            pub enum Relation {}

            impl ActiveModelBehavior for ActiveModel {}

            impl From<&crate::row::LogRow> for Model {
                fn from(row: &crate::row::LogRow) -> Self {
                    let row = row.clone();
                    Self {
                        id: row.id,
                        user_id: row.user_id,
                        created_at: row.created_at,
                        kind: row.kind,
                        content: row.content,
                        username: row.username,
                        token_name: row.token_name,
                        model_name: row.model_name,
                        quota: row.quota,
                        prompt_tokens: row.prompt_tokens,
                        completion_tokens: row.completion_tokens,
                        use_time: row.use_time,
                        is_stream: row.is_stream,
                        channel_id: row.channel_id,
                        token_id: row.token_id,
                        group: row.group,
                        ip: row.ip,
                        request_id: row.request_id,
                        other: row.other,
                    }
                }
            }
        }
    };
}

// A column of the type json accepts text only with a cast.
entity!(json, sea_orm(select_as = "text", save_as = "json"));
entity!(text, sea_orm(column_type = "Text"));

/// Connects with a pool of this many connections.
pub async fn connect(url: &str, connections: usize) -> Result<DatabaseConnection> {
    let connections = u32::try_from(connections)?;
    let mut options = ConnectOptions::new(url);
    options
        .min_connections(connections)
        .max_connections(connections)
        .test_before_acquire(false)
        .sqlx_logging(false)
        .map_sqlx_sqlite_opts(|options| options.synchronous(SqliteSynchronous::Normal));
    Ok(Database::connect(options).await?)
}

/// `Entity::insert_many` of the entity `$name`.
macro_rules! insert_many {
    ($writer:ident, $name:ident) => {
        pub struct $writer {
            pub url: String,
        }

        impl Writer for $writer {
            type Session = DatabaseConnection;
            type Batch = Vec<$name::ActiveModel>;

            async fn open(&self, callers: usize) -> Result<Vec<DatabaseConnection>> {
                let connection = connect(&self.url, callers).await?;
                Ok(vec![connection; callers])
            }

            fn batch(&self, rows: &[LogRow]) -> Result<Self::Batch> {
                let models = rows.iter().map($name::Model::from);
                // All fields set, not "unchanged", as an insert requires.
                let models = models.map(|model| model.into_active_model().reset_all());
                Ok(models.collect())
            }

            async fn write(
                &self,
                session: &mut DatabaseConnection,
                models: Self::Batch,
            ) -> Result<()> {
                // Its cheapest form; `exec` adds RETURNING.
                $name::Entity::insert_many(models)
                    .exec_without_returning(&*session)
                    .await?;
                Ok(())
            }

            async fn close(&self, sessions: Vec<DatabaseConnection>) -> Result<()> {
                if let Some(connection) = sessions.into_iter().next() {
                    connection.close().await?;
                }
                Ok(())
            }
        }
    };
}

insert_many!(InsertManyJson, json);
insert_many!(InsertManyText, text);

/// Reading the newest rows of the entity `$name`, and pages by number.
macro_rules! read {
    ($newest:ident, $paged:ident, $name:ident) => {
        pub async fn $newest(connection: &DatabaseConnection, rows: u64) -> Result<usize> {
            let query = $name::Entity::find()
                .order_by_desc($name::Column::CreatedAt)
                .order_by_desc($name::Column::Id)
                .limit(rows);
            Ok(query.all(connection).await?.len())
        }

        pub async fn $paged(
            connection: &DatabaseConnection,
            user: Option<i64>,
            size: u64,
            page: u64,
        ) -> Result<usize> {
            let query = $name::Entity::find()
                .apply_if(user, |query, user| {
                    query.filter($name::Column::UserId.eq(user))
                })
                .order_by_desc($name::Column::CreatedAt)
                .order_by_desc($name::Column::Id);
            Ok(query
                .paginate(connection, size)
                .fetch_page(page)
                .await?
                .len())
        }
    };
}

read!(newest_json, page_json, json);
read!(newest_text, page_text, text);
