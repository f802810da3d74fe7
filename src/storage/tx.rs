//! What work on a database can do: one line for each operation, so that every use case is written once.

use super::deep::{self, Probe};
use super::list::{Listed, Listing, Window};
use super::rows::{
    AccountRow, AdminKeyRow, AuditRow, ConnectionRow, EventRow, GroupDraftRow, GroupOfUser, GroupRow, IdempotencyRow,
    LogRow, MembershipRow, OAuthClientRow, OAuthSecretRow, OrganizationDraftRow, OrganizationRow, QuirkRow,
    RemovedUserRow, ScheduledChangeRow, SettingsSetDraftRow, SettingsSetRow, SigningKeyRow, Stored, StoredGroup,
    StoredUser, TokenRow, TrustedIssuerRow, UserChange, UserRow, WholeLogRow,
};
use super::sql::Sql;
use super::types::DbId;
use super::{AuditQuery, Error, LogQuery, postgres, sqlite};
use crate::domain::{Email, Event, HashedSecret, Id, Kind, Ledger};
use diesel_async::SimpleAsyncConnection;
use futures_util::future::{TryFutureExt, join, join5};
use std::collections::BTreeMap;
use std::time::Duration;

/// Which row of the kept totals.
type TotalKey = (Id, Kind, u8);

/// How many more live and were removed.
type Totals = BTreeMap<TotalKey, (i64, i64)>;

/// A connection, in a transaction where the work writes.
pub struct Tx<'c> {
    conn: Conn<'c>,
    /// PostgreSQL: what begins and ends transactions and their parts goes to the server with the next statement, so that it
    /// costs no way of its own.
    ahead: Vec<&'static str>,
    /// PostgreSQL: a user whose change goes to the server with what the transaction writes last, or before whatever else it
    /// asks.
    held: Option<UserChange>,
    /// What the transaction adds to the kept totals: how many more live, how many were removed. Written at its end and
    /// in order, so that transactions with many changes do not wait for each other in a circle.
    totals: Totals,
    /// What the transaction writes into the audit trail and the change feed at its end.
    pub ledger: Ledger,
    /// Totals and ledger at the beginning of each part that is not ended.
    parts: Vec<(Totals, [usize; 3])>,
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
                #[allow(clippy::too_many_arguments, reason = "one for each set of columns")]
                $visible async fn $public(&mut self, $($argument: $type),*) -> Result<$output, Error> {
                    self.write_held().await?;
                    let result = match &mut self.conn {
                        Conn::Sqlite(conn) => sqlite::queries::$module::$name(conn, $($argument),*).await,
                        Conn::Postgres(conn) => {
                            let mut conn = *conn;
                            let ahead = postgres::send(conn, std::mem::take(&mut self.ahead));
                            // Polled in this order, which is the order in which the server gets them.
                            let query = postgres::queries::$module::$name(&mut conn, $($argument),*);
                            in_order(ahead, query).await.map(|(_, output)| output)
                        }
                    };
                    result.map_err(Error::from)
                }
            )+
        }
    };
}

/// Waits for two answers that come in this order. Of two errors the first is the cause: whatever was sent behind a statement
/// that fails is refused, because the transaction is aborted. So nobody may go by the error that is heard of first.
pub async fn in_order<A, B, E>(
    first: impl Future<Output = Result<A, E>>,
    second: impl Future<Output = Result<B, E>>,
) -> Result<(A, B), E> {
    let (first, second) = join(first, second).await;
    Ok((first?, second?))
}

/// Two operations that do not need each other's results: on PostgreSQL they are one way to the server.
macro_rules! both {
    ($tx:expr, $first:ident($($a:expr),*), $second:ident($($b:expr),*)) => {
        match $tx.beside().await {
            Err(error) => Err(error),
            Ok(Some(mut beside)) => {
                $crate::storage::in_order($tx.$first($($a),*), beside.$second($($b),*)).await
            }
            Ok(None) => match $tx.$first($($a),*).await {
                Ok(first) => $tx.$second($($b),*).await.map(|second| (first, second)),
                Err(error) => Err(error),
            },
        }
    };
}
pub(crate) use both;

