//! The only place that knows diesel: two databases behind one set of queries.
//!
//! `Db` runs work; `Tx` is what work sees; `queries/` holds every query once. Work is a function of `&mut Tx`, so no
//! use case knows which database it runs on.

mod condition;
mod db;
pub mod deep;
mod error;
mod list;
mod load;
mod migrations;
mod places;
mod postgres;
mod query;
pub mod rows;
mod schema;
mod sql;
mod sqlite;
mod tx;
mod types;
mod url;
mod waiting;

pub use db::{Db, Health, Options};
pub use error::{Constraint, Error, WorkError};
pub use list::{Listed, Listing, Place, Window};
pub use load::{BatchSizes, Load};
pub use migrations::Status as MigrationStatus;
pub use places::Places;
pub use query::{AuditQuery, LogQuery};
pub use tx::Tx;
pub(crate) use tx::{both, in_order};
pub use url::{DatabaseUrl, without_password};
