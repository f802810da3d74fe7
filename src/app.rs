//! A server put together: settings, database, service.

use crate::admin::{self, LastUses, QuirksSeen};
use crate::clock;
use crate::config::Config;
use crate::jose::Fetching;
use crate::limits::Limits;
use crate::metrics::Metrics;
use crate::provisioning::{self, LogOptions, OAuth, OAuthSettings, Recorder, Service};
use crate::scim::cursor::Cursors;
use crate::scim::discovery::Capabilities;
use crate::scim::list::PageLimits;
use crate::storage::{Db, Error, Tx};
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;

/// What every request handler works with. Cheap to clone, because every layer around a request does it.
#[derive(Clone)]
pub struct App(Arc<Parts>);

impl Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

/// What a server is made of.
pub struct Parts {
    pub service: Service,
    pub last_uses: LastUses,
    pub quirks: QuirksSeen,
    pub bounds: Bounds,
    pub limits: Arc<Limits>,
    pub metrics: Metrics,
    /// The metrics have a listener of their own.
    pub metrics_apart: bool,
    /// Writes the provisioning log.
    pub recorder: Arc<Recorder>,
}

/// What one request may take.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Bytes, but for a bulk request.
    pub body: usize,
    /// Bytes of a bulk request.
    pub bulk_body: usize,
    pub time: Duration,
}

impl App {
    /// Puts a server together on an open, migrated database. `public_url` is where clients reach it.
    pub async fn new(db: Db, config: &Config, public_url: &str) -> Result<Self, Error> {
        admin::complete_accounts(&db).await?;
        let secret = shared_secret(&db).await?;
        let scim = &config.scim;
        let capabilities = Capabilities {
            page: PageLimits { default: scim.page_default, maximum: scim.page_maximum },
            bulk_operations: scim.bulk_operations,
            bulk_payload: scim.bulk_payload_bytes,
            cursor_timeout: scim.cursor_timeout_seconds,
        };
        let settings = provisioning::Settings {
            base_url: format!("{}/scim/v2", public_url.trim_end_matches('/')).into(),
            capabilities,
            group_answer_members: scim.group_answer_members,
            warn_before: number(config.credentials.warn_days) * 24 * 60 * 60 * 1000,
        };
        let timeout = i64::try_from(scim.cursor_timeout_seconds).unwrap_or(i64::MAX / 1_000_000);
        let log = db.open_log(config.storage_options())?;
        let oauth = OAuth::new(OAuthSettings {
            issuer: public_url.trim_end_matches('/').into(),
            audience: Arc::clone(&settings.base_url),
            access_token_seconds: number(config.oauth.access_token_seconds),
            signing_key_days: number(config.oauth.signing_key_days),
            fetching: Fetching {
                allow_private: config.oauth.allow_private_issuers,
                per_minute: usize::try_from(config.oauth.key_fetches_per_minute).unwrap_or(usize::MAX),
            },
        });
        oauth.refresh_keys(&db, clock::now()).await?;
        let service = Service {
            db,
            log,
            cursors: Cursors::new(&secret, timeout),
            places: Arc::default(),
            tenants: Arc::default(),
            known_tokens: Arc::default(),
            oauth: Arc::new(oauth),
            settings,
        };
        let bytes = |bytes: u64| usize::try_from(bytes).unwrap_or(usize::MAX);
        let bounds = Bounds {
            body: bytes(config.server.body_limit_bytes),
            bulk_body: bytes(scim.bulk_payload_bytes),
            time: Duration::from_secs(config.server.request_timeout_seconds),
        };
        let kept = &config.provisioning_log;
        let options = LogOptions {
            queue: bytes(kept.queue),
            queue_bytes: bytes(kept.queue_megabytes * 1_000_000),
            batch: bytes(kept.batch),
            delay: Duration::from_millis(kept.delay_milliseconds),
        };
        let recorder = match kept.enabled {
            true => Recorder::start(service.log.clone(), Arc::clone(&service.tenants), options),
            false => Recorder::off(),
        };
        let recorder = Arc::new(recorder);
        let limits = Arc::new(Limits::new(config));
        let metrics =
            Metrics::new(service.db.clone(), Arc::clone(&limits), Arc::clone(&recorder), config.metrics.connections);
        Ok(Self(Arc::new(Parts {
            recorder,
            service,
            last_uses: LastUses::default(),
            quirks: QuirksSeen::default(),
            bounds,
            limits,
            metrics,
            metrics_apart: !config.metrics.listen.is_empty(),
        })))
    }

