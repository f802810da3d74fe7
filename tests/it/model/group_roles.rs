//! Roles that members inherit (P-01).

use super::*;
use crate::support::on_both;

fn with_roles(name: &str, values: &[&str], members: &[String]) -> Value {
    let members: Vec<Value> = members.iter().map(|id| json!({ "value": id })).collect();
    json!({ "displayName": name, "members": members, XG: { "roles": roles(values) } })
}

on_both! {
    /// E-31, E-41: while the policy is off, roles of groups are refused and nothing is changed; what is not about roles
    /// passes.
    async fn groups_carry_no_roles_while_the_policy_is_off(server) {
        let group = server.group("Engineers", &[]).await;
        let path = format!("/Groups/{group}");
        let post = server.post("/Groups", with_roles("New", &["User"], &[]));
        refuses(&server, &[&path], post, 400, "group_roles_disabled").await;
        let reply = server.patch(&path, set_group("roles", roles(&["User"]))).await;
        refused(&reply, 400, "group_roles_disabled");
        assert_eq!(reply.scim_type(), "mutability");
        let put = server.put(&path, with_roles("Engineers", &["User"], &[]));
        refuses(&server, &[&path], put, 400, "group_roles_disabled").await;
        server.patch(&path, set_group("roles", json!([]))).await.expect(200);
        server.patch(&path, set_group("description", json!("Who builds"))).await.expect(200);
    }

    /// P2-19, P2-20, P2-22, P2-26, P2-18: members inherit, with origin and via; leaving, another role and deletion end it;
    /// `roles` shows direct ones only.
    async fn members_inherit_and_leaving_ends_it(server) {
        server.policies(&[("groups.grant_roles", "on")]).await;
        server.configure(|connection| connection.role_ceiling = RoleCeiling::Administrator).await;
        let body = json!({ "userName": "ada", "roles": roles(&["User"]) });
        let ada = server.post("/Users", body).await.expect(201).id();
        let created = server.post("/Groups", with_roles("Money", &["Finance Admin"], std::slice::from_ref(&ada))).await.expect(201);
        assert_eq!(created.body[XG]["roles"], roles(&["Finance Admin"]));
        let path = format!("/Groups/{}", created.id());
        let shown = place(&server, &ada).await["effectiveRoles"].clone();
        let scim = format!("scim:{}", server.connection);
        assert_eq!(shown, json!([
            { "value": "standard_user", "display": "Standard User", "origin": scim },
            { "value": "finance_admin", "display": "Finance Admin", "origin": format!("group:{}", created.id()), "via": "Money" },
        ]));
        assert_eq!(server.get(&format!("/Users/{ada}")).await.body["roles"], roles(&["User"]));

        server.patch(&path, set_group("roles", roles(&["ADMIN"]))).await.expect(200);
        assert_eq!(effective(&server, &ada).await, ["standard_user", "administrator"]);
        administrator(&server, "boss").await;
        server.patch(&path, remove_member(&ada)).await.expect(200);
        assert_eq!(effective(&server, &ada).await, ["standard_user"]);
        server.patch(&path, add_member(&ada)).await.expect(200);
        assert_eq!(effective(&server, &ada).await, ["standard_user", "administrator"]);
        server.patch(&path, set_group("roles", json!([]))).await.expect(200);
        assert_eq!(effective(&server, &ada).await, ["standard_user"]);
        server.patch(&path, set_group("roles", roles(&["Finance Admin"]))).await.expect(200);
        server.delete(&path).await.expect(204);
        assert_eq!(effective(&server, &ada).await, ["standard_user"]);
    }

    /// P2-22, E-05: a role outside the catalogue is refused or kept; one above the ceiling is refused.
    async fn roles_of_groups_have_the_same_limits(server) {
        server.policies(&[("groups.grant_roles", "on")]).await;
        let ada = server.user("ada").await;
        let kept = server.post("/Groups", with_roles("Kept", &["Wizard"], std::slice::from_ref(&ada))).await.expect(201);
        assert_eq!(kept.body[XG]["roles"], roles(&["Wizard"]));
        assert!(effective(&server, &ada).await.is_empty());
        refuses(&server, &[], server.post("/Groups", with_roles("Up", &["ADMIN"], &[])), 403, "role_ceiling").await;
        let path = format!("/Groups/{}", kept.id());
        let up = server.patch(&path, set_group("roles", roles(&["Finance Admin"])));
        refuses(&server, &[&path], up, 403, "role_ceiling").await;
        server.policies(&[("roles.unknown", "reject")]).await;
        refuses(&server, &[], server.post("/Groups", with_roles("No", &["Witch"], &[])), 400, "role_unknown").await;
    }

    /// P2-20, E-37: roles that another gave a group above this connection's ceiling are no reason to refuse its other
    /// changes, and stay.
    async fn what_another_gave_a_group_stands_in_nobodys_way(server) {
        server.policies(&[("groups.grant_roles", "on")]).await;
        server.configure(|connection| connection.role_ceiling = RoleCeiling::Administrator).await;
        let ada = server.user("ada").await;
        let group = server.post("/Groups", with_roles("Admins", &["ADMIN"], std::slice::from_ref(&ada))).await.expect(201).id();
        let path = format!("/Groups/{group}");
        server.configure(|connection| connection.role_ceiling = RoleCeiling::StandardUser).await;
        let rename = json!([{ "op": "replace", "path": "displayName", "value": "Bosses" }]);
        let reply = server.patch(&path, rename).await.expect(200);
        assert_eq!(reply.body[XG]["roles"], roles(&["ADMIN"]));
        let bob = server.user("bob").await;
        server.patch(&path, add_member(&bob)).await.expect(200);
        assert_eq!(effective(&server, &ada).await, ["administrator"]);
        server.put(&path, server.get(&path).await.body).await.expect(200);
        // Who does not know the extension says nothing about it.
        server.put(&path, json!({ "displayName": "Chiefs" })).await.expect(200);
        assert_eq!(effective(&server, &ada).await, ["administrator"]);
    }

    /// P2-29: deleting over SCIM is applied, and the event lists who has no role any more.
    async fn deletion_tells_who_lost_every_role(server) {
        server.policies(&[("groups.grant_roles", "on")]).await;
        let (ada, bob) = (server.user("ada").await, server.user("bob").await);
        let cy = server.post("/Users", json!({ "userName": "cy", "roles": roles(&["User"]) })).await.expect(201).id();
        let all = [ada.clone(), bob.clone(), cy.clone()];
        let group = server.post("/Groups", with_roles("One", &["User"], &all)).await.expect(201).id();
        server.post("/Groups", with_roles("Two", &["User"], std::slice::from_ref(&bob))).await.expect(201);
        server.delete(&format!("/Groups/{group}")).await.expect(204);
        let told = events(&server, "group.access_stripped", 1).await;
        assert_eq!(told[0]["data"], json!({ "name": "One", "users": [ada] }));
        assert_eq!(effective(&server, &bob).await, ["standard_user"]);
        assert!(effective(&server, &ada).await.is_empty());
    }

    /// E-31: the Default group carries no roles.
    async fn the_default_group_carries_no_roles(server) {
        server.policies(&[("groups.grant_roles", "on"), ("scim.show_default_group", "on")]).await;
        let default = server.get("/Groups").await.resources()[0]["id"].as_str().expect("an id").to_owned();
        let path = format!("/Groups/{default}");
        let roles = server.patch(&path, set_group("roles", roles(&["User"])));
        refuses(&server, &[&path], roles, 403, "default_group_protected").await;
    }
}
