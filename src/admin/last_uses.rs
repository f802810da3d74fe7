//! When each token and admin key was last used: kept in memory and written down together, because a write for each request would cost
//! more than the request.

use crate::domain::{CredentialKind, Id};
use crate::storage::{Db, Error, Tx};
use std::collections::HashMap;
use std::sync::Mutex;

#[derive(Default)]
pub struct LastUses {
    uses: Mutex<HashMap<(CredentialKind, Id), i64>>,
}

impl LastUses {
    pub fn note(&self, kind: CredentialKind, id: Id, now: i64) {
        self.uses.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).insert((kind, id), now);
    }

    /// Writes down what was noted since the last time.
    pub async fn write(&self, db: &Db) -> Result<(), Error> {
        let uses = std::mem::take(&mut *self.uses.lock().unwrap_or_else(|poisoned| poisoned.into_inner()));
        if uses.is_empty() {
            return Ok(());
        }
        let work = async move |tx: &mut Tx<'_>| {
            for ((kind, id), time) in &uses {
                match kind {
                    CredentialKind::Token => tx.touch_token(*id, *time).await?,
                    CredentialKind::AdminKey => tx.touch_admin_key(*id, *time).await?,
                    CredentialKind::OAuthClient => tx.touch_oauth_client(*id, *time).await?,
                    CredentialKind::ClientSecret => tx.touch_oauth_secret(*id, *time).await?,
                    CredentialKind::TrustedIssuer => tx.touch_trusted_issuer(*id, *time).await?,
                }
            }
            Ok(())
        };
        db.write(work).await
    }
}
