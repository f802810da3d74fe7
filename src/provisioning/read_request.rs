//! A request that only reads, of a caller who is known or of one whom the database confirms on the way.

use super::{Error, NotedCaller, Request};
use crate::storage::Tx;
use futures_util::future::join;

/// Nothing that is read for a presumed caller is given out before he is confirmed.
#[derive(Clone)]
pub struct ReadRequest {
    request: Request,
    /// The mark that the account of a presumed caller has to have still.
    presumed: Option<i64>,
}

impl From<Request> for ReadRequest {
    fn from(request: Request) -> Self {
        Self { request, presumed: None }
    }
}

impl ReadRequest {
    pub(super) fn presumed(request: Request, access_mark: i64) -> Self {
        Self { request, presumed: Some(access_mark) }
    }

    /// What is asked, to be understood before the database is.
    pub fn request(&self) -> &Request {
        &self.request
    }

    /// Reads in one way to the database, whether the caller is known or not. Somebody who is no longer who he was is told that
    /// he is unauthorized; who he is now has to be looked up.
    pub(super) async fn read<T>(
        &self,
        tx: &mut Tx<'_>,
        read: impl AsyncFnOnce(&mut Tx<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let Some(mark) = self.presumed else { return read(tx).await };
        let caller = &self.request.caller;
        let (found, result) = match tx.beside().await? {
            Some(mut beside) => {
                let (found, result) = join(tx.access_mark(caller.account), read(&mut beside)).await;
                (found?, result)
            }
            None => match tx.access_mark(caller.account).await? {
                Some(found) if found == mark => (Some(found), read(tx).await),
                other => (other, Err(CHANGED)),
            },
        };
        if found != Some(mark) {
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
