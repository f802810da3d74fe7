//! Bearer tokens (RFC 6750): who asks.

use super::{Caller, Error};
use crate::domain::{Dialect, Lifetime, PlainSecret};
use crate::storage::Db;

/// Finds the connection that a token belongs to. The database is asked each time, so that a revocation counts at once
/// on every replica.
pub async fn authenticate(db: &Db, secret: PlainSecret, now: i64) -> Result<Caller, Error> {
    let hash = secret.hash();
    let found = db.read(async move |tx| Ok::<_, Error>(tx.token(&hash).await?)).await?;
    let Some((token, connection)) = found else {
        return Err(Error::Unauthorized("The token is not known. Check that it was copied whole, or make a new one."));
    };
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
    Ok(Caller {
        account: token.account_id.0,
        connection: token.connection_id.0,
        token: token.id.0,
        // The word was checked when it was stored.
        dialect: connection.dialect.parse().unwrap_or(Dialect::Auto),
    })
}
