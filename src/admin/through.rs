//! Changes of resources go through the use cases that SCIM goes through, so that rules, guardrails, audit and
//! events are the same.

use super::Error;
use crate::domain::{Condition, Field, Guard, Id, Kind};
use crate::expr::{Expr, Op, Value as Literal, fold};
use crate::provisioning::{self, Request, Verbs, settle};
use crate::scim::etag;
use crate::scim::project::Projection;
use crate::storage::{Listing, Tx, Window};
use serde_json::{Value, json};

/// Makes a resource of this SCIM body.
pub async fn create<V: Verbs>(tx: &mut Tx<'_>, request: &Request, id: Id, body: Value) -> Result<(), Error> {
    let new = V::decode_new(request, id, body)?;
    tx.begin_part().await?;
    let made = V::create(tx, request, &new, &without_members::<V>()).await.map(drop);
    end(tx, request, made).await
}

/// Changes a resource by these SCIM operations.
pub async fn patch<V: Verbs>(
    tx: &mut Tx<'_>,
    request: &Request,
    id: Id,
    operations: Vec<Value>,
    condition: Option<etag::Condition>,
) -> Result<(), Error> {
    let patch = V::decode_patch(request, &id.to_string(), json!({ "Operations": operations }), condition)?;
    tx.begin_part().await?;
    let changed = V::patch(tx, request, &patch, &without_members::<V>()).await.map(drop);
    end(tx, request, changed).await
}

/// Deletes a resource.
pub async fn delete<V: Verbs>(
    tx: &mut Tx<'_>,
    request: &Request,
    id: Id,
    condition: Option<&etag::Condition>,
) -> Result<(), Error> {
    V::delete(tx, request, id, condition).await?;
    Ok(settle(tx, request).await?)
}

/// The administrator is shown his own view; the members of a group are not even loaded for the other one.
fn without_members<V: Verbs>() -> Projection {
    Projection::new(None, Some(&["members".to_owned()]), V::RESOURCE_TYPE)
}

/// A failed change is undone by itself, so that the holder of what is taken can still be looked for.
async fn end(tx: &mut Tx<'_>, request: &Request, result: Result<(), provisioning::Error>) -> Result<(), Error> {
    tx.end_part(result.is_ok()).await?;
    match result {
        Ok(()) => Ok(settle(tx, request).await?),
        Err(error) => Err(with_holder(tx, request.caller.account, error).await?),
    }
}

async fn with_holder(tx: &mut Tx<'_>, account: Id, error: provisioning::Error) -> Result<Error, Error> {
    let holder = match &error {
        provisioning::Error::Taken { code: "group_name_taken", value, .. } => {
            tx.group_by_name(account, &fold(value)).await?.map(|id| ("groups", id.0))
        }
        provisioning::Error::Taken { attribute: "userName", value, .. } => {
            only(tx, account, Kind::User, Field::UserName, fold(value)).await?
        }
        provisioning::Error::Taken { code: "external_id_taken", resource_type, value, .. } => {
            let kind = if *resource_type == "Group" { Kind::Group } else { Kind::User };
            only(tx, account, kind, Field::ExternalId, value.clone()).await?
        }
        provisioning::Error::Guard(Guard::UsernameTaken { value }) => {
            only(tx, account, Kind::User, Field::Username, fold(value)).await?
        }
        _ => None,
    };
    Ok(match holder {
        Some((list, holder)) => Error::Taken { error, list, holder },
        None => error.into(),
    })
}

/// The one resource with this value, and the list it stands in; none when there are several.
async fn only(
    tx: &mut Tx<'_>,
    account: Id,
    kind: Kind,
    field: Field,
    value: String,
) -> Result<Option<(&'static str, Id)>, Error> {
    let listing = listing(account, kind, Expr::Compare(field, Op::Equal, Literal::Text(value)));
    let found = tx.page(&listing, &Window { after: None, skip: 0, limit: 2 }).await?;
    let list = if kind == Kind::Group { "groups" } else { "users" };
    Ok(match found.as_slice() {
        [one] => Some((list, one.stored.id.0)),
        _ => None,
    })
}

/// What an administrator lists: in order of creation, the Default group among the others.
pub fn listing(account: Id, kind: Kind, condition: Condition) -> Listing {
    Listing { kind, account, condition: Some(condition), sort_by: None, descending: false, with_default_group: true }
}
