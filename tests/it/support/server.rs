//! A server inside the test process.

use super::cluster;
use reqwest::Client;
use scim_connector::admin;
use scim_connector::app::App;
use scim_connector::config::Config;
use scim_connector::domain::{Connection, Dialect, Id, Preset, RoleCeiling};
use scim_connector::http;
use scim_connector::storage::rows::{AccountRow, ConnectionRow};
use scim_connector::storage::{DatabaseUrl, Db, Error as StorageError, Tx};
use std::path::PathBuf;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Database {
    Sqlite,
    Postgres,
}

/// A database of its own, and a server on it with one account and one connection.
pub struct Server {
    pub client: Client,
    /// The address of the SCIM interface.
    pub base_url: String,
    pub token: String,
    /// For the admin API.
    pub admin_key: String,
    pub account: Id,
    pub connection: Id,
    pub database: Database,
    pub url: DatabaseUrl,
    pub app: App,
    stop: Option<oneshot::Sender<()>>,
    serving: Option<JoinHandle<()>>,
    folder: Option<PathBuf>,
}

impl Server {
    pub async fn start(database: Database) -> Self {
        Self::start_with(database, |_| ()).await
    }

    /// Starts a server with other settings.
    pub async fn start_with(database: Database, settings: impl FnOnce(&mut Config)) -> Self {
        let (url, folder) = fresh(database).await;
        let mut server = Self::start_on(url, settings).await;
        server.folder = folder;
        server
    }

    /// Starts one more server on a database that exists.
    pub async fn start_on(url: DatabaseUrl, settings: impl FnOnce(&mut Config)) -> Self {
        let mut config = Config::load(None).expect("the defaults are good");
        // Tests send as fast as they can; those of the limits turn them on again.
        config.limits.requests_per_second = 0;
        config.limits.admin_requests_per_second = 0;
        config.limits.failed_authentications = 0;
        settings(&mut config);
        let db = open(&url, &config).await;
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let public_url = format!("http://{}", listener.local_addr().expect("bound"));
        let (account, connection, token) = first_or_new(&db).await;
        let admin_key = new_admin_key(&db, account).await;
        // Replicas have one address.
        let shown = if config.public_url.is_empty() { &public_url } else { &config.public_url };
        let app = App::new(db, &config, shown).await.expect("the server is put together");
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = http::serve(listener, app.clone(), async move {
            let _ = stopped.await;
        });
        let serving = tokio::spawn(async move {
            let _ = serving.await;
        });
        let database = match url {
            DatabaseUrl::Sqlite(_) => Database::Sqlite,
            DatabaseUrl::Postgres(_) => Database::Postgres,
        };
        Self {
            client: Client::builder().build().expect("a client"),
            base_url: format!("{public_url}/scim/v2"),
            token,
            admin_key,
            account,
            connection,
            database,
            url,
            app,
            stop: Some(stop),
            serving: Some(serving),
            folder: None,
        }
    }

    /// A token of a new connection with another dialect in the same account.
    pub async fn connect(&self, name: &str, dialect: Dialect) -> String {
        let db = &self.app.service.db;
        let connection = admin::create_connection(db, self.account, name, dialect, RoleCeiling::StandardUser).await;
        let connection = connection.expect("a new connection").id;
        let token = admin::create_token(db, self.account, connection, None).await.expect("a token");
        token.secret.reveal().to_owned()
    }

    /// Sets policies of the account, for tests that are not about setting them.
    pub async fn policies(&self, policies: &[(&str, &str)]) {
        let (account, policies) =
            (self.account, policies.iter().map(|(key, value)| (key.to_string(), value.to_string())));
        let policies: Vec<(String, String)> = policies.collect();
        let work = async move |tx: &mut Tx<'_>| {
            let row = tx.account(account).await?.expect("the account is there");
            let (roles, mut account) = (row.roles.clone(), row.account()?);
            for (key, value) in &policies {
                account.policies.set(key, value).expect("a policy");
            }
            tx.update_account(account.id, &AccountRow::new(&account).policies, &roles).await
        };
        self.app.service.db.write::<(), StorageError, _>(work).await.expect("the policies are written");
    }

    /// Changes the server's own connection: ceiling, settings, rules.
    pub async fn configure(&self, change: impl Fn(&mut Connection) + Send + Sync + 'static) {
        let (account, id) = (self.account, self.connection);
        let work = async move |tx: &mut Tx<'_>| {
            let mut connection = tx.connection(account, id).await?.expect("the connection is there").connection()?;
            change(&mut connection);
            assert!(tx.update_connection(&ConnectionRow::new(&connection)).await?);
            Ok(())
        };
        self.app.service.db.write::<(), StorageError, _>(work).await.expect("the connection is written");
    }

    /// A token of a new account.
    pub async fn other_account(&self, name: &str) -> String {
        new_account(&self.app.service.db, name).await.2
    }

    /// An admin key of a new account.
    pub async fn other_admin_key(&self, name: &str) -> String {
        let db = &self.app.service.db;
        new_admin_key(db, new_account(db, name).await.0).await
    }

    pub fn stop(&mut self) {
        drop(self.stop.take());
    }

    /// Stops the server, and starts another one on its database when it has ended.
    pub async fn restart(self) -> Self {
        self.restart_with(|_| ()).await
    }

    /// The same with other settings.
    pub async fn restart_with(mut self, settings: impl FnOnce(&mut Config)) -> Self {
        let (url, folder, serving) = (self.url.clone(), self.folder.take(), self.serving.take());
        drop(self);
        if let Some(serving) = serving {
            serving.await.expect("it ends");
        }
        let mut server = Self::start_on(url, settings).await;
        server.folder = folder;
        server
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
        if let Some(folder) = &self.folder {
            let _ = std::fs::remove_dir_all(folder);
        }
    }
}

