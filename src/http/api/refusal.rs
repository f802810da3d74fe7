//! Broken rules as problems: the one place that chooses status and code for the admin API.

use super::{PREFIX, Problem};
use crate::admin::{Error, Error as AdminError};
use crate::domain::{Error as Rule, Guard, Id, Policies};
use crate::provisioning::{self, Refusal};
use crate::scim::Error as ScimError;

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let problem = translate(&error);
        // The client gets a sentence; the log gets the cause, once.
        if problem.status >= 500 {
            tracing::error!(%error, "the request failed");
        } else {
            tracing::debug!(code = problem.code, "the request was refused");
        }
        problem
    }
}

fn translate(error: &Error) -> Problem {
    let (status, code) = match error {
        Error::Storage(error) => return Refusal::from(error).into(),
        Error::Guard(guard) => return guardrail(guard),
        Error::Scim(error) => return protocol(error),
        Error::Provisioning(error) => return provisioned(error),
        Error::Taken { error, list, holder } => return held(provisioned(error), list, *holder),
        Error::UnknownValue { field, .. } => {
            return Problem::new(422, "value_invalid", error.to_string()).extra("field", *field);
        }
        Error::Exists { what, holder, .. } => {
            let code = match *what {
                "account" => "account_name_taken",
                "connection" => "connection_name_taken",
                "organization" => "organization_name_taken",
                "settings set" => "settings_set_name_taken",
                "role" => "role_name_taken",
                _ => "name_taken",
            };
            let problem = Problem::new(409, code, error.to_string());
            return match holder {
                Some(holder) => problem.extra("holder", holder.to_string()),
                None => problem,
            };
        }
        Error::Invalid { field, .. } => {
            return Problem::new(422, "value_invalid", error.to_string()).extra("field", *field);
        }
        Error::SecretShown { id } => {
            return Problem::new(409, "idempotency_secret_shown", error.to_string()).extra("id", id.as_str());
        }
        Error::Random(_) => {
            let detail = "The server failed. Nothing was changed; tell its operator the request id.";
            return Problem::new(500, "internal_error", detail);
        }
        Error::Domain(rule) => return of_value(rule),
        Error::Rule { index, field, cause } => {
            let inner = translate(cause);
            let is_guard = matches!(**cause, Error::Guard(_) | Error::Provisioning(provisioning::Error::Guard(_)));
            let (status, code) = if is_guard { (inner.status, inner.code) } else { (422, "rule_invalid") };
            let problem = Problem { status, code, detail: error.to_string(), ..inner };
            return problem.extra("rule", *index).extra("field", *field);
        }
        Error::OrganizationModeActive => (409, "organization_mode_active"),
        Error::NotFound { .. } | Error::NotVisible { .. } => (404, "not_visible"),
        Error::Unauthorized(_) => (401, "unauthorized"),
        Error::IssuerTaken => (409, "trusted_issuer_taken"),
        Error::SelfRemoval(_) => (409, "self_removal"),
        Error::VersionConflict => (412, "version_conflict"),
        Error::CursorInvalid => (400, "cursor_invalid"),
        Error::KeyReused => (422, "idempotency_key_reused"),
    };
    Problem::new(status, code, error.to_string())
}

/// Refusals of the use cases that serve SCIM too: the same codes and sentences.
fn provisioned(error: &provisioning::Error) -> Problem {
    use provisioning::Error;
    match error {
        Error::Guard(guard) => guardrail(guard),
        Error::Scim(error) => protocol(error),
        Error::Domain(rule) => of_value(rule),
        Error::NotFound { resource_type, id } => {
            let what = match *resource_type {
                "SettingsSet" => "settings set".to_owned(),
                name => name.to_lowercase(),
            };
            Problem::new(404, "not_visible", format!("There is no {what} \"{id}\" in this account."))
        }
        Error::VersionConflict => Problem::new(412, "version_conflict", AdminError::VersionConflict.to_string()),
        Error::Taken { attribute, .. } => {
            let problem: Problem = Refusal::from(error).into();
            problem.extra("field", *attribute)
        }
        Error::UnknownMembers(_) | Error::NotMember(_) | Error::GroupAsMember => {
            Problem { status: 422, ..Refusal::from(error).into() }
        }
        error => Refusal::from(error).into(),
    }
}

/// A value that the model refuses, with those there are.
fn of_value(rule: &Rule) -> Problem {
    let problem = Problem::new(422, "value_invalid", rule.to_string());
    let list = |known: &str| known.split(", ").map(str::to_owned).collect::<Vec<_>>();
    match rule {
        Rule::UnknownPolicy { key } => problem.extra("field", key.as_str()).extra("known", Policies::KEYS),
        Rule::PolicyValue { key, known, .. } => problem.extra("field", *key).extra("known", list(known)),
        Rule::UnknownWord { known, .. } => problem.extra("known", list(known)),
        _ => problem,
    }
}

/// Who holds what is taken, and where he is found.
fn held(problem: Problem, list: &str, holder: Id) -> Problem {
    problem.extra("holder", holder.to_string()).extra("holderLink", format!("{PREFIX}/{list}/{holder}"))
}

fn protocol(error: &ScimError) -> Problem {
    let refusal = Refusal::from(&provisioning::Error::Scim(error.clone()));
    Problem { status: 422, ..refusal.into() }
}

fn guardrail(guard: &Guard) -> Problem {
    let status = match guard {
        Guard::LastActiveAdmin { .. }
        | Guard::SelfRemoval(_)
        | Guard::UserRemoved(_)
        | Guard::EmailTaken { .. }
        | Guard::UsernameTaken { .. }
        | Guard::OrganizationHasUsers { .. }
        | Guard::SettingsSetInUse { .. }
        | Guard::DefaultProtected(_)
        | Guard::OrganizationModeRequired
        | Guard::SingleGroupMode
        | Guard::DefaultGroupProtected(_)
        | Guard::GroupArchived { .. }
        | Guard::GroupRolesDisabled
        | Guard::GroupDeleteStripsAccess { .. }
        | Guard::RoleBuiltIn { .. }
        | Guard::RoleInUse { .. }
        | Guard::ManagedByIdp { .. } => 409,
        Guard::EmailInvalid { .. }
        | Guard::RequiredMissing { .. }
        | Guard::OrganizationRequired { .. }
        | Guard::OrganizationUnknown { .. }
        | Guard::SettingsSetRequired { .. }
        | Guard::GroupUnknown { .. }
        | Guard::PrimaryGroupNotMember
        | Guard::RoleUnknown { .. }
        | Guard::RoleCardinality { .. } => 422,
        Guard::AdminRequired { .. }
        | Guard::RoleCeiling { .. }
        | Guard::FeatureDisabled(_)
        | Guard::OutOfScope(_)
        | Guard::NotGroupAdmin
        | Guard::GroupAdminCannotRemove
        | Guard::OnlyFromDefaultGroup
        | Guard::GroupAdminAddDisabled
        | Guard::PrimaryGroupAuthority => 403,
    };
    let problem = Problem::new(status, guard.code(), guard.to_string());
    match guard {
        Guard::EmailTaken { holder: Some(holder), .. } => held(problem, "users", *holder),
        Guard::GroupDeleteStripsAccess { confirm, users, .. } => {
            let users: Vec<String> = users.iter().map(ToString::to_string).collect();
            problem.extra("confirm", confirm.as_str()).extra("users", users)
        }
        _ => problem,
    }
}
