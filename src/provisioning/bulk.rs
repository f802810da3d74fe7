//! POST /Bulk (RFC 7644 §3.7): many operations in one transaction, each of which can fail by itself.
//!
//! The ids of everything that the request creates are made before anything runs. So references by `bulkId` are filled
//! in whatever the order of the operations, and two users may be each other's manager.

use super::render::Answer;
use super::{
    Error, Groups, NotedFailure, Organizations, Refusal, Request, Service, SettingsSets, Users, Verbs, settle,
};
use crate::domain::{Guard, Id};
use crate::scim::Error as ScimError;
use crate::scim::bulk::{BulkRequest, Item, Method, Operation, Outcome, order, references, render, substitute};
use crate::scim::etag::Condition;
use crate::scim::project::Projection;
use crate::scim::schema::{BULK_RESOURCE_TYPES, GROUP, ORGANIZATION, ResourceType, SETTINGS_SET};
use crate::storage::{Error as StorageError, Tx};
use serde_json::Value;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// Runs a bulk request and gives the BulkResponse message.
pub async fn bulk(service: &Service, request: Request, body: Value) -> Result<Value, Error> {
    let limit = service.settings.capabilities.bulk_operations;
    let message = BulkRequest::decode(body)?;
    if message.operations.len() as u64 > limit {
        return Err(Error::TooLarge { what: "operations", limit });
    }
    let order = order(&message.operations);
    let ids: Ids = message
        .operations
        .iter()
        .filter_map(|item| item.as_ref().ok().filter(|operation| operation.method == Method::Post))
        .filter_map(|operation| Some((operation.bulk_id.clone()?, Id::new().to_string())))
        .collect();
    let repeated = repeated_bulk_ids(&message.operations);
    let notes = Arc::clone(&request.caller.notes);
    let run = Run { request, message, order, ids, repeated };
    let outcomes = service.db.write(async move |tx| run.until_sound(tx).await).await?;
    notes.failures(failures(&outcomes));
    Ok(render(&outcomes))
}

/// Those that were refused, for the provisioning log.
fn failures(outcomes: &[Outcome]) -> Vec<NotedFailure> {
    let failed =
        outcomes.iter().enumerate().filter_map(|(place, outcome)| Some((place, outcome, outcome.response.as_ref()?)));
    let noted = |(place, outcome, response): (usize, &Outcome, &Value)| NotedFailure {
        place,
        method: outcome.method.clone(),
        bulk_id: outcome.bulk_id.clone(),
        response: response.clone(),
    };
    failed.map(noted).collect()
}
/// What stands for each `bulkId`.
type Ids = HashMap<String, String>;

/// What came of each operation that was run.
type Results = HashMap<usize, Result<Done, Error>>;

struct Run {
    request: Request,
    message: BulkRequest,
    order: Vec<usize>,
    /// The ids that are made for each `bulkId`.
    ids: Ids,
    /// Operations whose `bulkId` another one had before.
    repeated: HashSet<usize>,
}

impl Run {
    /// Runs everything; once more where an operation refers to one that failed after it. That takes a circle of
    /// references, so it hardly ever happens.
    async fn until_sound(&self, tx: &mut Tx<'_>) -> Result<Vec<Outcome>, Error> {
        let mut doomed = Doomed::default();
        // Why an operation failed first is what its answer says.
        let mut causes: HashMap<usize, Error> = HashMap::new();
        let mut ids = self.ids.clone();
        loop {
            tx.begin_part().await?;
            let planned = ids.clone();
            let (results, losers) = self.all(tx, &doomed, &mut ids).await?;
            // Somebody was found who was there already, after others had referred to him by an id that nobody has.
            if ids != planned && self.misled(&planned, &ids, &results) {
                tx.end_part(false).await?;
                continue;
            }
            let failed = self.failed_bulk_ids(&results);
            let unsound = |index: &usize| {
                let done = matches!(results.get(index), Some(Ok(_)));
                done && self.references(*index).iter().any(|name| failed.contains(name))
            };
            let before = doomed.count();
            doomed.references.extend((0..self.message.operations.len()).filter(unsound));
            // The guard is judged on all operations together: one may take away an administrator when another makes one.
            match settle(tx, &self.request).await {
                Ok(()) => {}
                Err(Error::Guard(guard)) => {
                    doomed.guarded.extend(losers.into_iter().map(|index| (index, guard.clone())));
                }
                Err(error) => return Err(error),
            }
            let is_sound = doomed.count() == before;
            tx.end_part(is_sound).await?;
            if is_sound {
                let mut results: Vec<_> = results.into_iter().collect();
                results.sort_by_key(|(index, _)| *index);
                let outcome = |(index, result): (usize, Result<Done, Error>)| {
                    self.outcome(index, result.map_err(|error| causes.remove(&index).unwrap_or(error)))
                };
                return Ok(results.into_iter().map(outcome).collect());
            }
            for (index, result) in results {
                if let Err(error) = result {
                    causes.entry(index).or_insert(error);
                }
            }
        }
    }

