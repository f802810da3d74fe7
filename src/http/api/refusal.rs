//! Broken rules as problems: the one place that chooses status and code for the admin API.

use super::Problem;
use crate::admin::Error;
use crate::provisioning::Refusal;

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
        Error::Exists { what, holder, .. } => {
            let code = match *what {
                "account" => "account_name_taken",
                "connection" => "connection_name_taken",
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
        Error::Domain(_) => (422, "value_invalid"),
        Error::NotFound { .. } | Error::NotVisible { .. } => (404, "not_visible"),
        Error::Unauthorized(_) => (401, "unauthorized"),
        Error::SelfRemoval(_) => (409, "self_removal"),
        Error::VersionConflict => (412, "version_conflict"),
        Error::CursorInvalid => (400, "cursor_invalid"),
        Error::KeyReused => (422, "idempotency_key_reused"),
    };
    Problem::new(status, code, error.to_string())
}
