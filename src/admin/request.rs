//! What a use case is asked with: who asks, when, under which condition; and the pages of lists.

use super::Error;
use crate::domain::Id;
use crate::provisioning::{self, Caller, Service};
use crate::scim::etag::Condition;

/// One request to the admin API.
#[derive(Clone)]
pub struct Request {
    pub caller: Caller,
    /// Milliseconds since 1970.
    pub now: i64,
    /// The version that the client has seen; it wants no change of another one.
    pub if_match: Option<Condition>,
    pub service: Service,
}

impl Request {
    /// Refuses to change what has changed since the client read it. Each use case that changes or deletes one thing calls
    /// this when it has read the thing, or hands the condition on.
    pub fn check_version(&self, version: i64) -> Result<(), Error> {
        match &self.if_match {
            Some(condition) if !condition.matches(version) => Err(Error::VersionConflict),
            _ => Ok(()),
        }
    }

    /// The same request as the use cases of provisioning see it.
    pub fn provisioning(&self) -> provisioning::Request {
        self.service.request(self.caller.clone(), self.now)
    }
}

/// A request with what it brings: a body, or the filters of a list.
#[derive(Clone)]
pub struct Asked<B> {
    pub request: Request,
    pub body: B,
}

/// Which part of a list is wanted.
#[derive(Debug, Clone)]
pub struct Window {
    /// The key of the last item before it, as `Page::new` has written it.
    pub after: Option<String>,
    pub limit: i64,
}

impl Window {
    /// One more than are shown tells whether more are to come.
    pub fn rows(&self) -> i64 {
        self.limit + 1
    }

    /// The key of a list that is in order of ids.
    pub fn after_id(&self) -> Result<Option<Id>, Error> {
        self.after.as_deref().map(str::parse).transpose().map_err(|_| Error::CursorInvalid)
    }
}

/// Part of a list.
#[derive(Debug, Clone)]
pub struct Page<T> {
    pub items: Vec<T>,
    /// The key of the last item when there are more behind it.
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// Makes a page of `Window::rows` rows.
    pub fn new(mut rows: Vec<T>, window: &Window, key: impl Fn(&T) -> String) -> Self {
        let limit = usize::try_from(window.limit).unwrap_or_default();
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next = rows.last().filter(|_| more).map(key);
        Self { items: rows, next }
    }

    pub fn map<U>(self, show: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(show).collect(), next: self.next }
    }
}
