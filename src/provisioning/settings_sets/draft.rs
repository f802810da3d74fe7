//! From a settings set in canonical form to the settings set of the model.

use crate::domain::{Guard, SettingsSetDraft};
use crate::provisioning::users::is_address;
use crate::provisioning::{Error, profile};
use crate::scim::schema::SETTINGS_SET;
use crate::scim::{Error as ScimError, Object};
use crate::storage::{Constraint, Error as StorageError};
use serde_json::Value;

/// The longest time that a session may wait: a hundred years.
const MAX_DAYS: i64 = 36_500;

/// The draft that a finished resource stands for.
pub fn draft(resource: &Object) -> Result<SettingsSetDraft, Error> {
    let external_id = profile::external_id(resource)?;
    check_sender(resource.get("sender"))?;
    check_expiration(resource.get("expiration"))?;
    Ok(SettingsSetDraft {
        display_name: profile::display_name(resource)?,
        external_id,
        profile: profile::of(resource, &SETTINGS_SET),
    })
}

fn check_sender(sender: Option<&Value>) -> Result<(), Error> {
    let part = |name: &str| sender.and_then(|sender| sender.get(name)).and_then(Value::as_str);
    if let Some(address) = part("email").filter(|address| !is_address(address)) {
        return Err(Guard::EmailInvalid { value: address.to_owned() }.into());
    }
    // A line break would begin another header of the mail.
    if part("name").is_some_and(|name| name.chars().any(char::is_control)) {
        return Err(ScimError::value("sender.name must be one line of text.").into());
    }
    Ok(())
}

fn check_expiration(expiration: Option<&Value>) -> Result<(), Error> {
    let part = |name: &str| expiration.and_then(|expiration| expiration.get(name)).and_then(Value::as_i64);
    let (days, reminder) = (part("days"), part("reminderDays"));
    if let Some(days) = days.filter(|days| !(1..=MAX_DAYS).contains(days)) {
        let detail = format!("expiration.days must be from 1 to {MAX_DAYS}; it is {days}.");
        return Err(ScimError::value(detail).into());
    }
    match (reminder, days) {
        (None, _) => Ok(()),
        (Some(reminder), Some(days)) if (0..days).contains(&reminder) => Ok(()),
        (Some(reminder), Some(days)) => {
            let detail = format!(
                "expiration.reminderDays must be from 0 to {}, before the {days} days are over; it is {reminder}.",
                days - 1
            );
            Err(ScimError::value(detail).into())
        }
        (Some(_), None) => {
            Err(ScimError::value("expiration.reminderDays needs expiration.days: it counts back from it.").into())
        }
    }
}

/// A broken uniqueness in the words of the protocol.
pub fn taken(error: StorageError, draft: &SettingsSetDraft) -> Error {
    match error {
        StorageError::Conflict(Constraint::SettingsSetName) => Error::Taken {
            code: "settings_set_name_taken",
            resource_type: SETTINGS_SET.name,
            attribute: "displayName",
            value: draft.display_name.text.clone(),
        },
        other => other.into(),
    }
}
