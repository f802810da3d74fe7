//! A request of a caller who is known, or of one whom the database confirms on the way.

use super::{Error, Request};
use crate::storage::Tx;
use futures_util::future::join;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Nothing that is done for a presumed caller is kept, and nothing is given out, before he is confirmed.
#[derive(Clone)]
pub struct Asked {
    request: Request,
    presumed: Option<Presumed>,
}

#[derive(Clone)]
struct Presumed {
    /// That the account of the caller has to have still.
    access_mark: i64,
    /// It had it when the work was done last.
    is_confirmed: Arc<AtomicBool>,
}

impl From<Request> for Asked {
    fn from(request: Request) -> Self {
        Self { request, presumed: None }
    }
}

impl Asked {
    pub(super) fn presumed(request: Request, access_mark: i64) -> Self {
        Self { request, presumed: Some(Presumed { access_mark, is_confirmed: Arc::default() }) }
    }

    /// What is asked, to be understood before the database is.
    pub fn request(&self) -> &Request {
        &self.request
    }

    /// The same at a later time: a body may take long to come.
    #[must_use]
    pub fn at(mut self, now: i64) -> Self {
        self.request.now = now;
        self
    }

    /// Whether it is known who asks, by now.
    pub fn is_known(&self) -> bool {
        self.presumed.as_ref().is_none_or(|presumed| presumed.is_confirmed.load(Ordering::Acquire))
    }

    /// Does the work of the request in as many ways to the database as it takes, whether the caller is known or not: the
    /// question for the mark goes with the first statement. Somebody who is no longer who he was is told that he is
    /// unauthorized, which undoes what was written; who he is now has to be looked up.
    pub(super) async fn answer<T>(
        &self,
        tx: &mut Tx<'_>,
        work: impl AsyncFnOnce(&mut Tx<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let Some(presumed) = &self.presumed else { return work(tx).await };
        // Work that lost against others is done again, and its caller has to be confirmed again.
        presumed.is_confirmed.store(false, Ordering::Release);
        let (account, mark) = (self.request.caller.account, Some(presumed.access_mark));
        let (found, result) = match tx.beside().await? {
            Some(mut beside) => join(beside.access_mark(account), work(tx)).await,
            None => match tx.access_mark(account).await? {
                found if found == mark => (Ok(found), work(tx).await),
                found => (Ok(found), Err(CHANGED)),
            },
        };
        if found? != mark {
            return Err(CHANGED);
        }
        presumed.is_confirmed.store(true, Ordering::Release);
        result
    }
}

const CHANGED: Error = Error::Unauthorized("What this credential opens was changed at this moment. Try again.");
