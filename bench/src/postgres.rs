//! PostgreSQL as blocking code uses it: for filling and for looking, not for measuring.

use crate::failure::{Failure, Result};
use tokio::runtime::{Builder, Runtime};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, NoTls, Row, SimpleQueryMessage};

pub struct Session {
    runtime: Runtime,
    client: Client,
}

impl Session {
    pub fn open(url: &str) -> Result<Self> {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let client = runtime.block_on(connect(url))?;
        Ok(Self { runtime, client })
    }

    /// Statements that are divided by semicolons.
    pub fn execute(&self, statements: &str) -> Result<()> {
        let done = self.runtime.block_on(self.client.batch_execute(statements));
        done.map_err(|error| Failure::new(format!("{}: {statements}", Failure::from(error))))
    }

    pub fn query(&self, query: &str, values: &[&(dyn ToSql + Sync)]) -> Result<Vec<Row>> {
        let rows = self.runtime.block_on(self.client.query(query, values));
        rows.map_err(|error| Failure::new(format!("{}: {query}", Failure::from(error))))
    }

    /// The first column of the first row as text; nothing when there is none or the query is not understood.
    pub fn text(&self, query: &str) -> Option<String> {
        let rows = self.runtime.block_on(self.client.simple_query(query)).ok()?;
        rows.iter().find_map(|row| match row {
            SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
            _ => None,
        })
    }
}

/// A connection for asynchronous code; it lives as long as its client.
pub async fn connect(url: &str) -> Result<Client> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}
