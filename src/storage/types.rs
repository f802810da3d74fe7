//! SQL types that carry the metadata of both databases, so that one schema and one row struct serve both.

use crate::domain::Id;
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::pg::{Pg, PgValue};
use diesel::query_builder::QueryId;
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::{SqlOrd, SqlType, Text};
use diesel::sqlite::{Sqlite, SqliteValue};
use std::io::Write;
use uuid::Uuid;

/// `uuid` on PostgreSQL, 16 bytes on SQLite.
#[derive(SqlType, QueryId, Clone, Copy, Debug, Default)]
#[diesel(postgres_type(oid = 2950, array_oid = 2951))]
#[diesel(sqlite_type(name = "Binary"))]
pub struct IdSql;

impl SqlOrd for IdSql {}

/// `jsonb` on PostgreSQL, text on SQLite.
#[derive(SqlType, QueryId, Clone, Copy, Debug, Default)]
#[diesel(postgres_type(oid = 3802, array_oid = 3807))]
#[diesel(sqlite_type(name = "Text"))]
pub struct JsonSql;

/// An identifier in a row.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, AsExpression, FromSqlRow)]
#[diesel(sql_type = IdSql)]
pub struct DbId(pub Id);

impl From<Id> for DbId {
    fn from(id: Id) -> Self {
        Self(id)
    }
}

impl From<DbId> for Id {
    fn from(id: DbId) -> Self {
        id.0
    }
}

/// Identifiers as values of a statement.
pub fn db_ids(ids: &[Id]) -> Vec<DbId> {
    ids.iter().copied().map(DbId).collect()
}

/// Identifiers out of one value that holds the bytes of all.
pub fn ids_of(bytes: &[u8]) -> Vec<Id> {
    let (ids, _) = bytes.as_chunks();
    ids.iter().map(|id| Id(Uuid::from_bytes(*id))).collect()
}

impl ToSql<IdSql, Pg> for DbId {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        out.write_all(self.0.0.as_bytes())?;
        Ok(IsNull::No)
    }
}

impl FromSql<IdSql, Pg> for DbId {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        Ok(Self(Id(Uuid::from_slice(value.as_bytes())?)))
    }
}

impl ToSql<IdSql, Sqlite> for DbId {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(&self.0.0.as_bytes()[..]);
        Ok(IsNull::No)
    }
}

impl FromSql<IdSql, Sqlite> for DbId {
    fn from_sql(mut value: SqliteValue<'_, '_, '_>) -> deserialize::Result<Self> {
        Ok(Self(Id(Uuid::from_slice(value.read_blob())?)))
    }
}

/// JSON as text. It is only written; conditions read it inside the database.
#[derive(Clone, PartialEq, Eq, Debug, AsExpression)]
#[diesel(sql_type = JsonSql)]
pub struct Json(pub String);

impl ToSql<JsonSql, Pg> for Json {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        // The version byte of jsonb's binary form.
        out.write_all(&[1])?;
        out.write_all(self.0.as_bytes())?;
        Ok(IsNull::No)
    }
}

impl ToSql<JsonSql, Sqlite> for Json {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        <str as ToSql<Text, Sqlite>>::to_sql(&self.0, out)
    }
}
