//! `/Roles` and `/Entitlements`, the roles of the presets, and what discovery tells of them.

use crate::support::{Database, Server, on_both, send};
use reqwest::Method;
use scim_connector::admin;
use scim_connector::domain::{CAPABILITIES, Catalogue, Dialect, Preset, RoleCeiling};
use serde_json::{Value, json};

const ROLE: &str = "urn:ietf:params:scim:schemas:core:2.0:Role";
const OKTA_ROLE: &str = "urn:okta:scim:schemas:core:1.0:Role";
const OKTA_ENTITLEMENT: &str = "urn:okta:scim:schemas:core:1.0:Entitlement";

/// A token of a new account with this preset.
async fn token_of(server: &Server, preset: Preset) -> String {
    let db = &server.app.service.db;
    let account = admin::create_account(db, &preset.to_string(), preset).await.expect("an account").id;
    let connection = admin::create_connection(db, account, "idp", Dialect::Auto, RoleCeiling::StandardUser).await;
    let connection = connection.expect("a connection").id;
    admin::create_token(db, account, connection, None).await.expect("a token").secret.reveal().to_owned()
}

fn ids(list: &Value) -> Vec<&str> {
    list["Resources"].as_array().into_iter().flatten().filter_map(|found| found["id"].as_str()).collect()
}

on_both! {
    /// P2-06, E-05: the portal has exactly three roles; guides with two have two.
    async fn each_preset_lists_its_own_roles(server) {
        for (preset, roles) in [
            (Preset::Portal, vec!["administrator", "standard_user", "finance_admin"]),
            (Preset::Easyink, vec!["administrator", "standard_user"]),
            (Preset::OrgAdmin, vec!["administrator", "standard_user"]),
        ] {
            let token = token_of(&server, preset).await;
            let list = send(server.client.get(format!("{}/Roles", server.base_url)).bearer_auth(token)).await.expect(200);
            assert_eq!((ids(&list.body), list.body["totalResults"].as_u64()), (roles.clone(), Some(roles.len() as u64)));
        }
    }

    async fn a_role_is_shown_with_all_of_its_names(server) {
        let read = server.get("/Roles/administrator").await.expect(200);
        assert_eq!(read.body["schemas"], json!([ROLE, OKTA_ROLE]));
        assert_eq!((&read.body["displayName"], &read.body["value"]), (&json!("Administrator"), &json!("administrator")));
        assert_eq!(read.body["aliases"], json!(["Organization admin", "ADMIN"]));
        assert_eq!((&read.body["capabilities"], &read.body["isAdmin"]), (&json!(["*"]), &json!(true)));
        assert_eq!((&read.body["supported"], &read.body["type"]), (&json!(true), &json!("role")));
        assert_eq!(read.body["meta"]["location"], format!("{}/Roles/administrator", server.base_url));
        assert_eq!(read.header("etag"), read.body["meta"]["version"].as_str().unwrap_or_default());
        let some = server.get("/Roles/administrator?attributes=displayName").await.expect(200);
        assert_eq!((some.body.get("aliases"), &some.body["id"]), (None, &json!("administrator")));
        server.get("/Roles/nobody").await.expect(404);

        let entitlement = server.get("/Entitlements/billing.view").await.expect(200);
        assert_eq!(entitlement.body["schemas"][1], OKTA_ENTITLEMENT);
        assert_eq!((&entitlement.body["type"], &entitlement.body["value"]), (&json!("capability"), &json!("billing.view")));
        let all = server.get("/Entitlements").await.expect(200);
        assert_eq!(ids(&all.body), CAPABILITIES);
    }

    /// RFC 7644 §3.4.2: lists have filters, orders and pages like any other.
    async fn the_catalogue_is_filtered_sorted_and_paged(server) {
        for (filter, found) in [
            ("displayName eq \"standard user\"", vec!["standard_user"]),
            ("isAdmin eq false", vec!["standard_user", "finance_admin"]),
            ("aliases eq \"admin\"", vec!["administrator"]),
            ("capabilities sw \"billing\"", vec!["finance_admin"]),
            ("id eq \"administrator\" or value ew \"_admin\"", vec!["administrator", "finance_admin"]),
            ("not (aliases pr)", vec!["finance_admin"]),
        ] {
            let list = server.find("/Roles", filter).await.expect(200);
            assert_eq!(ids(&list.body), found, "{filter}");
        }
        assert_eq!(server.find("/Roles", "shoeSize eq 1").await.expect(400).scim_type(), "invalidFilter");
        let sorted = server.get("/Roles?sortBy=displayName&sortOrder=descending&count=2").await.expect(200);
        assert_eq!(ids(&sorted.body), ["standard_user", "finance_admin"]);
        assert_eq!((&sorted.body["totalResults"], &sorted.body["itemsPerPage"]), (&json!(3), &json!(2)));
        let page = server.get("/Roles?startIndex=3&count=2").await.expect(200);
        assert_eq!((ids(&page.body), &page.body["startIndex"]), (vec!["finance_admin"], &json!(3)));
        assert_eq!(ids(&server.get("/Roles?startIndex=9").await.expect(200).body), Vec::<&str>::new());

        let first = server.get("/Entitlements?cursor&count=5").await.expect(200);
        let cursor = first.body["nextCursor"].as_str().expect("more are to come").to_owned();
        let second = server.get(&format!("/Entitlements?cursor={cursor}&count=5")).await.expect(200);
        assert_eq!([ids(&first.body), ids(&second.body)].concat(), CAPABILITIES);
        assert_eq!(second.body.get("nextCursor"), None);
        server.get(&format!("/Roles?cursor={cursor}&count=5")).await.expect(400);

        let search = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "filter": "isAdmin eq true",
        });
        assert_eq!(ids(&server.post("/Roles/.search", search).await.expect(200).body), ["administrator"]);
    }

    async fn nothing_of_the_catalogue_is_written_over_scim(server) {
        for (method, path) in [
            (Method::POST, "/Roles"), (Method::PUT, "/Roles/administrator"), (Method::PATCH, "/Roles/administrator"),
            (Method::DELETE, "/Roles/administrator"), (Method::POST, "/Entitlements"),
            (Method::DELETE, "/Entitlements/billing.view"),
        ] {
            send(server.request(method, path).json(&json!({ "displayName": "Mine" }))).await.expect(405);
        }
        send(server.client.get(format!("{}/Roles", server.base_url))).await.expect(401);
    }

    /// What a resource names can be looked up, whatever the lists of discovery show.
    async fn discovery_in_full_lists_every_type_and_oktas_names(server) {
        for urn in [ROLE, OKTA_ROLE, OKTA_ENTITLEMENT] {
            let schema = server.get(&format!("/Schemas/{urn}")).await.expect(200);
            assert_eq!(schema.body["id"], urn);
        }
        for list in ["/Schemas", "/ResourceTypes"] {
            let portable = server.get(list).await.expect(200).body.to_string();
            assert!(!portable.contains("okta") && !portable.contains("Organizations"), "{portable}");
        }
        server.policies(&[("scim.discovery", "full")]).await;
        let schemas = server.get("/Schemas").await.expect(200);
        assert!([OKTA_ROLE, OKTA_ENTITLEMENT].iter().all(|urn| ids(&schemas.body).contains(urn)));
        let types = server.get("/ResourceTypes").await.expect(200);
        assert_eq!(ids(&types.body), ["User", "Group", "Organization", "SettingsSet", "Role", "Entitlement"]);
        for name in ids(&types.body) {
            server.get(&format!("/ResourceTypes/{name}")).await.expect(200);
        }
    }
}

