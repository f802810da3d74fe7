//! Settings sets: the sender identity and the expiration rules that organizations apply.

use super::Problem;
use super::caller::Ids;
use super::given::{given, put};
use super::list::{Items, List, Paging};
use super::organizations::Named;
use super::read::Read;
use super::write::Write;
use crate::admin::{self, Asked, Done, Shown};
use crate::scim::Object;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// Sender identity and expiration rules of future sessions.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SettingsSet)]
#[serde(rename_all = "camelCase")]
pub struct View {
    #[schema(format = "uuid")]
    id: String,
    name: String,
    external_id: Option<String>,
    sender: Sender,
    expiration: Expiration,
    /// The organizations that apply it.
    used_by: Vec<Named>,
    /// The account's default organization applies it.
    default: bool,
    version: i64,
    #[schema(format = DateTime)]
    created_at: String,
    #[schema(format = DateTime)]
    updated_at: String,
}

/// What mails of sessions are sent under.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Sender {
    name: Option<String>,
    email: Option<String>,
}

/// When sessions that start from now on expire.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Expiration {
    days: Option<i64>,
    /// Days before the end when signers are reminded.
    reminder_days: Option<i64>,
}

impl From<Shown> for View {
    fn from(shown: Shown) -> Self {
        let text = |path: &str| shown.text(path).unwrap_or_default();
        let number = |path: &str| shown.get(path).and_then(Value::as_i64);
        let used_by = shown.get("usedBy").and_then(Value::as_array).into_iter().flatten();
        let part = |value: &Value, name: &str| value[name].as_str().unwrap_or_default().to_owned();
        Self {
            id: text("id"),
            name: text("displayName"),
            external_id: shown.text("externalId"),
            sender: Sender { name: shown.text("sender.name"), email: shown.text("sender.email") },
            expiration: Expiration {
                days: number("expiration.days"),
                reminder_days: number("expiration.reminderDays"),
            },
            used_by: used_by.map(|using| Named { id: part(using, "value"), name: part(using, "display") }).collect(),
            default: shown.get("default") == Some(&Value::Bool(true)),
            version: shown.version,
            created_at: text("meta.created"),
            updated_at: text("meta.lastModified"),
        }
    }
}

/// A settings set to make.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = NewSettingsSet)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct New {
    /// Unique in the account without regard to case.
    name: String,
    external_id: Option<String>,
    sender: Option<ChangedSender>,
    expiration: Option<ChangedExpiration>,
}

/// What is to be different; what is left out stays, what is null goes.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = ChangedSettingsSet)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Changed {
    name: Option<String>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    external_id: Option<Option<String>>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<ChangedSender>)]
    sender: Option<Option<ChangedSender>>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<ChangedExpiration>)]
    expiration: Option<Option<ChangedExpiration>>,
}

/// The sender identity, in whole or in part.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangedSender {
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    name: Option<Option<String>>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    email: Option<Option<String>>,
}

/// The expiration rules, in whole or in part.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ChangedExpiration {
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<i64>, minimum = 1)]
    days: Option<Option<i64>>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<i64>, minimum = 0)]
    reminder_days: Option<Option<i64>>,
}

impl From<ChangedSender> for Value {
    fn from(sender: ChangedSender) -> Self {
        let mut parts = Object::new();
        put(&mut parts, "name", sender.name);
        put(&mut parts, "email", sender.email);
        Self::Object(parts)
    }
}

impl From<ChangedExpiration> for Value {
    fn from(expiration: ChangedExpiration) -> Self {
        let mut parts = Object::new();
        put(&mut parts, "days", expiration.days);
        put(&mut parts, "reminderDays", expiration.reminder_days);
        Self::Object(parts)
    }
}

impl Changed {
    fn attributes(&self) -> Object {
        let mut attributes = Object::new();
        put(&mut attributes, "displayName", self.name.clone().map(Some));
        put(&mut attributes, "externalId", self.external_id.clone());
        put(&mut attributes, "sender", self.sender.clone());
        put(&mut attributes, "expiration", self.expiration.clone());
        attributes
    }
}

/// List the settings sets, in order of creation
#[utoipa::path(get, path = "/settings-sets", tag = "settings-sets", params(Paging),
    responses((status = 200, description = "A page", body = Items<View>)))]
pub async fn list(list: List) -> Result<Response, Problem> {
    let work = list.run(async |tx, wanted| {
        Ok(admin::settings_sets_page(tx, &wanted.request, &wanted.window).await?.map(View::from))
    });
    work.await
}

/// Make a settings set
#[utoipa::path(post, path = "/settings-sets", tag = "settings-sets", request_body = New,
    responses((status = 201, description = "The settings set", body = View)))]
pub async fn create(write: Write<New>) -> Result<Response, Problem> {
    let work = write.run(async |tx, Asked { request, body: new }| {
        let all = Changed {
            name: Some(new.name.clone()),
            external_id: new.external_id.clone().map(Some),
            sender: new.sender.clone().map(Some),
            expiration: new.expiration.clone().map(Some),
        };
        Ok(Done::created(&View::from(admin::create_settings_set(tx, request, all.attributes()).await?)))
    });
    work.await
}

/// Read a settings set
#[utoipa::path(get, path = "/settings-sets/{id}", tag = "settings-sets",
    responses((status = 200, description = "The settings set", body = View)))]
pub async fn read(Ids([id]): Ids<1>, read: Read) -> Result<Response, Problem> {
    read.run(async move |tx, request| Ok(View::from(admin::settings_set_of(tx, request, id).await?))).await
}

/// Change a settings set
#[utoipa::path(patch, path = "/settings-sets/{id}", tag = "settings-sets", request_body = Changed,
    responses((status = 200, description = "The settings set", body = View)))]
pub async fn change(Ids([id]): Ids<1>, write: Write<Changed>) -> Result<Response, Problem> {
    let work = write.run(async move |tx, Asked { request, body }| {
        Ok(Done::ok(&View::from(admin::change_settings_set(tx, request, id, body.attributes()).await?)))
    });
    work.await
}

/// Delete a settings set that no organization applies
#[utoipa::path(delete, path = "/settings-sets/{id}", tag = "settings-sets",
    responses((status = 204, description = "Deleted")))]
pub async fn delete(Ids([id]): Ids<1>, write: Write) -> Result<Response, Problem> {
    let work = write.run(async move |tx, asked| {
        admin::delete_settings_set(tx, &asked.request, id).await?;
        Ok(Done::deleted())
    });
    work.await
}
