//! diesel's blocking methods under the names of diesel-async's: each runs at once on the thread that calls it and
//! hands back a future that is ready, so that one source of queries serves both.

use super::Conn;
use diesel::helper_types::Limit;
use diesel::query_dsl::methods::{ExecuteDsl, LimitDsl, LoadQuery};
use diesel::result::QueryResult;
use diesel::sqlite::SqliteConnection;
use std::future::{Ready, ready};
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

pub trait RunQueryDsl: Sized {
    fn execute(self, conn: &mut Conn<'_>) -> Ready<QueryResult<usize>>
    where
        Self: ExecuteDsl<SqliteConnection>,
    {
        ready(ExecuteDsl::execute(self, conn.0))
    }

    fn load<'q, U>(self, conn: &mut Conn<'_>) -> Ready<QueryResult<Vec<U>>>
    where
        Self: LoadQuery<'q, SqliteConnection, U>,
    {
        ready(self.internal_load(conn.0).and_then(|rows| rows.collect()))
    }

    fn get_result<'q, U>(self, conn: &mut Conn<'_>) -> Ready<QueryResult<U>>
    where
        Self: LoadQuery<'q, SqliteConnection, U>,
    {
        ready(self.internal_load(conn.0).and_then(|mut rows| rows.next().unwrap_or(Err(diesel::NotFound))))
    }

    fn first<'q, U>(self, conn: &mut Conn<'_>) -> Ready<QueryResult<U>>
    where
        Self: LimitDsl,
        Limit<Self>: LoadQuery<'q, SqliteConnection, U>,
    {
        self.limit(1).get_result(conn)
    }
}

impl<T> RunQueryDsl for T {}

/// The value of a future that never waits: every query on SQLite is one. It stays where it is, because it is large.
pub fn run_ready<F: Future>(future: Pin<&mut F>) -> F::Output {
    match future.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => unreachable!("work on SQLite awaits nothing but queries"),
    }
}
