//! Organizations: units inside the account, each with one settings set.

use super::Problem;
use super::caller::Ids;
use super::given::{given, put};
use super::list::{Items, List, Paging};
use super::read::Read;
use super::write::Write;
use crate::admin::{self, Asked, Done, Shown};
use crate::scim::Object;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

/// A unit inside the account; every user belongs to one.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Organization)]
#[serde(rename_all = "camelCase")]
pub struct View {
    #[schema(format = "uuid")]
    id: String,
    name: String,
    external_id: Option<String>,
    settings_set: Named,
    user_count: i64,
    /// Users without another word are in it.
    default: bool,
    version: i64,
    #[schema(format = DateTime)]
    created_at: String,
    #[schema(format = DateTime)]
    updated_at: String,
}

/// Something by its id and its name.
#[derive(Debug, Serialize, ToSchema)]
pub struct Named {
    #[schema(format = "uuid")]
    pub id: String,
    pub name: String,
}

impl From<Shown> for View {
    fn from(shown: Shown) -> Self {
        let text = |path: &str| shown.text(path).unwrap_or_default();
        Self {
            id: text("id"),
            name: text("displayName"),
            external_id: shown.text("externalId"),
            settings_set: Named { id: text("settingsSet.value"), name: text("settingsSet.display") },
            user_count: shown.get("userCount").and_then(Value::as_i64).unwrap_or_default(),
            default: shown.get("default") == Some(&Value::Bool(true)),
            version: shown.version,
            created_at: text("meta.created"),
            updated_at: text("meta.lastModified"),
        }
    }
}

/// An organization to make.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = NewOrganization)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct New {
    /// Unique in the account without regard to case.
    name: String,
    /// The settings set that it applies, by id or name.
    settings_set: Option<String>,
    external_id: Option<String>,
}

/// What is to be different; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = ChangedOrganization)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Changed {
    name: Option<String>,
    /// By id or name.
    settings_set: Option<String>,
    /// Null takes it away.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    external_id: Option<Option<String>>,
}

fn attributes(name: Option<&String>, settings_set: Option<&String>, external_id: Option<Option<String>>) -> Object {
    let mut attributes = Object::new();
    put(&mut attributes, "displayName", name.map(|name| Some(name.as_str())));
    put(&mut attributes, "settingsSet", settings_set.map(|set| Some(json!({ "value": set }))));
    put(&mut attributes, "externalId", external_id);
    attributes
}

/// List the organizations, in order of creation
#[utoipa::path(get, path = "/organizations", tag = "organizations", params(Paging),
    responses((status = 200, description = "A page", body = Items<View>)))]
pub async fn list(list: List) -> Result<Response, Problem> {
    let work = list.run(async |tx, wanted| {
        Ok(admin::organizations_page(tx, &wanted.request, &wanted.window).await?.map(View::from))
    });
    work.await
}

/// Make an organization
#[utoipa::path(post, path = "/organizations", tag = "organizations", request_body = New,
    responses((status = 201, description = "The organization", body = View)))]
pub async fn create(write: Write<New>) -> Result<Response, Problem> {
    let work = write.run(async |tx, Asked { request, body: new }| {
        let attributes = attributes(Some(&new.name), new.settings_set.as_ref(), new.external_id.clone().map(Some));
        Ok(Done::created(&View::from(admin::create_organization(tx, request, attributes).await?)))
    });
    work.await
}

/// Read an organization
#[utoipa::path(get, path = "/organizations/{id}", tag = "organizations",
    responses((status = 200, description = "The organization", body = View)))]
pub async fn read(Ids([id]): Ids<1>, read: Read) -> Result<Response, Problem> {
    read.run(async move |tx, request| Ok(View::from(admin::organization_of(tx, request, id).await?))).await
}

/// Change an organization
#[utoipa::path(patch, path = "/organizations/{id}", tag = "organizations", request_body = Changed,
    responses((status = 200, description = "The organization", body = View)))]
pub async fn change(Ids([id]): Ids<1>, write: Write<Changed>) -> Result<Response, Problem> {
    let work = write.run(async move |tx, Asked { request, body }| {
        let attributes = attributes(body.name.as_ref(), body.settings_set.as_ref(), body.external_id.clone());
        Ok(Done::ok(&View::from(admin::change_organization(tx, request, id, attributes).await?)))
    });
    work.await
}

/// Delete an organization that nobody is in
#[utoipa::path(delete, path = "/organizations/{id}", tag = "organizations",
    responses((status = 204, description = "Deleted")))]
pub async fn delete(Ids([id]): Ids<1>, write: Write) -> Result<Response, Problem> {
    let work = write.run(async move |tx, asked| {
        admin::delete_organization(tx, &asked.request, id).await?;
        Ok(Done::deleted())
    });
    work.await
}
