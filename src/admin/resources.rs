//! What administrators do to resources that identity providers change, too: the use cases of provisioning, so that rules,
//! guardrails, audit and events are the same through both doors.

use super::{Error, Page, Request, Window, through};
use crate::domain::Id;
use crate::provisioning::{Answer, Verbs, plain_page};
use crate::scim::Object;
use crate::scim::project::Projection;
use crate::storage::Tx;
use crate::storage::rows::from_json;
use serde_json::{Value, json};

/// A resource as it is shown.
#[derive(Debug, Clone)]
pub struct Shown {
    pub version: i64,
    pub resource: Object,
}

impl Shown {
    fn new(answer: Answer) -> Result<Self, Error> {
        Ok(Self { version: answer.version, resource: from_json(&answer.body.into_text())? })
    }

    /// An attribute, or a part of one.
    pub fn get(&self, path: &str) -> Option<&Value> {
        let mut parts = path.split('.');
        let first = self.resource.get(parts.next()?)?;
        parts.try_fold(first, |value, part| value.get(part))
    }

    /// The text of an attribute, or of a part of one.
    pub fn text(&self, path: &str) -> Option<String> {
        self.get(path).and_then(Value::as_str).map(str::to_owned)
    }
}

pub async fn create<V: Verbs>(tx: &mut Tx<'_>, request: &Request, attributes: Object) -> Result<Id, Error> {
    let id = Id::new();
    through::create::<V>(tx, &request.provisioning(), id, attributes.into()).await?;
    Ok(id)
}

/// Puts attributes over those that are there; one that is null goes.
pub async fn change<V: Verbs>(tx: &mut Tx<'_>, request: &Request, id: Id, attributes: Object) -> Result<(), Error> {
    let operation = json!({ "op": "replace", "value": attributes });
    through::patch::<V>(tx, &request.provisioning(), id, vec![operation], request.if_match.clone()).await
}

pub async fn delete<V: Verbs>(tx: &mut Tx<'_>, request: &Request, id: Id) -> Result<(), Error> {
    through::delete::<V>(tx, &request.provisioning(), id, request.if_match.as_ref()).await
}

pub async fn read<V: Verbs>(tx: &mut Tx<'_>, request: &Request, id: Id, wanted: &[&str]) -> Result<Shown, Error> {
    Shown::new(V::read(tx, &request.provisioning(), id, &projection::<V>(wanted)).await?)
}

/// In order of creation.
pub async fn page<V: Verbs>(
    tx: &mut Tx<'_>,
    request: &Request,
    window: &Window,
    wanted: &[&str],
) -> Result<Page<Shown>, Error> {
    let (after, limit) = (window.after_id()?, window.rows().unsigned_abs());
    let scim = request.provisioning();
    let answers = plain_page(tx, &scim, V::RESOURCE_TYPE, after, limit, &projection::<V>(wanted)).await?;
    let shown = answers.into_iter().map(Shown::new).collect::<Result<Vec<_>, _>>()?;
    Ok(Page::new(shown, window, |shown| shown.text("id").unwrap_or_default()))
}

fn projection<V: Verbs>(wanted: &[&str]) -> Projection {
    let names: Vec<String> = wanted.iter().map(|name| (*name).to_owned()).collect();
    Projection::new(Some(&names), None, V::RESOURCE_TYPE)
}