operations! {
    pub accounts::insert as insert_account(row: &AccountRow) -> ();
    pub accounts::list as accounts() -> Vec<AccountRow>;
    pub accounts::incomplete as incomplete_accounts() -> Vec<DbId>;
    pub accounts::by_name as account_by_name(name_key: &str) -> Option<AccountRow>;
    pub accounts::by_id as account(id: Id) -> Option<AccountRow>;
    pub accounts::lock as lock_account(id: Id) -> ();
    pub accounts::update as update_account(id: Id, policies: &str, roles: &str) -> ();
    pub accounts::set_defaults as set_account_defaults(id: Id, organization: Id, group: Id) -> ();
    pub accounts::adopt_users as adopt_users(account: Id, organization: Id, group: Id) -> ();
    pub accounts::insert_connection as insert_connection(row: &ConnectionRow) -> ();
    pub accounts::connections as connections(account: Id) -> Vec<ConnectionRow>;
    pub accounts::connections_after as connections_after(
        account: Id, after: Option<Id>, limit: i64
    ) -> Vec<ConnectionRow>;
    pub accounts::connection_by_name as connection_by_name(account: Id, name_key: &str) -> Option<ConnectionRow>;
    pub accounts::connection_by_id as connection(account: Id, id: Id) -> Option<ConnectionRow>;
    pub accounts::update_connection as update_connection(row: &ConnectionRow) -> bool;

    pub credentials::insert_token as insert_token(row: &TokenRow) -> ();
    pub credentials::token as token(hash: &HashedSecret) -> Option<(TokenRow, [i64; 3])>;
    pub credentials::access_mark as access_mark(account: Id) -> Option<i64>;
    pub credentials::tokens as tokens(account: Id, connection: Option<Id>) -> Vec<TokenRow>;
    pub credentials::tokens_after as tokens_after(
        account: Id, connection: Id, after: Option<Id>, limit: i64
    ) -> Vec<TokenRow>;
    pub credentials::token_of as token_of(account: Id, id: Id) -> Option<TokenRow>;
    pub credentials::revoke_token as revoke_token(id: Id, now: i64) -> bool;
    pub credentials::touch_token as touch_token(id: Id, now: i64) -> ();
    pub credentials::insert_admin_key as insert_admin_key(row: &AdminKeyRow) -> ();
    pub credentials::admin_key as admin_key(hash: &HashedSecret) -> Option<(AdminKeyRow, i64)>;
    pub credentials::admin_keys as admin_keys(account: Id) -> Vec<AdminKeyRow>;
    pub credentials::admin_keys_after as admin_keys_after(
        account: Id, after: Option<Id>, limit: i64
    ) -> Vec<AdminKeyRow>;
    pub credentials::admin_key_of as admin_key_of(account: Id, id: Id) -> Option<AdminKeyRow>;
    pub credentials::touch_admin_key as touch_admin_key(id: Id, now: i64) -> ();
    pub credentials::revoke_admin_key as revoke_admin_key(id: Id, now: i64) -> bool;

    pub credentials::replace_token as replace_token(id: Id, by: Id, expires: i64) -> ();
    pub credentials::expiring_tokens as expiring_tokens(
        connection: Option<(Id, Id)>, after: i64, until: i64, limit: i64
    ) -> Vec<TokenRow>;

    pub oauth::insert_client as insert_oauth_client(row: &OAuthClientRow) -> ();
    pub oauth::update_client as update_oauth_client(row: &OAuthClientRow) -> bool;
    pub oauth::client as oauth_client(id: Id, secret: Id) -> Option<(OAuthClientRow, Option<OAuthSecretRow>, i64, i64)>;
    pub oauth::client_of as oauth_client_of(account: Id, id: Id) -> Option<OAuthClientRow>;
    pub oauth::clients_after as oauth_clients_after(
        account: Id, connection: Id, after: Option<Id>, limit: i64
    ) -> Vec<OAuthClientRow>;
    pub oauth::touch_client as touch_oauth_client(id: Id, now: i64) -> ();
    pub oauth::insert_secret as insert_oauth_secret(row: &OAuthSecretRow) -> ();
    pub oauth::secret as oauth_secret(hash: &HashedSecret) -> Option<OAuthSecretRow>;
    pub oauth::secret_of as oauth_secret_of(account: Id, id: Id) -> Option<OAuthSecretRow>;
    pub oauth::secrets_after as oauth_secrets_after(
        account: Id, client: Id, after: Option<Id>, limit: i64
    ) -> Vec<OAuthSecretRow>;
    pub oauth::expiring_secrets as expiring_oauth_secrets(
        connection: Option<(Id, Id)>, after: i64, until: i64, limit: i64
    ) -> Vec<(OAuthSecretRow, DbId)>;
    pub oauth::revoke_secret as revoke_oauth_secret(id: Id, now: i64) -> ();
    pub oauth::touch_secret as touch_oauth_secret(id: Id, now: i64) -> ();
    pub oauth::use_assertion as use_assertion(hash: &HashedSecret, expires: i64) -> bool;
    pub oauth::forget_assertions as forget_assertions(now: i64) -> ();

    pub trusted_issuers::insert as insert_trusted_issuer(row: &TrustedIssuerRow) -> ();
    pub trusted_issuers::update as update_trusted_issuer(row: &TrustedIssuerRow) -> bool;
    pub trusted_issuers::live as live_trusted_issuers(
        issuer: &str, audiences: &[String]
    ) -> Vec<(TrustedIssuerRow, i64, i64)>;
    pub trusted_issuers::of as trusted_issuer_of(account: Id, id: Id) -> Option<TrustedIssuerRow>;
    pub trusted_issuers::after as trusted_issuers_after(
        account: Id, connection: Id, after: Option<Id>, limit: i64
    ) -> Vec<TrustedIssuerRow>;
    pub trusted_issuers::touch as touch_trusted_issuer(id: Id, now: i64) -> ();

    pub signing_keys::all as signing_keys() -> Vec<SigningKeyRow>;
    pub signing_keys::insert as insert_signing_key(row: &SigningKeyRow) -> ();
    pub signing_keys::delete as delete_signing_key(id: &str) -> ();

    pub idempotency::claim as claim_key(row: &IdempotencyRow, good_since: i64) -> Option<IdempotencyRow>;
    pub idempotency::answer as keep_answer(
        account: Id, key: &str, status: i32, body: &str, etag: Option<&str>
    ) -> ();
    pub idempotency::forget as forget_answers(good_since: i64) -> ();

    pub quirks::count as count_quirk(row: &QuirkRow) -> ();
    pub quirks::of_connection as quirks(account: Id, connection: Id, after: &str, limit: i64) -> Vec<QuirkRow>;

    pub secrets::get_or_insert as secret(name: &str, proposal: &[u8]) -> Vec<u8>;

    pub totals::create as create_totals(account: Id) -> ();
    totals::add as add_to_total(account: Id, kind: Kind, shard: u8, live: i64, removed: i64) -> ();
    pub totals::read as totals(account: Id, kind: Kind) -> (i64, i64);

    pub lists::page as page(listing: &Listing, window: &Window) -> Vec<Listed>;
    pub lists::count as count(listing: &Listing) -> i64;

    users::insert as insert_user_row(row: UserRow, emails: &[Email], memberships: &[MembershipRow]) -> Option<DbId>;
    pub users::find as user(account: Id, id: Id) -> Option<StoredUser>;
    pub users::find_locked as user_locked(account: Id, id: Id) -> Option<StoredUser>;
    pub users::find_all as users(account: Id, ids: &[Id]) -> Vec<StoredUser>;
    pub users::find_leaver as leaver(
        account: Id, connection: Id, external_id: Option<&str>, user_name_key: &str
    ) -> Option<DbId>;
    pub users::find_of_connection as user_of_connection(
        account: Id, connection: Id, external_id: Option<&str>, employee_number: Option<&str>, user_name_key: &str
    ) -> Option<DbId>;
    users::update as update_user_row(change: UserChange, emails: Option<&[Email]>) -> bool;
    pub users::holder_of_email as holder_of_email(account: Id, email_key: &str, except: Id) -> Option<DbId>;
    users::bury as bury_user_row(tombstone: RemovedUserRow) -> bool;
    pub users::removed as removed_user(account: Id, id: Id) -> Option<RemovedUserRow>;
    pub users::all_removed as removed_users(account: Id, after: Option<Id>, limit: i64) -> Vec<RemovedUserRow>;
    pub users::has_active_admin as has_active_admin(account: Id, organization: Option<Id>) -> bool;
    pub users::active_admin_ids as active_admin_ids(account: Id, organization: Option<Id>, limit: i64) -> Vec<DbId>;
    pub users::some_active_admins as some_active_admins(account: Id, limit: i64) -> Vec<String>;
    pub users::holders_of_role as holders_of_role(account: Id, key: &str) -> i64;
    pub users::set_is_admin as set_is_admin(account: Id, ids: &[Id], is_admin: bool) -> ();

    groups::insert as insert_group_row(row: GroupRow) -> ();
    pub groups::find as group(account: Id, id: Id) -> Option<StoredGroup>;
    pub groups::find_all as groups(account: Id, ids: &[Id]) -> Vec<StoredGroup>;
    pub groups::find_locked as group_locked(account: Id, id: Id) -> Option<StoredGroup>;
    pub groups::lock_all as lock_groups(account: Id, ids: &[Id]) -> Vec<StoredGroup>;
    pub groups::by_name as group_by_name(account: Id, name_key: &str) -> Option<DbId>;
    pub groups::some_names as some_group_names(account: Id, limit: i64) -> Vec<String>;
    pub groups::names as group_names(account: Id, ids: &[Id]) -> Vec<(DbId, String)>;
    pub groups::that_grant_admin as groups_that_grant_admin(account: Id) -> Vec<DbId>;
    pub groups::with_roles as groups_with_roles(account: Id) -> Vec<(DbId, String)>;
    pub groups::update as update_group(account: Id, id: Id, version: i64, draft: GroupDraftRow) -> bool;
    pub groups::bump as bump_group(account: Id, id: Id, members: i64, now: i64) -> ();
    pub groups::count_first_members as count_first_members(account: Id, id: Id, members: i64) -> ();
    groups::delete as delete_group_row(account: Id, id: Id) -> bool;

    pub memberships::lock_users as lock_users(account: Id, sorted: &[Id]) -> Vec<Id>;
    pub memberships::of_users as memberships_of(account: Id, users: &[Id]) -> Vec<MembershipRow>;
    pub memberships::insert as insert_memberships(rows: &[MembershipRow]) -> ();
    pub memberships::delete as delete_memberships(account: Id, group: Id, users: &[Id]) -> ();
    pub memberships::update as update_memberships(like: &MembershipRow, users: &[Id]) -> ();
    pub memberships::bump_users as bump_users(account: Id, users: &[Id], now: i64) -> ();
    pub memberships::count as count_members(account: Id, group: Id) -> i64;
    pub memberships::page as member_page(account: Id, group: Id, after: Option<Id>, limit: i64) -> Vec<MembershipRow>;
    pub memberships::members as members(account: Id, group: Id) -> Vec<Id>;
    pub memberships::members_of_all as members_of_all(account: Id, groups: &[Id]) -> Vec<(Id, Id)>;
    pub memberships::groups_of_all as groups_of_all(
        account: Id, users: &[Id], with_default: bool
    ) -> Vec<GroupOfUser>;

    organizations::insert as insert_organization_row(row: OrganizationRow) -> ();
    pub organizations::find as organization(account: Id, id: Id) -> Option<(Stored, DbId)>;
    pub organizations::find_locked as organization_locked(account: Id, id: Id) -> Option<(Stored, DbId)>;
    pub organizations::hold as hold_organization(account: Id, id: Id) -> bool;
    pub organizations::by_name as organization_by_name(account: Id, name_key: &str) -> Option<DbId>;
    pub organizations::names as organization_names(account: Id, ids: &[Id]) -> Vec<(DbId, String, DbId)>;
    pub organizations::some_names as some_organization_names(account: Id, limit: i64) -> Vec<String>;
    pub organizations::update as update_organization(
        account: Id, id: Id, version: i64, now: i64, draft: OrganizationDraftRow
    ) -> bool;
    organizations::delete as delete_organization_row(account: Id, id: Id) -> ();
    pub organizations::count_users as count_users_of(account: Id, organization: Id) -> i64;
    pub organizations::count_users_of_all as count_users_of_all(
        account: Id, organizations: &[Id]
    ) -> Vec<(Option<DbId>, i64)>;
    organizations::insert_settings_set as insert_settings_set_row(row: SettingsSetRow) -> ();
    pub organizations::find_settings_set as settings_set(account: Id, id: Id) -> Option<Stored>;
    pub organizations::find_settings_set_locked as settings_set_locked(account: Id, id: Id) -> Option<Stored>;
    pub organizations::hold_settings_set as hold_settings_set(account: Id, id: Id) -> bool;
    pub organizations::settings_set_by_name as settings_set_by_name(account: Id, name_key: &str) -> Option<DbId>;
    pub organizations::some_settings_set_names as some_settings_set_names(account: Id, limit: i64) -> Vec<String>;
    pub organizations::settings_sets_of as settings_sets_of(account: Id, organizations: &[Id]) -> Vec<(DbId, Stored)>;
    pub organizations::update_settings_set as update_settings_set(
        account: Id, id: Id, version: i64, now: i64, draft: SettingsSetDraftRow
    ) -> bool;
    organizations::delete_settings_set as delete_settings_set_row(account: Id, id: Id) -> ();
    pub organizations::using_settings_sets as organizations_using(
        account: Id, settings_sets: &[Id]
    ) -> Vec<(DbId, DbId, String)>;

    pub schedule::insert as insert_scheduled_change(row: &ScheduledChangeRow) -> ();
    pub schedule::find as scheduled_change(account: Id, id: Id) -> Option<ScheduledChangeRow>;
    pub schedule::find_pending as pending_change_locked(account: Id, id: Id) -> Option<ScheduledChangeRow>;
    pub schedule::page as scheduled_changes(
        account: Id, user: Option<Id>, after: Option<Id>, limit: i64
    ) -> Vec<ScheduledChangeRow>;
    pub schedule::due as due_changes(now: i64, limit: i64) -> Vec<(DbId, DbId)>;
    pub schedule::finish as finish_scheduled_change(account: Id, id: Id, state: &str, outcome: Option<&str>) -> ();

    ledger::insert_audit as insert_audit(rows: &[AuditRow]) -> ();
    ledger::insert_events as insert_events(events: &[Event]) -> ();
    pub ledger::events as events(account: Id, after: i64, limit: i64) -> Vec<EventRow>;
    pub ledger::audit as audit(account: Id, query: &AuditQuery) -> Vec<AuditRow>;

    pub deep::probe as probe(probe: Probe, limit: i64) -> Vec<deep::Found>;
    pub deep::parked as parked_users(account: Id, limit: i64) -> Vec<deep::Found>;
    pub deep::idle_admins as idle_admins(account: Id, limit: i64) -> Vec<deep::Found>;
    pub deep::admin_events as admin_events(account: Id, role: &str, after: i64, limit: i64) -> Vec<deep::AdminEvent>;
    pub deep::users as walk_users(after: Option<(Id, Id)>, limit: i64) -> Vec<deep::WalkedUser>;
    pub deep::emails as walk_emails(after: Option<(Id, Id)>, until: (Id, Id)) -> Vec<deep::WalkedEmail>;
    pub deep::memberships as walk_memberships(
        after: Option<(Id, Id)>, until: (Id, Id)
    ) -> Vec<deep::WalkedMembership>;
    pub deep::groups as walk_groups(after: Option<(Id, Id)>, limit: i64) -> Vec<deep::WalkedGroup>;
    pub deep::organizations as walk_organizations(after: Option<(Id, Id)>, limit: i64) -> Vec<deep::WalkedPlain>;
    pub deep::settings_sets as walk_settings_sets(after: Option<(Id, Id)>, limit: i64) -> Vec<deep::WalkedPlain>;

    pub log::insert as insert_log(rows: &[WholeLogRow]) -> ();
    pub log::add_bytes as add_log_bytes(account: Id, connection: Id, bytes: i64) -> ();
    pub log::page as log_page(account: Id, connection: Id, query: &LogQuery) -> Vec<LogRow>;
    pub log::find as log_entry(account: Id, connections: &[Id], id: Id) -> Option<WholeLogRow>;
    pub log::connections as logged_connections() -> Vec<(DbId, DbId)>;
    pub log::bytes_locked as log_bytes_locked(account: Id, connection: Id) -> i64;
    pub log::oldest as oldest_log_entries(account: Id, connection: Id, limit: i64) -> Vec<(DbId, i64)>;
    pub log::forget_until as forget_log_until(account: Id, connection: Id, last: Id) -> ();
}

