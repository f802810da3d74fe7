//! Credentials (RFC 6750): who asks.

use super::known_tokens::KnownToken;
use super::notes::{NotedCaller, Notes};
use super::tenants::Source;
use super::{Asked, Caller, Error, Service, oauth};
use crate::domain::{Account, Actor, CredentialKind, Guard, Id, Mode, PlainSecret};
use crate::jose::Presented;
use std::sync::Arc;

/// Whoever has proved who he is, before he is a caller.
#[derive(Debug, Clone)]
pub(super) struct Proved {
    pub account: Id,
    pub connection: Id,
    pub credential: Id,
    pub kind: CredentialKind,
    pub user: Option<Id>,
    pub tenant: Arc<Account>,
    pub source: Arc<Source>,
}

impl Proved {
    fn caller(self, request_id: Arc<str>, notes: Arc<Notes>) -> Caller {
        let Self { account, connection, credential, user, tenant, source, .. } = self;
        let actor = Actor::Connection(connection);
        Caller { account, connection, actor, token: credential, user, tenant, source, request_id, notes }
    }
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
    let kind = proved.kind;
    Ok((proved.caller(request_id, notes), kind))
}

/// A request of whom a token stood for when it was here last. The database, which is asked all the same, confirms him when
/// it is asked what he wants to know.
pub fn presume(
    service: &Service,
    secret: &PlainSecret,
    now: i64,
    request_id: &Arc<str>,
    notes: &Arc<Notes>,
) -> Option<Asked> {
    let token = service.known_tokens.find(&secret.hash(), now)?;
    let caller = token.proved.clone().caller(Arc::clone(request_id), Arc::clone(notes));
    // Whose token it is does not change, whatever it opens now.
    note(notes, &token.proved);
    Some(Asked::presumed(service.request(caller, now), token.access_mark))
}

async fn by_token(service: &Service, secret: PlainSecret, now: i64, notes: &Notes) -> Result<Proved, Error> {
    let (hash, tenants, tokens) = (secret.hash(), Arc::clone(&service.tenants), &service.known_tokens);
    let known = tokens.find(&hash, now);
    let (shown, before) = (hash.clone(), known.clone());
    let found = service.db.read(async move |tx| {
        if let Some(token) = &before
            && tx.access_mark(token.proved.account).await? == Some(token.access_mark)
        {
            return Ok(before.clone());
        }
        let Some((token, versions)) = tx.token(&shown).await? else { return Ok::<_, Error>(None) };
        let [connection, account, access_mark] = versions;
        let source = tenants.source(tx, token.account_id.0, token.connection_id.0, connection).await?;
        let proved = Proved {
            account: token.account_id.0,
            connection: token.connection_id.0,
            credential: token.id.0,
            kind: CredentialKind::Token,
            user: token.user_id.map(Id::from),
            tenant: tenants.account(tx, token.account_id.0, account).await?,
            source,
        };
        Ok(Some(Arc::new(KnownToken { proved, access_mark, lifetime: token.lifetime() })))
    });
    let refused = |why| {
        // Who is presumed is counted as one of its connection's requests.
        tokens.forget(&hash);
        Err(Error::Unauthorized(why))
    };
    let Some(token) = found.await? else {
        return refused(match secret.reveal().starts_with("scs_") {
            true => {
                "This is the secret of an OAuth client. Enter it with the id of the client; it opens /oauth/token only."
            }
            false => "The token is not known. Check that it was copied whole, or make a new one.",
        });
    };
    let KnownToken { proved, lifetime, .. } = &*token;
    note(notes, proved);
    if !lifetime.is_good(now) {
        return refused(match lifetime.revoked {
            Some(_) => "The token was revoked. Make a new one and enter it in the identity provider.",
            None => "The token has expired. Make a new one and enter it in the identity provider.",
        });
    }
    if proved.tenant.policies.mode == Mode::Personal {
        tokens.forget(&hash);
        return Err(Guard::OrganizationModeRequired.into());
    }
    if !known.is_some_and(|known| Arc::ptr_eq(&known, &token)) {
        tokens.remember(hash, &token);
    }
    Ok(proved.clone())
}

fn note(notes: &Notes, proved: &Proved) {
    let Proved { account, connection, credential, .. } = *proved;
    notes.caller(NotedCaller { account, connection, token: credential });
}

/// An administrator as a caller: without a connection, so without ceiling and rules of its own.
pub fn administrator(tenant: Arc<Account>, key: Id, user: Option<Id>, request_id: Arc<str>) -> Caller {
    let account = tenant.id;
    let source = Arc::new(Source::none(account));
    let actor = Actor::Admin(user);
    let notes = Arc::default();
    Caller { account, connection: Id::NIL, actor, token: key, user, tenant, source, request_id, notes }
}
