//! The role catalogue: what is built in stays; an account adds roles of its own.

use super::{Error, Page, Request, Window};
use crate::domain::{Account, Catalogue, Change, Error as Rule, Guard, Name, Role, Subject};
use crate::provisioning::forget_role;
use crate::storage::Tx;
use crate::storage::rows::{AccountRow, from_json};
use serde_json::{Value, json};

const LONGEST_KEY: usize = 64;
const MOST_WORDS: usize = 100;

/// A role as it is shown.
#[derive(Debug, Clone)]
pub struct ShownRole {
    pub role: Role,
    pub is_built_in: bool,
    /// Users who have it directly.
    pub users: i64,
    /// That of the account, whose part the catalogue is.
    pub version: i64,
}

/// What an administrator may change of a role; what is `None` stays.
#[derive(Debug, Clone, Default)]
pub struct RoleChange {
    pub name: Option<String>,
    pub aliases: Option<Vec<String>>,
    pub capabilities: Option<Vec<String>>,
    pub is_admin: Option<bool>,
}

/// In the order of the catalogue: the built-in roles first.
pub async fn roles_page(tx: &mut Tx<'_>, request: &Request, window: &Window) -> Result<Page<ShownRole>, Error> {
    let account = own(tx, request).await?;
    let roles = account.catalogue.roles.iter();
    let after = |role: &&Role| window.after.as_ref().is_some_and(|key| role.key != *key);
    let skipped = roles.clone().take_while(after).count();
    let start = if window.after.is_some() { skipped + 1 } else { 0 };
    if start > account.catalogue.roles.len() {
        return Err(Error::CursorInvalid);
    }
    let mut shown = Vec::new();
    for role in roles.skip(start).take(usize::try_from(window.rows()).unwrap_or_default()) {
        shown.push(show(tx, &account, role).await?);
    }
    Ok(Page::new(shown, window, |shown| shown.role.key.clone()))
}

pub async fn role_of(tx: &mut Tx<'_>, request: &Request, key: &str) -> Result<ShownRole, Error> {
    let account = own(tx, request).await?;
    let role = find(&account, key)?.clone();
    show(tx, &account, &role).await
}

pub async fn add_role(tx: &mut Tx<'_>, request: &Request, role: Role) -> Result<ShownRole, Error> {
    let mut account = lock(tx, request).await?;
    check(&role)?;
    add(&mut account, role.clone())?;
    save(tx, &mut account).await?;
    tell(tx, request, "role.created", &account, None, Some(&role));
    show(tx, &account, &role).await
}

/// What makes an administrator is not changed while somebody has the role: a demotion has to name whom it demotes.
pub async fn change_role(
    tx: &mut Tx<'_>,
    request: &Request,
    key: &str,
    change: &RoleChange,
) -> Result<ShownRole, Error> {
    let mut account = lock(tx, request).await?;
    let before = own_role(&account, key)?;
    request.check_version(account.version)?;
    let RoleChange { name, aliases, capabilities, is_admin } = change.clone();
    let after = Role {
        key: before.key.clone(),
        name: name.unwrap_or_else(|| before.name.clone()),
        aliases: aliases.unwrap_or_else(|| before.aliases.clone()),
        capabilities: capabilities.unwrap_or_else(|| before.capabilities.clone()),
        is_admin: is_admin.unwrap_or(before.is_admin),
    };
    if after == before {
        return show(tx, &account, &before).await;
    }
    check(&after)?;
    if after.is_admin != before.is_admin {
        check_unused(tx, &account, &before, "change isAdmin").await?;
    }
    let place = account.catalogue.roles.iter().position(|role| role.key == key).unwrap_or_default();
    account.catalogue.roles.remove(place);
    add(&mut account, after.clone())?;
    // It keeps its place in the list.
    account.catalogue.roles[place..].rotate_right(1);
    save(tx, &mut account).await?;
    tell(tx, request, "role.updated", &account, Some(&before), Some(&after));
    show(tx, &account, &after).await
}

pub async fn delete_role(tx: &mut Tx<'_>, request: &Request, key: &str) -> Result<(), Error> {
    let mut account = lock(tx, request).await?;
    let role = own_role(&account, key)?;
    request.check_version(account.version)?;
    check_unused(tx, &account, &role, "delete it").await?;
    forget_role(tx, account.id, key).await?;
    account.catalogue.roles.retain(|role| role.key != key);
    save(tx, &mut account).await?;
    tell(tx, request, "role.deleted", &account, Some(&role), None);
    Ok(())
}

/// The account as it is now, which may be later than when the caller proved who he is.
async fn own(tx: &mut Tx<'_>, request: &Request) -> Result<Account, Error> {
    super::own_account(tx, request.caller.account).await
}

