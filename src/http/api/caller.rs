//! Who asks, and for which thing.

use super::Problem;
use crate::admin::{self, Caller, Error, Request};
use crate::app::App;
use crate::domain::{Id, SecretKind};
use crate::http::edge::RequestId;
use crate::http::extract::{Conditions, credential};
use crate::scim::etag::Condition;
use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;

/// Who asks. Everything that runs a use case is made from this, so nothing runs for a stranger.
pub struct Admin(pub Caller);

impl FromRequestParts<App> for Admin {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        if let Some(caller) = parts.extensions.get::<Caller>() {
            return Ok(Self(*caller));
        }
        let Some(secret) = credential(&parts.headers) else {
            let detail = "Send an admin key of the account: Authorization: Bearer sca_…. \
                          `scim-connector admin-key create` makes one.";
            return Err(Error::Unauthorized(detail).into());
        };
        let caller = admin::authenticate(&app.service.db, secret).await?;
        app.last_uses.note(SecretKind::AdminKey, caller.key, app.now());
        // A handler asks for several things that are made from this.
        parts.extensions.insert(caller);
        Ok(Self(caller))
    }
}

/// The request as a use case sees it.
pub async fn request(parts: &mut Parts, app: &App) -> Result<Request, Problem> {
    let Admin(caller) = Admin::from_request_parts(parts, app).await?;
    let Ok(conditions) = Conditions::from_request_parts(parts, app).await;
    let seen = match conditions.if_match {
        Some(Condition::Tags(tags)) => Some(tags.iter().filter_map(|tag| tag.parse().ok()).collect()),
        Some(Condition::Any) | None => None,
    };
    let id = parts.extensions.get::<RequestId>().map(|id| id.0.clone()).unwrap_or_default();
    Ok(Request { caller, now: app.now(), id, seen })
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
