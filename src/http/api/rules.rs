//! Rules of a connection, and the bench to try them on.

use super::Problem;
use super::caller::Ids;
use super::read::Read;
use super::write::Write;
use crate::admin::{self, Asked, Done, NamedRule, Verdict};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// The rules of a connection, in order.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Rules)]
pub struct View {
    rules: Vec<NamedRule>,
    /// That of the connection.
    version: i64,
}

/// The whole list of rules.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = NewRules)]
#[serde(deny_unknown_fields)]
pub struct New {
    #[schema(max_items = 200)]
    rules: Vec<NamedRule>,
}

/// A push to try.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[schema(as = RuleTrial)]
#[serde(deny_unknown_fields)]
pub struct Trial {
    /// The body of a POST /scim/v2/Users.
    #[schema(value_type = Object)]
    resource: Value,
    /// Rules in the place of those of the connection.
    rules: Option<Vec<NamedRule>>,
}

/// Read the rules of a connection
#[utoipa::path(get, path = "/connections/{id}/rules", tag = "rules",
    responses((status = 200, description = "The rules", body = View)))]
pub async fn read(Ids([id]): Ids<1>, read: Read) -> Result<Response, Problem> {
    let work = read.run(async move |tx, request| {
        let (rules, version) = admin::rules_of(tx, request, id).await?;
        Ok(View { rules, version })
    });
    work.await
}

/// Replace the rules of a connection
///
/// They count for the next push on every replica. Of what there can be only one, the first rule that matches decides; roles
/// and groups come from all that match. What a rule gave that no longer matches, or is no more, is withdrawn when the user is
/// written next. A mistake is answered with `rule`, the place of the rule from 0, and `field`.
#[utoipa::path(put, path = "/connections/{id}/rules", tag = "rules", request_body = New,
    responses((status = 200, description = "The rules", body = View)))]
pub async fn replace(Ids([id]): Ids<1>, write: Write<New>) -> Result<Response, Problem> {
    let work = write.run(async move |tx, Asked { request, body }| {
        let (rules, version) = admin::replace_rules(tx, request, id, &body.rules).await?;
        Ok(Done::ok(&View { rules, version }))
    });
    work.await
}

/// Try rules on a user
///
/// Nothing is written: the answer says which rules match and where a new user with this body would stand.
#[utoipa::path(post, path = "/connections/{id}/rules/test", tag = "rules", operation_id = "test", request_body = Trial,
    responses((status = 200, description = "What the rules would give", body = Verdict)))]
pub async fn test(Ids([id]): Ids<1>, write: Write<Trial>) -> Result<Response, Problem> {
    let work = write.run(async move |tx, Asked { request, body }| {
        let Trial { resource, rules } = body.clone();
        Ok(Done::ok(&admin::try_rules(tx, request, id, resource, rules.as_deref()).await?))
    });
    work.await
}