/// The same, kept from others: two changes of the catalogue follow each other.
async fn lock(tx: &mut Tx<'_>, request: &Request) -> Result<Account, Error> {
    tx.lock_account(request.caller.account).await?;
    own(tx, request).await
}

fn find<'a>(account: &'a Account, key: &str) -> Result<&'a Role, Error> {
    let absent = || Error::NotVisible { what: "role", id: key.to_owned() };
    account.catalogue.by_key(key).ok_or_else(absent)
}

/// A role that may be changed.
fn own_role(account: &Account, key: &str) -> Result<Role, Error> {
    let role = find(account, key)?;
    if is_built_in(account, key) {
        return Err(Guard::RoleBuiltIn { name: role.name.clone() }.into());
    }
    Ok(role.clone())
}

fn is_built_in(account: &Account, key: &str) -> bool {
    Catalogue::built_in(account.preset).by_key(key).is_some()
}

async fn show(tx: &mut Tx<'_>, account: &Account, role: &Role) -> Result<ShownRole, Error> {
    let users = tx.holders_of_role(account.id, &role.key).await?;
    let is_built_in = is_built_in(account, &role.key);
    Ok(ShownRole { role: role.clone(), is_built_in, users, version: account.version })
}

fn check(role: &Role) -> Result<(), Error> {
    let word = |text: &str| {
        let good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '-' | '.');
        (1..=LONGEST_KEY).contains(&text.len()) && text.chars().all(good)
    };
    if !word(&role.key) {
        let detail = "The key of a role has 1 to 64 of the characters a-z, 0-9, '_', '-' and '.'.";
        return Err(Error::Invalid { field: "key", detail });
    }
    Name::new("The name of a role", &role.name)?;
    role.aliases.iter().try_for_each(|alias| Name::new("An alias of a role", alias).map(drop))?;
    let is_capability = |text: &String| text == "*" || word(text.strip_suffix(".*").unwrap_or(text));
    if !role.capabilities.iter().all(is_capability) {
        let detail = "A capability is a word such as billing.view; billing.* is everything that begins with billing, and * \
                      is everything.";
        return Err(Error::Invalid { field: "capabilities", detail });
    }
    if role.aliases.len() > MOST_WORDS || role.capabilities.len() > MOST_WORDS {
        let detail = "A role has at most 100 aliases and 100 capabilities.";
        return Err(Error::Invalid { field: "aliases", detail });
    }
    Ok(())
}

fn add(account: &mut Account, role: Role) -> Result<(), Error> {
    account.catalogue.add(role).map_err(|error| match error {
        Rule::RoleTaken { name } => Error::Exists { what: "role", name, holder: None },
        other => other.into(),
    })
}

async fn check_unused(tx: &mut Tx<'_>, account: &Account, role: &Role, what: &'static str) -> Result<(), Error> {
    let users = tx.holders_of_role(account.id, &role.key).await?;
    let mut groups = 0;
    for (_, roles) in tx.groups_with_roles(account.id).await? {
        let keys: Vec<String> = from_json(&roles)?;
        groups += usize::from(keys.contains(&role.key));
    }
    if users > 0 || groups > 0 {
        return Err(Guard::RoleInUse { name: role.name.clone(), users, groups, what }.into());
    }
    Ok(())
}

async fn save(tx: &mut Tx<'_>, account: &mut Account) -> Result<(), Error> {
    let row = AccountRow::new(account);
    tx.update_account(account.id, &row.policies, &row.roles).await?;
    account.version += 1;
    Ok(())
}

fn tell(
    tx: &mut Tx<'_>,
    request: &Request,
    action: &'static str,
    account: &Account,
    before: Option<&Role>,
    after: Option<&Role>,
) {
    let scim = request.provisioning();
    let parts = |role: Option<&Role>| -> [Value; 4] {
        role.map_or_else(Default::default, |role| {
            [json!(role.name), json!(role.aliases), json!(role.capabilities), json!(role.is_admin)]
        })
    };
    let names = ["name", "aliases", "capabilities", "isAdmin"];
    let changes: Vec<Change> = names
        .into_iter()
        .zip(parts(before).into_iter().zip(parts(after)))
        .filter(|(_, (from, to))| from != to)
        .map(|(field, (from, to))| Change { field: field.to_owned(), from, to, by: None })
        .collect();
    let key = before.or(after).map(|role| role.key.as_str()).unwrap_or_default();
    let subject = Subject::new("role", key);
    let attributes: Vec<&str> = changes.iter().map(|change| change.field.as_str()).collect();
    let data = json!({ "attributes": attributes });
    tx.ledger.events.push(scim.event(action, None, subject.clone(), account.version, data));
    tx.ledger.audit.push(scim.entry(action, subject, changes));
}
