//! `/Bulk` (RFC 7644 §3.7), beyond what the catalogue proves.

use crate::support::{Reply, Server, on_both, send};
use reqwest::Method;
use serde_json::{Value, json};

const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

on_both! {
    /// RFC 7644 §3.7: answers come in the order of the operations, whatever order they ran in.
    async fn answers_stand_in_the_order_of_the_operations(server) {
        let reply = bulk(&server, json!([
            post("/Groups", "g", json!({ "displayName": "Both", "members": ["bulkId:b", "bulkId:a"] })),
            post("/Users", "b", managed("b", "a")),
            post("/Users", "a", json!({ "userName": "a" })),
            { "method": "patch", "path": "/Users/bulkId:a",
              "data": [{ "op": "add", "path": "title", "value": "Boss" }] },
            { "method": "DELETE", "path": "/Users/bulkId:b" },
        ])).await.expect(200);

        assert_eq!(statuses(&reply), ["201", "201", "201", "200", "204"]);
        let operations = reply.body["Operations"].as_array().expect("a list");
        assert_eq!(
            operations.iter().map(|done| &done["bulkId"]).collect::<Vec<_>>(),
            [&json!("g"), &json!("b"), &json!("a"), &Value::Null, &Value::Null]
        );
        assert_eq!(operations[2]["location"], operations[3]["location"]);
        let group = read(&server, &operations[0]["location"]).await;
        let boss = read(&server, &operations[2]["location"]).await;
        assert_eq!(group.body["members"].as_array().map(Vec::len), Some(1), "b is gone again");
        assert_eq!((&group.body["members"][0]["value"], &boss.body["title"]), (&boss.body["id"], &json!("Boss")));
    }

    /// RFC 7643 §2.5: an operation without a method has none in its answer; null is not a method.
    async fn what_an_operation_did_not_say_is_not_null(server) {
        let reply = bulk(&server, json!([{ "path": "/Users/1", "bulkId": "x" }, { "method": "GET", "path": "/Users/1" }]))
            .await
            .expect(200);

        assert_eq!(statuses(&reply), ["400", "400"]);
        let operations = &reply.body["Operations"];
        assert_eq!((operations[0].get("method"), &operations[0]["bulkId"]), (None, &json!("x")));
        assert_eq!(operations[1]["method"], "GET");
    }

    /// RFC 7644 §3.7.1: users may be each other's manager.
    async fn references_in_a_circle_are_resolved(server) {
        let reply = bulk(
            &server,
            json!([
                post("/Users", "a", managed("a", "c")),
                post("/Users", "b", managed("b", "a")),
                post("/Users", "c", managed("c", "b")),
                post("/Users", "self", managed("self", "self")),
            ]),
        )
        .await
        .expect(200);

        assert_eq!(statuses(&reply), ["201"; 4]);
        for (user, boss) in [(0, 2), (1, 0), (2, 1), (3, 3)] {
            let user = read(&server, &reply.body["Operations"][user]["location"]).await;
            let boss = read(&server, &reply.body["Operations"][boss]["location"]).await;
            assert_eq!(user.body[ENTERPRISE]["manager"]["value"], boss.body["id"]);
        }
    }

    /// RFC 7644 §3.7.3: what refers to a failed operation fails too; the rest is done.
    async fn what_refers_to_a_failed_operation_fails_too(server) {
        server.user("taken").await;
        let reply = bulk(
            &server,
            json!([
                post("/Users", "x", json!({ "userName": "TAKEN" })),
                post("/Groups", "g", json!({ "displayName": "Lost", "members": [{ "value": "bulkId:x" }] })),
                post("/Groups", "h", json!({ "displayName": "Unknown", "members": [{ "value": "bulkId:nobody" }] })),
                post("/Users", "y", json!({ "userName": "fine" })),
            ]),
        )
        .await
        .expect(200);

        assert_eq!(statuses(&reply), ["409", "400", "400", "201"]);
        let failed = &reply.body["Operations"][0];
        assert_eq!((failed.get("location"), &failed["response"]["scimType"]), (None, &json!("uniqueness")));
        assert_eq!(server.get("/Groups").await.body["totalResults"], 0);
        assert_eq!(server.get("/Users").await.body["totalResults"], 2);
    }

    /// RFC 7644 §3.7: after so many errors the rest is not tried and not answered.
    async fn fail_on_errors_stops(server) {
        server.user("taken").await;
        let operations = json!([
            post("/Users", "1", json!({ "userName": "one" })),
            post("/Users", "2", json!({ "userName": "taken" })),
            post("/Users", "3", json!({ "userName": "three" })),
            post("/Users", "4", json!({ "userName": "taken" })),
            post("/Users", "5", json!({ "userName": "five" })),
        ]);
        let run = |limit: u64| {
            server.post("/Bulk", json!({ "schemas": [SCHEMA], "failOnErrors": limit, "Operations": operations }))
        };

        assert_eq!(statuses(&run(1).await.expect(200)), ["201", "409"]);
        assert_eq!(server.get("/Users").await.body["totalResults"], 2);
        // "one" is taken by now.
        assert_eq!(statuses(&run(3).await.expect(200)), ["409", "409", "201", "409"]);
        assert_eq!(server.get("/Users").await.body["totalResults"], 3);
        for wrong in [json!(-1), json!("one"), json!(1.5)] {
            let body = json!({ "schemas": [SCHEMA], "failOnErrors": wrong, "Operations": operations });
            server.post("/Bulk", body).await.expect(400);
        }
    }

    /// One operation that makes no sense does not take the others with it.
    async fn a_malformed_operation_fails_alone(server) {
        let fine = |name: &str| post("/Users", name, json!({ "userName": name }));
        let reply = bulk(
            &server,
            json!([
                fine("first"),
                { "method": "FETCH", "path": "/Users", "bulkId": "q" },
                { "path": "/Users" },
                { "method": "POST", "data": {} },
                { "method": "POST", "path": "/Users", "bulkId": "n" },
                { "method": "POST", "path": "/Robots", "bulkId": "r", "data": {} },
                { "method": "POST", "path": "/Users/someone", "bulkId": "s", "data": { "userName": "s" } },
                { "method": "PUT", "path": "/Users", "data": { "userName": "s" } },
                { "method": "DELETE", "path": "/Users/nobody" },
                { "method": "PATCH", "path": "/Groups/../Users", "data": { "Operations": [] } },
                42, null, [], "text",
                post("/Users", "bad", json!("no object")),
                post("/Users", "empty", json!({})),
                fine("last"),
            ]),
        )
        .await
        .expect(200);

        let found = statuses(&reply);
        assert_eq!((found[0].as_str(), found[found.len() - 1].as_str()), ("201", "201"));
        assert!(found[1..found.len() - 1].iter().all(|status| status == "400" || status == "404"), "{found:?}");
        for failed in &reply.body["Operations"].as_array().expect("a list")[1..found.len() - 1] {
            assert_eq!(failed["response"]["status"], failed["status"], "{failed}");
        }
        assert_eq!(server.get("/Users").await.body["totalResults"], 2);
    }

    /// RFC 7644 §3.7: `version` is an If-Match for one operation.
    async fn an_operation_on_an_old_version_is_refused(server) {
        let user = server.user("ada").await;
        let path = format!("/Users/{user}");
        let change = |version: &str, title: &str| {
            json!({
                "method": "PATCH", "path": path, "version": version,
                "data": { "Operations": [{ "op": "replace", "path": "title", "value": title }] },
            })
        };
        let reply = bulk(
            &server,
            json!([
                change("W/\"1\"", "one"), change("W/\"1\"", "late"),
                { "method": "PUT", "path": path, "version": "W/\"1\"", "data": { "userName": "late" } },
                { "method": "DELETE", "path": path, "version": "W/\"1\"" },
                change("W/\"2\"", "two"),
            ]),
        )
        .await
        .expect(200);

        assert_eq!(statuses(&reply), ["200", "412", "412", "412", "200"]);
        assert_eq!(reply.body["Operations"][4]["version"], "W/\"3\"");
        assert_eq!(server.get(&path).await.body["title"], "two");
    }

    /// An operation is done as a whole or not at all.
    async fn a_failed_operation_leaves_nothing(server) {
        let (ada, group) = (server.user("ada").await, server.group("Engineers", &[]).await);
        let path = format!("/Groups/{group}");
        let patch = |operations: Value| json!({ "method": "PATCH", "path": path, "data": operations });
        let unknown = "0197a000-0000-7000-8000-000000000000";
        let reply = bulk(
            &server,
            json!([
                patch(json!([{ "op": "replace", "path": "displayName", "value": "Changed" },
                         { "op": "add", "path": "members", "value": [{ "value": ada }, { "value": unknown }] }])),
                post("/Groups", "n", json!({ "displayName": "New", "members": [{ "value": unknown }] })),
                post("/Groups", "o", json!({ "displayName": "Other" })),
            ]),
        )
        .await
        .expect(200);

        assert_eq!(statuses(&reply), ["400", "400", "201"]);
        let read = server.get(&format!("/Groups/{group}")).await.body;
        assert_eq!(
            (&read["displayName"], &read["meta"]["version"], read.get("members")),
            (&json!("Engineers"), &json!("W/\"1\""), None)
        );
        assert_eq!(server.get("/Groups").await.body["totalResults"], 2, "the totals forget it too");
    }

    /// contract.md: 1,000 operations and 1 MiB; the answer says which limit it was.
    async fn a_thousand_creates_are_done_and_one_more_is_refused(server) {
        let creates = |count: usize| {
            (0..count)
                .map(|number| post("/Users", &number.to_string(), json!({ "userName": format!("u{number}") })))
                .collect::<Value>()
        };
        let refused = bulk(&server, creates(1_001)).await.expect(413);
        assert!(
            refused.body["detail"].as_str().is_some_and(|detail| detail.contains("1000 operations")),
            "{}",
            refused.body
        );

        let filler = "x".repeat(1_048_576);
        let large = bulk(&server, json!([post("/Users", "1", json!({ "userName": "large", "title": filler }))]))
            .await
            .expect(413);
        assert!(large.body["detail"].as_str().is_some_and(|detail| detail.contains("1048576 bytes")), "{}", large.body);
        assert_eq!(server.get("/Users").await.body["totalResults"], 0);

        let reply = bulk(&server, creates(1_000)).await.expect(200);
        assert!(statuses(&reply).iter().all(|status| status == "201"));
        assert_eq!(server.get("/Users?count=0").await.body["totalResults"], 1_000);
    }

    /// RFC 7644 §3.7.1: in a circle too, nobody refers to what was not made.
    async fn a_circle_with_a_failure_leaves_no_loose_reference(server) {
        server.user("taken").await;
        let reply = bulk(
            &server,
            json!([post("/Users", "a", managed("taken", "b")), post("/Users", "b", managed("fine", "a")),]),
        )
        .await
        .expect(200);

        assert_eq!(statuses(&reply)[0], "409");
        let found = server.find("/Users", "userName eq \"fine\"").await;
        for user in found.resources() {
            let boss = user[ENTERPRISE]["manager"]["value"].as_str().expect("a manager");
            server.get(&format!("/Users/{boss}")).await.expect(200);
        }
    }

    /// RFC 7644 §3.7: a bulkId is unique in its request; the client's mistake must not look like bad luck.
    async fn a_bulk_id_that_is_used_twice_is_the_mistake_of_the_client(server) {
        let reply = bulk(
            &server,
            json!([
                post("/Users", "same", json!({ "userName": "one" })),
                post("/Users", "same", json!({ "userName": "two" })),
            ]),
        )
        .await;
        assert!(reply.status == 400 || statuses(&reply)[1] == "400", "{}", reply.body);
    }
}

const SCHEMA: &str = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";

fn post(path: &str, bulk_id: &str, data: Value) -> Value {
    json!({ "method": "POST", "path": path, "bulkId": bulk_id, "data": data })
}

/// A user whose manager is another operation.
fn managed(name: &str, by: &str) -> Value {
    json!({ "userName": name, ENTERPRISE: { "manager": { "value": format!("bulkId:{by}") } } })
}

async fn bulk(server: &Server, operations: Value) -> Reply {
    server.post("/Bulk", json!({ "schemas": [SCHEMA], "Operations": operations })).await
}

fn statuses(reply: &Reply) -> Vec<String> {
    let operations = reply.body["Operations"].as_array().unwrap_or_else(|| panic!("no Operations in {}", reply.body));
    operations.iter().map(|done| done["status"].as_str().unwrap_or_else(|| panic!("{done}")).to_owned()).collect()
}

async fn read(server: &Server, location: &Value) -> Reply {
    let location = location.as_str().expect("a location");
    send(server.client.request(Method::GET, location).bearer_auth(&server.token)).await.expect(200)
}
