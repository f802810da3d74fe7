//! The provisioning log: read by administrators, and kept short.

use super::{Error, Page, Request, Window, connection_of};
use crate::domain::{Id, LogSettings};
use crate::provisioning::Service;
use crate::storage::rows::{LogRow, WholeLogRow};
use crate::storage::{LogQuery, Tx};

/// Entries that are forgotten in one transaction.
const STEP: i64 = 500;
const DAY: i64 = 24 * 3600 * 1000;

/// The entries of a connection, the newest first.
pub async fn log_page(
    request: &Request,
    window: &Window,
    connection: Id,
    mut query: LogQuery,
) -> Result<Page<LogRow>, Error> {
    let (account, service) = (request.caller.account, &request.service);
    service.db.read(async move |tx: &mut Tx<'_>| connection_of(tx, account, connection).await.map(drop)).await?;
    let after = window.after_id()?;
    query.before = [query.before, after].into_iter().flatten().min();
    query.limit = window.rows();
    let read = async move |tx: &mut Tx<'_>| Ok::<_, Error>(tx.log_page(account, connection, &query).await?);
    Ok(Page::new(service.log.scan(read).await?, window, |row| row.id.0.to_string()))
}

/// What became of one request of the account.
pub async fn log_entry(request: &Request, id: Id) -> Result<WholeLogRow, Error> {
    let (account, service) = (request.caller.account, &request.service);
    let connections =
        service.db.read(async move |tx: &mut Tx<'_>| Ok::<_, Error>(tx.connections(account).await?)).await?;
    let connections: Vec<Id> = connections.into_iter().map(|connection| connection.id.0).collect();
    let read = async move |tx: &mut Tx<'_>| Ok::<_, Error>(tx.log_entry(account, &connections, id).await?);
    let found = service.log.scan(read).await?;
    found.ok_or_else(|| Error::NotVisible { what: "entry of the provisioning log", id: id.to_string() })
}

/// Forgets what is older than a connection keeps, and the oldest of what is more than it keeps; a little at a time, so that
/// nobody waits long.
pub async fn shorten_log(service: &Service, now: i64) -> Result<(), Error> {
    let all = service.log.scan(async |tx: &mut Tx<'_>| Ok::<_, Error>(tx.logged_connections().await?)).await?;
    for (account, connection) in all {
        let (account, connection) = (account.0, connection.0);
        let read = async move |tx: &mut Tx<'_>| Ok::<_, Error>(tx.connection(account, connection).await?);
        let settings = match service.db.read(read).await? {
            Some(row) => row.connection()?.settings.log,
            None => LogSettings::default(),
        };
        loop {
            let settings = settings.clone();
            let step = async move |tx: &mut Tx<'_>| shorten_one(tx, account, connection, &settings, now).await;
            if !service.log.write(step).await? {
                break;
            }
        }
    }
    Ok(())
}

/// One step; true when there may be more to forget.
async fn shorten_one(
    tx: &mut Tx<'_>,
    account: Id,
    connection: Id,
    settings: &LogSettings,
    now: i64,
) -> Result<bool, Error> {
    tx.be_modest().await?;
    let first_kept = Id::first_of(now - i64::from(settings.days) * DAY);
    let excess = tx.log_bytes_locked(account, connection).await? - i64::from(settings.megabytes) * 1_000_000;
    let oldest = tx.oldest_log_entries(account, connection, STEP).await?;
    let (mut freed, mut last) = (0, None);
    for (id, size) in &oldest {
        if id.0 >= first_kept && freed >= excess {
            break;
        }
        freed += size;
        last = Some(id.0);
    }
    let Some(last) = last else { return Ok(false) };
    tx.forget_log_until(account, connection, last).await?;
    tx.add_log_bytes(account, connection, -freed).await?;
    Ok(oldest.last().is_some_and(|(id, _)| id.0 == last))
}