    /// Starts what is done now and then, until the program ends or it is aborted.
    pub fn start_chores(&self) -> Vec<JoinHandle<()>> {
        const MINUTE: u64 = 60;
        const HOUR: u64 = 60 * MINUTE;
        vec![
            self.every(5, |app| async move { app.write_quirks().await }),
            self.every(5, |app| async move { app.run_schedule(app.now()).await }),
            self.every(30, |app| async move { app.write_last_uses().await }),
            self.every(MINUTE, |app| async move { app.shorten_log(app.now()).await }),
            self.every(MINUTE, |app| async move { app.refresh_signing_keys(app.now()).await }),
            self.every(HOUR, |app| async move { app.forget_what_ended(app.now()).await }),
            self.every(24 * HOUR, |app| async move { app.warn_of_expiry(app.now()).await }),
        ]
    }

    fn every<F>(&self, seconds: u64, work: impl Fn(Self) -> F + Send + 'static) -> JoinHandle<()>
    where
        F: Future<Output = ()> + Send,
    {
        let app = self.clone();
        tokio::spawn(async move {
            let mut pause = tokio::time::interval(Duration::from_secs(seconds));
            loop {
                pause.tick().await;
                work(app.clone()).await;
            }
        })
    }

    /// Writes down when each token was last used since this was called before.
    pub async fn write_last_uses(&self) {
        if let Err(error) = self.last_uses.write(&self.service.db).await {
            tracing::warn!(%error, "the last uses of tokens could not be written");
        }
    }

    /// Writes down which quirks were seen on which connection since this was called before.
    pub async fn write_quirks(&self) {
        if let Err(error) = self.quirks.write(&self.service.db).await {
            tracing::warn!(%error, "the quirks of connections could not be written; they are tried again");
        }
    }

    /// Carries out the changes that were put off until `now` or earlier.
    pub async fn run_schedule(&self, now: i64) {
        if let Err(error) = admin::run_due(&self.service, now).await {
            tracing::warn!(%error, "changes that are due could not be made; they are tried again");
        }
    }

    /// Forgets the answers whose Idempotency-Key is no longer good, and assertions that have ended.
    async fn forget_what_ended(&self, now: i64) {
        if let Err(error) = admin::forget_answers(&self.service.db, now).await {
            tracing::warn!(%error, "old answers could not be forgotten");
        }
        if let Err(error) = admin::forget_assertions(&self.service.db, now).await {
            tracing::warn!(%error, "old assertions could not be forgotten");
        }
    }

    /// Names the credentials that end soon.
    async fn warn_of_expiry(&self, now: i64) {
        if let Err(error) = admin::log_expiring(&self.service, now).await {
            tracing::warn!(%error, "it could not be found out which credentials end soon");
        }
    }

    /// Keeps the keys of access tokens as the other replicas have them.
    async fn refresh_signing_keys(&self, now: i64) {
        if let Err(error) = self.service.oauth.refresh_keys(&self.service.db, now).await {
            tracing::warn!(%error, "the signing keys could not be read; those known stay good");
        }
    }

    /// Forgets of the provisioning log what is older or more than the connections keep.
    pub async fn shorten_log(&self, now: i64) {
        if let Err(error) = admin::shorten_log(&self.service, now).await {
            tracing::warn!(%error, "old entries of the provisioning log could not be forgotten");
        }
    }

    /// Whether the database can be reached and is migrated.
    pub async fn is_ready(&self) -> Result<(), Error> {
        // A look at one place, however many accounts there are.
        self.service.db.read(async |tx: &mut Tx<'_>| tx.account_by_name("").await.map(drop)).await
    }

    /// Milliseconds since 1970.
    pub fn now(&self) -> i64 {
        clock::now()
    }
}

/// A setting, which was checked to be small.
fn number(setting: u64) -> i64 {
    i64::try_from(setting).unwrap_or(i64::MAX)
}

/// The secret that signs cursors: made by the first server, the same on every replica.
async fn shared_secret(db: &Db) -> Result<Vec<u8>, Error> {
    let mut proposal = [0; 32];
    getrandom::fill(&mut proposal).map_err(|error| Error::Internal(error.to_string()))?;
    db.write(async move |tx: &mut Tx<'_>| tx.secret("cursor", &proposal).await).await
}
