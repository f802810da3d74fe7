//! Lists of groups, of their members and of those who can become members.

use super::show::{find, show};
use super::view::{CandidateView, GroupView, MemberView};
use crate::admin::through::listing;
use crate::admin::users::{Named, has_keyword, in_group, main_of, page, reference};
use crate::admin::{Error, Page, Request, Window};
use crate::domain::{Field, GroupsMode, Id, Kind, SingleOnAdd};
use crate::expr::{Expr, Op, Value, fold};
use crate::scim::Object;
use crate::storage::rows::{GroupOfUser, MembershipRow, StoredUser, from_json};
use crate::storage::{Place, Tx, Window as Part};
use std::collections::HashMap;

/// Which groups are wanted.
#[derive(Debug, Clone, Default)]
pub struct GroupFilters {
    /// None for archived ones and others.
    pub archived: Option<bool>,
    /// Part of the name.
    pub keyword: Option<String>,
}

/// In order of creation.
pub async fn groups_page(
    tx: &mut Tx<'_>,
    request: &Request,
    filters: &GroupFilters,
    window: &Window,
) -> Result<Page<GroupView>, Error> {
    let account = request.caller.account;
    let mut terms = vec![Expr::Const(true)];
    if let Some(archived) = filters.archived {
        terms.push(Expr::Compare(Field::Archived, Op::Equal, Value::Bool(archived)));
    }
    if let Some(keyword) = &filters.keyword {
        terms.push(Expr::Compare(Field::DisplayName, Op::Contains, Value::Text(fold(keyword.trim()))));
    }
    let after = window.after_id()?.map(|id| Place { key: None, id });
    let part = Part { after, skip: 0, limit: window.rows().unsigned_abs() };
    let rows = tx.page(&listing(account, Kind::Group, Expr::And(terms)), &part).await?;
    let page = Page::new(rows, window, |row| row.stored.id.0.to_string());
    let ids: Vec<Id> = page.items.iter().map(|row| row.stored.id.0).collect();
    let mut items = Vec::with_capacity(ids.len());
    if !ids.is_empty() {
        for group in tx.groups(account, &ids).await? {
            items.push(show(tx, request, &group).await?);
        }
    }
    Ok(Page { items, next: page.next })
}

/// The members of a group, in order of their ids.
pub async fn members_page(
    tx: &mut Tx<'_>,
    request: &Request,
    group: Id,
    window: &Window,
) -> Result<Page<MemberView>, Error> {
    let account = request.caller.account;
    find(tx, request, group).await?;
    let rows = tx.member_page(account, group, window.after_id()?, window.rows()).await?;
    let page = Page::new(rows, window, |row| row.user_id.0.to_string());
    let ids: Vec<Id> = page.items.iter().map(|row| row.user_id.0).collect();
    let users: Vec<StoredUser> = if ids.is_empty() { Vec::new() } else { tx.users(account, &ids).await? };
    let users: HashMap<Id, StoredUser> = users.into_iter().map(|user| (user.stored.id.0, user)).collect();
    let rows = page.items.iter().filter_map(|row| Some((row, users.get(&row.user_id.0)?)));
    let items = rows.map(|(row, user)| member(row, user)).collect::<Result<_, _>>()?;
    Ok(Page { items, next: page.next })
}

pub fn member(row: &MembershipRow, user: &StoredUser) -> Result<MemberView, Error> {
    Ok(MemberView {
        user: reference(row.user_id.0, &user.stored.body)?,
        primary: row.is_primary,
        group_admin: row.group_admin,
        can_send: row.can_send,
        origins: row.origins.split(' ').map(str::to_owned).collect(),
    })
}

/// Who can be added: everybody who is no member. Where users have one group each and nobody is moved, only those who are
/// in Default. An archived group takes nobody.
pub async fn candidates_page(
    tx: &mut Tx<'_>,
    request: &Request,
    group: Id,
    keyword: Option<&str>,
    window: &Window,
) -> Result<Page<CandidateView>, Error> {
    let account = &request.caller.tenant;
    let found = find(tx, request, group).await?;
    let mut terms = vec![in_group(group).negate()];
    if found.archived {
        terms.push(Expr::Const(false));
    }
    if account.policies.groups_mode == GroupsMode::Single && account.policies.single_on_add == SingleOnAdd::Reject {
        terms.push(in_group(account.default_group));
    }
    terms.extend(keyword.map(has_keyword));
    let page = page(tx, request, Expr::And(terms), window).await?;
    let ids: Vec<Id> = page.items.iter().map(|user| user.stored.id.0).collect();
    let mut groups: HashMap<Id, Vec<GroupOfUser>> = HashMap::new();
    if !ids.is_empty() {
        for held in tx.groups_of_all(account.id, &ids, true).await? {
            groups.entry(held.user_id.0).or_default().push(held);
        }
    }
    let show = |user: StoredUser| candidate(&user, groups.remove(&user.stored.id.0).unwrap_or_default());
    let items = page.items.into_iter().map(show).collect::<Result<_, _>>()?;
    Ok(Page { items, next: page.next })
}

fn candidate(user: &StoredUser, groups: Vec<GroupOfUser>) -> Result<CandidateView, Error> {
    let body: Object = from_json(&user.stored.body)?;
    let named = |group: GroupOfUser| Named { id: group.group_id.0.to_string(), name: group.display_name };
    Ok(CandidateView {
        user: reference(user.stored.id.0, &user.stored.body)?,
        email: main_of(&body, "emails", "value").map(str::to_owned),
        status: user.placement.status.clone(),
        groups: groups.into_iter().map(named).collect(),
    })
}
