//! Credentials (RFC 6750): who asks.

use super::notes::{NotedCaller, Notes};
use super::tenants::Source;
use super::{Caller, Error, Service};
use crate::domain::{Actor, Guard, Id, Lifetime, Mode, PlainSecret};
use std::sync::Arc;

/// Finds the connection that a token belongs to. The database is asked each time, so that a revocation and every change
/// of policies and rules count at once on every replica.
pub async fn authenticate(
    service: &Service,
    secret: PlainSecret,
    now: i64,
    request_id: Arc<str>,
    notes: Arc<Notes>,
) -> Result<Caller, Error> {
    let (hash, tenants) = (secret.hash(), Arc::clone(&service.tenants));
    let found = service.db.read(async move |tx| {
        let Some((token, connection, account)) = tx.token(&hash).await? else { return Ok::<_, Error>(None) };
        let source = tenants.source(tx, token.account_id.0, token.connection_id.0, connection).await?;
        Ok(Some((tenants.account(tx, token.account_id.0, account).await?, source, token)))
    });
    let Some((tenant, source, token)) = found.await? else {
        return Err(Error::Unauthorized("The token is not known. Check that it was copied whole, or make a new one."));
    };
    let (account, connection, id) = (token.account_id.0, token.connection_id.0, token.id.0);
    notes.caller(NotedCaller { account, connection, token: id });
    let lifetime = Lifetime {
        created: token.created_at,
        expires: token.expires_at,
        revoked: token.revoked_at,
        last_used: token.last_used_at,
    };
    if !lifetime.is_good(now) {
        let why = match lifetime.revoked {
            Some(_) => "The token was revoked. Make a new one and enter it in the identity provider.",
            None => "The token has expired. Make a new one and enter it in the identity provider.",
        };
        return Err(Error::Unauthorized(why));
    }
    if tenant.policies.mode == Mode::Personal {
        return Err(Guard::OrganizationModeRequired.into());
    }
    Ok(Caller {
        account,
        connection,
        actor: Actor::Connection(connection),
        token: id,
        user: token.user_id.map(Id::from),
        tenant,
        source,
        request_id,
        notes,
    })
}

/// An administrator as a caller: without a connection, so without ceiling and rules of its own.
pub fn administrator(tenant: Arc<crate::domain::Account>, key: Id, user: Option<Id>, request_id: Arc<str>) -> Caller {
    let account = tenant.id;
    let source = Arc::new(Source::none(account));
    let actor = Actor::Admin(user);
    let notes = Arc::default();
    Caller { account, connection: Id::NIL, actor, token: key, user, tenant, source, request_id, notes }
}
