//! What a connection may do at all (P-25).

use super::*;
use crate::support::on_both;
use scim_connector::domain::Scope;

fn scope_of(groups: &[&str]) -> Scope {
    Scope::GroupAdmin(groups.iter().map(|id| id.parse().expect("an id")).collect())
}

on_both! {
    /// E-01, E-10: a connection that only reads writes nothing: not singly, not in Bulk.
    async fn a_reader_writes_nothing(server) {
        let ada = server.user("ada").await;
        let group = server.group("Field", std::slice::from_ref(&ada)).await;
        server.configure(|connection| connection.settings.scope = Scope::ReadOnly).await;
        let (user, group) = (format!("/Users/{ada}"), format!("/Groups/{group}"));
        let paths: [&str; 2] = [&user, &group];
        let code = "out_of_scope";
        refuses(&server, &paths, server.post("/Users", json!({ "userName": "bob" })), 403, code).await;
        refuses(&server, &paths, server.put(&user, json!({ "userName": "bob" })), 403, code).await;
        refuses(&server, &paths, server.patch(&user, activate(false)), 403, code).await;
        refuses(&server, &paths, server.delete(&user), 403, code).await;
        refuses(&server, &paths, server.patch(&group, remove_member(&ada)), 403, code).await;
        refuses(&server, &paths, server.delete(&group), 403, code).await;
        let bulk = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
            "Operations": [{ "method": "DELETE", "path": user }],
        });
        let reply = server.post("/Bulk", bulk).await.expect(200);
        assert_eq!(reply.body["Operations"][0]["status"], "403");
        server.get(&user).await.expect(200);
        server.get("/Groups").await.expect(200);
    }

    /// E-01: a connection for users sees no groups.
    async fn a_connection_for_users_sees_no_groups(server) {
        let ada = server.user("ada").await;
        let group = server.group("Field", std::slice::from_ref(&ada)).await;
        server.configure(|connection| connection.settings.scope = Scope::UsersOnly).await;
        for reply in [
            server.get("/Groups").await, server.get(&format!("/Groups/{group}")).await,
            server.patch(&format!("/Groups/{group}"), remove_member(&ada)).await,
            server.delete(&format!("/Groups/{group}")).await,
            server.post("/Groups", json!({ "displayName": "New" })).await,
            server.post("/Groups/.search", json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"] })).await,
        ] {
            refused(&reply, 403, "out_of_scope");
        }
        server.patch(&format!("/Users/{ada}"), activate(false)).await.expect(200);
        let everything = server.get("/?filter=displayName%20eq%20%22Field%22").await;
        assert!(!everything.body.to_string().contains("Field"), "{}", everything.body);
    }

    /// E-10, E-01: a connection for some groups changes their members and nothing else: no user, no name, no role, no other
    /// group, no deletion.
    async fn a_group_administrator_changes_members_of_his_groups_only(server) {
        let (ada, bob) = (server.user("ada").await, server.user("bob").await);
        let own = server.group("Own", std::slice::from_ref(&ada)).await;
        let other = server.group("Other", std::slice::from_ref(&ada)).await;
        let scope = scope_of(&[&own]);
        server.configure(move |connection| connection.settings.scope = scope.clone()).await;
        let (own, other, user) = (format!("/Groups/{own}"), format!("/Groups/{other}"), format!("/Users/{ada}"));
        let paths: [&str; 3] = [&own, &other, &user];
        refuses(&server, &paths, server.patch(&user, activate(false)), 403, "out_of_scope").await;
        refuses(&server, &paths, server.patch(&user, set("memberships", json!([]))), 403, "out_of_scope").await;
        refuses(&server, &paths, server.post("/Users", json!({ "userName": "cy" })), 403, "out_of_scope").await;
        refuses(&server, &paths, server.post("/Groups", json!({ "displayName": "New" })), 403, "out_of_scope").await;
        for path in [&own, &other] {
            let rename = json!([{ "op": "replace", "path": "displayName", "value": "Mine" }]);
            refuses(&server, &paths, server.patch(path, rename), 403, "out_of_scope").await;
            refuses(&server, &paths, server.patch(path, set_group("archived", json!(true))), 403, "out_of_scope").await;
            refuses(&server, &paths, server.delete(path), 403, "out_of_scope").await;
        }
        refuses(&server, &paths, server.patch(&other, add_member(&bob)), 403, "not_group_admin").await;
        refuses(&server, &paths, server.patch(&other, remove_member(&ada)), 403, "not_group_admin").await;
        let flag = |path: &str| {
            assert!(path.starts_with("/Groups/"));
            json!([{ "op": "replace", "path": format!("{XG}:memberSettings[value eq \"{ada}\"].groupAdmin"), "value": true }])
        };
        refuses(&server, &paths, server.patch(&other, flag(&other)), 403, "not_group_admin").await;
        server.patch(&own, flag(&own)).await.expect(200);
        server.patch(&own, add_member(&bob)).await.expect(200);
        server.patch(&own, remove_member(&bob)).await.expect(200);
        server.policies(&[("group_admin.add_users", "off")]).await;
        refuses(&server, &paths, server.patch(&own, add_member(&bob)), 403, "group_admin_add_disabled").await;
        server.policies(&[("group_admin.add_users", "on"), ("groups.mode", "single")]).await;
        refuses(&server, &paths, server.patch(&own, remove_member(&ada)), 403, "group_admin_cannot_remove").await;
        server.patch(&own, add_member(&bob)).await.expect(200);
    }

    /// E-10: where a user has one group, a group administrator takes from Default and from nowhere else.
    async fn a_group_administrator_takes_from_default_only(server) {
        server.policies(&[("groups.mode", "single")]).await;
        let (ada, bob) = (server.user("ada").await, server.user("bob").await);
        let own = server.group("Own", &[]).await;
        let other = server.group("Other", std::slice::from_ref(&ada)).await;
        let scope = scope_of(&[&own]);
        server.configure(move |connection| connection.settings.scope = scope.clone()).await;
        let (own, other, user) = (format!("/Groups/{own}"), format!("/Groups/{other}"), format!("/Users/{ada}"));
        let paths: [&str; 3] = [&own, &other, &user];
        refuses(&server, &paths, server.patch(&own, add_member(&ada)), 403, "only_from_default_group").await;
        server.patch(&own, add_member(&bob)).await.expect(200);
        assert_eq!(groups_of(&server, &bob).await, ["Own*"]);
    }
}