impl<'c> Tx<'c> {
    pub(super) fn sqlite(conn: sqlite::Conn<'c>) -> Self {
        Self::on(Conn::Sqlite(conn))
    }

    pub(super) fn postgres(conn: postgres::Conn<'c>) -> Self {
        Self::on(Conn::Postgres(conn))
    }

    /// In a transaction that begins with the first statement.
    pub(super) fn postgres_beginning(conn: postgres::Conn<'c>, begin: &'static str) -> Self {
        Self { ahead: vec![begin], ..Self::postgres(conn) }
    }

    /// What was not sent yet, because no statement followed.
    pub(super) fn into_ahead(self) -> Vec<&'static str> {
        self.ahead
    }

    fn on(conn: Conn<'c>) -> Self {
        Self {
            conn,
            ahead: Vec::new(),
            held: None,
            totals: BTreeMap::new(),
            ledger: Ledger::default(),
            parts: Vec::new(),
        }
    }

    /// Inserts a user with his addresses and memberships, and gives back the last removed record of his login.
    pub async fn insert_user(
        &mut self,
        row: UserRow,
        emails: &[Email],
        memberships: &[MembershipRow],
    ) -> Result<Option<Id>, Error> {
        let (account, id) = (row.account_id.0, row.id.0);
        let previous = self.insert_user_row(row, emails, memberships).await?;
        self.count_one(account, Kind::User, id, 1, 0);
        Ok(previous.map(Id::from))
    }

    /// Makes a tombstone of a user; false when there is none. His memberships are gone before.
    pub async fn bury_user(&mut self, tombstone: RemovedUserRow) -> Result<bool, Error> {
        let (account, id) = (tombstone.account_id.0, tombstone.id.0);
        let buried = self.bury_user_row(tombstone).await?;
        if buried {
            self.count_one(account, Kind::User, id, -1, 1);
        }
        Ok(buried)
    }

    /// The total counts what an unfiltered list shows: neither the Default group nor archived ones.
    pub async fn insert_group(&mut self, row: GroupRow) -> Result<(), Error> {
        let (account, id) = (row.account_id.0, row.id.0);
        let is_listed = !row.is_default && !row.draft.archived;
        self.insert_group_row(row).await?;
        if is_listed {
            self.count_one(account, Kind::Group, id, 1, 0);
        }
        Ok(())
    }

    /// Removes a group; false when there is none. Its memberships are gone before.
    pub async fn delete_group(&mut self, account: Id, group: &StoredGroup) -> Result<bool, Error> {
        let id = group.stored.id.0;
        let deleted = self.delete_group_row(account, id).await?;
        if deleted && !group.archived && !group.is_default {
            self.count_one(account, Kind::Group, id, -1, 1);
        }
        Ok(deleted)
    }

    /// Counts a group out of the unfiltered list, or in again.
    pub fn count_archived(&mut self, account: Id, group: Id, archived: bool) {
        // Both forget remembered places: those behind it have moved.
        self.count_one(account, Kind::Group, group, if archived { -1 } else { 1 }, 1);
    }

    pub async fn insert_organization(&mut self, row: OrganizationRow) -> Result<(), Error> {
        let (account, id) = (row.account_id.0, row.id.0);
        self.insert_organization_row(row).await?;
        self.count_one(account, Kind::Organization, id, 1, 0);
        Ok(())
    }

    pub async fn delete_organization(&mut self, account: Id, id: Id) -> Result<(), Error> {
        self.delete_organization_row(account, id).await?;
        self.count_one(account, Kind::Organization, id, -1, 1);
        Ok(())
    }

    pub async fn insert_settings_set(&mut self, row: SettingsSetRow) -> Result<(), Error> {
        let (account, id) = (row.account_id.0, row.id.0);
        self.insert_settings_set_row(row).await?;
        self.count_one(account, Kind::SettingsSet, id, 1, 0);
        Ok(())
    }

    pub async fn delete_settings_set(&mut self, account: Id, id: Id) -> Result<(), Error> {
        self.delete_settings_set_row(account, id).await?;
        self.count_one(account, Kind::SettingsSet, id, -1, 1);
        Ok(())
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
        let Ledger { audit, events, .. } = std::mem::take(&mut self.ledger);
        let audit: Vec<AuditRow> = audit.into_iter().map(AuditRow::from).collect();
        let Conn::Postgres(conn) = self.conn else {
            self.add_totals().await?;
            self.insert_audit(&audit).await?;
            return self.insert_events(&events).await;
        };
        let held = self.held.take();
        if held.is_none() && self.totals.is_empty() && audit.is_empty() && events.is_empty() {
            return Ok(());
        }
        let ahead = postgres::send(conn, std::mem::take(&mut self.ahead));
        let (mut second, mut third) = (Tx::postgres(conn), Tx::postgres(conn));
        let (user, totals) = (write_held(conn, held), self.add_totals());
        let (ahead, user, totals, audit, events) =
            join5(ahead, user, totals, second.insert_audit(&audit), third.insert_events(&events)).await;
        ahead.map_err(Error::from).and(user).and(totals).and(audit).and(events)
    }

    /// The same connection once more, where statements need not wait for each other's answers. What is asked there goes to the
    /// server in the order in which it is asked, but without what goes ahead of this one's next statement.
    pub async fn beside(&mut self) -> Result<Option<Self>, Error> {
        self.write_held().await?;
        Ok(match self.conn {
            Conn::Sqlite(_) => None,
            Conn::Postgres(conn) => Some(Tx::postgres(conn)),
        })
    }

    /// Writes a changed user, who is locked. Where nobody can object, that takes no way of its own.
    pub async fn update_user(&mut self, change: UserChange, emails: Option<&[Email]>) -> Result<(), Error> {
        let nobody_can_object = emails.is_none() && change.keeps_keys();
        if nobody_can_object && self.parts.is_empty() && matches!(self.conn, Conn::Postgres(_)) {
            self.write_held().await?;
            self.held = Some(change);
            return Ok(());
        }
        still_there(self.update_user_row(change, emails).await?)
    }

    async fn write_held(&mut self) -> Result<(), Error> {
        let (Conn::Postgres(conn), Some(held)) = (&self.conn, self.held.take()) else { return Ok(()) };
        let ahead = postgres::send(conn, std::mem::take(&mut self.ahead)).map_err(Error::from);
        // On the heap, because this stands within every operation.
        Box::pin(in_order(ahead, write_held(conn, Some(held)))).await.map(|_| ())
    }

    async fn add_totals(&mut self) -> Result<(), Error> {
        for ((account, kind, shard), (live, removed)) in std::mem::take(&mut self.totals) {
            self.add_to_total(account, kind, shard, live, removed).await?;
        }
        Ok(())
    }

    /// For work that may be lost and must hold nobody up: it waits little for locks, and not for the disk. (SQLite's log is a
    /// file that was opened so.)
    pub async fn be_modest(&mut self) -> Result<(), Error> {
        match &self.conn {
            Conn::Sqlite(_) => Ok(()),
            Conn::Postgres(_) => {
                self.ahead.push("SET LOCAL lock_timeout = '2s'; SET LOCAL synchronous_commit = off");
                Ok(())
            }
        }
    }

    /// Begins a check that is broken off after this time, and then ends without ending the snapshot that it reads. One that
    /// reads whole tables needs no indexes for them.
    pub async fn begin_check(&mut self, time: Duration, whole_tables: bool) -> Result<(), Error> {
        match &self.conn {
            Conn::Sqlite(_) => {
                sqlite::break_off_after(Some(time));
                Ok(())
            }
            Conn::Postgres(conn) => {
                let (time, scans) = (time.as_millis().max(1), if whole_tables { "on" } else { "off" });
                postgres::send(conn, std::mem::take(&mut self.ahead)).await?;
                let words = "SAVEPOINT part; SET LOCAL statement_timeout";
                let mut conn = *conn;
                conn.batch_execute(&format!("{words} = {time}; SET LOCAL enable_seqscan = {scans}")).await?;
                Ok(())
            }
        }
    }

    pub async fn end_check(&mut self) -> Result<(), Error> {
        match &self.conn {
            Conn::Sqlite(_) => {
                sqlite::break_off_after(None);
                Ok(())
            }
            Conn::Postgres(_) => {
                self.ahead.extend([UNDO_PART, END_PART]);
                Ok(())
            }
        }
    }

    /// Begins a part of a transaction that can be undone by itself.
    pub async fn begin_part(&mut self) -> Result<(), Error> {
        self.write_held().await?;
        self.parts.push((self.totals.clone(), self.ledger.mark()));
        self.say(BEGIN_PART)
    }

    /// Ends the part that was begun last, keeping what it did or not.
    pub async fn end_part(&mut self, keep: bool) -> Result<(), Error> {
        let before = self.parts.pop();
        if !keep {
            let (totals, mark) = before.unwrap_or_default();
            self.totals = totals;
            self.ledger.cut(mark);
        }
        if self.ahead.last() == Some(&BEGIN_PART) {
            // It asked the database nothing.
            self.ahead.pop();
            return Ok(());
        }
        if !keep {
            self.say(UNDO_PART)?;
        }
        self.say(END_PART)
    }

    /// Words without values or an answer.
    fn say(&mut self, words: &'static str) -> Result<(), Error> {
        match &mut self.conn {
            Conn::Sqlite(conn) => {
                diesel::RunQueryDsl::execute(Sql::<()>::new(words), conn.0)?;
            }
            Conn::Postgres(_) => self.ahead.push(words),
        }
        Ok(())
    }
}

async fn write_held(mut conn: postgres::Conn<'_>, held: Option<UserChange>) -> Result<(), Error> {
    let Some(change) = held else { return Ok(()) };
    still_there(postgres::queries::users::update(&mut conn, change, None).await?)
}

/// Who is locked cannot get another version, so this is seen by nobody; but a change must not be lost in silence.
fn still_there(written: bool) -> Result<(), Error> {
    if written { Ok(()) } else { Err(Error::Contention("the user was changed meanwhile".to_owned())) }
}

const BEGIN_PART: &str = "SAVEPOINT part";
const UNDO_PART: &str = "ROLLBACK TO SAVEPOINT part";
const END_PART: &str = "RELEASE SAVEPOINT part";
