//! Admin keys: who asks.

use super::{Caller, Error};
use crate::domain::PlainSecret;
use crate::storage::Db;

/// Finds the account that a key belongs to. The database is asked each time, so that a revocation counts at once on every
/// replica.
pub async fn authenticate(db: &Db, secret: PlainSecret) -> Result<Caller, Error> {
    if secret.reveal().starts_with("sct_") {
        return Err(Error::Unauthorized(
            "This is the token of a connection; it opens the SCIM interface at /scim/v2 only. Send an admin key of the \
             account, which begins with sca_.",
        ));
    }
    let hash = secret.hash();
    let found = db.read(async move |tx| Ok::<_, Error>(tx.admin_key(&hash).await?)).await?;
    let Some(key) = found else {
        return Err(Error::Unauthorized(
            "The admin key is not known. Check that it was copied whole, or make one with \
             `scim-connector admin-key create`.",
        ));
    };
    if key.revoked_at.is_some() {
        return Err(Error::Unauthorized("The admin key was revoked. Use another key of the account, or make one."));
    }
    Ok(Caller { account: key.account_id.0, key: key.id.0, user: None })
}
