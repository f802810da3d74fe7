//! All of an account as the database has it, and what must hold of it at any time.

use super::tenant::Tenant;
use crate::support::Server;
use scim_connector::domain::{Fallback, Id, Kind, Membership};
use scim_connector::expr::Expr;
use scim_connector::storage::rows::{MembershipRow, StoredGroup, StoredUser, from_json};
use scim_connector::storage::{Error, Listing, Tx, Window};
use std::collections::{BTreeMap, BTreeSet};

#[derive(Debug, Clone, PartialEq)]
pub struct State {
    pub users: BTreeMap<Id, Person>,
    pub groups: BTreeMap<Id, StoredGroup>,
    pub organizations: BTreeSet<Id>,
    pub removed: BTreeMap<Id, (i64, String)>,
    pub totals: [i64; 3],
    default_group: Id,
    grants_roles: bool,
    parks: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Person {
    pub row: StoredUser,
    pub memberships: Vec<Membership>,
}

impl State {
    pub async fn read(server: &Server, tenant: &Tenant) -> Self {
        let account = tenant.account;
        let listing = move |kind| Listing {
            kind,
            account,
            // A condition, because an unfiltered list leaves archived groups out.
            condition: Some(Expr::Const(true)),
            sort_by: None,
            descending: false,
            with_default_group: true,
        };
        let window = Window { after: None, skip: 0, limit: 10_000 };
        let work = async move |tx: &mut Tx<'_>| {
            let users = tx.page(&listing(Kind::User), &window).await?;
            let users: Vec<Id> = users.iter().map(|row| row.stored.id.0).collect();
            let rows = tx.users(account, &users).await?;
            let memberships = tx.memberships_of(account, &users).await?;
            let groups = tx.page(&listing(Kind::Group), &window).await?;
            let groups: Vec<Id> = groups.iter().map(|row| row.stored.id.0).collect();
            let groups = tx.groups(account, &groups).await?;
            let groups: BTreeMap<Id, StoredGroup> =
                groups.into_iter().map(|group| (group.stored.id.0, group)).collect();
            let organizations = tx.page(&listing(Kind::Organization), &window).await?;
            let removed = tx.removed_users(account, None, 10_000).await?;
            let policies = tx.account(account).await?.expect("it is there").account()?.policies;
            let mut totals = [0; 3];
            for (total, kind) in totals.iter_mut().zip([Kind::User, Kind::Group, Kind::Organization]) {
                *total = tx.totals(account, kind).await?.0;
            }
            Ok::<_, Error>((rows, memberships, groups, organizations, removed, totals, policies))
        };
        let (rows, memberships, groups, organizations, removed, totals, policies) =
            server.app.service.db.scan(work).await.expect("the state is read");
        let person = |row: StoredUser| {
            let id = row.stored.id.0;
            let of_him = memberships.iter().filter(|membership| membership.user_id.0 == id);
            (id, Person { row, memberships: of_him.map(MembershipRow::membership).collect() })
        };
        Self {
            users: rows.into_iter().map(person).collect(),
            groups,
            organizations: organizations.iter().map(|row| row.stored.id.0).collect(),
            removed: removed.into_iter().map(|row| (row.id.0, (row.version, row.body))).collect(),
            totals,
            default_group: tenant.default_group,
            grants_roles: policies.grant_roles.is_on(),
            parks: policies.fallback == Fallback::Park,
        }
    }

    /// Invariants 1 and 2, and what is derived from them.
    pub fn check(&self) -> Result<(), String> {
        for (id, person) in &self.users {
            let broken = |what: &str| Err(format!("user {id} {what}: {person:?}"));
            match person.row.placement.organization_id {
                Some(organization) if self.organizations.contains(&organization.0) => {}
                None if self.parks => {}
                _ => return broken("is in no organization of the account"),
            }
            if person.memberships.iter().filter(|held| held.primary).count() != 1 {
                return broken("has not exactly one primary group");
            }
            if person.memberships.iter().any(|held| !self.groups.contains_key(&held.group) || held.origins.is_empty()) {
                return broken("is in a group that is not there, or nobody gave it");
            }
            if person.row.placement.status == "removed" || self.removed.contains_key(id) {
                return broken("is alive and removed");
            }
            let direct = person.grants().iter().any(|role| role == "administrator");
            let inherits = |held: &Membership| self.groups[&held.group].grants_admin;
            let inherited = self.grants_roles && person.memberships.iter().any(inherits);
            if (person.row.placement.direct_admin, person.row.placement.is_admin) != (direct, direct || inherited) {
                return broken("is an administrator, or not, for no reason");
            }
        }
        if self.groups.values().filter(|group| group.is_default).count() != 1 {
            return Err("there is not exactly one Default group".to_owned());
        }
        for (id, group) in self.groups.iter().filter(|(_, group)| !group.is_default) {
            let members = self.members(*id).count();
            if usize::try_from(group.member_count) != Ok(members) {
                return Err(format!("group {id} counts {} members and has {members}", group.member_count));
            }
        }
        let listed = self.groups.values().filter(|group| !group.is_default && !group.archived).count();
        let counted =
            [self.users.len(), listed, self.organizations.len()].map(|count| i64::try_from(count).expect("small"));
        if counted != self.totals {
            return Err(format!("the totals are {:?} and should be {counted:?}", self.totals));
        }
        Ok(())
    }

    pub fn members(&self, group: Id) -> impl Iterator<Item = (Id, &Membership)> {
        self.users.iter().filter_map(move |(id, person)| {
            person.memberships.iter().find(|held| held.group == group).map(|held| (*id, held))
        })
    }

    /// Whether the account, or one organization, has an active administrator.
    pub fn has_admin(&self, organization: Option<Id>) -> bool {
        let is_there = |person: &Person| {
            organization.is_none_or(|id| person.row.placement.organization_id.map(Id::from) == Some(id))
        };
        let active = |person: &&Person| person.row.placement.is_admin && person.row.placement.status == "active";
        self.users.values().filter(active).any(is_there)
    }

    pub fn is_default(&self, group: Id) -> bool {
        group == self.default_group
    }
}

impl Person {
    /// Keys of the direct roles that count.
    pub fn grants(&self) -> Vec<String> {
        let placement = self.row.placement.placement().expect("a placement");
        placement.roles.iter().filter_map(|grant| grant.effective().map(str::to_owned)).collect()
    }

    /// What a client can read of him.
    pub fn visible(&self) -> String {
        let placement = self.row.placement.placement().expect("a placement");
        let roles: Vec<_> = placement.roles.iter().map(|grant| (&grant.wish, grant.held)).collect();
        let memberships: Vec<_> =
            self.memberships.iter().map(|held| (held.group, held.primary, held.group_admin, held.can_send)).collect();
        let body: serde_json::Value = from_json(&self.row.stored.body).expect("JSON");
        format!(
            "{body} {} {:?} {roles:?} {memberships:?}",
            self.row.placement.status, self.row.placement.organization_id
        )
    }
}
