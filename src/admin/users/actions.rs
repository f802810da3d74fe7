//! What can be done with a user now, and why something cannot: the same guardrails that would refuse it.

use super::view::Action;
use crate::admin::{Error, Request};
use crate::domain::{Guard, GuardScope, Id, Placement, Status};
use crate::storage::Tx;
use crate::storage::rows::StoredUser;
use std::collections::BTreeSet;

/// What has to be known for that.
pub struct Actions {
    /// The user that the key of the caller is bound to.
    caller: Option<Id>,
    by_organization: bool,
    /// Active administrators who are the last ones.
    last: BTreeSet<Id>,
}

impl Actions {
    pub async fn load(tx: &mut Tx<'_>, request: &Request, users: &[StoredUser]) -> Result<Self, Error> {
        let by_organization = request.caller.tenant.policies.last_admin_scope == GuardScope::Organization;
        let active = Status::Active.to_string();
        let admins = users.iter().filter(|user| user.placement.is_admin && user.placement.status == active);
        let scopes: BTreeSet<Option<Id>> =
            admins.map(|user| user.placement.organization_id.map(Id::from).filter(|_| by_organization)).collect();
        let mut last = BTreeSet::new();
        for scope in scopes {
            let some = tx.active_admin_ids(request.caller.account, scope, 2).await?;
            if let [one] = some.as_slice() {
                last.insert(one.0);
            }
        }
        Ok(Self { caller: request.caller.user, by_organization, last })
    }

    pub fn of(&self, id: Id, placement: &Placement) -> Vec<Action> {
        let leaving = |what: &'static str| {
            let guard = if self.caller == Some(id) {
                Some(Guard::SelfRemoval(what))
            } else if placement.is_active_admin() && self.last.contains(&id) {
                Some(Guard::LastActiveAdmin { organization: self.by_organization })
            } else {
                None
            };
            Action::new(what, guard.as_ref())
        };
        let status = match placement.status {
            Status::Inactive => Action::new("reactivate", None),
            _ => leaving("deactivate"),
        };
        vec![Action::new("edit", None), status, leaving("remove")]
    }
}

/// Nothing can be done with a removed user.
pub fn of_removed(id: Id) -> Vec<Action> {
    let guard = Guard::UserRemoved(id);
    ["edit", "deactivate", "reactivate", "remove"].map(|action| Action::new(action, Some(&guard))).into()
}
