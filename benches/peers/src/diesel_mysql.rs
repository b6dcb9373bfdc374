//! MariaDB and MySQL through diesel-async.

use diesel_async::AsyncMysqlConnection;

use crate::diesel_model::{model, on_server};

model!(Text, String);
on_server!(AsyncMysqlConnection);
