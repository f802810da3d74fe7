//! Who moves: organization, attributes, and what a PUT leaves out.

use super::*;
use crate::support::on_both;

on_both! {
    /// E-18, E-19, E-39: another organization means another sender for future sessions; the event says from, to and when
    /// it is effective.
    async fn a_move_changes_the_sender_of_future_sessions(server) {
        for name in ["Sales", "Support"] {
            organization(&server, name).await;
        }
        let body = json!({ "userName": "ada", XU: { "organization": "Sales" } });
        let ada = server.post("/Users", body).await.expect(201);
        let path = format!("/Users/{}", ada.id());
        let moved = server.patch(&path, set("organization", json!("Support"))).await.expect(200);
        assert_eq!(moved.body[XU]["organization"], "Support");
        assert_ne!(moved.header("etag"), ada.header("etag"));
        assert_eq!(place(&server, &ada.id()).await["sender"]["email"], "support@sets.example");
        let told = events(&server, "user.organization_changed", 1).await;
        let last = &told.last().expect("one")["data"];
        assert_eq!((&last["from"]["name"], &last["to"]["name"]), (&json!("Sales"), &json!("Support")));
        assert_eq!(last["effective"], "future_sessions");
        assert_eq!(groups_of(&server, &ada.id()).await, ["Default*"], "a move changes no group");
    }

    /// E-20: PUT and PATCH with what is there already answer 200 and move neither version nor time.
    async fn what_is_so_already_moves_nothing(server) {
        organization(&server, "Sales").await;
        let group = server.group("Engineers", &[]).await;
        let body = json!({
            "userName": "ada", "roles": roles(&["User", "Wizard"]),
            XU: {
                "organization": "Sales", "username": "ann", "accessLevel": "high", "websiteAccess": ["a", "b"],
                "metadata": [{ "key": "k", "value": "v" }], "folders": [{ "value": "f" }],
                "memberships": [{ "value": group, "primary": true, "canSend": false }],
            },
        });
        let ada = server.post("/Users", body.clone()).await.expect(201);
        let path = format!("/Users/{}", ada.id());
        let before = everything(&server, &path).await;
        server.put(&path, body.clone()).await.expect(200);
        same(&before, &everything(&server, &path).await);
        server.put(&path, server.get(&path).await.body).await.expect(200);
        same(&before, &everything(&server, &path).await);
        for (name, value) in [
            ("organization", json!("sales")), ("primaryGroup", json!("Engineers")), ("primaryGroup", json!(group)),
            ("username", json!("ann")), ("memberships", json!([{ "value": group }])),
            ("memberships", json!([{ "value": group, "primary": true, "canSend": false, "groupAdmin": false }])),
            ("metadata", json!([{ "key": "k", "value": "v" }])), ("websiteAccess", json!(["a", "b"])),
        ] {
            server.patch(&path, set(name, value.clone())).await.expect(200);
            assert_eq!(before, everything(&server, &path).await, "{name} {value}");
        }
        server.patch(&path, json!([{ "op": "add", "value": { XU: body[XU] } }])).await.expect(200);
        same(&before, &everything(&server, &path).await);
        server.patch(&path, set_roles(&["User", "Wizard"])).await.expect(200);
        server.patch(&path, activate(true)).await.expect(200);
        server.patch(&path, json!([{ "op": "add", "path": "roles", "value": [{ "value": "User" }] }])).await.expect(200);
        same(&before, &everything(&server, &path).await);
        // The same from the group's side.
        let path_of_group = format!("/Groups/{group}");
        let group_before = everything(&server, &path_of_group).await;
        server.patch(&path_of_group, add_member(&ada.id())).await.expect(200);
        let flags = json!([{ "op": "replace", "value": { XG: { "memberSettings": [{ "value": ada.id(), "canSend": false }] } } }]);
        server.patch(&path_of_group, flags).await.expect(200);
        server.put(&path_of_group, server.get(&path_of_group).await.body).await.expect(200);
        assert_eq!(group_before, everything(&server, &path_of_group).await);
        same(&before, &everything(&server, &path).await);
    }

    /// E-20: two names of one role are one role, and a repeated push of them moves nothing.
    async fn two_names_of_one_role_are_one(server) {
        let body = json!({ "userName": "ada", "roles": roles(&["User", "USER", "standard_user"]) });
        let ada = server.post("/Users", body.clone()).await.expect(201).id();
        let path = format!("/Users/{ada}");
        let before = everything(&server, &path).await;
        server.put(&path, body).await.expect(200);
        same(&before, &everything(&server, &path).await);
        assert_eq!(effective(&server, &ada).await, ["standard_user"]);
    }

    /// E-20, E-30: a PUT that leaves the product out withdraws what the connection gave: organization and roles, and no
    /// membership; what another connection gave stays.
    async fn a_put_withdraws_only_what_its_connection_gave(server) {
        organization(&server, "Sales").await;
        let body = json!({ "userName": "ada", "roles": roles(&["User"]), XU: { "organization": "Sales" } });
        let ada = server.post("/Users", body).await.expect(201).id();
        let path = format!("/Users/{ada}");
        let group = server.group("Engineers", std::slice::from_ref(&ada)).await;
        let second = second_connection(&server).await;
        let plain = json!({ "userName": "ada", "roles": roles(&["Wizard"]) });
        by(&server, &second, Method::PUT, &path, plain).await.expect(200);
        assert_eq!(place(&server, &ada).await["organization"], "Sales", "the first connection gave it");
        assert_eq!(server.get(&path).await.body["roles"], roles(&["User", "Wizard"]));

        let put = server.put(&path, json!({ "userName": "ada" })).await.expect(200);
        assert_eq!(put.body["roles"], roles(&["Wizard"]));
        assert_eq!(put.body.get(XU), Some(&json!({ "primaryGroup": "Engineers" })), "{}", put.body);
        assert_eq!(put.body["groups"][0]["value"], group.as_str());
        assert_eq!(place(&server, &ada).await["organization"], "Default");
    }

    /// E-04, E-20: a policy that stops falling back concerns joiners; whom it placed before stays where he is.
    async fn an_account_that_stops_falling_back_leaves_its_users_alone(server) {
        let ada = server.user("ada").await;
        let path = format!("/Users/{ada}");
        for fallback in ["reject", "park"] {
            server.policies(&[("organization.fallback", fallback)]).await;
            server.patch(&path, json!([{ "op": "replace", "path": "title", "value": fallback }])).await.expect(200);
            server.put(&path, json!({ "userName": "ada", "nickName": fallback })).await.expect(200);
            assert_eq!(place(&server, &ada).await["organization"], "Default", "{fallback}");
        }
    }

    /// E-20, E-39: a client that sends back what it read does not become the giver of an organization that an
    /// administrator or another connection gave.
    async fn an_echo_gives_nothing(server) {
        organization(&server, "Sales").await;
        let ada = server.user("ada").await;
        let path = format!("/Users/{ada}");
        let second = second_connection(&server).await;
        by(&server, &second, Method::PATCH, &path, patch_of(set("organization", json!("Sales")))).await.expect(200);
        let before = everything(&server, &path).await;
        server.put(&path, server.get(&path).await.body).await.expect(200);
        same(&before, &everything(&server, &path).await);
        server.put(&path, json!({ "userName": "ada" })).await.expect(200);
        assert_eq!(place(&server, &ada).await["organization"], "Sales", "the second connection gave it");
        by(&server, &second, Method::PUT, &path, json!({ "userName": "ada" })).await.expect(200);
        assert_eq!(place(&server, &ada).await["organization"], "Default");
    }

    /// E-30, E-06: nothing that happens to groups changes an organization.
    async fn groups_never_change_an_organization(server) {
        organization(&server, "Sales").await;
        let body = json!({ "userName": "ada", XU: { "organization": "Sales" } });
        let ada = server.post("/Users", body).await.expect(201).id();
        let group = server.group("Engineers", std::slice::from_ref(&ada)).await;
        let path = format!("/Groups/{group}");
        let unmoved = async || assert_eq!(place(&server, &ada).await["organization"], "Sales");
        unmoved().await;
        server.patch(&path, remove_member(&ada)).await.expect(200);
        unmoved().await;
        server.patch(&path, add_member(&ada)).await.expect(200);
        server.patch(&format!("/Users/{ada}"), set("memberships", json!([]))).await.expect(200);
        unmoved().await;
        server.patch(&path, add_member(&ada)).await.expect(200);
        server.delete(&path).await.expect(204);
        unmoved().await;
    }

    /// E-18, E-40: removing the organization with a PATCH withdraws it; the account's fallback places the user.
    async fn a_removed_organization_falls_back(server) {
        organization(&server, "Sales").await;
        let body = json!({ "userName": "ada", XU: { "organization": "Sales" } });
        let ada = server.post("/Users", body).await.expect(201).id();
        let path = format!("/Users/{ada}");
        let removal = json!([{ "op": "remove", "path": format!("{XU}:organization") }]);
        let reply = server.patch(&path, removal.clone()).await.expect(200);
        assert_eq!(reply.body.get(XU), None);
        assert_eq!(place(&server, &ada).await["organization"], "Default");
        let before = everything(&server, &path).await;
        server.patch(&path, removal).await.expect(200);
        same(&before, &everything(&server, &path).await);
    }
}
