//! Kept totals, so that a list needs no COUNT.

use super::{Conn, DIALECT, RunQueryDsl};
use crate::domain::{Id, Kind};
use crate::storage::schema::totals;
use crate::storage::sql::Sql;
use crate::storage::types::DbId;
use diesel::prelude::{ExpressionMethods, QueryDsl};
use diesel::result::QueryResult;

/// Makes the rows of a new account.
pub async fn create(conn: &mut Conn<'_>, account: Id) -> QueryResult<()> {
    for kind in [Kind::User, Kind::Group, Kind::Organization, Kind::SettingsSet] {
        for shard in 0..DIALECT.total_shards {
            let row = (
                totals::account_id.eq(DbId(account)),
                totals::kind.eq(kind.word()),
                totals::shard.eq(i32::from(shard)),
                totals::live.eq(0),
                totals::removed.eq(0),
            );
            diesel::insert_into(totals::table).values(row).execute(conn).await?;
        }
    }
    Ok(())
}

pub async fn add(conn: &mut Conn<'_>, account: Id, kind: Kind, shard: u8, live: i64, removed: i64) -> QueryResult<()> {
    let mut sql: Sql<()> = Sql::new("UPDATE totals SET live = live + ");
    sql.bigint(live).words(", removed = removed + ").bigint(removed);
    sql.words(" WHERE account_id = ").id(account).words(" AND kind = ").text(kind.word());
    sql.words(" AND shard = ").integer(shard.into());
    sql.execute(conn).await?;
    Ok(())
}

/// How many there are, and how many were ever removed.
pub async fn read(conn: &mut Conn<'_>, account: Id, kind: Kind) -> QueryResult<(i64, i64)> {
    let rows = totals::table.filter(totals::account_id.eq(DbId(account))).filter(totals::kind.eq(kind.word()));
    let shards: Vec<(i64, i64)> = rows.select((totals::live, totals::removed)).load(conn).await?;
    Ok(shards.into_iter().fold((0, 0), |sum, shard| (sum.0 + shard.0, sum.1 + shard.1)))
}
