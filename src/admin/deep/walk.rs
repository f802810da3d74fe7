//! One walk over everything that has to be read to be judged, in stretches by key.

use super::checks::{ADMINISTRATORS, KEYS, ORIGINS, SETTINGS};
use super::{Deadline, Offenders};
use crate::domain::{Account, Email, Id, Name, Origin, RoleGrant, has_admin};
use crate::expr::fold;
use crate::provisioning::stored;
use crate::scim::schema::{GROUP, ORGANIZATION, ResourceType, SETTINGS_SET};
use crate::storage::deep::{WalkedEmail, WalkedGroup, WalkedPlain, WalkedUser};
use crate::storage::rows::{AccountRow, ConnectionRow, from_json};
use crate::storage::{Error, Tx};
use serde_json::Value;

/// Rows that are read together.
const STRETCH: i64 = 1_000;

/// What is found, by the places in `WALKED`.
pub type Walked = [Offenders; 4];

pub async fn walk(tx: &mut Tx<'_>, deadline: Deadline) -> Result<Walked, Error> {
    let mut found = Walked::default();
    settings(tx, deadline, &mut found).await?;
    users(tx, deadline, &mut found).await?;
    groups(tx, deadline, &mut found).await?;
    plain(tx, deadline, &mut found, &ORGANIZATION).await?;
    plain(tx, deadline, &mut found, &SETTINGS_SET).await?;
    Ok(found)
}

async fn settings(tx: &mut Tx<'_>, deadline: Deadline, found: &mut Walked) -> Result<(), Error> {
    for row in tx.accounts().await? {
        deadline.check()?;
        let id = row.id.0;
        if row.name_key != fold(&row.name) {
            found[KEYS].push(Some(id), None, Some(format!("name \"{}\"", row.name)));
        }
        if row.account().is_err() {
            found[SETTINGS].push(Some(id), None, None);
        }
        for row in tx.connections(id).await? {
            let connection = row.id.0;
            if row.name_key != fold(&row.name) {
                found[KEYS].push(Some(id), Some(connection), Some("name".to_owned()));
            }
            if ConnectionRow::connection(row).is_err() {
                found[SETTINGS].push(Some(id), Some(connection), None);
            }
        }
    }
    Ok(())
}

/// The account of the rows that are being walked over: they come account by account.
#[derive(Default)]
struct Tenant(Option<(Id, Option<Account>)>);

impl Tenant {
    /// None when it cannot be read.
    async fn of(&mut self, tx: &mut Tx<'_>, id: Id) -> Result<Option<&Account>, Error> {
        if self.0.as_ref().is_none_or(|(known, _)| *known != id) {
            let account = tx.account(id).await?.and_then(|row| AccountRow::account(row).ok());
            self.0 = Some((id, account));
        }
        Ok(self.0.as_ref().and_then(|(_, account)| account.as_ref()))
    }
}

async fn users(tx: &mut Tx<'_>, deadline: Deadline, found: &mut Walked) -> Result<(), Error> {
    let (mut after, mut tenant) = (None, Tenant::default());
    loop {
        deadline.check()?;
        let rows = tx.walk_users(after, STRETCH).await?;
        let Some(last) = rows.last() else { return Ok(()) };
        let until = (last.account.0, last.id.0);
        for held in tx.walk_memberships(after, until).await? {
            if !held.origins.split(' ').all(|origin| origin.parse::<Origin>().is_ok()) {
                found[ORIGINS].push(Some(held.account.0), Some(held.user.0), Some(format!("group {}", held.group.0)));
            }
        }
        let emails = tx.walk_emails(after, until).await?;
        let mut emails = emails.as_slice();
        after = Some(until);
        for row in &rows {
            let count = emails.iter().take_while(|email| (email.account, email.user) == (row.account, row.id)).count();
            let (own, others) = emails.split_at(count);
            emails = others;
            user(row, own, tenant.of(tx, row.account.0).await?, found);
        }
    }
}

fn user(row: &WalkedUser, emails: &[WalkedEmail], account: Option<&Account>, found: &mut Walked) {
    let (of, id) = (Some(row.account.0), Some(row.id.0));
    if let Some(what) = wrong_column(row, emails) {
        found[KEYS].push(of, id, Some(what.to_owned()));
    }
    if row.organization_origin.parse::<Origin>().is_err() {
        found[ORIGINS].push(of, id, Some("organization".to_owned()));
    }
    let Ok(grants) = from_json::<Vec<RoleGrant>>(&row.grants) else {
        return found[ORIGINS].push(of, id, Some("roles".to_owned()));
    };
    if grants.iter().any(|grant| grant.origins.is_empty()) {
        found[ORIGINS].push(of, id, Some("roles".to_owned()));
    }
    let Some(account) = account else { return };
    let unknown = grants.iter().filter_map(|grant| grant.key.as_deref());
    if let Some(key) = unknown.into_iter().find(|key| account.catalogue.by_key(key).is_none()) {
        found[ORIGINS].push(of, id, Some(format!("role {key}")));
    }
    let direct = has_admin(&grants, &account.catalogue);
    let inherits = row.inherits_admin && account.policies.grant_roles.is_on();
    if (row.direct_admin, row.is_admin) != (direct, direct || inherits) {
        found[ADMINISTRATORS].push(of, id, None);
    }
}

