//! GET /Users/{id} (RFC 7644 §3.4.1).

use super::Users;
use super::change::show;
use super::facts::{shows_default, wants_groups};
use crate::domain::Id;
use crate::provisioning::render::Answer;
use crate::provisioning::verbs::Verbs;
use crate::provisioning::{Error, Request};
use crate::scim::project::Projection;
use crate::storage::{Tx, both};

pub async fn read(tx: &mut Tx<'_>, request: &Request, id: Id, projection: &Projection) -> Result<Answer, Error> {
    let account = request.caller.account;
    let (found, groups) = match wants_groups(projection) {
        true => both!(tx, user(account, id), groups_of_all(account, &[id], shows_default(request, projection)))
            .map(|(user, groups)| (user, Some(groups)))?,
        false => (tx.user(account, id).await?, None),
    };
    let user = found.ok_or_else(|| Users::not_found(&id.to_string()))?;
    show(tx, request, &user.stored, &user.placement.placement()?, groups, projection).await
}
