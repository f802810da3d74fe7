//! Credentials (RFC 6750): who asks.

use super::notes::{NotedCaller, Notes};
use super::tenants::Source;
use super::{Caller, Error, Service, oauth};
use crate::domain::{Account, Actor, CredentialKind, Guard, Id, Mode, PlainSecret};
use crate::jose::Presented;
use std::sync::Arc;

/// Whoever has proved who he is, before he is a caller.
pub(super) struct Proved {
    pub account: Id,
    pub connection: Id,
    pub credential: Id,
    pub kind: CredentialKind,
    pub user: Option<Id>,
    pub tenant: Arc<Account>,
    pub source: Arc<Source>,
}

/// Finds the connection that a credential belongs to. The database is asked each time, so that a revocation and every
/// change of policies and rules count at once on every replica.
pub async fn authenticate(
    service: &Service,
    secret: PlainSecret,
    now: i64,
    request_id: Arc<str>,
    notes: Arc<Notes>,
) -> Result<(Caller, CredentialKind), Error> {
    let proved = match Presented::read(secret.reveal()) {
        Some(presented) => oauth::authenticate(service, secret.reveal(), presented, now, &notes).await?,
        None => by_token(service, secret, now, &notes).await?,
    };
    let Proved { account, connection, credential, kind, user, tenant, source } = proved;
    let actor = Actor::Connection(connection);
    Ok((Caller { account, connection, actor, token: credential, user, tenant, source, request_id, notes }, kind))
}

async fn by_token(service: &Service, secret: PlainSecret, now: i64, notes: &Notes) -> Result<Proved, Error> {
    let (hash, tenants) = (secret.hash(), Arc::clone(&service.tenants));
    let found = service.db.read(async move |tx| {
        let Some((token, connection, account)) = tx.token(&hash).await? else { return Ok::<_, Error>(None) };
        let source = tenants.source(tx, token.account_id.0, token.connection_id.0, connection).await?;
        Ok(Some((tenants.account(tx, token.account_id.0, account).await?, source, token)))
    });
    let Some((tenant, source, token)) = found.await? else {
        return Err(Error::Unauthorized(match secret.reveal().starts_with("scs_") {
            true => {
                "This is the secret of an OAuth client. Enter it with the id of the client; it opens /oauth/token only."
            }
            false => "The token is not known. Check that it was copied whole, or make a new one.",
        }));
    };
    let (account, connection, credential) = (token.account_id.0, token.connection_id.0, token.id.0);
    notes.caller(NotedCaller { account, connection, token: credential });
    let lifetime = token.lifetime();
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
    let user = token.user_id.map(Id::from);
    Ok(Proved { account, connection, credential, kind: CredentialKind::Token, user, tenant, source })
}

/// An administrator as a caller: without a connection, so without ceiling and rules of its own.
pub fn administrator(tenant: Arc<Account>, key: Id, user: Option<Id>, request_id: Arc<str>) -> Caller {
    let account = tenant.id;
    let source = Arc::new(Source::none(account));
    let actor = Actor::Admin(user);
    let notes = Arc::default();
    Caller { account, connection: Id::NIL, actor, token: key, user, tenant, source, request_id, notes }
}