/// The first column that is not what the body says.
fn wrong_column(row: &WalkedUser, emails: &[WalkedEmail]) -> Option<&'static str> {
    let Ok(draft) = stored::user(&row.body) else { return Some("body") };
    let key = |name: &Option<Name>| name.as_ref().map(|name| name.key.clone());
    let are_same = |(email, kept): (&Email, &WalkedEmail)| {
        (&email.value_key, &email.type_key, &email.display_key) == (&kept.value_key, &kept.type_key, &kept.display_key)
            && email.primary.map(|primary| primary.to_string()) == kept.is_primary
    };
    let checks = [
        ("userName", row.user_name_key == draft.names.user_name.key),
        ("externalId", row.external_id == draft.names.external_id),
        ("displayName", row.display_name_key == key(&draft.names.display_name)),
        ("username", row.username_key == key(&draft.names.username)),
        ("emails", emails.len() == draft.emails.len() && draft.emails.iter().zip(emails).all(are_same)),
        ("search", are_equal(&row.search, &draft.profile.search)),
    ];
    checks.into_iter().find(|(_, good)| !good).map(|(name, _)| name)
}

/// PostgreSQL keeps the members of an object in an order of its own.
fn are_equal(kept: &str, made: &str) -> bool {
    kept == made || matches!((from_json::<Value>(kept), from_json::<Value>(made)), (Ok(kept), Ok(made)) if kept == made)
}

async fn groups(tx: &mut Tx<'_>, deadline: Deadline, found: &mut Walked) -> Result<(), Error> {
    let (mut after, mut tenant) = (None, Tenant::default());
    loop {
        deadline.check()?;
        let rows = tx.walk_groups(after, STRETCH).await?;
        let Some(last) = rows.last() else { return Ok(()) };
        after = Some((last.account.0, last.id.0));
        for row in rows {
            let account = tenant.of(tx, row.account.0).await?;
            group(row, account, found);
        }
    }
}

fn group(row: WalkedGroup, account: Option<&Account>, found: &mut Walked) {
    let (of, id) = (Some(row.account.0), Some(row.id.0));
    let roles: Result<Vec<String>, _> = from_json(&row.roles);
    match (roles, account) {
        (Err(_), _) => found[ORIGINS].push(of, id, Some("roles".to_owned())),
        (Ok(roles), Some(account)) => {
            if let Some(key) = roles.iter().find(|key| account.catalogue.by_key(key).is_none()) {
                found[ORIGINS].push(of, id, Some(format!("role {key}")));
            }
            let makes = roles.iter().filter_map(|key| account.catalogue.by_key(key)).any(|role| role.is_admin);
            if makes != row.grants_admin {
                found[ADMINISTRATORS].push(of, id, Some("group".to_owned()));
            }
        }
        (Ok(_), None) => {}
    }
    let plain = WalkedPlain {
        account: row.account,
        id: row.id,
        display_name: row.display_name,
        display_name_key: row.display_name_key,
        external_id: row.external_id,
        body: row.body,
        search: row.search,
        settings_set: None,
    };
    keys(&plain, &GROUP, found);
}

async fn plain(
    tx: &mut Tx<'_>,
    deadline: Deadline,
    found: &mut Walked,
    resource_type: &'static ResourceType,
) -> Result<(), Error> {
    let mut after = None;
    loop {
        deadline.check()?;
        let rows = if resource_type == &ORGANIZATION {
            tx.walk_organizations(after, STRETCH).await?
        } else {
            tx.walk_settings_sets(after, STRETCH).await?
        };
        let Some(last) = rows.last() else { return Ok(()) };
        after = Some((last.account.0, last.id.0));
        rows.iter().for_each(|row| keys(row, resource_type, found));
    }
}

fn keys(row: &WalkedPlain, resource_type: &'static ResourceType, found: &mut Walked) {
    let wrong = match stored::columns(&row.body, resource_type) {
        Err(_) => Some("body"),
        Ok(columns) => {
            let name = &columns.display_name;
            let set = row.settings_set.is_none_or(|set| row.body.contains(&set.0.to_string()));
            let checks = [
                ("displayName", (&row.display_name, &row.display_name_key) == (&name.text, &name.key)),
                ("externalId", row.external_id == columns.external_id),
                ("settingsSet", set),
                ("search", are_equal(&row.search, &columns.search)),
            ];
            checks.into_iter().find(|(_, good)| !good).map(|(name, _)| name)
        }
    };
    if let Some(what) = wrong {
        found[KEYS].push(Some(row.account.0), Some(row.id.0), Some(what.to_owned()));
    }
}