/// The database. A server that has just ended may need a moment to let go of it.
async fn open(url: &DatabaseUrl, config: &Config) -> Db {
    for _ in 0..50 {
        match Db::serve(url, config.storage_options()).await {
            Err(StorageError::Unavailable(_)) => tokio::time::sleep(Duration::from_millis(100)).await,
            opened => return opened.expect("the database opens"),
        }
    }
    panic!("the database does not open")
}

async fn first_or_new(db: &Db) -> (Id, Id, String) {
    match admin::find_account(db, "default").await {
        Ok(account) => {
            let connection = admin::find_connection(db, account.id, "default").await.expect("made with the account").id;
            let token = admin::create_token(db, account.id, connection, None).await.expect("a token");
            (account.id, connection, token.secret.reveal().to_owned())
        }
        Err(_) => new_account(db, "default").await,
    }
}

async fn new_admin_key(db: &Db, account: Id) -> String {
    let key = admin::create_admin_key(db, account).await.expect("an admin key");
    key.secret.reveal().to_owned()
}

async fn new_account(db: &Db, name: &str) -> (Id, Id, String) {
    let account = admin::create_account(db, name, Preset::Default).await.expect("a new account").id;
    let connection = admin::create_connection(db, account, "default", Dialect::Auto, RoleCeiling::StandardUser).await;
    let connection = connection.expect("a new connection").id;
    let token = admin::create_token(db, account, connection, None).await.expect("a token");
    (account, connection, token.secret.reveal().to_owned())
}

/// A new database, empty or migrated, and the folder that goes with it.
pub async fn fresh(database: Database) -> (DatabaseUrl, Option<PathBuf>) {
    static NUMBER: AtomicUsize = AtomicUsize::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    match database {
        Database::Sqlite => {
            let folder = std::env::temp_dir().join(format!("scim-connector-test-{}-{number}", std::process::id()));
            let path = folder.join("test.db");
            (DatabaseUrl::Sqlite(path), Some(folder))
        }
        Database::Postgres => {
            let name = format!("test_{}_{number}", std::process::id());
            let create = {
                let name = name.clone();
                move || cluster::execute("postgres", &format!("CREATE DATABASE {name} TEMPLATE {}", template()))
            };
            tokio::task::spawn_blocking(create).await.expect("the database is made");
            (DatabaseUrl::Postgres(format!("{}/{name}", cluster::url())), None)
        }
    }
}

/// A new PostgreSQL database without any table.
pub async fn empty_postgres(name: &'static str) -> DatabaseUrl {
    let name = format!("{name}_{}", std::process::id());
    let create = {
        let name = name.clone();
        move || cluster::execute("postgres", &format!("CREATE DATABASE {name}"))
    };
    tokio::task::spawn_blocking(create).await.expect("the database is made");
    DatabaseUrl::Postgres(format!("{}/{name}", cluster::url()))
}

/// A migrated database to copy: migrating each anew would take longer than most tests.
fn template() -> &'static str {
    static TEMPLATE: OnceLock<String> = OnceLock::new();
    TEMPLATE.get_or_init(|| {
        let name = format!("template_{}", std::process::id());
        cluster::execute("postgres", &format!("CREATE DATABASE {name}"));
        let url = DatabaseUrl::Postgres(format!("{}/{name}", cluster::url()));
        let migrate = async move {
            let options = Config::load(None).expect("the defaults are good").storage_options();
            Db::open(&url, options).await.expect("the database opens").migrate().await.expect("it migrates");
        };
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
        std::thread::scope(|scope| scope.spawn(|| runtime.block_on(migrate)).join()).expect("the template is made");
        name
    })
}