/// P2-07, P2-08, P2-09: which role may do what, capability by capability.
#[test]
fn the_roles_of_the_portal_allow_what_its_guide_says() {
    let catalogue = Catalogue::built_in(Preset::Portal);
    let may = |role: &str, capability: &str| catalogue.by_key(role).is_some_and(|role| role.allows(capability));
    for capability in CAPABILITIES {
        let (billing, menu) = (capability.starts_with("billing."), capability.starts_with("admin."));
        assert!(may("administrator", capability), "{capability}");
        assert_eq!(may("standard_user", capability), !billing && !menu, "{capability}");
        assert_eq!(may("finance_admin", capability), billing, "{capability}");
    }
    assert!(["billing.", "admin.", "sessions."].iter().all(|area| CAPABILITIES.iter().any(|it| it.starts_with(area))));
    let admins: Vec<&str> = catalogue.roles.iter().filter(|role| role.is_admin).map(|role| role.key.as_str()).collect();
    assert_eq!(admins, ["administrator"]);
}

/// RFC 7643 §6, §7: what an account publishes that shows the product's own model.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_full_discovery_is_what_was_published() {
    let server = Server::start(Database::Sqlite).await;
    server.policies(&[("scim.discovery", "full")]).await;
    for (name, path) in [("full_resource_types", "/ResourceTypes"), ("full_schemas", "/Schemas")] {
        let text = server.get(path).await.expect(200).body.to_string().replace(&server.base_url, "{base}");
        insta::assert_json_snapshot!(name, serde_json::from_str::<Value>(&text).expect("still JSON"));
    }
}
