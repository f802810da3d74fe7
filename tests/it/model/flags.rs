//! The flags of a membership: one row, seen from the user and from the group.

use super::*;
use crate::support::on_both;

/// The settings of a group's members as the group shows them.
async fn settings(server: &Server, group: &str) -> Value {
    let mut read = server.get(&format!("/Groups/{group}?attributes={XG}:memberSettings")).await.expect(200).body;
    read[XG]["memberSettings"].take()
}

on_both! {
    /// through every door a membership begins with group admin false and can send true.
    async fn a_membership_begins_the_same_through_every_door(server) {
        let mut users = Vec::new();
        for name in ["post", "patch", "put", "bulk"] {
            users.push(server.user(name).await);
        }
        let group = server.group("Engineers", &users[..1]).await;
        let path = format!("/Groups/{group}");
        server.patch(&path, add_member(&users[1])).await.expect(200);
        let members: Vec<Value> = users[..3].iter().map(|id| json!({ "value": id })).collect();
        server.put(&path, json!({ "displayName": "Engineers", "members": members })).await.expect(200);
        let operation = json!({ "method": "PATCH", "path": path, "data": patch_of(add_member(&users[3])) });
        let bulk = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
            "Operations": [operation, { "method": "POST", "path": "/Users", "bulkId": "b", "data": {
                "userName": "profile", XU: { "memberships": [{ "value": group }] },
            } }],
        });
        server.post("/Bulk", bulk).await.expect(200);
        server.configure({
            let group = group.clone();
            move |connection| connection.rules.rules = vec![rule("R", gives_group(&group))]
        }).await;
        server.post("/Users", in_department("rule", "R")).await.expect(201);
        let settings = settings(&server, &group).await;
        let settings = settings.as_array().expect("settings");
        assert_eq!(settings.len(), 6);
        for setting in settings {
            assert_eq!((&setting["groupAdmin"], &setting["canSend"]), (&json!(false), &json!(true)), "{setting}");
        }
    }

    /// what is set at the user is seen at the group and the other way round; both versions move.
    async fn the_two_views_are_one_row(server) {
        let ada = server.user("ada").await;
        let group = server.group("Engineers", std::slice::from_ref(&ada)).await;
        let (user_path, group_path) = (format!("/Users/{ada}"), format!("/Groups/{group}"));
        let versions = async || {
            [server.get(&user_path).await.header("etag").to_owned(), server.get(&group_path).await.header("etag").to_owned()]
        };
        let mut before = versions().await;
        let changes = [
            (&user_path, format!("{XU}:memberships[value eq \"{group}\"].groupAdmin"), true, (true, true)),
            (&group_path, format!("{XG}:memberSettings[value eq \"{ada}\"].canSend"), false, (true, false)),
            (&user_path, format!("{XU}:memberships[value eq \"{group}\"].canSend"), true, (true, true)),
            (&group_path, format!("{XG}:memberSettings[value eq \"{ada}\"].groupAdmin"), false, (false, true)),
        ];
        for (path, target, value, (group_admin, can_send)) in changes {
            server.patch(path, json!([{ "op": "replace", "path": target, "value": value }])).await.expect(200);
            let expected = json!([{ "value": ada, "groupAdmin": group_admin, "canSend": can_send, "primary": true }]);
            assert_eq!(settings(&server, &group).await, expected, "{target}");
            assert_eq!(memberships(&server, &ada).await, [("Engineers".to_owned(), true, group_admin, can_send)]);
            let after = versions().await;
            assert!(before[0] != after[0] && before[1] != after[1], "{target}: {before:?} {after:?}");
            before = after;
        }
        // As text, as some clients send booleans.
        let target = format!("{XG}:memberSettings[value eq \"{ada}\"].canSend");
        server.patch(&group_path, json!([{ "op": "replace", "path": target, "value": "False" }])).await.expect(200);
        assert_eq!(place(&server, &ada).await["blockedReasons"], json!(["no_send_group"]));
        for filter in ["canSend eq false", "groupAdmin eq false and canSend eq false", "canSend ne true"] {
            let of_user = server.find("/Users", &format!("{XU}:memberships[value eq \"{group}\" and {filter}]")).await;
            assert_eq!(of_user.body["totalResults"], 1, "{filter}");
            let of_group = server.find("/Groups", &format!("{XG}:memberSettings[value eq \"{ada}\" and {filter}]")).await;
            assert_eq!(of_group.body["totalResults"], 1, "{filter}");
        }
        // Taken away, a flag is what it is at first.
        server.patch(&group_path, json!([{ "op": "remove", "path": target }])).await.expect(200);
        assert_eq!(memberships(&server, &ada).await, [("Engineers".to_owned(), true, false, true)]);
    }

    /// settings in a POST and a PUT of a group; a member who is not mentioned keeps his.
    async fn settings_come_with_the_group(server) {
        let (ada, bob) = (server.user("ada").await, server.user("bob").await);
        let members = json!([{ "value": ada }, { "value": bob }]);
        let body = json!({
            "displayName": "Engineers", "members": members, XG: { "memberSettings": [{ "value": ada, "groupAdmin": true }] },
        });
        let group = server.post("/Groups", body).await.expect(201).id();
        let path = format!("/Groups/{group}");
        assert_eq!(memberships(&server, &ada).await, [("Engineers".to_owned(), true, true, true)]);
        assert_eq!(memberships(&server, &bob).await, [("Engineers".to_owned(), true, false, true)]);
        let body = json!({
            "displayName": "Engineers", "members": members, XG: { "memberSettings": [{ "value": bob, "canSend": false }] },
        });
        server.put(&path, body).await.expect(200);
        assert_eq!(memberships(&server, &ada).await, [("Engineers".to_owned(), true, true, true)]);
        assert_eq!(memberships(&server, &bob).await, [("Engineers".to_owned(), true, false, false)]);
        // An echo of everything changes nothing.
        let mut whole = server.get(&format!("{path}?attributes=displayName,members,{XG}")).await.expect(200).body;
        let before = everything(&server, &path).await;
        whole.as_object_mut().expect("an object").remove("meta");
        server.put(&path, whole).await.expect(200);
        same(&before, &everything(&server, &path).await);
    }

    /// the flags of somebody who is no member are refused and nothing is changed.
    async fn flags_need_a_membership(server) {
        let (ada, bob) = (server.user("ada").await, server.user("bob").await);
        let group = server.group("Engineers", std::slice::from_ref(&ada)).await;
        let path = format!("/Groups/{group}");
        for id in [bob.as_str(), NOBODY] {
            let target = format!("{XG}:memberSettings[value eq \"{id}\"].canSend");
            let both = json!([
                { "op": "replace", "path": format!("{XG}:memberSettings[value eq \"{ada}\"].canSend"), "value": false },
                { "op": "replace", "path": target, "value": false },
            ]);
            let reply = server.patch(&path, both).await;
            assert_eq!(reply.status.as_u16(), 400, "{id}: {}", reply.body);
            assert_eq!(memberships(&server, &ada).await, [("Engineers".to_owned(), true, false, true)]);
        }
        let post = json!({ "displayName": "New", XG: { "memberSettings": [{ "value": bob, "canSend": false }] } });
        assert_eq!(server.post("/Groups", post).await.status.as_u16(), 400);
        assert_eq!(server.get("/Groups").await.body["totalResults"], 1);
        // With the membership in the same request it is right.
        let both = json!([
            { "op": "replace", "path": format!("{XG}:memberSettings[value eq \"{bob}\"].canSend"), "value": false },
            { "op": "add", "path": "members", "value": [{ "value": bob }] },
        ]);
        server.patch(&path, both).await.expect(200);
        assert_eq!(memberships(&server, &bob).await, [("Engineers".to_owned(), true, false, false)]);
    }

    /// A-16, E-32: can send false in every group blocks; true in one is enough.
    async fn nobody_sends_without_a_group(server) {
        let ada = server.user("ada").await;
        let path = format!("/Users/{ada}");
        let one = server.group("One", &[]).await;
        let two = server.group("Two", &[]).await;
        let both = |sends: bool| json!([{ "value": one, "canSend": false }, { "value": two, "canSend": sends }]);
        server.patch(&path, set("memberships", both(true))).await.expect(200);
        assert_eq!(place(&server, &ada).await.get("blockedReasons"), None);
        server.patch(&path, set("memberships", both(false))).await.expect(200);
        assert_eq!(place(&server, &ada).await["blockedReasons"], json!(["no_send_group"]));
    }

    /// a membership that ends and begins again begins anew.
    async fn a_new_membership_begins_anew(server) {
        let ada = server.user("ada").await;
        let group = server.group("Engineers", std::slice::from_ref(&ada)).await;
        let path = format!("/Groups/{group}");
        let target = format!("{XG}:memberSettings[value eq \"{ada}\"].groupAdmin");
        server.patch(&path, json!([{ "op": "replace", "path": target, "value": true }])).await.expect(200);
        server.patch(&path, remove_member(&ada)).await.expect(200);
        server.patch(&path, add_member(&ada)).await.expect(200);
        assert_eq!(memberships(&server, &ada).await, [("Engineers".to_owned(), true, false, true)]);
    }
}
