//! A bare axum on SQLite with durable writes: what could be reached without credentials, schemas, tenants, an audit trail
//! or events. One thread writes what has queued up in one transaction; bodies are stored as they are sent.

use crate::failure::Result;
use crate::people;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path as PathPart, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::serve::ListenerExt;
use rusqlite::{Connection, OptionalExtension, params};
use serde_json::Value;
use std::cell::RefCell;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use uuid::Uuid;

/// Writes of one transaction at most.
const MOST: usize = 64;

enum Work {
    Create { id: String, name: String, outer_id: String, body: String },
    Activate { id: String, active: bool },
}

/// The body that the work leaves behind, if there is somebody.
type Answer = oneshot::Sender<Option<String>>;

struct Shared {
    path: PathBuf,
    writer: SyncSender<(Work, Answer)>,
}

thread_local! {
    static READER: RefCell<Option<Connection>> = const { RefCell::new(None) };
}

fn open(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    connection.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA mmap_size = 1073741824;")?;
    Ok(connection)
}

/// Makes the database with this many users in it; user 1 has the id `first`.
pub fn fill(path: &Path, users: u64) -> Result<()> {
    let connection = open(path)?;
    connection.execute_batch(
        "CREATE TABLE users (n INTEGER PRIMARY KEY, id TEXT UNIQUE NOT NULL, user_name TEXT UNIQUE NOT NULL, outer_id TEXT, \
         active INTEGER, body TEXT); CREATE INDEX users_by_outer_id ON users(outer_id); PRAGMA synchronous = OFF; BEGIN;",
    )?;
    for number in 1..=users {
        let (id, name) = (id(number), people::user_name(number));
        let body = people::body(number).replacen('{', &format!("{{\"id\":\"{id}\","), 1);
        connection
            .prepare_cached("INSERT INTO users (id, user_name, outer_id, active, body) VALUES (?1, ?2, ?3, 1, ?4)")?
            .execute(params![id, name, people::external_id(number), body])?;
    }
    connection.execute_batch("COMMIT; PRAGMA wal_checkpoint(TRUNCATE);")?;
    Ok(())
}

/// The id of a user that `fill` makes.
pub fn id(number: u64) -> String {
    Uuid::from_u64_pair(0, number).to_string()
}

pub async fn serve(address: SocketAddr, path: &Path) -> Result<()> {
    let (writer, work) = sync_channel(4_096);
    let connection = open(path)?;
    std::thread::spawn(move || write(&connection, &work));
    let shared = Arc::new(Shared { path: path.to_owned(), writer });
    let app = Router::new()
        .route("/Users", post(create))
        .route("/Users/{id}", get(read).patch(activate))
        .fallback(|| async { StatusCode::OK })
        .with_state(shared);
    let listener = TcpListener::bind(address).await?.tap_io(|stream| {
        let _ = stream.set_nodelay(true);
    });
    Ok(axum::serve(listener, app).await?)
}

/// Ends when something is wrong with the database; then nobody is answered any more.
fn write(connection: &Connection, work: &Receiver<(Work, Answer)>) -> Option<()> {
    loop {
        let mut batch = vec![work.recv().ok()?];
        while batch.len() < MOST
            && let Ok(next) = work.try_recv()
        {
            batch.push(next);
        }
        connection.execute_batch("BEGIN IMMEDIATE").ok()?;
        let mut answers = Vec::with_capacity(batch.len());
        for (work, answer) in batch {
            answers.push((do_one(connection, work).ok()?, answer));
        }
        connection.execute_batch("COMMIT").ok()?;
        for (body, answer) in answers {
            let _ = answer.send(body);
        }
    }
}

fn do_one(connection: &Connection, work: Work) -> rusqlite::Result<Option<String>> {
    match work {
        Work::Create { id, name, outer_id, body } => {
            let sql = "INSERT OR IGNORE INTO users (id, user_name, outer_id, active, body) VALUES (?1, ?2, ?3, 1, ?4)";
            let made = connection.prepare_cached(sql)?.execute(params![id, name, outer_id, body])?;
            Ok((made == 1).then_some(body))
        }
        Work::Activate { id, active } => {
            let Some(old) = find(connection, &id)? else { return Ok(None) };
            let mut body: Value = serde_json::from_str(&old).unwrap_or_default();
            body["active"] = active.into();
            let body = body.to_string();
            let sql = "UPDATE users SET active = ?2, body = ?3 WHERE id = ?1";
            connection.prepare_cached(sql)?.execute(params![id, active, body])?;
            Ok(Some(body))
        }
    }
}

fn find(connection: &Connection, id: &str) -> rusqlite::Result<Option<String>> {
    connection.prepare_cached("SELECT body FROM users WHERE id = ?1")?.query_row([id], |row| row.get(0)).optional()
}

async fn create(State(shared): State<Arc<Shared>>, body: Bytes) -> Response {
    let Ok(mut body) = serde_json::from_slice::<Value>(&body) else { return StatusCode::BAD_REQUEST.into_response() };
    let id = Uuid::now_v7().to_string();
    body["id"] = id.clone().into();
    let text = |name: &str| body[name].as_str().unwrap_or_default().to_lowercase();
    let work = Work::Create { id, name: text("userName"), outer_id: text("externalId"), body: body.to_string() };
    answer(StatusCode::CREATED, ask(&shared, work).await)
}

async fn read(State(shared): State<Arc<Shared>>, PathPart(id): PathPart<String>) -> Response {
    let found = READER.with(|reader| {
        let mut reader = reader.borrow_mut();
        let connection = match &mut *reader {
            Some(connection) => connection,
            none => none.insert(open(&shared.path)?),
        };
        find(connection, &id)
    });
    answer(StatusCode::OK, found.unwrap_or_default())
}

async fn activate(State(shared): State<Arc<Shared>>, PathPart(id): PathPart<String>, body: Bytes) -> Response {
    let Ok(body) = serde_json::from_slice::<Value>(&body) else { return StatusCode::BAD_REQUEST.into_response() };
    let active = body["Operations"][0]["value"].as_bool().unwrap_or(true);
    answer(StatusCode::OK, ask(&shared, Work::Activate { id, active }).await)
}

async fn ask(shared: &Shared, work: Work) -> Option<String> {
    let (answer, answered) = oneshot::channel();
    // The queue is longer than there are connections: this never waits.
    shared.writer.send((work, answer)).ok()?;
    answered.await.ok()?
}

fn answer(status: StatusCode, body: Option<String>) -> Response {
    match body {
        Some(body) => (status, [(CONTENT_TYPE, "application/scim+json")], body).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
