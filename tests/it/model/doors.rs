//! The two doors to a membership: the group interface, where automatic reassignment out of Default may fire, and the
//! user's profile, where it never does.

use super::*;
use crate::support::on_both;

const BULK: &str = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";

on_both! {
    /// through every verb of the group interface a member leaves Default, which was primary, and the
    /// group becomes primary; the event says why.
    async fn the_group_door_takes_members_out_of_default(server) {
        let mut users = Vec::new();
        for name in ["post", "patch", "put", "bulk"] {
            users.push(server.user(name).await);
        }
        server.group("Post", &users[..1]).await;
        let patched = server.group("Patch", &[]).await;
        server.patch(&format!("/Groups/{patched}"), add_member(&users[1])).await.expect(200);
        let put = server.group("Put", &[]).await;
        let body = json!({ "displayName": "Put", "members": [{ "value": users[2] }] });
        server.put(&format!("/Groups/{put}"), body).await.expect(200);
        let bulked = server.group("Bulk", &[]).await;
        let operation = json!({
            "method": "PATCH", "path": format!("/Groups/{bulked}"), "data": patch_of(add_member(&users[3])),
        });
        server.post("/Bulk", json!({ "schemas": [BULK], "Operations": [operation] })).await.expect(200);
        for (user, name) in users.iter().zip(["Post", "Patch", "Put", "Bulk"]) {
            assert_eq!(memberships(&server, user).await, [(name.to_owned(), true, false, true)]);
            let read = server.get(&format!("/Users/{user}")).await.body;
            assert_eq!(read[XU]["primaryGroup"], name);
            assert_eq!(read["groups"][0]["display"], name);
        }
        let told = events(&server, "membership.primary_changed", 4).await;
        assert_eq!(told.len(), 4);
        assert!(told.iter().all(|event| event["cause"] == "auto_reassign"), "{told:?}");
    }

    /// a profile assignment never takes anybody out of Default: POST, PUT, PATCH, Bulk.
    async fn the_profile_door_leaves_default_alone(server) {
        let group = server.group("Engineers", &[]).await;
        let wish = json!([{ "value": group }]);
        let put = server.user("put").await;
        let patched = server.user("patch").await;
        let add = json!([{ "op": "add", "path": format!("{XU}:memberships"), "value": wish }]);
        server.patch(&format!("/Users/{patched}"), add).await.expect(200);
        assert_eq!(groups_of(&server, &patched).await, ["Default*", "Engineers"]);
        // A whole list says what is to be: without Default, there is none.
        let body = json!({ "userName": "put", XU: { "memberships": wish } });
        server.put(&format!("/Users/{put}"), body).await.expect(200);
        assert_eq!(groups_of(&server, &put).await, ["Engineers*"]);
        let body = json!({ "userName": "post", XU: { "memberships": wish } });
        let posted = server.post("/Users", body).await.expect(201);
        assert_eq!(groups_of(&server, &posted.id()).await, ["Engineers*"]);
        let bulked = server.user("bulk").await;
        let operation = json!({
            "method": "PATCH", "path": format!("/Users/{bulked}"),
            "data": patch_of(json!([{ "op": "add", "value": { XU: { "memberships": wish } } }])),
        });
        server.post("/Bulk", json!({ "schemas": [BULK], "Operations": [operation] })).await.expect(200);
        assert_eq!(groups_of(&server, &bulked).await, ["Default*", "Engineers"]);
    }

    /// only where the policy is on (P-05), and only where Default was primary; A-38: others stay.
    async fn reassignment_needs_the_policy_and_default_as_primary(server) {
        let ada = server.user("ada").await;
        let one = server.group("One", &[]).await;
        let two = server.group("Two", &[]).await;
        server.policies(&[("groups.auto_reassign_default", "off")]).await;
        server.patch(&format!("/Groups/{one}"), add_member(&ada)).await.expect(200);
        assert_eq!(groups_of(&server, &ada).await, ["Default*", "One"]);
        server.policies(&[("groups.auto_reassign_default", "on")]).await;
        server.patch(&format!("/Users/{ada}"), set("primaryGroup", json!("One"))).await.expect(200);
        server.patch(&format!("/Groups/{two}"), add_member(&ada)).await.expect(200);
        assert_eq!(groups_of(&server, &ada).await, ["Default", "One*", "Two"]);
        server.patch(&format!("/Users/{ada}"), set("primaryGroup", json!("Default"))).await.expect(200);
        let three = server.group("Three", std::slice::from_ref(&ada)).await;
        assert_eq!(groups_of(&server, &ada).await, ["One", "Three*", "Two"]);
        server.patch(&format!("/Groups/{three}"), remove_member(&ada)).await.expect(200);
        assert_eq!(groups_of(&server, &ada).await, ["One*", "Two"], "the oldest remaining becomes primary");
    }

    /// A-44, P2-24: whoever is in no group any more is in Default, with Default as primary; the event says `fallback`.
    async fn whoever_is_nowhere_is_in_default(server) {
        let default_of = async |user: &str| {
            assert_eq!(memberships(&server, user).await, [("Default".to_owned(), true, false, true)]);
        };
        let ada = server.user("ada").await;
        let path = format!("/Users/{ada}");
        let group = server.group("Engineers", std::slice::from_ref(&ada)).await;
        server.patch(&format!("/Groups/{group}"), remove_member(&ada)).await.expect(200);
        default_of(&ada).await;
        let told = events(&server, "membership.primary_changed", 2).await;
        assert!(told.iter().any(|event| event["cause"] == "fallback"), "{told:?}");

        for operations in [
            json!([{ "op": "remove", "path": format!("{XU}:memberships") }]),
            json!([{ "op": "remove", "path": format!("{XU}:memberships[value eq \"{group}\"]") }]),
            set("memberships", json!([])),
        ] {
            server.patch(&path, set("memberships", json!([{ "value": group, "canSend": false }]))).await.expect(200);
            assert_eq!(groups_of(&server, &ada).await, ["Engineers*"]);
            let reply = server.patch(&path, operations.clone()).await.expect(200);
            assert_eq!(reply.body.get("groups"), None, "{operations}");
            default_of(&ada).await;
        }
        let told = events(&server, "membership.changed", 6).await;
        assert!(told.iter().any(|event| event["cause"] == "fallback"), "{told:?}");

        let empty = json!({ "userName": "bob", XU: { "memberships": [] } });
        default_of(&server.post("/Users", empty).await.expect(201).id()).await;
        server.patch(&format!("/Groups/{group}"), add_member(&ada)).await.expect(200);
        server.delete(&format!("/Groups/{group}")).await.expect(204);
        default_of(&ada).await;
    }

    /// several groups in one PATCH of the profile, several removed in one, as one
    /// change of one version.
    async fn one_patch_of_the_profile_is_one_change(server) {
        let ada = server.user("ada").await;
        let path = format!("/Users/{ada}");
        let mut groups = Vec::new();
        for name in ["One", "Two", "Three", "Four"] {
            groups.push(server.group(name, &[]).await);
        }
        let all: Vec<Value> = groups.iter().map(|id| json!({ "value": id })).collect();
        let add = json!([
            { "op": "add", "path": format!("{XU}:memberships"), "value": all },
            { "op": "replace", "path": format!("{XU}:primaryGroup"), "value": "Three" },
        ]);
        let reply = server.patch(&path, add).await.expect(200);
        assert_eq!(reply.header("etag"), "W/\"2\"");
        assert_eq!(groups_of(&server, &ada).await, ["Default", "Four", "One", "Three*", "Two"]);
        let remove = json!([
            { "op": "remove", "path": format!("{XU}:memberships[value eq \"{}\"]", groups[2]) },
            { "op": "remove", "path": format!("{XU}:memberships[value eq \"{}\"]", groups[1]) },
            { "op": "replace", "path": format!("{XU}:primaryGroup"), "value": "Four" },
        ]);
        let reply = server.patch(&path, remove).await.expect(200);
        assert_eq!(reply.header("etag"), "W/\"3\"");
        assert_eq!(groups_of(&server, &ada).await, ["Default", "Four*", "One"]);
    }

    /// the primary group must be one of the user's groups; by name or id; an unknown one is named.
    async fn a_primary_group_is_one_of_the_users_own(server) {
        let ada = server.user("ada").await;
        let path = format!("/Users/{ada}");
        let group = server.group("Engineers", &[]).await;
        for name in ["Engineers", &group] {
            let reply = server.patch(&path, set("primaryGroup", json!(name)));
            refuses(&server, &[&path], reply, 400, "primary_group_not_member").await;
        }
        for unknown in ["Nobody", NOBODY] {
            let reply = server.patch(&path, set("primaryGroup", json!(unknown))).await;
            assert_eq!(reply.status.as_u16(), 400, "{unknown:?}: {}", reply.body);
        }
        let wish = json!({ "userName": "bob", XU: { "primaryGroup": "Engineers" } });
        refuses(&server, &[], server.post("/Users", wish), 400, "primary_group_not_member").await;
        let wish = json!({ "userName": "bob", XU: { "primaryGroup": "engineers", "memberships": [{ "value": group }] } });
        let bob = server.post("/Users", wish).await.expect(201);
        assert_eq!(bob.body[XU], json!({ "primaryGroup": "Engineers" }));
        let two = json!([{ "value": group, "primary": true }, { "value": server.group("Two", &[]).await, "primary": true }]);
        let path = format!("/Users/{}", bob.id());
        let before = everything(&server, &path).await;
        let reply = server.patch(&path, set("memberships", two)).await;
        if reply.status.is_success() {
            let primaries = memberships(&server, &bob.id()).await.iter().filter(|held| held.1).count();
            assert_eq!(primaries, 1);
        } else {
            same(&before, &everything(&server, &path).await);
        }
    }

    /// the same assignment through both doors differs in nothing but the reassignment.
    async fn both_doors_lead_to_the_same_row(server) {
        let group = server.group("Engineers", &[]).await;
        let (ada, bob) = (server.user("ada").await, server.user("bob").await);
        server.policies(&[("groups.auto_reassign_default", "off")]).await;
        server.patch(&format!("/Groups/{group}"), add_member(&ada)).await.expect(200);
        let add = json!([{ "op": "add", "path": format!("{XU}:memberships"), "value": [{ "value": group }] }]);
        server.patch(&format!("/Users/{bob}"), add).await.expect(200);
        let (ada, bob) = (place(&server, &ada).await, place(&server, &bob).await);
        assert_eq!(ada["memberships"], bob["memberships"]);
        assert_eq!(ada["primaryGroup"], bob["primaryGroup"]);
        let read = server.get(&format!("/Groups/{group}")).await.body;
        assert_eq!((read["members"].as_array().map(Vec::len), &read["meta"]["version"]), (Some(2), &json!("W/\"3\"")));
    }

    /// P-27, B-17: the Default group is shown where the account wants it; otherwise its name is taken all the
    /// same.
    async fn the_default_group_is_shown_where_the_account_wants_it(server) {
        let ada = server.user("ada").await;
        assert_eq!(server.get("/Groups").await.body["totalResults"], 0);
        assert_eq!(server.get(&format!("/Users/{ada}")).await.body.get("groups"), None);
        refused(&server.post("/Groups", json!({ "displayName": "default" })).await, 409, "group_name_taken");
        server.policies(&[("scim.show_default_group", "on")]).await;
        let listed = server.get("/Groups").await.body;
        assert_eq!((&listed["totalResults"], &listed["Resources"][0]["displayName"]), (&json!(1), &json!("Default")));
        assert_eq!(server.get(&format!("/Users/{ada}")).await.body["groups"][0]["display"], "Default");
        assert_eq!(server.find("/Users", "groups.display eq \"default\"").await.body["totalResults"], 1);
        assert_eq!(server.find("/Groups", &format!("{XG}:default eq true")).await.body["totalResults"], 1);
    }

    /// E-36, P-22: what one server wrote the next request reads.
    async fn a_change_of_a_group_is_there_at_once(server) {
        let ada = server.user("ada").await;
        let group = server.group("Engineers", std::slice::from_ref(&ada)).await;
        for round in 0..5 {
            let name = format!("Engineers {round}");
            let rename = json!([{ "op": "replace", "path": "displayName", "value": name }]);
            server.patch(&format!("/Groups/{group}"), rename).await.expect(200);
            let read = server.get(&format!("/Users/{ada}")).await.body;
            assert_eq!((&read["groups"][0]["display"], &read[XU]["primaryGroup"]), (&json!(name), &json!(name)));
        }
    }
}
