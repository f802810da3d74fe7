//! What work on a database can do: one line for each operation, so that every use case is written once.

use super::list::{Listing, Window};
use super::rows::{
    AccountRow, AdminKeyRow, ConnectionRow, GroupDraftRow, GroupRow, IdempotencyRow, Stored, TokenRow, UserDraftRow,
    UserRow,
};
use super::{Error, postgres, sqlite};
use crate::domain::{Email, HashedSecret, Id, Kind};
use diesel_async::SimpleAsyncConnection;
use std::collections::BTreeMap;

/// Which row of the kept totals.
type TotalKey = (Id, Kind, u8);

/// A connection, in a transaction where the work writes.
pub struct Tx<'c> {
    conn: Conn<'c>,
    /// What the transaction adds to the kept totals: how many more live, how many were removed. Written at its end and
    /// in order, so that transactions with many changes do not wait for each other in a circle.
    totals: BTreeMap<TotalKey, (i64, i64)>,
    /// The totals at the beginning of each part that is not ended.
    parts: Vec<BTreeMap<TotalKey, (i64, i64)>>,
}

enum Conn<'c> {
    Sqlite(sqlite::Conn<'c>),
    Postgres(postgres::Conn<'c>),
}

macro_rules! operations {
    ($($(#[$doc:meta])* $visible:vis $module:ident :: $name:ident as $public:ident ( $($argument:ident : $type:ty),* ) -> $output:ty;)+) => {
        impl Tx<'_> {
            $(
                $(#[$doc])*
                $visible async fn $public(&mut self, $($argument: $type),*) -> Result<$output, Error> {
                    let result = match &mut self.conn {
                        Conn::Sqlite(conn) => sqlite::queries::$module::$name(conn, $($argument),*).await,
                        Conn::Postgres(conn) => postgres::queries::$module::$name(conn, $($argument),*).await,
                    };
                    result.map_err(Error::from)
                }
            )+
        }
    };
}

operations! {
    pub accounts::insert as insert_account(row: &AccountRow) -> ();
    pub accounts::list as accounts() -> Vec<AccountRow>;
    pub accounts::by_name as account_by_name(name_key: &str) -> Option<AccountRow>;
    pub accounts::find as account(account: Id) -> Option<AccountRow>;
    pub accounts::insert_connection as insert_connection(row: &ConnectionRow) -> ();
    pub accounts::connections as connections(account: Id) -> Vec<ConnectionRow>;
    pub accounts::connections_after as connections_after(
        account: Id, after: Option<Id>, limit: i64
    ) -> Vec<ConnectionRow>;
    pub accounts::connection as connection(account: Id, id: Id) -> Option<ConnectionRow>;
    pub accounts::connection_by_name as connection_by_name(account: Id, name_key: &str) -> Option<ConnectionRow>;

    pub credentials::insert_token as insert_token(row: &TokenRow) -> ();
    pub credentials::token as token(hash: &HashedSecret) -> Option<(TokenRow, ConnectionRow)>;
    pub credentials::tokens as tokens(account: Id, connection: Option<Id>) -> Vec<TokenRow>;
    pub credentials::tokens_after as tokens_after(
        account: Id, connection: Id, after: Option<Id>, limit: i64
    ) -> Vec<TokenRow>;
    pub credentials::token_of as token_of(account: Id, id: Id) -> Option<TokenRow>;
    pub credentials::revoke_token as revoke_token(id: Id, now: i64) -> bool;
    pub credentials::touch_token as touch_token(id: Id, now: i64) -> ();
    pub credentials::insert_admin_key as insert_admin_key(row: &AdminKeyRow) -> ();
    pub credentials::admin_keys as admin_keys(account: Id) -> Vec<AdminKeyRow>;
    pub credentials::admin_keys_after as admin_keys_after(
        account: Id, after: Option<Id>, limit: i64
    ) -> Vec<AdminKeyRow>;
    pub credentials::admin_key as admin_key(hash: &HashedSecret) -> Option<AdminKeyRow>;
    pub credentials::admin_key_of as admin_key_of(account: Id, id: Id) -> Option<AdminKeyRow>;
    pub credentials::touch_admin_key as touch_admin_key(id: Id, now: i64) -> ();
    pub credentials::revoke_admin_key as revoke_admin_key(id: Id, now: i64) -> bool;

    pub idempotency::claim as claim_key(row: &IdempotencyRow, good_since: i64) -> Option<IdempotencyRow>;
    pub idempotency::answer as keep_answer(
        account: Id, key: &str, status: i32, body: &str, etag: Option<&str>
    ) -> ();
    pub idempotency::forget as forget_answers(good_since: i64) -> ();

    pub secrets::get_or_insert as secret(name: &str, proposal: &[u8]) -> Vec<u8>;

    pub totals::create as create_totals(account: Id) -> ();
    totals::add as add_to_total(account: Id, kind: Kind, shard: u8, live: i64, removed: i64) -> ();
    pub totals::read as totals(account: Id, kind: Kind) -> (i64, i64);

    pub lists::page as page(listing: &Listing, window: &Window) -> Vec<(Stored, Option<String>)>;
    pub lists::count as count(listing: &Listing) -> i64;

    users::insert as insert_user_row(row: UserRow, emails: &[Email]) -> ();
    pub users::find as user(account: Id, id: Id) -> Option<Stored>;
    pub users::find_locked as user_locked(account: Id, id: Id) -> Option<Stored>;
    pub users::update as update_user(
        account: Id, id: Id, version: i64, now: i64, draft: UserDraftRow, emails: Option<&[Email]>
    ) -> bool;
    users::delete as delete_user_row(account: Id, id: Id, now: i64) -> bool;

    groups::insert as insert_group_row(row: GroupRow) -> ();
    pub groups::find as group(account: Id, id: Id) -> Option<(Stored, i64)>;
    pub groups::find_locked as group_locked(account: Id, id: Id) -> Option<(Stored, i64)>;
    pub groups::update as update_group(account: Id, id: Id, version: i64, draft: GroupDraftRow) -> bool;
    pub groups::bump as bump_group(account: Id, id: Id, members: i64, now: i64) -> ();
    groups::delete as delete_group_row(account: Id, id: Id, now: i64) -> bool;

    pub memberships::lock_users as lock_users(account: Id, sorted: &[Id]) -> Vec<Id>;
    pub memberships::among as members_among(account: Id, group: Id, ids: &[Id]) -> Vec<Id>;
    pub memberships::add as add_members(account: Id, group: Id, ids: &[Id], now: i64) -> ();
    pub memberships::remove as remove_members(account: Id, group: Id, ids: &[Id], now: i64) -> ();
    pub memberships::clear as clear_members(account: Id, group: Id, now: i64) -> i64;
    pub memberships::members as members(account: Id, group: Id) -> Vec<Id>;
    pub memberships::lock_groups_of as lock_groups_of(account: Id, user: Id) -> ();
    pub memberships::members_of_all as members_of_all(account: Id, groups: &[Id]) -> Vec<(Id, Id)>;
    pub memberships::groups_of_all as groups_of_all(account: Id, users: &[Id]) -> Vec<(Id, Id, String)>;
}

impl<'c> Tx<'c> {
    pub(super) fn sqlite(conn: sqlite::Conn<'c>) -> Self {
        Self { conn: Conn::Sqlite(conn), totals: BTreeMap::new(), parts: Vec::new() }
    }

    pub(super) fn postgres(conn: postgres::Conn<'c>) -> Self {
        Self { conn: Conn::Postgres(conn), totals: BTreeMap::new(), parts: Vec::new() }
    }

    pub async fn insert_user(&mut self, row: UserRow, emails: &[Email]) -> Result<(), Error> {
        let (account, id) = (row.account_id.0, row.id.0);
        self.insert_user_row(row, emails).await?;
        self.count_one(account, Kind::User, id, 1, 0);
        Ok(())
    }

    /// Removes a user and his memberships; false when there is none.
    pub async fn delete_user(&mut self, account: Id, id: Id, now: i64) -> Result<bool, Error> {
        let deleted = self.delete_user_row(account, id, now).await?;
        if deleted {
            self.count_one(account, Kind::User, id, -1, 1);
        }
        Ok(deleted)
    }

    pub async fn insert_group(&mut self, row: GroupRow) -> Result<(), Error> {
        let (account, id) = (row.account_id.0, row.id.0);
        self.insert_group_row(row).await?;
        self.count_one(account, Kind::Group, id, 1, 0);
        Ok(())
    }

    /// Removes a group and its memberships; false when there is none.
    pub async fn delete_group(&mut self, account: Id, id: Id, now: i64) -> Result<bool, Error> {
        let deleted = self.delete_group_row(account, id, now).await?;
        if deleted {
            self.count_one(account, Kind::Group, id, -1, 1);
        }
        Ok(deleted)
    }

    fn count_one(&mut self, account: Id, kind: Kind, id: Id, live: i64, removed: i64) {
        let shards = match self.conn {
            Conn::Sqlite(_) => sqlite::DIALECT.total_shards,
            Conn::Postgres(_) => postgres::DIALECT.total_shards,
        };
        // The last byte of an id is random.
        let total = self.totals.entry((account, kind, id.0.as_bytes()[15] % shards)).or_default();
        *total = (total.0 + live, total.1 + removed);
    }

    /// Writes what has to be written last. Whoever commits calls it before.
    pub(super) async fn finish(&mut self) -> Result<(), Error> {
        for ((account, kind, shard), (live, removed)) in std::mem::take(&mut self.totals) {
            self.add_to_total(account, kind, shard, live, removed).await?;
        }
        Ok(())
    }

    /// Begins a part of a transaction that can be undone by itself.
    pub async fn begin_part(&mut self) -> Result<(), Error> {
        self.parts.push(self.totals.clone());
        self.run("SAVEPOINT part").await
    }

    /// Ends the part that was begun last, keeping what it did or not.
    pub async fn end_part(&mut self, keep: bool) -> Result<(), Error> {
        let before = self.parts.pop();
        if !keep {
            self.totals = before.unwrap_or_default();
            self.run("ROLLBACK TO SAVEPOINT part").await?;
        }
        self.run("RELEASE SAVEPOINT part").await
    }

    async fn run(&mut self, words: &str) -> Result<(), Error> {
        let result = match &mut self.conn {
            Conn::Sqlite(conn) => diesel::connection::SimpleConnection::batch_execute(conn.0, words),
            Conn::Postgres(conn) => conn.batch_execute(words).await,
        };
        result.map_err(Error::from)
    }
}
