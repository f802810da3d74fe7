//! Who asks, and for which thing.

use super::{PREFIX, Problem};
use crate::admin::{self, Error, Request};
use crate::app::App;
use crate::domain::{CredentialKind, Guard, Id, Mode};
use crate::http::extract::{Conditions, credential, request_id};
use crate::http::gate::Visitor;
use crate::provisioning::Caller;
use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;

/// Who asks. Everything that runs a use case is made from this, so nothing runs for a stranger.
pub struct Admin(pub Caller);

impl FromRequestParts<App> for Admin {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        if let Some(caller) = parts.extensions.get::<Caller>() {
            return Ok(Self(caller.clone()));
        }
        let Some(secret) = credential(&parts.headers) else {
            Visitor::without(app);
            let detail = "Send an admin key of the account: Authorization: Bearer sca_…. \
                          `scim-connector admin-key create` makes one.";
            return Err(Error::Unauthorized(detail).into());
        };
        let visitor = Visitor::with(parts, app, &secret)?;
        let found = admin::authenticate(&app.service, secret, request_id(parts)).await;
        let caller = visitor.tried(found, |error| matches!(error, Error::Unauthorized(_)))?;
        visitor.admit_key(caller.token)?;
        app.last_uses.note(CredentialKind::AdminKey, caller.token, app.now());
        check_mode(&caller, parts.uri.path())?;
        // A handler asks for several things that are made from this.
        parts.extensions.insert(caller.clone());
        Ok(Self(caller))
    }
}

/// What there is before organization mode is activated (P-04), by the first part of the path. Everything else is closed, also
/// what will be added.
const IN_PERSONAL_MODE: &[&str] =
    &["account", "connections", "tokens", "oauth-clients", "client-secrets", "trusted-issuers", "admin-keys", "log"];

fn check_mode(caller: &Caller, path: &str) -> Result<(), Problem> {
    let below = path.strip_prefix(PREFIX).unwrap_or(path).trim_start_matches('/');
    let first = below.split('/').next().unwrap_or_default();
    if caller.tenant.policies.mode == Mode::Personal && !IN_PERSONAL_MODE.contains(&first) {
        return Err(Error::from(Guard::OrganizationModeRequired).into());
    }
    Ok(())
}

/// The request as a use case sees it.
pub async fn request(parts: &mut Parts, app: &App) -> Result<Request, Problem> {
    let Admin(caller) = Admin::from_request_parts(parts, app).await?;
    let Ok(conditions) = Conditions::from_request_parts(parts, app).await;
    Ok(Request { caller, now: app.now(), if_match: conditions.if_match, service: app.service.clone() })
}

/// The ids in a path, from left to right. What is no id names nothing, and a stranger is not even told that.
pub struct Ids<const N: usize>(pub [Id; N]);

impl<const N: usize> FromRequestParts<App> for Ids<N> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        Admin::from_request_parts(parts, app).await?;
        let nothing = |id: &str| Problem::from(Error::NotVisible { what: "thing", id: id.to_owned() });
        let found = RawPathParams::from_request_parts(parts, app).await.map_err(|_| nothing("?"))?;
        let ids = found.iter().map(|(_, id)| id.parse().map_err(|_| nothing(id)));
        let ids = ids.collect::<Result<Vec<Id>, _>>()?;
        ids.try_into().map(Self).map_err(|_| nothing("?"))
    }
}

/// The last part of a path that names something by a key of its own, such as a role.
pub struct Key(pub String);

impl FromRequestParts<App> for Key {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        Admin::from_request_parts(parts, app).await?;
        let found = RawPathParams::from_request_parts(parts, app).await;
        // What is no text names nothing.
        let key = found.ok().and_then(|found| found.iter().last().map(|(_, key)| key.to_owned()));
        Ok(Self(key.unwrap_or_default()))
    }
}