    /// Whether an operation ran with an id that turned out to be another one. Operations run in the order of their
    /// references, so it takes a circle of them.
    fn misled(&self, planned: &Ids, found: &Ids, results: &Results) -> bool {
        let other = |name: &&str| planned.get(*name) != found.get(*name);
        let mut met: HashSet<&str> = HashSet::new();
        for &index in &self.order {
            if results.contains_key(&index)
                && self.references(index).iter().filter(|name| other(name)).any(|name| !met.contains(name))
            {
                return true;
            }
            met.extend(self.message.operations[index].as_ref().ok().and_then(|operation| operation.bulk_id.as_deref()));
        }
        false
    }

    fn references(&self, index: usize) -> Vec<&str> {
        self.message.operations[index].as_ref().map(references).unwrap_or_default()
    }

    fn failed_bulk_ids(&self, results: &Results) -> HashSet<&str> {
        let failed = results.iter().filter(|(_, result)| result.is_err()).map(|(index, _)| *index);
        failed.filter_map(|index| self.message.operations[index].as_ref().ok()?.bulk_id.as_deref()).collect()
    }

    /// Runs each operation as a part of the transaction, in the order of their references.
    async fn all(&self, tx: &mut Tx<'_>, doomed: &Doomed, ids: &mut Ids) -> Result<(Results, Vec<usize>), Error> {
        let mut results = HashMap::new();
        let mut losers = Vec::new();
        let mut failed_ids: HashSet<&str> = HashSet::new();
        let mut errors = 0;
        for &index in &self.order {
            if self.message.fail_on_errors.is_some_and(|most| errors >= most) {
                break;
            }
            tx.begin_part().await?;
            let lost = tx.ledger.admins_lost.len();
            let result = self.one(tx, index, &failed_ids, doomed, ids).await;
            tx.end_part(result.is_ok()).await?;
            if let Err(error) = &result {
                // What concerns the database itself concerns all operations.
                if matches!(error, Error::Storage(error) if !matches!(error, StorageError::Conflict(_))) {
                    return result.map(|_| (HashMap::new(), losers));
                }
                errors += 1;
                let operation = self.message.operations[index].as_ref().ok();
                failed_ids.extend(operation.and_then(|operation| operation.bulk_id.as_deref()));
            }
            if let Ok(done) = &result {
                self.remember(index, done, ids);
            }
            if tx.ledger.admins_lost.len() > lost {
                losers.push(index);
            }
            results.insert(index, result);
        }
        Ok((results, losers))
    }

    /// An upsert may find somebody who has an id already.
    fn remember(&self, index: usize, done: &Done, ids: &mut Ids) {
        let operation =
            self.message.operations[index].as_ref().ok().filter(|operation| operation.method == Method::Post);
        let planned = operation.and_then(|operation| ids.get_mut(operation.bulk_id.as_deref()?));
        if let (Some(planned), Some((_, id))) = (planned, done.location.rsplit_once('/'))
            && planned != id
        {
            id.clone_into(planned);
        }
    }

    async fn one(
        &self,
        tx: &mut Tx<'_>,
        index: usize,
        failed_ids: &HashSet<&str>,
        doomed: &Doomed,
        ids: &Ids,
    ) -> Result<Done, Error> {
        if let Some(guard) = doomed.guarded.get(&index) {
            return Err(guard.clone().into());
        }
        let operation = self.message.operations[index].as_ref().map_err(|malformed| malformed.error.clone())?;
        if self.repeated.contains(&index) {
            return Err(ScimError::value("Another operation of this request has the same bulkId.").into());
        }
        let failed = references(operation)
            .into_iter()
            .find(|name| doomed.references.contains(&index) || failed_ids.contains(name));
        if let Some(failed) = failed {
            return Err(ScimError::value(format!("bulkId:{failed} refers to an operation that failed.")).into());
        }
        let mut operation = operation.clone();
        substitute(&mut operation, ids)?;
        let (resource_type, id) = target(&operation)?;
        match resource_type.name {
            name if name == GROUP.name => self.on::<Groups>(tx, operation, id).await,
            name if name == ORGANIZATION.name => self.on::<Organizations>(tx, operation, id).await,
            name if name == SETTINGS_SET.name => self.on::<SettingsSets>(tx, operation, id).await,
            _ => self.on::<Users>(tx, operation, id).await,
        }
    }

