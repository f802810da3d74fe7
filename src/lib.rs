//! SCIM 2.0 provisioning connector: identity providers push people and groups, the product's own rules hold.
//!
//! ```text
//!  cli ──▶ http ──┬───────────────────▶ scim ─────────┐
//!                 ├──▶ provisioning ──▶ scim          ├──▶ expr
//!                 │         └──▶ storage ──▶ domain ──┘
//!                 └──▶ admin ──▶ provisioning, scim, storage, domain      (app, config, clock, limits, metrics: used by the edges only)
//!
//!  provisioning, admin ──▶ jose ──▶ domain      storage, jose ──▶ tls
//! ```

pub mod admin;
pub mod app;
pub mod cli;
pub mod clock;
pub mod config;
pub mod domain;
pub mod expr;
pub mod http;
pub mod jose;
pub mod limits;
pub mod metrics;
pub mod provisioning;
pub mod scim;
pub mod storage;
pub mod tls;
