//! Issuers whose tokens open the SCIM interface themselves, as one connection.

use super::connections::connection_of;
use super::credentials::{change, note_revoked};
use super::oauth_clients::trust_change;
use super::trust::TrustWish;
use super::{Error, Page, Request, Window, note};
use crate::domain::{Id, Lifetime, Subject, Trust, TrustedIssuer};
use crate::storage::rows::TrustedIssuerRow;
use crate::storage::{Constraint, Error as StorageError, Tx};
use serde_json::Value;

pub async fn add_trusted_issuer(
    tx: &mut Tx<'_>,
    request: &Request,
    connection: Id,
    wish: &TrustWish,
) -> Result<TrustedIssuer, Error> {
    let account = request.caller.account;
    connection_of(tx, account, connection).await?;
    let (id, trust) = (Id::new(), wish.trust(request, (None, Vec::new(), None))?);
    let lifetime = Lifetime::from(id.created(), None);
    let issuer = TrustedIssuer { id, account, connection, trust, version: 1, lifetime };
    check_alone(tx, &issuer).await?;
    tx.insert_trusted_issuer(&TrustedIssuerRow::new(&issuer)).await.map_err(taken)?;
    let mut changes = vec![change("connection", Value::Null, connection.to_string().into())];
    changes.extend(trust_change(None, Some(&issuer.trust)));
    note(tx, request, "trusted_issuer.created", subject(id), changes);
    Ok(issuer)
}

/// Replaces what is asked of an issuer's tokens.
pub async fn change_trusted_issuer(
    tx: &mut Tx<'_>,
    request: &Request,
    id: Id,
    wish: &TrustWish,
) -> Result<TrustedIssuer, Error> {
    let before = trusted_issuer_of(tx, request.caller.account, id).await?;
    request.check_version(before.version)?;
    let trust: Trust = wish.trust(request, (None, Vec::new(), None))?;
    if trust == before.trust {
        return Ok(before);
    }
    let mut after = TrustedIssuer { trust, ..before.clone() };
    if after.lifetime.revoked.is_none() {
        check_alone(tx, &after).await?;
    }
    save(tx, &mut after).await?;
    let changes = trust_change(Some(&before.trust), Some(&after.trust)).into_iter().collect();
    note(tx, request, "trusted_issuer.updated", subject(id), changes);
    Ok(after)
}

/// Counts at once, on every replica. Revoking twice is no error.
pub async fn remove_trusted_issuer(tx: &mut Tx<'_>, request: &Request, id: Id) -> Result<(), Error> {
    let before = trusted_issuer_of(tx, request.caller.account, id).await?;
    request.check_version(before.version)?;
    if before.lifetime.revoked.is_none() {
        let mut after = before.clone();
        after.lifetime.revoked = Some(request.now);
        save(tx, &mut after).await?;
    }
    note_revoked(tx, request, "trusted_issuer.revoked", subject(id), &before.lifetime);
    Ok(())
}

/// A token must not belong to two connections, of whichever accounts.
async fn check_alone(tx: &mut Tx<'_>, issuer: &TrustedIssuer) -> Result<(), Error> {
    let trust = &issuer.trust;
    if trust.audiences.len() != 1 {
        let detail = "A trusted issuer has one audience. Make one for each.";
        return Err(Error::Invalid { field: "audiences", detail });
    }
    let others = tx.live_trusted_issuers(&trust.issuer, &trust.audiences).await?;
    let overlaps = |other: &TrustedIssuerRow| {
        other.id.0 != issuer.id
            && (other.subject.is_empty() || trust.subject.as_ref().is_none_or(|subject| *subject == other.subject))
    };
    match others.iter().any(|(other, _, _)| overlaps(other)) {
        true => Err(Error::IssuerTaken),
        false => Ok(()),
    }
}

async fn save(tx: &mut Tx<'_>, issuer: &mut TrustedIssuer) -> Result<(), Error> {
    issuer.version += 1;
    match tx.update_trusted_issuer(&TrustedIssuerRow::new(issuer)).await.map_err(taken)? {
        true => Ok(()),
        false => Err(StorageError::Contention("the trusted issuer was changed meanwhile".to_owned()).into()),
    }
}

fn taken(error: StorageError) -> Error {
    match error {
        StorageError::Conflict(Constraint::TrustedIssuer) => Error::IssuerTaken,
        other => other.into(),
    }
}

/// In order of creation.
pub async fn trusted_issuers_page(
    tx: &mut Tx<'_>,
    account: Id,
    connection: Id,
    window: &Window,
) -> Result<Page<TrustedIssuer>, Error> {
    connection_of(tx, account, connection).await?;
    let rows = tx.trusted_issuers_after(account, connection, window.after_id()?, window.rows()).await?;
    let issuers = rows.into_iter().map(TrustedIssuerRow::issuer).collect::<Result<Vec<_>, _>>()?;
    Ok(Page::new(issuers, window, |issuer| issuer.id.to_string()))
}

/// A trusted issuer of the account.
pub async fn trusted_issuer_of(tx: &mut Tx<'_>, account: Id, id: Id) -> Result<TrustedIssuer, Error> {
    let found = tx.trusted_issuer_of(account, id).await?;
    Ok(found.ok_or_else(|| Error::NotVisible { what: "trusted issuer", id: id.to_string() })?.issuer()?)
}

fn subject(id: Id) -> Subject {
    Subject::new("trusted_issuer", id)
}
