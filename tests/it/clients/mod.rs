//! Whole journeys as each client makes them, from its connection test to the end of a person: with the default dialect and
//! with the client's own. Single shapes are cases of `conformance/`.

mod authentik;
mod entra;
mod google;
mod hr;
mod jumpcloud;
mod keycloak;
mod okta;
mod onelogin;
mod ping;
mod sailpoint;

use crate::support::{Reply, Server};
use reqwest::Method;
use scim_connector::domain::Dialect;
use serde_json::Value;
use std::collections::BTreeMap;

pub const CU: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
pub const CG: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
pub const EU: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/// The server's own connection with another dialect.
pub async fn speaking(server: &Server, dialect: Dialect) {
    server.configure(move |connection| connection.dialect = dialect).await;
}

/// The quirks that were seen on the server's own connection: name and count.
pub async fn quirks(server: &Server) -> BTreeMap<String, i64> {
    server.app.write_quirks().await;
    let path = format!("/connections/{}/quirks?limit=1000", server.connection);
    let list = server.api(Method::GET, &path, None).await.expect(200);
    let pair = |item: &Value| Some((item["name"].as_str()?.to_owned(), item["count"].as_i64()?));
    list.items().iter().filter_map(pair).collect()
}

/// Fails unless all of these quirks were seen.
pub async fn has_seen(server: &Server, names: &[&str]) {
    let seen = quirks(server).await;
    let missing: Vec<&&str> = names.iter().filter(|name| !seen.contains_key(**name)).collect();
    assert!(missing.is_empty(), "{missing:?} are not among {seen:?}");
}

/// The ids of a list's resources.
pub fn ids(list: &Reply) -> Vec<String> {
    list.resources().iter().filter_map(|one| one["id"].as_str().map(str::to_owned)).collect()
}

/// The ids of a group's members.
pub fn members(group: &Reply) -> Vec<String> {
    let elements = group.body["members"].as_array().cloned().unwrap_or_default();
    elements.iter().filter_map(|one| one["value"].as_str().map(str::to_owned)).collect()
}
