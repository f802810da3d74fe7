//! What work on a database can do: one line for each operation, so that every use case is written once.

use super::list::{Listing, Window};
use super::rows::{
    AccountRow, AdminKeyRow, ConnectionRow, GroupDraftRow, GroupRow, Stored, TokenRow, UserDraftRow, UserRow,
};
use super::{Error, postgres, sqlite};
use crate::domain::{Email, HashedSecret, Id, Kind};
use diesel_async::SimpleAsyncConnection;

/// A connection, in a transaction where the work writes.
pub enum Tx<'c> {
    Sqlite(sqlite::Conn<'c>),
    Postgres(postgres::Conn<'c>),
}

macro_rules! operations {
    ($($(#[$doc:meta])* $module:ident :: $name:ident as $public:ident ( $($argument:ident : $type:ty),* ) -> $output:ty;)+) => {
        impl Tx<'_> {
            $(
                $(#[$doc])*
                pub async fn $public(&mut self, $($argument: $type),*) -> Result<$output, Error> {
                    let result = match self {
                        Tx::Sqlite(conn) => sqlite::queries::$module::$name(conn, $($argument),*).await,
                        Tx::Postgres(conn) => postgres::queries::$module::$name(conn, $($argument),*).await,
                    };
                    result.map_err(Error::from)
                }
            )+
        }
    };
}

operations! {
    accounts::insert as insert_account(row: &AccountRow) -> ();
    accounts::list as accounts() -> Vec<AccountRow>;
    accounts::by_name as account_by_name(name_key: &str) -> Option<AccountRow>;
    accounts::insert_connection as insert_connection(row: &ConnectionRow) -> ();
    accounts::connections as connections(account: Id) -> Vec<ConnectionRow>;
    accounts::connection_by_name as connection_by_name(account: Id, name_key: &str) -> Option<ConnectionRow>;

    credentials::insert_token as insert_token(row: &TokenRow) -> ();
    credentials::token as token(hash: &HashedSecret) -> Option<(TokenRow, ConnectionRow)>;
    credentials::tokens as tokens(account: Id, connection: Option<Id>) -> Vec<TokenRow>;
    credentials::revoke_token as revoke_token(id: Id, now: i64) -> bool;
    credentials::touch_token as touch_token(id: Id, now: i64) -> ();
    credentials::insert_admin_key as insert_admin_key(row: &AdminKeyRow) -> ();
    credentials::admin_keys as admin_keys(account: Id) -> Vec<AdminKeyRow>;
    credentials::revoke_admin_key as revoke_admin_key(id: Id, now: i64) -> bool;

    secrets::get_or_insert as secret(name: &str, proposal: &[u8]) -> Vec<u8>;

    totals::create as create_totals(account: Id) -> ();
    totals::read as totals(account: Id, kind: Kind) -> (i64, i64);

    lists::page as page(listing: &Listing, window: &Window) -> Vec<(Stored, Option<String>)>;
    lists::count as count(listing: &Listing) -> i64;

    users::insert as insert_user(row: UserRow, emails: &[Email]) -> ();
    users::find as user(account: Id, id: Id) -> Option<Stored>;
    users::find_locked as user_locked(account: Id, id: Id) -> Option<Stored>;
    users::update as update_user(
        account: Id, id: Id, version: i64, now: i64, draft: UserDraftRow, emails: Option<&[Email]>
    ) -> bool;
    users::delete as delete_user(account: Id, id: Id, now: i64) -> bool;

    groups::insert as insert_group(row: GroupRow) -> ();
    groups::find as group(account: Id, id: Id) -> Option<(Stored, i64)>;
    groups::find_locked as group_locked(account: Id, id: Id) -> Option<(Stored, i64)>;
    groups::update as update_group(account: Id, id: Id, version: i64, draft: GroupDraftRow) -> bool;
    groups::bump as bump_group(account: Id, id: Id, members: i64, now: i64) -> ();
    groups::delete as delete_group(account: Id, id: Id, now: i64) -> bool;

    memberships::lock_users as lock_users(account: Id, sorted: &[Id]) -> Vec<Id>;
    memberships::among as members_among(account: Id, group: Id, ids: &[Id]) -> Vec<Id>;
    memberships::add as add_members(account: Id, group: Id, ids: &[Id], now: i64) -> ();
    memberships::remove as remove_members(account: Id, group: Id, ids: &[Id], now: i64) -> ();
    memberships::clear as clear_members(account: Id, group: Id, now: i64) -> i64;
    memberships::members as members(account: Id, group: Id) -> Vec<Id>;
    memberships::members_of_all as members_of_all(account: Id, groups: &[Id]) -> Vec<(Id, Id)>;
    memberships::groups_of_all as groups_of_all(account: Id, users: &[Id]) -> Vec<(Id, Id, String)>;
}

impl Tx<'_> {
    /// Begins a part of a transaction that can be undone by itself.
    pub async fn begin_part(&mut self) -> Result<(), Error> {
        self.run("SAVEPOINT part").await
    }

    /// Ends the part that was begun last, keeping what it did or not.
    pub async fn end_part(&mut self, keep: bool) -> Result<(), Error> {
        if !keep {
            self.run("ROLLBACK TO SAVEPOINT part").await?;
        }
        self.run("RELEASE SAVEPOINT part").await
    }

    async fn run(&mut self, words: &str) -> Result<(), Error> {
        let result = match self {
            Tx::Sqlite(conn) => diesel::connection::SimpleConnection::batch_execute(conn.0, words),
            Tx::Postgres(conn) => conn.batch_execute(words).await,
        };
        result.map_err(Error::from)
    }
}
