//! Before and after a credential is looked up: who may try, from where, and how often. The one place that asks the limits.

use super::answer::Failure;
use crate::app::App;
use crate::domain::{Id, PlainSecret};
use crate::limits::{Fingerprint, Rates, Standing};
use crate::metrics::Refused;
use crate::provisioning::{Caller, Error, Notes, Refusal, Source};
use axum::http::request::Parts;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

/// Where a request came from: the peer, or whom a trusted proxy says it saw. In the extensions of every request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientAddress(pub IpAddr);

impl ClientAddress {
    /// That of a request.
    pub fn of(parts: &Parts) -> IpAddr {
        parts.extensions.get::<Self>().map_or(Ipv4Addr::UNSPECIFIED.into(), |address| address.0)
    }
}

/// What the gate has seen of a request, for the headers of the answer and the metrics.
#[derive(Debug, Default)]
pub struct Seen {
    pub connection: OnceLock<Id>,
    standing: Mutex<Option<Standing>>,
}

impl Seen {
    /// Where its limit stands after it, if there is one.
    pub fn standing(&self) -> Option<Standing> {
        *self.lock()
    }

    fn lock(&self) -> MutexGuard<'_, Option<Standing>> {
        self.standing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Somebody who shows a credential.
pub struct Visitor {
    app: App,
    address: IpAddr,
    secret: Fingerprint,
    seen: Option<Arc<Seen>>,
    notes: Option<Arc<Notes>>,
    /// The connection that this request was counted for, as it was then.
    counted: OnceLock<Arc<Source>>,
}

impl Visitor {
    /// Refuses who has failed too often, before the database is asked.
    pub fn with(parts: &Parts, app: &App, secret: &PlainSecret) -> Result<Self, Failure> {
        let (address, throttle) = (ClientAddress::of(parts), &app.limits.throttle);
        let secret = throttle.fingerprint(secret.reveal());
        match throttle.wait(address, secret) {
            None => {
                let (seen, notes) = (parts.extensions.get().cloned(), parts.extensions.get().cloned());
                Ok(Self { app: app.clone(), address, secret, seen, notes, counted: OnceLock::new() })
            }
            Some(seconds) => {
                app.metrics.throttled();
                Err(Failure(too_many_failures(address, seconds)))
            }
        }
    }

    /// Somebody without a credential: nothing was tried, so it is only counted.
    pub fn without(app: &App) {
        app.metrics.refused(Refused::Missing);
    }

    /// Remembers that the credential was good.
    pub fn succeeded(&self) {
        self.app.limits.throttle.succeeded(self.secret);
    }

    /// Remembers what became of the credential.
    pub fn tried<T, E>(&self, result: Result<T, E>, is_refusal: impl Fn(&E) -> bool) -> Result<T, E> {
        match &result {
            Ok(_) => self.succeeded(),
            Err(error) if is_refusal(error) => {
                self.app.limits.throttle.failed(self.address, self.secret);
                let is_known = self.notes.as_ref().is_some_and(|notes| notes.has_caller());
                self.app.metrics.refused(if is_known { Refused::Ended } else { Refused::Unknown });
            }
            Err(_) => {}
        }
        result
    }

    /// Lets a connection in that comes from where it may and is not too fast. One that is looked up after it was presumed is
    /// counted again only where it has changed.
    pub fn admit(&self, caller: &Caller) -> Result<(), Failure> {
        caller.source.check_address(self.address).map_err(|error: Error| {
            self.seen.as_ref().map(|seen| seen.connection.set(caller.connection));
            self.app.metrics.refused(Refused::Address);
            Failure::from(error)
        })?;
        if self.counted.get().is_some_and(|counted| Arc::ptr_eq(counted, &caller.source)) {
            return Ok(());
        }
        let remedy = "settings.rateLimit of PATCH /api/v1/connections/{id} changes that";
        self.check(self.count(caller), "connection", remedy)
    }

    /// Whether a connection may come in by what is remembered of it, and then it is counted. Nobody is refused by that.
    pub fn may_come(&self, caller: &Caller) -> bool {
        let is_empty = self.app.limits.connections.is_empty(caller.connection);
        if is_empty || caller.source.check_address(self.address).is_err() {
            return false;
        }
        self.count(caller);
        self.counted.get().is_some()
    }

    fn count(&self, caller: &Caller) -> Option<Standing> {
        let settings = &caller.source.connection.settings;
        let standing = self.app.limits.connections.take(caller.connection, settings.rate_limit);
        self.seen.as_ref().map(|seen| seen.connection.set(caller.connection));
        if standing.is_none_or(|standing| standing.retry_after.is_none()) {
            let _ = self.counted.set(Arc::clone(&caller.source));
        }
        self.show(standing)
    }

    /// The same for the key of an administrator.
    pub fn admit_key(&self, key: Id) -> Result<(), Failure> {
        let rates: &Rates = &self.app.limits.admin_keys;
        let standing = self.show(rates.take(key, None));
        self.check(standing, "key", "the operator changes that with limits.admin_requests_per_second")
    }

    /// The answer will say where a limit stands.
    fn show(&self, standing: Option<Standing>) -> Option<Standing> {
        if let Some(seen) = &self.seen {
            *seen.lock() = standing;
        }
        standing
    }

    /// The server.
    pub fn app(&self) -> &App {
        &self.app
    }

    fn check(&self, standing: Option<Standing>, whose: &'static str, remedy: &str) -> Result<(), Failure> {
        let Some(Standing { limit, per_second, retry_after: Some(seconds), .. }) = standing else { return Ok(()) };
        self.app.metrics.rate_limited(whose);
        let detail = format!(
            "This {whose} may send {per_second} requests a second, and {limit} at once after a pause. Nothing was changed; \
             go on after {seconds} s. ({remedy}.)"
        );
        Err(Failure(Refusal { code: Some("rate_limited"), retry_after: Some(seconds), ..Refusal::new(429, detail) }))
    }
}

fn too_many_failures(address: IpAddr, seconds: u32) -> Refusal {
    let detail = format!(
        "Too many requests from {address} had no good credential. Check the token that is entered in the identity \
         provider, then go on after {seconds} s."
    );
    Refusal { code: Some("too_many_failures"), retry_after: Some(seconds), ..Refusal::new(429, detail) }
}
