//! Decisions for the product: may this user do that now?

use super::show::find;
use super::view::Reason;
use crate::admin::{Error, Request};
use crate::domain::{CAPABILITIES, Guard, Id, Status};
use crate::provisioning::{effective_roles, find_group};
use crate::storage::Tx;
use crate::storage::rows::{GroupOfUser, StoredUser};
use serde::Serialize;
use utoipa::ToSchema;

/// What is asked.
#[derive(Debug, Clone)]
pub enum Question {
    SignIn,
    EditSession,
    /// In a group, by name or id, or in any.
    Send(Option<String>),
    Capability(String),
}

/// Yes, or why not.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Decision)]
pub struct Answer {
    pub allowed: bool,
    pub reasons: Vec<Reason>,
}

pub async fn decide(tx: &mut Tx<'_>, request: &Request, id: Id, question: &Question) -> Result<Answer, Error> {
    let user = match find(tx, request, id).await {
        Err(Error::Guard(Guard::UserRemoved(_))) => return Ok(Answer::new(vec![removed()])),
        other => other?,
    };
    let mut reasons: Vec<Reason> = of_status(&user).into_iter().collect();
    match question {
        Question::SignIn | Question::EditSession => {}
        Question::Send(group) => {
            let account = request.caller.account;
            let group = match group {
                Some(name) => Some(find_group(tx, account, name).await?),
                None => None,
            };
            let groups = tx.groups_of_all(account, &[id], true).await?;
            reasons.extend(unplaced(&user));
            reasons.extend(no_send_group(&groups, group));
        }
        Question::Capability(capability) => {
            let groups = tx.groups_of_all(request.caller.account, &[id], true).await?;
            reasons.extend(lacks(request, &user, &groups, capability)?);
        }
    }
    Ok(Answer::new(reasons))
}

impl Answer {
    fn new(reasons: Vec<Reason>) -> Self {
        Self { allowed: reasons.is_empty(), reasons }
    }
}

fn reason(code: &'static str, detail: impl Into<String>) -> Reason {
    Reason { code, detail: detail.into() }
}

fn removed() -> Reason {
    reason("user_removed", "The user was removed from the account.")
}

fn of_status(user: &StoredUser) -> Option<Reason> {
    match user.placement.status.parse() {
        Ok(Status::Active) => None,
        Ok(Status::Invited) => Some(reason("user_invited", "The user has not accepted the invitation yet.")),
        Ok(Status::Removed) => Some(removed()),
        _ => Some(reason("user_inactive", "The user was deactivated. Reactivate him to give him access again.")),
    }
}

fn unplaced(user: &StoredUser) -> Option<Reason> {
    let detail = "The user has no organization. Assign one; it counts at once.";
    user.placement.organization_id.is_none().then(|| reason("user_unplaced", detail))
}

fn no_send_group(groups: &[GroupOfUser], wanted: Option<Id>) -> Option<Reason> {
    let Some(wanted) = wanted else {
        let detail = "The user may send in none of his groups. Turn canSend on for one of them.";
        return (!groups.iter().any(|group| group.can_send)).then(|| reason("no_send_group", detail));
    };
    match groups.iter().find(|group| group.group_id.0 == wanted) {
        Some(group) if group.can_send => None,
        Some(group) => {
            let detail = format!("The user may not send in \"{}\". Turn canSend on for him there.", group.display_name);
            Some(reason("no_send_group", detail))
        }
        None => Some(reason("no_send_group", "The user is not a member of this group. Add him to it.")),
    }
}

fn lacks(
    request: &Request,
    user: &StoredUser,
    groups: &[GroupOfUser],
    capability: &str,
) -> Result<Option<Reason>, Error> {
    let catalogue = &request.caller.tenant.catalogue;
    let is_own = catalogue.roles.iter().any(|role| role.capabilities.iter().any(|known| known == capability));
    if capability.contains('*') || !(CAPABILITIES.contains(&capability) || is_own) {
        return Err(Error::UnknownValue { field: "capability", known: CAPABILITIES.join(", ") });
    }
    let effective = effective_roles(&request.provisioning(), user, groups)?;
    let keys = effective.iter().filter_map(|role| role["value"].as_str());
    if keys.filter_map(|key| catalogue.by_key(key)).any(|role| role.allows(capability)) {
        return Ok(None);
    }
    let able: Vec<&str> =
        catalogue.roles.iter().filter(|role| role.allows(capability)).map(|role| role.name.as_str()).collect();
    let detail = format!("No role of the user allows {capability}. Roles that do: {}.", able.join(", "));
    Ok(Some(reason("capability_missing", detail)))
}
