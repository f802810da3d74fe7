//! ETags (RFC 7644 §3.14): they move with what a client reads, and only then.

use crate::groups::member_ids;
use crate::support::{Server, on_both, send};
use reqwest::Method;
use serde_json::json;

on_both! {
    /// RFC 7644 §3.14: what a client reads has another ETag when it reads otherwise; `groups` is part of it.
    async fn the_version_of_a_user_moves_with_his_memberships(server) {
        let user = server.user("ada").await;
        let group = server.group("Engineers", &[]).await;
        let members = |op: &str| json!([{ "op": op, "path": "members", "value": [{ "value": user }] }]);
        let path = format!("/Groups/{group}");
        let mut seen = vec![version(&server, &user).await];

        server.patch(&path, members("add")).await.expect(200);
        seen.push(version(&server, &user).await);
        server.patch(&path, json!([{ "op": "replace", "path": "displayName", "value": "Builders" }])).await.expect(200);
        let renamed = version(&server, &user).await;
        server.patch(&path, members("remove")).await.expect(200);
        seen.push(version(&server, &user).await);
        server.patch(&path, members("add")).await.expect(200);
        seen.push(version(&server, &user).await);
        server.delete(&path).await.expect(204);
        seen.push(version(&server, &user).await);

        let mut distinct = seen.clone();
        distinct.dedup();
        assert_eq!(distinct, seen);
        assert!(renamed == seen[1] || !seen.contains(&renamed), "a version is never used twice");
    }

    /// RFC 7644 §3.5.2.1: what changes nothing moves neither version nor time; also of the members.
    async fn a_change_that_changes_nothing_leaves_the_version(server) {
        let (ada, bob) = (server.user("ada").await, server.user("bob").await);
        let group = server.group("Engineers", std::slice::from_ref(&ada)).await;
        let path = format!("/Groups/{group}");
        let before = server.get(&path).await.expect(200);
        let of_user = version(&server, &ada).await;

        for operations in [
            json!([]),
            json!([{ "op": "add", "path": "members", "value": [{ "value": ada }] }]),
            json!([{ "op": "replace", "path": "members", "value": [{ "value": ada, "display": "Ada" }] }]),
            json!([{ "op": "remove", "path": format!("members[value eq \"{bob}\"]") }]),
            json!([{ "op": "remove", "path": "members", "value": [{ "value": bob }] }]),
            json!([{ "op": "add", "path": "members", "value": [{ "value": bob }] },
                   { "op": "remove", "path": format!("members[value eq \"{bob}\"]") }]),
            json!([{ "op": "replace", "value": { "id": group, "displayName": "Engineers" } }]),
        ] {
            let reply = server.patch(&path, operations.clone()).await.expect(200);
            assert_eq!(reply.body, before.body, "{operations}");
            assert_eq!(reply.header("etag"), before.header("etag"));
        }
        server.put(&path, json!({ "displayName": "Engineers", "members": [{ "value": ada }] })).await.expect(200);
        assert_eq!(server.get(&path).await.body, before.body);
        assert_eq!(version(&server, &ada).await, of_user);
    }

    /// A user who goes leaves his groups: they look otherwise now, so their versions move.
    async fn the_version_of_a_group_moves_when_a_member_is_deleted(server) {
        let (ada, bob) = (server.user("ada").await, server.user("bob").await);
        let group = server.group("Engineers", &[ada.clone(), bob.clone()]).await;
        let path = format!("/Groups/{group}");
        let before = server.get(&path).await.expect(200);

        server.delete(&format!("/Users/{ada}")).await.expect(204);

        let after = server.get(&path).await.expect(200);
        assert_eq!(member_ids(&after), [bob]);
        assert_ne!(after.header("etag"), before.header("etag"));
        let stale = server.request(Method::GET, &path).header("If-None-Match", before.header("etag"));
        send(stale).await.expect(200);
        let found = server.find("/Groups", &format!("members eq \"{ada}\"")).await;
        assert_eq!(found.body["totalResults"], 0);
    }

    /// RFC 9110 §8.8.1: the tag of a user covers the names of his groups, which his representation shows.
    async fn a_renamed_group_is_not_hidden_by_an_old_tag_of_a_member(server) {
        let ada = server.user("ada").await;
        let group = server.group("Engineers", std::slice::from_ref(&ada)).await;
        let before = version(&server, &ada).await;

        let rename = json!([{ "op": "replace", "path": "displayName", "value": "Builders" }]);
        server.patch(&format!("/Groups/{group}"), rename).await.expect(200);

        let path = format!("/Users/{ada}");
        let reply = send(server.request(Method::GET, &path).header("If-None-Match", before)).await.expect(200);
        assert_eq!(reply.body["groups"][0]["display"], "Builders");
    }
}

async fn version(server: &Server, user: &str) -> String {
    let reply = server.get(&format!("/Users/{user}")).await.expect(200);
    assert_eq!(reply.header("etag"), reply.body["meta"]["version"]);
    reply.header("etag").to_owned()
}
