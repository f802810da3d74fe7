//! One group for each user (P-02).

use super::*;
use crate::support::on_both;

on_both! {
    /// an assignment moves, through both doors; the new group is primary and the old one has
    /// lost him.
    async fn an_assignment_moves(server) {
        server.policies(&[("groups.mode", "single")]).await;
        let ada = server.user("ada").await;
        let one = server.group("One", std::slice::from_ref(&ada)).await;
        assert_eq!(groups_of(&server, &ada).await, ["One*"]);
        let two = server.group("Two", &[]).await;
        let version = server.get(&format!("/Groups/{one}")).await.header("etag").to_owned();
        server.patch(&format!("/Groups/{two}"), add_member(&ada)).await.expect(200);
        assert_eq!(groups_of(&server, &ada).await, ["Two*"]);
        let left = server.get(&format!("/Groups/{one}")).await;
        assert_eq!(left.body.get("members"), None);
        assert_ne!(left.header("etag"), version, "the group that lost him has changed");
        server.patch(&format!("/Users/{ada}"), set("memberships", json!([{ "value": one }]))).await.expect(200);
        assert_eq!(groups_of(&server, &ada).await, ["One*"]);
        let add = json!([{ "op": "add", "path": format!("{XU}:memberships"), "value": [{ "value": two }] }]);
        let reply = server.patch(&format!("/Users/{ada}"), add).await;
        refused(&reply, 400, "single_group_mode");
        let counts = server.find("/Groups", &format!("{XG}:memberCount eq 1")).await;
        assert_eq!(counts.resources()[0]["id"], one.as_str());
    }

    /// with `reject` a second group is refused through both doors and nothing moves; from Default it is none.
    async fn a_second_group_is_refused(server) {
        server.policies(&[("groups.mode", "single"), ("groups.single_on_add", "reject")]).await;
        let ada = server.user("ada").await;
        let one = server.group("One", std::slice::from_ref(&ada)).await;
        let two = server.group("Two", &[]).await;
        let paths = [format!("/Users/{ada}"), format!("/Groups/{one}"), format!("/Groups/{two}")];
        let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
        let add = server.patch(paths[2], add_member(&ada));
        refuses(&server, &paths, add, 400, "single_group_mode").await;
        let put = server.put(paths[2], json!({ "displayName": "Two", "members": [{ "value": ada }] }));
        refuses(&server, &paths, put, 400, "single_group_mode").await;
        let post = server.post("/Groups", json!({ "displayName": "Three", "members": [{ "value": ada }] }));
        refuses(&server, &paths, post, 400, "single_group_mode").await;
        let both = set("memberships", json!([{ "value": one }, { "value": two }]));
        refuses(&server, &paths, server.patch(paths[0], both), 400, "single_group_mode").await;
        // One instead of the other is no second group.
        server.patch(paths[0], set("memberships", json!([{ "value": two }]))).await.expect(200);
        assert_eq!(groups_of(&server, &ada).await, ["Two*"]);
        server.patch(paths[2], remove_member(&ada)).await.expect(200);
        server.patch(paths[1], add_member(&ada)).await.expect(200);
        assert_eq!(groups_of(&server, &ada).await, ["One*"]);
    }

    /// in one-group mode everybody has exactly one, also by POST, also after the last is gone.
    async fn everybody_has_exactly_one(server) {
        server.policies(&[("groups.mode", "single")]).await;
        let one = server.group("One", &[]).await;
        let two = server.group("Two", &[]).await;
        let both = json!([{ "value": one }, { "value": two }]);
        let post = json!({ "userName": "ada", XU: { "memberships": both } });
        refuses(&server, &[], server.post("/Users", post), 400, "single_group_mode").await;
        let post = json!({ "userName": "ada", XU: { "memberships": [{ "value": one }] } });
        let ada = server.post("/Users", post).await.expect(201).id();
        assert_eq!(groups_of(&server, &ada).await, ["One*"]);
        server.delete(&format!("/Groups/{one}")).await.expect(204);
        assert_eq!(groups_of(&server, &ada).await, ["Default*"]);
    }
}