    async fn on<V: Verbs>(&self, tx: &mut Tx<'_>, operation: Operation, id: Option<String>) -> Result<Done, Error> {
        let request = &self.request;
        request.caller.check_scope(V::RESOURCE_TYPE, true)?;
        // Nobody sees the members of a group in the answer.
        let projection = &Projection::new(None, Some(&["members".to_owned()]), V::RESOURCE_TYPE);
        let condition = operation.version.as_deref().map(Condition::parse);
        let (new, data) = (self.new_id(&operation), operation.data);
        let gone = |id: &str| {
            let location = format!("{}{}/{id}", request.base_url, V::RESOURCE_TYPE.endpoint);
            Done { status: 204, location, version: None }
        };
        match (operation.method, id) {
            (Method::Post, _) => {
                let new = V::decode_new(request, new, data)?;
                V::create(tx, request, &new, projection).await.map(|created| done(created.status(), created.answer))
            }
            (Method::Put, Some(id)) => {
                let replacement = V::decode_replacement(request, &id, data, condition)?;
                V::replace(tx, request, &replacement, projection).await.map(|answer| done(200, answer))
            }
            (Method::Patch, Some(id)) => {
                let patch = V::decode_patch(request, &id, data, condition)?;
                let answer = V::patch(tx, request, &patch, projection).await?;
                Ok(answer.map_or_else(|| gone(&id), |answer| done(200, answer)))
            }
            (Method::Delete, Some(id)) => {
                V::delete(tx, request, V::parse_id(&id)?, condition.as_ref()).await?;
                Ok(gone(&id))
            }
            (_, None) => Err(without_id()),
        }
    }

    fn new_id(&self, operation: &Operation) -> Id {
        let planned = operation.bulk_id.as_ref().and_then(|name| self.ids.get(name));
        planned.and_then(|id| id.parse().ok()).unwrap_or_else(Id::new)
    }

    fn outcome(&self, index: usize, result: Result<Done, Error>) -> Outcome {
        let item = &self.message.operations[index];
        let (method, bulk_id) = match item {
            Ok(operation) => (operation.method.keyword().into(), operation.bulk_id.clone()),
            Err(malformed) => (malformed.method.clone(), malformed.bulk_id.clone()),
        };
        match result {
            Ok(Done { status, location, version }) => {
                Outcome { method, bulk_id, status, location: Some(location), version, response: None }
            }
            Err(error) => {
                let refusal = Refusal::from(&error);
                // RFC 7644 §3.7.3: the location of a failed operation, but for a failed POST.
                let location = item.as_ref().ok().filter(|operation| operation.method != Method::Post);
                let location = location.map(|operation| format!("{}{}", self.request.base_url, operation.path));
                let response = Some(refusal.body(&self.request.caller.request_id, &self.request.base_url));
                Outcome { method, bulk_id, status: refusal.status, location, version: None, response }
            }
        }
    }
}

/// Operations that will fail when everything is run once more.
#[derive(Default)]
struct Doomed {
    /// Because they refer to one that fails.
    references: HashSet<usize>,
    /// Because all of them together would break a guardrail.
    guarded: HashMap<usize, Guard>,
}

impl Doomed {
    fn count(&self) -> usize {
        self.references.len() + self.guarded.len()
    }
}

/// RFC 7644 §3.7: a `bulkId` names one operation of a request.
fn repeated_bulk_ids(operations: &[Item]) -> HashSet<usize> {
    let mut seen = HashSet::new();
    let bulk_id = |item: &Item| item.as_ref().ok().and_then(|operation| operation.bulk_id.clone());
    let named = operations.iter().enumerate().filter_map(|(index, item)| Some((index, bulk_id(item)?)));
    named.filter(|(_, bulk_id)| !seen.insert(bulk_id.clone())).map(|(index, _)| index).collect()
}

/// An operation that succeeded.
struct Done {
    status: u16,
    location: String,
    version: Option<String>,
}

fn done(status: u16, answer: Answer) -> Done {
    let version = crate::scim::etag::format(answer.version);
    Done { status, location: answer.location, version: Some(version) }
}

/// The resource type and the id that a path names.
fn target(operation: &Operation) -> Result<(&'static ResourceType, Option<String>), Error> {
    for resource_type in BULK_RESOURCE_TYPES {
        if let Some(rest) = operation.path.strip_prefix(resource_type.endpoint) {
            return match rest.strip_prefix('/') {
                None if rest.is_empty() => Ok((resource_type, None)),
                Some("") => Ok((resource_type, None)),
                Some(id) if operation.method != Method::Post => Ok((resource_type, Some(id.to_owned()))),
                _ => break,
            };
        }
    }
    let known: Vec<&str> = BULK_RESOURCE_TYPES.iter().map(|resource_type| resource_type.endpoint).collect();
    let detail = format!(
        "\"{}\" is not a path for a bulk operation. Use one of {}, with an id unless it is a POST.",
        operation.path,
        known.join(", ")
    );
    Err(ScimError::path(detail).into())
}

fn without_id() -> Error {
    ScimError::path("The path of this bulk operation must end with the id of a resource.").into()
}
