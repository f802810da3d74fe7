//! From a user in canonical form to the user of the model.

use crate::domain::{Actor, Guard, Id, Name, Placement, Required, UserDraft, UserNames, check_indexed};
use crate::provisioning::{Error, Request, profile};
use crate::scim::Object;
use crate::scim::schema::{CONNECTOR_USER, USER};
use crate::storage::{Constraint, Error as StorageError, Tx};
use serde_json::Value;

/// The draft that a finished resource stands for. `active` is there.
pub fn draft(resource: &Object) -> Result<UserDraft, Error> {
    let emails = profile::emails(resource);
    for email in emails.iter().filter_map(|email| email.value_key.as_deref()) {
        check_indexed("emails.value", email)?;
    }
    Ok(UserDraft { names: names(resource)?, emails, profile: profile::of(resource, &USER) })
}

/// What a resource calls the user.
pub fn names(resource: &Object) -> Result<UserNames, Error> {
    let or_blank = |attribute, name: Option<&str>| name.map(|name| Name::or_blank(attribute, name)).transpose();
    Ok(UserNames {
        user_name: Name::new("userName", profile::text(resource, "userName").unwrap_or_default())?,
        external_id: profile::external_id(resource)?,
        display_name: or_blank("displayName", profile::text(resource, "displayName"))?,
        username: or_blank("username", extension_text(resource, "username"))?,
    })
}

/// A resource as it is kept: with its id, and active unless it says otherwise.
pub fn complete(mut resource: Object, id: Id) -> Object {
    resource.entry("active").or_insert(Value::Bool(true));
    profile::with_id(resource, id, &USER)
}

fn extension_text<'r>(resource: &'r Object, name: &str) -> Option<&'r str> {
    resource.get(CONNECTOR_USER.id)?.get(name)?.as_str()
}

/// What a new user must have (P-26), and that nobody else has his addresses (P-10).
pub async fn check_new(
    tx: &mut Tx<'_>,
    request: &Request,
    id: Id,
    resource: &Object,
    draft: &UserDraft,
    before: Option<&Placement>,
    after: &Placement,
) -> Result<(), Error> {
    let policies = &request.caller.tenant.policies;
    let by_connection = matches!(request.caller.actor, Actor::Connection(_));
    if before.is_none() && policies.required == Required::Product {
        let part = |name: &str| resource.get("name").and_then(|parts| parts.get(name)).is_some();
        let needed = [
            ("a given name (name.givenName)", part("givenName")),
            ("a family name (name.familyName)", part("familyName")),
            ("an e-mail address (emails)", !draft.emails.is_empty() || draft.names.user_name.text.contains('@')),
            ("an organization", after.organization.is_some()),
        ];
        if let Some((what, _)) = needed.into_iter().find(|(_, there)| !there) {
            return Err(Guard::RequiredMissing { what }.into());
        }
    }
    if by_connection && !policies.unique_email_scim.is_on() {
        return Ok(());
    }
    let main = draft.emails.iter().find(|email| email.primary == Some(true)).or(draft.emails.first());
    let Some(address) = main.and_then(|email| email.value_key.as_deref()) else { return Ok(()) };
    if !is_address(address) {
        return Err(Guard::EmailInvalid { value: address.to_owned() }.into());
    }
    match tx.holder_of_email(request.caller.account, address, id).await? {
        Some(holder) => Err(Guard::EmailTaken { value: address.to_owned(), holder: Some(holder.into()) }.into()),
        None => Ok(()),
    }
}

/// Whether a text can be an address at all; whether mail arrives is found out by sending one.
pub fn is_address(text: &str) -> bool {
    match text.rsplit_once('@') {
        Some((local, domain)) => {
            let plain = |part: &str| !part.is_empty() && !part.contains(|c: char| c.is_whitespace() || c.is_control());
            plain(local) && plain(domain) && !local.contains('@') && !domain.starts_with('.') && !domain.ends_with('.')
        }
        None => false,
    }
}

/// A broken uniqueness in the words of the protocol.
pub fn taken(error: StorageError, draft: &UserDraft) -> Error {
    let (code, attribute, value) = match error {
        StorageError::Conflict(Constraint::UserName) => {
            ("username_taken", "userName", draft.names.user_name.text.clone())
        }
        StorageError::Conflict(Constraint::Username) => {
            let value = draft.names.username.as_ref().map(|name| name.text.clone()).unwrap_or_default();
            return Guard::UsernameTaken { value }.into();
        }
        StorageError::Conflict(Constraint::UserExternalId) => {
            ("external_id_taken", "externalId", draft.names.external_id.clone().unwrap_or_default())
        }
        other => return other.into(),
    };
    Error::Taken { code, resource_type: USER.name, attribute, value }
}
