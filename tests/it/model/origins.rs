//! Who gave what: a source withdraws only what it gave itself.

use super::*;
use crate::support::on_both;

on_both! {
    /// P2-20, E-39: roles of two connections: each takes its own away, the last of them ends the grant.
    async fn a_role_ends_with_the_last_who_gave_it(server) {
        let ada = server.post("/Users", json!({ "userName": "ada", "roles": roles(&["Wizard"]) })).await.expect(201).id();
        let path = format!("/Users/{ada}");
        let second = second_connection(&server).await;
        let theirs = async |values: &[&str]| {
            by(&server, &second, Method::PUT, &path, json!({ "userName": "ada", "roles": roles(values) })).await.expect(200)
        };
        theirs(&["User"]).await;
        assert_eq!(server.get(&path).await.body["roles"], roles(&["Wizard", "User"]));
        server.put(&path, json!({ "userName": "ada", "roles": roles(&["Wizard", "User"]) })).await.expect(200);
        server.put(&path, json!({ "userName": "ada" })).await.expect(200);
        assert_eq!(effective(&server, &ada).await, ["standard_user"], "the other one gave it");
        theirs(&[]).await;
        assert!(effective(&server, &ada).await.is_empty());
    }

    /// A-38, P2-20: a membership that another connection gave stays, through both doors; one's own goes.
    async fn a_membership_ends_with_who_gave_it(server) {
        let ada = server.user("ada").await;
        let group = server.group("Field", &[]).await;
        let path = format!("/Groups/{group}");
        let second = second_connection(&server).await;
        by(&server, &second, Method::PATCH, &path, patch_of(add_member(&ada))).await.expect(200);
        let user = format!("/Users/{ada}");
        let before = everything(&server, &user).await;
        server.patch(&path, remove_member(&ada)).await.expect(200);
        server.put(&path, json!({ "displayName": "Field", "members": [] })).await.expect(200);
        server.patch(&user, set("memberships", json!([]))).await.expect(200);
        same(&before, &everything(&server, &user).await);
        let shown = place(&server, &ada).await["memberships"][0]["origin"].clone();
        assert!(shown.as_str().is_some_and(|origin| origin.starts_with("scim:")), "{shown}");

        // Both give it: it ends with the second of them.
        server.patch(&path, add_member(&ada)).await.expect(200);
        let origins = place(&server, &ada).await["memberships"][0]["origin"].clone();
        assert!(origins.as_str().is_some_and(|both| both.contains(' ') && both.contains(&server.connection.to_string())));
        by(&server, &second, Method::PATCH, &path, patch_of(remove_member(&ada))).await.expect(200);
        assert_eq!(groups_of(&server, &ada).await, ["Field*"]);
        server.patch(&path, remove_member(&ada)).await.expect(200);
        assert_eq!(groups_of(&server, &ada).await, ["Default*"]);
    }

    /// E-39: rules of one connection concern only what that connection pushes.
    async fn another_connection_leaves_rules_alone(server) {
        let field = server.group("Field", &[]).await;
        let sales = organization(&server, "Sales").await;
        server.configure(move |connection| {
            let mut set = gives_group(&field);
            set.roles = vec!["standard_user".to_owned()];
            set.organization = Some(sales);
            connection.rules.rules = vec![rule("S", set)];
        }).await;
        let ada = server.post("/Users", in_department("ada", "S")).await.expect(201).id();
        let path = format!("/Users/{ada}");
        let before = place(&server, &ada).await;
        let second = second_connection(&server).await;
        by(&server, &second, Method::PATCH, &path, patch_of(department("T"))).await.expect(200);
        assert_eq!(place(&server, &ada).await, before, "the first one evaluates its rules when it pushes");
        server.patch(&path, json!([{ "op": "replace", "path": "title", "value": "Dr" }])).await.expect(200);
        assert_eq!(groups_of(&server, &ada).await, ["Default*"]);
    }

    /// E-38: the origin of every grant is shown: effective roles and memberships.
    async fn the_origin_is_shown(server) {
        server.policies(&[("groups.grant_roles", "on")]).await;
        let group = server.post("/Groups", json!({ "displayName": "Field", XG: { "roles": roles(&["User"]) } })).await;
        let group = group.expect(201).id();
        let given = gives_group(&group);
        server.configure(move |connection| connection.rules.rules = vec![rule("S", given.clone())]).await;
        let ada = server.post("/Users", in_department("ada", "S")).await.expect(201).id();
        let shown = place(&server, &ada).await;
        assert!(shown["memberships"][0]["origin"].as_str().is_some_and(|origin| origin.starts_with("rule:")));
        assert_eq!(shown["effectiveRoles"][0]["via"], "Field");
        let bob = server.user("bob").await;
        assert_eq!(place(&server, &bob).await["memberships"][0]["origin"], "fallback");
        let rule_filter = format!("{XU}:memberships[origin sw \"rule:\"]");
        assert_eq!(server.find("/Users", &rule_filter).await.body["totalResults"], 1);
    }
}
