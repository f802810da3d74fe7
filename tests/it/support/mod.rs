//! What every test needs: a server on a fresh database, and a client for it.

mod client;
mod cluster;
mod program;
mod server;

pub use client::{Reply, send};
pub use cluster::{Cluster, FORGETFUL, dump_into, query};
pub use program::Folder;
pub use server::{Database, Server, empty_postgres, fresh};

/// Makes a test for each database of one body.
///
/// ```ignore
/// on_both! {
///     /// What is proved, with the ids of the requirements.
///     async fn a_user_can_be_read_back(server) { … }
/// }
/// ```
///
/// `starting path::to::a_function;` before them names another way to start the server.
macro_rules! on_both {
    (starting $start:path; $($(#[$meta:meta])* async fn $name:ident($server:ident) $body:block)+) => {
        $(mod $name {
            #[allow(unused_imports, reason = "a body may need nothing from its file")]
            use super::*;

            async fn body($server: $crate::support::Server) $body

            $(#[$meta])*
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                body($start($crate::support::Database::Sqlite).await).await;
            }

            $(#[$meta])*
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                body($start($crate::support::Database::Postgres).await).await;
            }
        })+
    };
    ($($tests:tt)+) => {
        $crate::support::on_both! { starting $crate::support::Server::start; $($tests)+ }
    };
}
pub(crate) use on_both;
