//! What an entry tells.

use super::{entries, entry, page};
use crate::support::{Reply, Server, on_both, send};
use reqwest::Method;
use scim_connector::admin;
use scim_connector::domain::RateLimit;
use serde_json::{Value, json};

const BULK: &str = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";
const DETAIL: &str = "urn:ietf:params:scim:api:messages:connector:2.0:ErrorDetail";

fn told(entry: &Value) -> [&str; 3] {
    [&entry["method"], &entry["path"], &entry["outcome"]].map(|text| text.as_str().expect("a text"))
}

/// Sends what has a token of its own.
async fn with_token(server: &Server, token: &str) -> Reply {
    send(server.client.get(format!("{}/Users", server.base_url)).bearer_auth(token)).await
}

on_both! {
    /// Every kind of request is there, with what it changed or that it changed nothing.
    async fn every_request_is_logged_with_its_effect(server) {
        let id = server.user("ada").await;
        let user = format!("/Users/{id}");
        let title = json!([{ "op": "replace", "path": "title", "value": "Countess" }]);
        server.get(&user).await.expect(200);
        server.find("/Users", "userName eq \"ada\"").await.expect(200);
        server.patch(&user, title.clone()).await.expect(200);
        server.patch(&user, title).await.expect(200);
        server.put(&user, json!({ "userName": "ada", "title": "Lady" })).await.expect(200);
        let group = server.group("Engineers", std::slice::from_ref(&id)).await;
        server.delete(&format!("/Groups/{group}")).await.expect(204);
        let search = json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "filter": "id pr" });
        server.post("/Users/.search", search).await.expect(200);
        server.get("/ServiceProviderConfig").await.expect(200);
        server.get("/Me").await.expect(501);

        let mut found = entries(&server, &[], 11).await;
        found.reverse();
        let user = format!("/scim/v2{user}");
        let group_path = format!("/scim/v2/Groups/{group}");
        assert_eq!(found.iter().map(told).collect::<Vec<_>>(), [
            ["POST", "/scim/v2/Users", "changed"],
            ["GET", &user, "read"],
            ["GET", "/scim/v2/Users", "read"],
            ["PATCH", &user, "changed"],
            ["PATCH", &user, "no_effect"],
            ["PUT", &user, "changed"],
            ["POST", "/scim/v2/Groups", "changed"],
            ["DELETE", &group_path, "changed"],
            ["POST", "/scim/v2/Users/.search", "read"],
            ["GET", "/scim/v2/ServiceProviderConfig", "read"],
            ["GET", "/scim/v2/Me", "failed"],
        ]);
        let made = &found[0];
        assert_eq!((&made["resourceType"], &made["resourceId"], &made["status"]), (&json!("User"), &json!(id), &json!(201)));
        assert_eq!(made["changes"][0]["action"], "user.created");
        assert_eq!(made["changes"][0]["subject"], json!(id));
        assert_eq!(found[2]["filter"], "userName eq \"ada\"");
        assert_eq!(found[3]["changes"][0]["fields"], json!(["title"]));
        assert_eq!((&found[4]["changes"], &found[4]["quirks"]), (&json!([]), &json!([])));
        assert_eq!(found[6]["resourceId"], json!(group));
        for one in &found {
            assert_eq!(one["connection"], json!(server.connection.to_string()));
            assert!(one["durationMicros"].as_i64().is_some_and(|micros| micros > 0), "{one}");
            assert_eq!(one.get("body"), None, "a list has no bodies");
        }
    }

    /// The deep link that an error carries leads to the entry, with what was sent and answered.
    async fn an_error_carries_a_link_to_its_entry(server) {
        server.user("ada").await;
        let request = server.request(Method::POST, "/Users?attributes=id").header("User-Agent", "Okta SCIM Client 1.0.0");
        let reply = send(request.json(&json!({ "userName": "ADA" }))).await.expect(409);

        let found = entry(&server, &reply).await;

        let link = reply.body[DETAIL]["log"].as_str().expect("a link");
        assert_eq!(link, format!("{}{}", server.base_url.trim_end_matches("/scim/v2"), found["link"].as_str().expect("one")));
        assert_eq!(reply.body[DETAIL]["requestId"], found["requestId"]);
        assert_eq!((&found["status"], &found["outcome"]), (&json!(409), &json!("refused")));
        assert_eq!((&found["scimType"], &found["detail"]), (&reply.body["scimType"], &reply.body["detail"]));
        assert_eq!(found["code"], reply.body[DETAIL]["code"]);
        assert_eq!((&found["userAgent"], &found["query"]), (&json!("Okta SCIM Client 1.0.0"), &json!("attributes=id")));
        assert_eq!((&found["body"], &found["bodyCut"]), (&json!({ "userName": "ADA" }), &json!(false)));
        assert_eq!((&found["changes"], &found["response"]["status"]), (&json!([]), &json!("409")));
    }

    /// A token that is known and no longer good is told to whom it belongs; one that nobody knows fills nobody's log.
    async fn failed_authentication_is_in_the_log_of_whom_it_concerns(server) {
        let db = &server.app.service.db;
        let token = admin::create_token(db, server.account, server.connection, None).await.expect("a token");
        admin::revoke_token(db, token.id, server.app.now()).await.expect("it is revoked");
        with_token(&server, "sct_nobody").await.expect(401);

        let refused = with_token(&server, token.secret.reveal()).await.expect(401);

        let found = entry(&server, &refused).await;
        assert_eq!((&found["outcome"], &found["credential"]), (&json!("refused"), &json!(token.id.to_string())));
        assert!(found["detail"].as_str().is_some_and(|detail| detail.contains("revoked")), "{found}");
        assert_eq!(page(&server, &[]).await.items().len(), 1);
    }

    /// Whoever holds an old token must not crowd everything else out of the log: of many refusals in a moment a few are kept,
    /// and the last one counts the others.
    async fn an_old_token_does_not_fill_the_log(server) {
        let slow = Server::start_with(server.database, |config| config.provisioning_log.delay_milliseconds = 60_000).await;
        let db = &slow.app.service.db;
        let token = admin::create_token(db, slow.account, slow.connection, None).await.expect("a token");
        admin::revoke_token(db, token.id, slow.app.now()).await.expect("it is revoked");
        for _ in 0..25 {
            with_token(&slow, token.secret.reveal()).await.expect(401);
        }
        slow.user("ada").await;

        slow.app.recorder.finish().await;

        let found = page(&slow, &[]).await.expect(200).items().to_vec();
        assert_eq!((found.len(), &found[0]["outcome"]), (11, &json!("changed")));
        assert!(found[1]["detail"].as_str().is_some_and(|detail| detail.contains("15 more like this")), "{}", found[1]);
    }

    /// A wrong base URL is a common mistake, so a path that is not there is logged, too; a body that is no JSON is not kept.
    async fn what_the_edge_refuses_is_logged(server) {
        let nowhere = server.get("/scim/v2/Users").await.expect(404);
        let wrong = send(server.request(Method::PUT, "/Users")).await.expect(405);
        let broken = send(server.request(Method::POST, "/Users").body("{\"userName\": \"ada\"")).await.expect(400);

        for (reply, status) in [(&nowhere, 404), (&wrong, 405), (&broken, 400)] {
            let found = entry(&server, reply).await;
            assert_eq!((&found["status"], &found["body"]), (&json!(status), &Value::Null), "{found}");
        }
        assert_eq!(entry(&server, &broken).await["bodyBytes"], 18);
    }

    /// Also the first one, whose caller was known before and has not been looked up.
    async fn whoever_is_too_fast_finds_that_in_the_log(server) {
        let user = server.user("ada").await;
        let limit = Some(RateLimit { per_second: 1, burst: 3 });
        server.configure(move |connection| connection.settings.rate_limit = limit).await;
        for _ in 0..20 {
            let reply = server.put(&format!("/Users/{user}"), json!({ "userName": "ada" })).await;
            if reply.status == 429 {
                let found = entry(&server, &reply).await;
                assert_eq!((&found["status"], &found["outcome"]), (&json!(429), &json!("refused")), "{found}");
                return;
            }
        }
        panic!("nothing was too fast");
    }

    /// A bulk request is one entry, with what changed and which operations were refused.
    async fn a_bulk_request_tells_its_failures(server) {
        let post = |name: &str| json!({ "method": "POST", "path": "/Users", "bulkId": name, "data": { "userName": name } });
        let operations = json!([post("ada"), post("grace"), { "method": "DELETE", "path": "/Users/none" }, post("ADA")]);
        let reply = server.post("/Bulk", json!({ "schemas": [BULK], "Operations": operations })).await.expect(200);

        let found = entry(&server, &reply).await;

        assert_eq!((&found["outcome"], found["changes"].as_array().map(Vec::len)), (&json!("changed"), Some(2)));
        let failures = found["failures"].as_array().expect("a list");
        let seen: Vec<_> = failures.iter().map(|one| (one["place"].as_i64(), one["status"].as_str())).collect();
        assert_eq!(seen, [(Some(2), Some("404")), (Some(3), Some("409"))]);
        assert_eq!(failures[1]["bulkId"], "ADA");
    }

    async fn nothing_is_written_where_the_log_is_off(server) {
        let off = Server::start_with(server.database, |config| config.provisioning_log.enabled = false).await;
        off.user("ada").await;

        off.app.recorder.finish().await;

        assert_eq!(page(&off, &[]).await.expect(200).items(), [] as [Value; 0]);
    }

    /// What waits when the server stops is written before it ends.
    async fn what_waits_is_written_at_the_end(server) {
        let slow = Server::start_with(server.database, |config| config.provisioning_log.delay_milliseconds = 60_000).await;
        for number in 0..5 {
            slow.user(&format!("user{number}")).await;
        }

        slow.app.recorder.finish().await;

        assert_eq!(page(&slow, &[]).await.expect(200).items().len(), 5);
    }
}
