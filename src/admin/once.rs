//! A write of the admin API: one transaction that is kept, tried, or not done twice.

use super::{Asked, Error, Request};
use crate::storage::rows::IdempotencyRow;
use crate::storage::{Db, Tx};
use serde::Serialize;
use serde_json::Value;

/// How long the answer of a request is given again under its key, in milliseconds.
const GOOD_FOR: i64 = 24 * 60 * 60 * 1000;

/// The status under which an answer is kept that carried a secret. Answers of errors are not kept, so it means nothing
/// else.
const SECRET_SHOWN: u16 = 409;

/// The member of an answer that is shown once and never stored.
const SECRET: &str = "secret";

/// What a write answers. A member `secret` of the body is shown to the first who asks and never stored; a member `version`
/// becomes the ETag.
#[derive(Debug, Clone)]
pub struct Done {
    pub status: u16,
    /// Null when there is none.
    pub body: Value,
    /// What a dry run should draw attention to.
    pub warnings: Vec<Value>,
}

impl Done {
    pub fn ok(body: &impl Serialize) -> Self {
        Self::with(200, body)
    }

    pub fn created(body: &impl Serialize) -> Self {
        Self::with(201, body)
    }

    pub fn deleted() -> Self {
        Self { status: 204, body: Value::Null, warnings: Vec::new() }
    }

    pub fn warn(mut self, warning: Value) -> Self {
        self.warnings.push(warning);
        self
    }

    fn with(status: u16, body: &impl Serialize) -> Self {
        // Only a map with keys that are not text could fail, and no answer has one.
        let body = serde_json::to_value(body).unwrap_or_default();
        Self { status, body, warnings: Vec::new() }
    }

    /// Takes the secret out; whether there was one.
    pub fn take_secret(&mut self) -> bool {
        self.body.as_object_mut().is_some_and(|body| body.remove(SECRET).is_some())
    }

    fn version(&self) -> Option<i64> {
        self.body.get("version")?.as_i64()
    }
}

/// How a write is to be done.
#[derive(Debug, Clone)]
pub enum How {
    Once,
    /// Whoever sends the same key again with a request of the same hash gets the same answer.
    Repeatable {
        key: String,
        hash: Vec<u8>,
    },
    /// Leaves everything as it was.
    Try,
}

/// An answer, and whether it is one that was given before.
#[derive(Debug, Clone)]
pub struct Outcome {
    pub done: Done,
    pub version: Option<i64>,
    pub is_replay: bool,
}

/// Does `work` in one transaction.
pub async fn once<B, F>(db: &Db, asked: Asked<B>, how: How, work: F) -> Result<Outcome, Error>
where
    B: Send + Sync + 'static,
    F: for<'t, 'c, 'r> AsyncFn(&'t mut Tx<'c>, &'r Asked<B>) -> Result<Done, Error> + Send + 'static,
{
    db.write(async move |tx: &mut Tx<'_>| match &how {
        How::Once => Ok(Outcome::first(work(tx, &asked).await?)),
        How::Try => {
            tx.begin_part().await?;
            let mut done = work(tx, &asked).await?;
            tx.end_part(false).await?;
            done.take_secret();
            Ok(Outcome::first(done))
        }
        How::Repeatable { key, hash } => {
            // The key is taken before the work begins: another request with the same one waits here for this one's end.
            if let Some(known) = tx.claim_key(&claim(&asked.request, key, hash), asked.request.now - GOOD_FOR).await? {
                return replay(&known, hash);
            }
            let done = work(tx, &asked).await?;
            keep(tx, &asked.request, key, &done).await?;
            Ok(Outcome::first(done))
        }
    })
    .await
}

/// Forgets the answers that are no longer given again.
pub async fn forget_answers(db: &Db, now: i64) -> Result<(), Error> {
    db.write(async move |tx: &mut Tx<'_>| Ok(tx.forget_answers(now - GOOD_FOR).await?)).await
}

impl Outcome {
    fn first(done: Done) -> Self {
        Self { version: done.version(), done, is_replay: false }
    }
}

fn claim(request: &Request, key: &str, hash: &[u8]) -> IdempotencyRow {
    IdempotencyRow {
        account_id: request.caller.account.into(),
        idempotency_key: key.to_owned(),
        request_hash: hash.to_vec(),
        status: 0,
        body: String::new(),
        etag: None,
        at: request.now,
    }
}

async fn keep(tx: &mut Tx<'_>, request: &Request, key: &str, done: &Done) -> Result<(), Error> {
    let mut kept = done.clone();
    let status = if kept.take_secret() { SECRET_SHOWN } else { done.status };
    let version = done.version().map(|version| version.to_string());
    let account = request.caller.account;
    Ok(tx.keep_answer(account, key, status.into(), &kept.body.to_string(), version.as_deref()).await?)
}

fn replay(known: &IdempotencyRow, hash: &[u8]) -> Result<Outcome, Error> {
    if known.request_hash != hash {
        return Err(Error::KeyReused);
    }
    let body: Value = serde_json::from_str(&known.body).unwrap_or_default();
    let status = u16::try_from(known.status).unwrap_or_default();
    if status == SECRET_SHOWN {
        return Err(Error::SecretShown { id: body["id"].as_str().unwrap_or_default().to_owned() });
    }
    let version = known.etag.as_deref().and_then(|version| version.parse().ok());
    Ok(Outcome { done: Done { status, body, warnings: Vec::new() }, version, is_replay: true })
}
