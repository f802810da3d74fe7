//! What `doctor` looks at on PostgreSQL.

use super::Pool;
use crate::storage::{Error, Health};
use diesel::prelude::QueryableByName;
use diesel::sql_types::Text;
use diesel_async::RunQueryDsl;

#[derive(QueryableByName)]
struct Setting {
    #[diesel(sql_type = Text)]
    value: String,
}

/// The settings that durability and correctness hang on.
pub async fn health(pool: &Pool) -> Result<Vec<Health>, Error> {
    let mut session = pool.session().await?;
    type Check = fn(&str) -> bool;
    let settings: [(&str, Check); 4] = [
        ("server_version_num", |version| version.parse().is_ok_and(|version: u32| version >= 130_000)),
        ("server_encoding", |encoding| encoding == "UTF8"),
        ("fsync", |setting| setting == "on"),
        ("synchronous_commit", |setting| setting != "off"),
    ];
    let mut facts = Vec::new();
    for (name, is_good) in settings {
        let query = diesel::sql_query("SELECT current_setting($1) AS value").bind::<Text, _>(name);
        let Setting { value } = query.get_result(&mut session).await?;
        facts.push(Health { name: name.to_owned(), good: is_good(&value), value });
    }
    let value = "in this database".to_owned();
    facts.push(Health { name: "provisioning log".to_owned(), value, good: true });
    Ok(facts)
}
