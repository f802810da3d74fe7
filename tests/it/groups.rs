//! Groups over SCIM, beyond what the catalogue and the recorded conversations prove.

use crate::support::{Database, Reply, Server, on_both, send};
use reqwest::Method;
use scim_connector::domain::Dialect;
use serde_json::{Value, json};

on_both! {
    /// RFC 7643 §4.1.2 `groups`: read-only at the user, changed through the group.
    async fn a_user_shows_the_groups_he_is_in(server) {
        let user = server.user("ada").await;
        let path = format!("/Users/{user}");
        let group = server.group("Engineers", std::slice::from_ref(&user)).await;
        let other = server.group("Analysts", std::slice::from_ref(&user)).await;

        let groups = server.get(&path).await.expect(200).body["groups"].clone();
        assert_eq!(groups.as_array().map(Vec::len), Some(2));
        let shown = |id: &str, name: &str| {
            let address = format!("{}/Groups/{id}", server.base_url);
            json!({ "value": id, "$ref": address, "display": name, "type": "direct" })
        };
        for expected in [shown(&group, "Engineers"), shown(&other, "Analysts")] {
            assert!(groups.as_array().is_some_and(|groups| groups.contains(&expected)), "{groups}");
        }

        server.patch(&path, json!([{ "op": "replace", "value": { "groups": [] } }])).await.expect(200);
        server.put(&path, json!({ "userName": "ada", "groups": [] })).await.expect(200);
        assert_eq!(server.get(&path).await.body["groups"], groups);

        server.delete(&format!("/Groups/{group}")).await.expect(204);
        assert_eq!(server.get(&path).await.body["groups"], json!([shown(&other, "Analysts")]));
        let listed = server.find("/Users", "userName eq \"ada\"").await;
        assert_eq!(listed.resources()[0]["groups"], json!([shown(&other, "Analysts")]));
    }

    /// conformance.md: above 1,000 members a PATCH is answered 204, so that its cost does not grow with the group.
    async fn a_group_of_more_than_a_thousand_is_streamed(server) {
        let users = create_users(&server, 1_001).await;
        let group = server.group("Everyone", &users[..1_000]).await;
        let path = format!("/Groups/{group}");
        let rename = |name: &str| json!([{ "op": "replace", "path": "displayName", "value": name }]);
        let full = server.patch(&path, rename("All")).await.expect(200);
        assert_eq!(full.body["members"].as_array().map(Vec::len), Some(1_000));

        let last = json!([{ "op": "add", "path": "members", "value": [{ "value": users[1_000] }] }]);
        assert_eq!(server.patch(&path, last).await.expect(204).body, Value::Null);
        server.patch(&path, rename("Everybody")).await.expect(204);

        let read = server.get(&path).await.expect(200);
        assert_eq!(read.header("content-type"), "application/scim+json");
        assert_eq!(read.body["displayName"], "Everybody");
        assert_eq!(member_ids(&read), sorted(&users));
        assert_eq!(member_ids(&server.get(&format!("{path}?attributes=members")).await), sorted(&users));

        let slim = server.get(&format!("{path}?excludedAttributes=members")).await.expect(200);
        assert_eq!((slim.body.get("members"), slim.header("etag")), (None, read.header("etag")));
        let slim = send(server.request(Method::PATCH, &format!("{path}?excludedAttributes=members")).json(&json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": rename("Again"),
        })));
        assert_eq!(slim.await.expect(200).body["displayName"], "Again");

        let half: Vec<Value> = users[..500].iter().map(|id| json!({ "value": id })).collect();
        let put = server.put(&path, json!({ "displayName": "Half", "members": half })).await.expect(200);
        assert_eq!(member_ids(&put), sorted(&users[..500]));
    }

    /// Entra E18: `remove` with a value removes those; an empty list of those is nobody, and never the whole group.
    async fn removing_an_empty_list_removes_nobody(server) {
        let ada = server.user("ada").await;
        let group = server.group("Engineers", std::slice::from_ref(&ada)).await;
        let path = format!("/Groups/{group}");
        server.patch(&path, json!([{ "op": "remove", "path": "members", "value": [] }])).await.expect(200);
        assert_eq!(member_ids(&server.get(&path).await), [ada]);
    }

    /// conformance.md section 2: unknown members refuse the whole request and are named.
    async fn an_unknown_member_refuses_all_of_it(server) {
        let ada = server.user("ada").await;
        let group = server.group("Engineers", &[]).await;
        let nobody = "0197a000-0000-7000-8000-000000000000";
        let foreign = foreign_user(&server).await;
        for unknown in [nobody, "not-an-id", &foreign] {
            let both = json!([{ "value": ada }, { "value": unknown }]);
            let path = format!("/Groups/{group}");
            for reply in [
                server.patch(&path, json!([{ "op": "add", "path": "members", "value": both }])).await,
                server.put(&path, json!({ "displayName": "Engineers", "members": both })).await,
                server.post("/Groups", json!({ "displayName": "New", "members": both })).await,
            ] {
                let reply = reply.expect(400);
                assert_eq!(reply.scim_type(), "invalidValue");
                assert!(reply.body["detail"].as_str().is_some_and(|detail| detail.contains(unknown)), "{}", reply.body);
            }
        }
        assert_eq!(server.get(&format!("/Groups/{group}")).await.body.get("members"), None);
        assert_eq!(server.get("/Groups").await.body["totalResults"], 1);
    }

    /// A strict connection takes what the RFCs say and nothing else; PUT without members clears them.
    async fn a_strict_connection_refuses_what_the_schema_does_not_know(server) {
        let ada = server.user("ada").await;
        let group = server.group("Engineers", std::slice::from_ref(&ada)).await;
        let path = format!("/Groups/{group}");
        let lenient = server.put(&path, json!({ "displayName": "Engineers" })).await.expect(200);
        assert_eq!(member_ids(&lenient), std::slice::from_ref(&ada));

        let token = server.connect("strict", Dialect::Strict).await;
        let strict = |method: Method, path: &str, body: Value| {
            let request = server.client.request(method, format!("{}{path}", server.base_url));
            send(request.bearer_auth(&token).json(&body))
        };
        let patch_op = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
        let patch = |operation: Value| json!({ "schemas": [patch_op], "Operations": [operation] });
        for (method, path, body) in [
            (Method::POST, "/Groups", json!({ "displayName": "New", "shoeSize": 42 })),
            (Method::POST, "/Groups", json!({ "displayName": "New", "schemas": ["urn:nobody"] })),
            (Method::POST, "/Users", json!({ "userName": "new", "urn:nobody": { "a": 1 } })),
            (Method::PATCH, &*path, patch(json!({ "op": "replace", "value": { "displayName": "New" } }))),
            (Method::PATCH, &*path, patch(json!({ "op": "replace", "path": "shoeSize", "value": "42" }))),
        ] {
            strict(method, path, body.clone()).await.expect(400);
        }
        assert_eq!(server.get(&path).await.body["displayName"], "Engineers");

        let own = json!({ "displayName": "Own", "members": [{ "value": ada }] });
        let own = strict(Method::POST, "/Groups", own).await.expect(201).id();
        let put = strict(Method::PUT, &format!("/Groups/{own}"), json!({ "displayName": "Own" })).await.expect(200);
        assert_eq!(put.body.get("members"), None, "what it gave itself");
        let put = strict(Method::PUT, &path, json!({ "displayName": "Engineers" })).await.expect(200);
        assert_eq!(member_ids(&put), std::slice::from_ref(&ada), "what another connection gave");
        let rename = patch(json!({ "op": "replace", "path": "displayName", "value": "New" }));
        assert_eq!(strict(Method::PATCH, &path, rename).await.expect(200).body["displayName"], "New");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_count_of_members_follows_every_change_on_sqlite() {
    the_count_of_members_follows_every_change(Database::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_count_of_members_follows_every_change_on_postgres() {
    the_count_of_members_follows_every_change(Database::Postgres).await;
}

/// The count decides whether a PATCH shows the group: 204 above the limit, which is two here.
async fn the_count_of_members_follows_every_change(database: Database) {
    let server = Server::start_with(database, |config| config.scim.group_answer_members = 2).await;
    let users = create_users(&server, 4).await;
    let path = format!("/Groups/{}", server.group("Engineers", &users[..2]).await);
    let list = |ids: &[String]| ids.iter().map(|id| json!({ "value": id })).collect::<Value>();
    let change = |op: &str, ids: &[String]| json!([{ "op": op, "path": "members", "value": list(ids) }]);

    for (operations, status) in [
        (json!([]), 200),
        (change("add", &users[..3]), 204),
        (change("add", &users[2..]), 204),
        (change("remove", &users[..2]), 200),
        (change("remove", &users[..2]), 200),
        (change("replace", &users[..3]), 204),
        (change("replace", &users[1..3]), 200),
        (change("add", &users[..1]), 204),
    ] {
        server.patch(&path, operations.clone()).await.expect(status);
    }
    server.delete(&format!("/Users/{}", users[0])).await.expect(204);
    server.patch(&path, json!([])).await.expect(200);
    server.patch(&path, change("add", &users[3..])).await.expect(204);
    server.put(&path, json!({ "displayName": "Engineers", "members": list(&users[1..2]) })).await.expect(200);
    server.patch(&path, json!([])).await.expect(200);
}

pub async fn create_users(server: &Server, count: usize) -> Vec<String> {
    let mut ids = Vec::with_capacity(count);
    let numbers: Vec<usize> = (0..count).collect();
    for some in numbers.chunks(1_000) {
        let create = |number: &usize| {
            let data = json!({ "userName": format!("u{number}") });
            json!({ "method": "POST", "path": "/Users", "bulkId": number.to_string(), "data": data })
        };
        let operations: Vec<Value> = some.iter().map(create).collect();
        let schema = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";
        let reply = server.post("/Bulk", json!({ "schemas": [schema], "Operations": operations })).await.expect(200);
        for operation in reply.body["Operations"].as_array().expect("a list") {
            let location = operation["location"].as_str().unwrap_or_else(|| panic!("{operation}"));
            ids.push(location.rsplit('/').next().unwrap_or_default().to_owned());
        }
    }
    ids
}

async fn foreign_user(server: &Server) -> String {
    let token = server.other_account("other").await;
    let request = server.client.post(format!("{}/Users", server.base_url)).bearer_auth(token);
    send(request.json(&json!({ "userName": "foreign" }))).await.expect(201).id()
}

pub fn member_ids(reply: &Reply) -> Vec<String> {
    let members = reply.body["members"].as_array().unwrap_or_else(|| panic!("no members in {}", reply.body));
    let ids: Vec<String> = members.iter().filter_map(|member| member["value"].as_str().map(str::to_owned)).collect();
    sorted(&ids)
}

fn sorted(ids: &[String]) -> Vec<String> {
    let mut ids = ids.to_vec();
    ids.sort();
    ids
}
