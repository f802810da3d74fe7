//! Opening SQLite connections: process-wide settings, pragmas, the lock of the one server.

use crate::storage::{Error, Health};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel::sqlite::SqliteConnection;
use std::cell::Cell;
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// What a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opened {
    ReadWrite,
    ReadOnly,
}

/// Steps of SQLite's machine between two looks at the clock: some milliseconds.
const STEPS_BETWEEN_LOOKS: i32 = 100_000;

thread_local! {
    /// When the statement that runs on this thread is broken off.
    static DEADLINE: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// Breaks off what this thread still runs on SQLite after that time.
pub fn break_off_after(time: Option<Duration>) {
    DEADLINE.set(time.map(|time| Instant::now() + time));
}

/// Settings that SQLite takes only before its first connection.
///
/// Without the query planner stability guarantee SQLite prepares a statement anew whenever its LIMIT is bound, and
/// diesel always binds it: 25 µs a look-up instead of 7. A connection belongs to one thread at a time, so mutexes
/// inside SQLite guard nothing.
#[expect(unsafe_code, reason = "diesel shows no way to SQLite's process-wide settings")]
fn settle_process() -> Result<(), Error> {
    use libsqlite3_sys as ffi;
    use std::sync::OnceLock;

    unsafe extern "C" fn settle_connection(
        database: *mut ffi::sqlite3,
        _: *mut *mut std::ffi::c_char,
        _: *const ffi::sqlite3_api_routines,
    ) -> std::ffi::c_int {
        // SAFETY: SQLite calls this with a database that is open. The option takes an int and a pointer that may be null;
        // the handler takes no argument.
        unsafe {
            ffi::sqlite3_progress_handler(database, STEPS_BETWEEN_LOOKS, Some(is_overdue), std::ptr::null_mut());
            ffi::sqlite3_db_config(database, ffi::SQLITE_DBCONFIG_ENABLE_QPSG, 1i32, std::ptr::null_mut::<i32>())
        }
    }

    unsafe extern "C" fn is_overdue(_: *mut std::ffi::c_void) -> std::ffi::c_int {
        DEADLINE.get().is_some_and(|deadline| Instant::now() > deadline).into()
    }

    static SETTLED: OnceLock<bool> = OnceLock::new();
    let settled = SETTLED.get_or_init(|| {
        // SAFETY: runs once, before this process opens its first connection; the arguments are those that each option
        // is documented to take.
        unsafe {
            ffi::sqlite3_config(ffi::SQLITE_CONFIG_MULTITHREAD) == ffi::SQLITE_OK
                && ffi::sqlite3_config(ffi::SQLITE_CONFIG_MEMSTATUS, 0i32) == ffi::SQLITE_OK
                && ffi::sqlite3_auto_extension(Some(settle_connection)) == ffi::SQLITE_OK
        }
    });
    if *settled { Ok(()) } else { Err(Error::Internal("SQLite refuses its process-wide settings".to_owned())) }
}

/// Opens one connection with the settings that every connection needs.
///
/// The file is not mapped into memory: a page is found a microsecond faster there, but memory would grow with the file, and a disk
/// that fails would end the process instead of a request. The caches are small, because the kernel keeps the file, too: more
/// than the inner pages of the trees and what a batch of writes touches made nothing faster.
pub fn open(path: &Path, opened: Opened) -> Result<SqliteConnection, Error> {
    settle_process()?;
    let text = path.to_str().ok_or_else(|| Error::Internal("the path of the database is not UTF-8".to_owned()))?;
    let mut connection =
        SqliteConnection::establish(text).map_err(|error| Error::Internal(format!("cannot open {text}: {error}")))?;
    connection.batch_execute(
        "PRAGMA busy_timeout = 10000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; \
         PRAGMA cache_size = -8192; PRAGMA mmap_size = 0; PRAGMA temp_store = MEMORY; \
         PRAGMA wal_autocheckpoint = 4000;",
    )?;
    if opened == Opened::ReadOnly {
        connection.batch_execute("PRAGMA query_only = ON; PRAGMA cache_size = -2048;")?;
    }
    Ok(connection)
}

/// Where the provisioning log of a database is: a file beside it.
pub fn log_path(path: &Path) -> PathBuf {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!("{stem}-log.db"))
}

/// Opens the file of the provisioning log. It does not wait for the disk: a crash of the machine may take the last entries
/// along, a crash of the program takes none.
pub fn open_log(path: &Path) -> Result<SqliteConnection, Error> {
    make_folder(path)?;
    let mut connection = open(path, Opened::ReadWrite)?;
    connection.batch_execute("PRAGMA synchronous = NORMAL; PRAGMA cache_size = -1024;")?;
    Ok(connection)
}

