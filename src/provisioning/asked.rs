//! A request of a caller who is known, or of one whom the database confirms on the way.

use super::{Error, NotedCaller, Request};
use crate::storage::{Error as StorageError, Tx};
use futures_util::future::join;

/// Nothing that is done for a presumed caller is kept, and nothing is given out, before he is confirmed.
#[derive(Clone)]
pub struct Asked {
    request: Request,
    /// The mark that the account of a presumed caller has to have still.
    presumed: Option<i64>,
}

impl From<Request> for Asked {
    fn from(request: Request) -> Self {
        Self { request, presumed: None }
    }
}

impl Asked {
    pub(super) fn presumed(request: Request, access_mark: i64) -> Self {
        Self { request, presumed: Some(access_mark) }
    }

    /// What is asked, to be understood before the database is.
    pub fn request(&self) -> &Request {
        &self.request
    }

    /// Does the work of the request in as many ways to the database as it takes, whether the caller is known or not: the
    /// question for the mark goes with the first statement. Somebody who is no longer who he was is told that he is
    /// unauthorized, which undoes what was written; who he is now has to be looked up.
    pub(super) async fn answer<T>(
        &self,
        tx: &mut Tx<'_>,
        work: impl AsyncFnOnce(&mut Tx<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let Some(mark) = self.presumed else { return work(tx).await };
        let caller = &self.request.caller;
        let (found, result) = match tx.beside().await? {
            Some(mut beside) => join(beside.access_mark(caller.account), work(tx)).await,
            None => match tx.access_mark(caller.account).await? {
                Some(found) if found == mark => (Ok(Some(found)), work(tx).await),
                other => (Ok(other), Err(CHANGED)),
            },
        };
        if let (Err(_), Err(Error::Storage(StorageError::Contention(_)))) = (&found, &result) {
            // The cause: the question came into a transaction that was broken off.
            return result;
        }
        if found? != Some(mark) {
            return Err(CHANGED);
        }
        caller.notes.caller(NotedCaller {
            account: caller.account,
            connection: caller.connection,
            token: caller.token,
        });
        result
    }
}

const CHANGED: Error = Error::Unauthorized("What this credential opens was changed at this moment. Try again.");
