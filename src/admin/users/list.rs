//! Lists of users.

use super::show::{absent, all_buried, several};
use super::view::{AnyUser, RemovedView};
use crate::admin::through::listing;
use crate::admin::{Error, Page, Request, Window};
use crate::domain::{Condition, Field, Guard, Id, Kind};
use crate::expr::{Expr, Op, Value, fold};
use crate::provisioning::{find_group, find_organization, unknown_organization};
use crate::storage::rows::{StoredUser, from_json};
use crate::storage::{Place, Tx, Window as Part};

/// Which users are wanted; several filters must all hold.
#[derive(Debug, Clone, Default)]
pub struct UserFilters {
    /// invited, active, inactive or removed; all but the removed ones when it is left out.
    pub status: Option<String>,
    pub user_type: Option<String>,
    /// By key, name or alias: those who have it directly, and those who inherit it.
    pub role: Option<String>,
    /// By name or id.
    pub group: Option<String>,
    /// By name or id.
    pub organization: Option<String>,
    /// Part of the login, the display name or an e-mail address.
    pub keyword: Option<String>,
    /// Only those who are not inactive and cannot start sessions.
    pub attention: bool,
}

/// In order of creation.
pub async fn users_page(
    tx: &mut Tx<'_>,
    request: &Request,
    filters: &UserFilters,
    window: &Window,
) -> Result<Page<AnyUser>, Error> {
    if filters.status.as_deref() == Some("removed") {
        let page = removed(tx, request, filters, window).await?;
        return Ok(page.map(|user| AnyUser::Removed(Box::new(user))));
    }
    let condition = condition(tx, request, filters).await?;
    let page = page(tx, request, condition, window).await?;
    let next = page.next;
    let items = several(tx, request, page.items).await?.into_iter();
    Ok(Page { items: items.map(|user| AnyUser::Live(Box::new(user))).collect(), next })
}

/// Rows under a condition, in order of creation.
pub async fn page(
    tx: &mut Tx<'_>,
    request: &Request,
    condition: Condition,
    window: &Window,
) -> Result<Page<StoredUser>, Error> {
    let account = request.caller.account;
    let after = window.after_id()?.map(|id| Place { key: None, id });
    let part = Part { after, skip: 0, limit: window.rows().unsigned_abs() };
    let rows = tx.page(&listing(account, Kind::User, condition), &part).await?;
    let page = Page::new(rows, window, |row| row.stored.id.0.to_string());
    let ids: Vec<Id> = page.items.iter().map(|row| row.stored.id.0).collect();
    let items = if ids.is_empty() { Vec::new() } else { tx.users(account, &ids).await? };
    Ok(Page { items, next: page.next })
}

async fn removed(
    tx: &mut Tx<'_>,
    request: &Request,
    filters: &UserFilters,
    window: &Window,
) -> Result<Page<RemovedView>, Error> {
    let UserFilters { status: _, user_type, role, group, organization, keyword, attention } = filters;
    if *attention || [user_type, role, group, organization, keyword].iter().any(|filter| filter.is_some()) {
        let detail = "Removed users are listed by themselves: leave the other filters out beside status=removed.";
        return Err(Error::Invalid { field: "status", detail });
    }
    let rows = tx.removed_users(request.caller.account, window.after_id()?, window.rows()).await?;
    let page = Page::new(rows, window, |row| row.id.0.to_string());
    Ok(Page { items: all_buried(tx, request, &page.items).await?, next: page.next })
}

async fn condition(tx: &mut Tx<'_>, request: &Request, filters: &UserFilters) -> Result<Condition, Error> {
    let account = request.caller.account;
    let mut terms = vec![Expr::Const(true)];
    if let Some(status) = &filters.status {
        terms.push(equal(Field::Status, status.clone()));
    }
    if let Some(user_type) = &filters.user_type {
        terms.push(equal(Field::Profile(vec!["userType"]), fold(user_type)));
    }
    if let Some(role) = &filters.role {
        terms.push(has_role(tx, request, role).await?);
    }
    if let Some(group) = &filters.group {
        terms.push(in_group(find_group(tx, account, group).await?));
    }
    if let Some(name) = &filters.organization {
        let Some(found) = find_organization(tx, account, name).await? else {
            return Err(unknown_organization(tx, account, name).await?.into());
        };
        terms.push(equal(Field::Organization, found.to_string()));
    }
    if let Some(keyword) = &filters.keyword {
        terms.push(has_keyword(keyword));
    }
    if filters.attention {
        let sends = equal_flag(Field::Element("canSend"), true);
        terms.push(equal(Field::Status, "inactive".to_owned()).negate());
        terms.push(Expr::Or(vec![
            Expr::Present(Field::Organization).negate(),
            Expr::Any(Field::Memberships, Box::new(sends)).negate(),
        ]));
    }
    Ok(Expr::And(terms))
}

/// Login, display name or an address contains it.
pub fn has_keyword(keyword: &str) -> Condition {
    let contains = |field| Expr::Compare(field, Op::Contains, Value::Text(fold(keyword.trim())));
    Expr::Or(vec![
        contains(Field::UserName),
        contains(Field::DisplayName),
        Expr::Any(Field::Emails, Box::new(contains(Field::Element("value")))),
    ])
}

pub fn in_group(group: Id) -> Condition {
    Expr::Any(Field::Groups, Box::new(equal(Field::Element("value"), group.to_string())))
}

/// Under whatever name the role was pushed.
async fn has_role(tx: &mut Tx<'_>, request: &Request, name: &str) -> Result<Condition, Error> {
    let account = &request.caller.tenant;
    let Some(role) = account.catalogue.find(name) else {
        return Err(Guard::RoleUnknown { name: name.to_owned(), known: account.catalogue.names() }.into());
    };
    let words = [&role.key, &role.name].into_iter().chain(&role.aliases);
    let called = words.map(|word| equal(Field::Element("value"), fold(word))).collect();
    let mut ways = vec![Expr::Any(Field::Profile(vec!["roles"]), Box::new(Expr::Or(called)))];
    if account.policies.grant_roles.is_on() {
        for (group, roles) in tx.groups_with_roles(account.id).await? {
            if from_json::<Vec<String>>(&roles)?.contains(&role.key) {
                ways.push(in_group(group.0));
            }
        }
    }
    Ok(Expr::Or(ways))
}

fn equal(field: Field, text: String) -> Condition {
    Expr::Compare(field, Op::Equal, Value::Text(text))
}

fn equal_flag(field: Field, flag: bool) -> Condition {
    Expr::Compare(field, Op::Equal, Value::Bool(flag))
}

/// The row of a user who must be live, or why there is none.
pub async fn check_live(tx: &mut Tx<'_>, request: &Request, ids: &[Id]) -> Result<(), Error> {
    for id in ids {
        if tx.user(request.caller.account, *id).await?.is_none() {
            let error = absent(tx, request, *id).await?;
            // Who never was here is refused by the change itself, together with others.
            if matches!(error, Error::Guard(_)) {
                return Err(error);
            }
        }
    }
    Ok(())
}
