//! What a server could be without any SCIM in it, and what the disk and PostgreSQL give by themselves.

mod ceiling;
mod flush;
mod hello;
mod process;
mod raw_postgres;

pub use ceiling::{fill as fill_ceiling, id as ceiling_id, serve as serve_ceiling};
pub use flush::flush_micros;
pub use hello::serve as serve_hello;
pub use process::Process;
pub use raw_postgres::Raw;
