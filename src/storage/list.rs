//! Lists of users or groups: which, in which order, from where.

use super::condition::{Writer, is_look_up, table};
use super::rows::Stored;
use super::sql::{Dialect, Sql};
use super::types::IdSql;
use crate::domain::{Condition, Field, Id, Kind};
use diesel::sql_types::{BigInt, Nullable, Text};

/// What is listed.
#[derive(Debug, Clone)]
pub struct Listing {
    pub kind: Kind,
    pub account: Id,
    pub condition: Option<Condition>,
    /// `None` is the order of creation.
    pub sort_by: Option<Field>,
    pub descending: bool,
    /// Groups only: the Default group is shown, too.
    pub with_default_group: bool,
}

/// A place in a list: behind the resource with this sort key and id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The key as text; `None` where the resource has none or the list is in order of creation.
    pub key: Option<String>,
    pub id: Id,
}

/// A part of a list.
#[derive(Debug, Clone)]
pub struct Window {
    pub after: Option<Place>,
    /// Resources to pass over behind that place. It costs time for each.
    pub skip: u64,
    pub limit: u64,
}

/// A resource of a list.
#[derive(Debug, Clone)]
pub struct Listed {
    pub stored: Stored,
    /// What the list is ordered by; `None` in order of creation.
    pub key: Option<String>,
    /// The organization that was given to a user, not that of a fallback.
    pub organization: Option<Id>,
}

/// `id`, `version`, `last_modified`, `body`, sort key, organization.
pub type ListedSql = (IdSql, BigInt, BigInt, Text, Nullable<Text>, Nullable<IdSql>);

impl Listing {
    fn writer(&self, dialect: &'static Dialect) -> Writer {
        Writer { dialect, kind: self.kind, account: self.account, with_default_group: self.with_default_group }
    }

    const fn table(&self) -> &'static str {
        table(self.kind)
    }

    /// Resources in the unfiltered list that the totals do not count: the Default group.
    pub fn uncounted(&self) -> u64 {
        u64::from(self.kind == Kind::Group && self.with_default_group)
    }

    /// Whether the order is that of the ids, forwards or backwards.
    pub fn is_by_id(&self) -> bool {
        matches!(self.sort_by, None | Some(Field::Id | Field::Created))
    }

    /// Whether an index answers it at once, so that it need not have a connection to itself.
    pub fn is_point_read(&self) -> bool {
        self.is_by_id() && self.condition.as_ref().is_none_or(is_look_up)
    }

    pub(super) fn rows(&self, dialect: &'static Dialect, window: &Window) -> Sql<ListedSql> {
        let mut sql = Sql::new("SELECT id, version, last_modified, body, ");
        if let Some(key) = self.sort_key() {
            sql.words("CAST(");
            self.key(&mut sql, dialect, key);
            sql.words(" AS TEXT)");
        } else {
            sql.words("NULL");
        }
        sql.words(match self.kind {
            Kind::User => ", CASE WHEN organization_origin = 'fallback' THEN NULL ELSE organization_id END",
            Kind::Group | Kind::Organization | Kind::SettingsSet => dialect.no_id,
        });
        self.rows_of(&mut sql, dialect);
        if let Some(place) = &window.after {
            sql.words(" AND ");
            self.behind(&mut sql, dialect, place);
        }
        let direction = if self.descending { " DESC" } else { " ASC" };
        sql.words(" ORDER BY ");
        if let Some(key) = self.sort_key() {
            self.key(&mut sql, dialect, key);
            // RFC 7644 §3.4.2.3: resources without a value come last, and first when descending.
            sql.words(direction).words(if self.descending { " NULLS FIRST, " } else { " NULLS LAST, " });
            sql.never_cached();
        }
        sql.words("id").words(direction);
        sql.words(" LIMIT ").bigint(bounded(window.limit));
        if window.skip > 0 {
            sql.words(" OFFSET ").bigint(bounded(window.skip));
        }
        sql
    }

    pub(super) fn count(&self, dialect: &'static Dialect) -> Sql<BigInt> {
        let mut sql = Sql::new("SELECT COUNT(*)");
        self.rows_of(&mut sql, dialect);
        sql
    }

    fn rows_of<ST>(&self, sql: &mut Sql<ST>, dialect: &'static Dialect) {
        sql.words(" FROM ").words(self.table()).words(" WHERE account_id = ").id(self.account);
        if self.kind == Kind::Group && !self.with_default_group {
            sql.words(" AND is_default = FALSE");
        }
        // Archived groups are for those who look for them.
        if self.kind == Kind::Group && self.condition.is_none() {
            sql.words(" AND archived = FALSE");
        }
        if let Some(condition) = &self.condition {
            sql.words(" AND (");
            self.writer(dialect).condition(sql, condition);
            sql.words(")");
        }
    }

    /// Writes what the list is ordered by. Of a long text only the beginning counts, because a cursor carries it.
    fn key<ST>(&self, sql: &mut Sql<ST>, dialect: &'static Dialect, field: &Field) {
        let is_long = matches!(field, Field::Profile(_));
        if is_long {
            sql.words("substr(");
        }
        self.writer(dialect).field(sql, field);
        if is_long {
            sql.words(", 1, 200)").words(dialect.by_code_point);
        }
    }

    fn sort_key(&self) -> Option<&Field> {
        if self.is_by_id() { None } else { self.sort_by.as_ref() }
    }

    /// The rows behind a place in the order of the list.
    fn behind<ST>(&self, sql: &mut Sql<ST>, dialect: &'static Dialect, place: &Place) {
        let sign = if self.descending { " < " } else { " > " };
        let Some(key) = self.sort_key() else {
            sql.words("id").words(sign).id(place.id);
            return;
        };
        let column = |sql: &mut Sql<ST>| self.key(sql, dialect, key);
        sql.words("(");
        match &place.key {
            Some(text) => {
                sql.words("(");
                column(sql);
                sql.words(", id)").words(sign).words("(");
                match (key, text.parse()) {
                    (Field::LastModified, Ok(time)) => {
                        sql.bigint(time);
                    }
                    _ => {
                        sql.text(text.as_str());
                    }
                }
                sql.words(", ").id(place.id).words(")");
                if !self.descending {
                    sql.words(" OR ");
                    column(sql);
                    sql.words(" IS NULL");
                }
            }
            None => {
                column(sql);
                sql.words(" IS NULL AND id").words(sign).id(place.id);
                if self.descending {
                    sql.words(" OR ");
                    column(sql);
                    sql.words(" IS NOT NULL");
                }
            }
        }
        sql.words(")");
    }
}

fn bounded(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