/// Opens a database for a server: makes its folder, and keeps a second server out.
pub fn open_for_server(path: &Path) -> Result<(SqliteConnection, File), Error> {
    make_folder(path)?;
    let mut lock_path = real_path(path).into_os_string();
    lock_path.push(".lock");
    let lock_path = PathBuf::from(lock_path);
    let cannot = |error: std::io::Error| Error::Internal(format!("cannot lock {}: {error}", lock_path.display()));
    let lock = File::options().create(true).truncate(false).write(true).open(&lock_path).map_err(cannot)?;
    match lock.try_lock() {
        Ok(()) => Ok((open(path, Opened::ReadWrite)?, lock)),
        Err(TryLockError::WouldBlock) => Err(Error::Unavailable(format!(
            "another server already serves {}. Stop it first, or use PostgreSQL to run several",
            path.display()
        ))),
        Err(TryLockError::Error(error)) => Err(cannot(error)),
    }
}

/// The file itself, so that a link to it is not a second name for the lock.
fn real_path(path: &Path) -> PathBuf {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let in_real_folder = || Some(folder.canonicalize().ok()?.join(path.file_name()?));
    path.canonicalize().ok().or_else(in_real_folder).unwrap_or_else(|| path.to_owned())
}

/// Opens a database for one command, beside a server or not.
pub fn open_for_command(path: &Path) -> Result<SqliteConnection, Error> {
    make_folder(path)?;
    open(path, Opened::ReadWrite)
}

fn make_folder(path: &Path) -> Result<(), Error> {
    match path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        Some(folder) => std::fs::create_dir_all(folder)
            .map_err(|error| Error::Internal(format!("cannot make the folder {}: {error}", folder.display()))),
        None => Ok(()),
    }
}

/// Writes a consistent copy of a database that may be in use.
pub fn backup(connection: &mut SqliteConnection, target: &Path) -> Result<(), Error> {
    let text = target.to_str().ok_or_else(|| Error::Internal("the path of the copy is not UTF-8".to_owned()))?;
    diesel::sql_query("VACUUM INTO ?").bind::<Text, _>(text).execute(connection)?;
    Ok(())
}

const QUICK_CHECK: &str = "SELECT quick_check AS value FROM pragma_quick_check";

/// The first `value` of a query.
fn ask(connection: &mut SqliteConnection, query: &str) -> Result<String, Error> {
    #[derive(QueryableByName)]
    struct Answer {
        #[diesel(sql_type = Text)]
        value: String,
    }
    let Answer { value } = diesel::sql_query(query).get_result(connection)?;
    Ok(value)
}

/// The settings that durability hangs on, as `doctor` shows them.
pub fn health(connection: &mut SqliteConnection) -> Result<Vec<Health>, Error> {
    let settings = [
        ("SQLite version", "SELECT sqlite_version() AS value", None),
        ("journal_mode", "SELECT journal_mode AS value FROM pragma_journal_mode", Some("wal")),
        ("synchronous", "SELECT CAST(synchronous AS TEXT) AS value FROM pragma_synchronous", Some("2")),
        ("foreign_keys", "SELECT CAST(foreign_keys AS TEXT) AS value FROM pragma_foreign_keys", Some("1")),
        ("quick_check", QUICK_CHECK, Some("ok")),
    ];
    settings
        .into_iter()
        .map(|(name, query, wanted)| {
            let value = ask(connection, query)?;
            Ok(Health { name: name.to_owned(), good: wanted.is_none_or(|wanted| wanted == value), value })
        })
        .collect()
}

/// The provisioning log's file, as `doctor` shows it. To look must not make one.
pub fn log_health(path: &Path) -> Result<Health, Error> {
    let fact = |value: String, good| Health { name: "provisioning log".to_owned(), value, good };
    let Ok(file) = std::fs::metadata(path) else {
        let value = format!("no file yet; the next `serve` or `migrate run` makes {}", path.display());
        return Ok(fact(value, true));
    };
    let mut connection = open(path, Opened::ReadOnly)?;
    Ok(match ask(&mut connection, QUICK_CHECK)?.as_str() {
        "ok" => fact(format!("{}, {} MB", path.display(), file.len().div_ceil(1_000_000)), true),
        broken => {
            let remedy = "it can be removed while no server runs: the next start makes a new one";
            fact(format!("{}: {broken}; {remedy}", path.display()), false)
        }
    })
}
