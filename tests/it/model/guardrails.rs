//! What else the product refuses: each refusal has its code and changes nothing.

use super::*;
use crate::support::on_both;
use scim_connector::domain::{AttributeMode, UnknownMembers};

on_both! {
    /// E-29, P2-27: the Default group is neither deleted nor archived; it may be renamed.
    async fn the_default_group_is_protected(server) {
        server.policies(&[("scim.show_default_group", "on")]).await;
        let ada = server.user("ada").await;
        let path = format!("/Groups/{}", server.get("/Groups").await.resources()[0]["id"].as_str().expect("an id"));
        let user = format!("/Users/{ada}");
        let paths: [&str; 2] = [&path, &user];
        let code = "default_group_protected";
        refuses(&server, &paths, server.delete(&path), 403, code).await;
        refuses(&server, &paths, server.patch(&path, set_group("archived", json!(true))), 403, code).await;
        let put = json!({ "displayName": "Default", XG: { "archived": true } });
        refuses(&server, &paths, server.put(&path, put), 403, code).await;
        server.policies(&[("groups.delete", "archive")]).await;
        refuses(&server, &paths, server.delete(&path), 403, code).await;
        server.policies(&[("scim.show_default_group", "off")]).await;
        refuses(&server, &paths, server.delete(&path), 403, code).await;
        let rename = json!([{ "op": "replace", "path": "displayName", "value": "Everybody" }]);
        server.patch(&path, rename).await.expect(200);
        assert_eq!(groups_of(&server, &ada).await, ["Everybody*"]);
        // Nobody is nowhere: out of Default into Default.
        let before = everything(&server, &user).await;
        server.patch(&path, remove_member(&ada)).await.expect(200);
        same(&before, &everything(&server, &user).await);
    }

    /// E-29: an archived group takes no members through any door, keeps those it has, is in no list without a filter and
    /// comes back.
    async fn an_archived_group_takes_nobody(server) {
        let (ada, bob) = (server.user("ada").await, server.user("bob").await);
        let group = server.group("Engineers", std::slice::from_ref(&ada)).await;
        let other = server.group("Analysts", &[]).await;
        let path = format!("/Groups/{group}");
        let user = format!("/Users/{bob}");
        let reply = server.patch(&path, set_group("archived", json!(true))).await.expect(200);
        assert_eq!(reply.body[XG]["archived"], true);
        let paths: [&str; 2] = [&path, &user];
        let code = "group_archived";
        refuses(&server, &paths, server.patch(&path, add_member(&bob)), 400, code).await;
        let put = json!({ "displayName": "Engineers", "members": [{ "value": ada }, { "value": bob }], XG: { "archived": true } });
        refuses(&server, &paths, server.put(&path, put), 400, code).await;
        refuses(&server, &paths, server.patch(&user, set("memberships", json!([{ "value": group }]))), 400, code).await;
        let post = json!({ "userName": "cy", XU: { "memberships": [{ "value": group }] } });
        refuses(&server, &paths, server.post("/Users", post), 400, code).await;
        let post = json!({ "displayName": "New", "members": [{ "value": bob }], XG: { "archived": true } });
        refuses(&server, &paths, server.post("/Groups", post), 400, code).await;

        // Who is in it stays, and a member who is there already is no newcomer.
        server.patch(&path, add_member(&ada)).await.expect(200);
        assert_eq!(groups_of(&server, &ada).await, ["Engineers*"]);
        let listed = server.get("/Groups").await.body;
        assert_eq!((&listed["totalResults"], &listed["Resources"][0]["id"]), (&json!(1), &json!(other)));
        for filter in [format!("{XG}:archived eq true"), "displayName eq \"Engineers\"".to_owned(), format!("{XG}:archived ne false")] {
            let found = server.find("/Groups", &filter).await;
            assert_eq!((found.resources().len(), &found.resources()[0]["id"]), (1, &json!(group)), "{filter}");
        }
        server.get(&path).await.expect(200);
        refused(&server.post("/Groups", json!({ "displayName": "engineers" })).await, 409, "group_name_taken");
        server.patch(&path, set_group("archived", json!(false))).await.expect(200);
        server.patch(&path, add_member(&bob)).await.expect(200);
        assert_eq!(server.get("/Groups").await.body["totalResults"], 2);
    }

    /// E-29, P2-27: with `groups.delete` = archive a DELETE archives and keeps the members (P-12).
    async fn delete_may_mean_archive(server) {
        server.policies(&[("groups.delete", "archive")]).await;
        let ada = server.user("ada").await;
        let group = server.group("Engineers", std::slice::from_ref(&ada)).await;
        let path = format!("/Groups/{group}");
        server.delete(&path).await.expect(204);
        let read = server.get(&path).await.expect(200).body;
        assert_eq!((&read[XG]["archived"], read["members"].as_array().map(Vec::len)), (&json!(true), Some(1)));
        assert_eq!(server.get("/Groups").await.body["totalResults"], 0);
        let before = everything(&server, &path).await;
        server.delete(&path).await.expect(204);
        same(&before, &everything(&server, &path).await);
    }

    /// E-25, E-27, E-28, B-17, P2-22: names are unique in any case and any script; a rename keeps the id.
    async fn names_of_groups_are_unique(server) {
        let one = server.group("Ingénieurs 工程", &[]).await;
        let two = server.group("Two", &[]).await;
        let path = format!("/Groups/{two}");
        refuses(&server, &[], server.post("/Groups", json!({ "displayName": "INGÉNIEURS 工程" })), 409, "group_name_taken").await;
        let rename = |name: &str| json!([{ "op": "replace", "path": "displayName", "value": name }]);
        refuses(&server, &[&path], server.patch(&path, rename("ingénieurs 工程")), 409, "group_name_taken").await;
        let own = server.patch(&format!("/Groups/{one}"), rename("INGÉNIEURS 工程")).await.expect(200);
        assert_eq!(own.id(), one);
        let body = json!({ "displayName": "Three", XG: { "description": "Third", "taskDispatch": "round", "folders": [{ "value": "f" }] } });
        let three = server.post("/Groups", body).await.expect(201);
        assert_eq!(three.body[XG], json!({ "description": "Third", "folders": [{ "value": "f" }], "taskDispatch": "round" }));
    }

    /// E-26, A-14, P2-25: several adds and removals are one PATCH, one version of the group; one stranger refuses all.
    async fn one_patch_of_a_group_is_one_change(server) {
        let mut users = Vec::new();
        for name in ["a", "b", "c", "d"] {
            users.push(server.user(name).await);
        }
        let group = server.group("Engineers", &users[..2]).await;
        let path = format!("/Groups/{group}");
        let operations = |last: &str| json!([
            { "op": "remove", "path": format!("members[value eq \"{}\"]", users[0]) },
            { "op": "add", "path": "members", "value": [{ "value": users[2] }, { "value": last }] },
            { "op": "replace", "path": "displayName", "value": "Builders" },
        ]);
        refuses(&server, &[&path], server.patch(&path, operations(NOBODY)), 400, "member_unknown").await;
        let reply = server.patch(&path, operations(&users[3])).await.expect(200);
        assert_eq!(reply.header("etag"), "W/\"2\"");
        assert_eq!(reply.body["members"].as_array().map(Vec::len), Some(3));
    }

    /// P-28 in E-26: unknown members are refused by name, or skipped while the rest is applied.
    async fn unknown_members_may_be_skipped(server) {
        let ada = server.user("ada").await;
        let group = server.group("Engineers", &[]).await;
        let path = format!("/Groups/{group}");
        let both = json!([{ "op": "add", "path": "members", "value": [{ "value": NOBODY }, { "value": "x" }, { "value": ada }] }]);
        refuses(&server, &[&path], server.patch(&path, both.clone()), 400, "member_unknown").await;
        server.configure(|connection| connection.settings.unknown_members = Some(UnknownMembers::Skip)).await;
        let reply = server.patch(&path, both.clone()).await.expect(200);
        assert_eq!(reply.body["members"].as_array().map(Vec::len), Some(1));
        let before = everything(&server, &path).await;
        server.patch(&path, both).await.expect(200);
        same(&before, &everything(&server, &path).await);
    }

    /// P-29 in B-09: unknown attributes are ignored, or refused.
    async fn unknown_attributes_may_be_refused(server) {
        let body = json!({ "userName": "ada", "shoeSize": 42, XU: { "hat": "big" } });
        let ada = server.post("/Users", body.clone()).await.expect(201);
        assert_eq!(ada.body.get(XU), None);
        server.configure(|connection| connection.settings.attributes = Some(AttributeMode::Strict)).await;
        let mut again = body;
        again["userName"] = "bob".into();
        let reply = server.post("/Users", again).await.expect(400);
        assert_eq!(reply.scim_type(), "invalidSyntax");
    }

    /// a stale If-Match is refused with 412, whatever the change, and nothing is changed.
    async fn a_stale_version_is_refused(server) {
        let ada = server.user("ada").await;
        let group = server.group("Engineers", std::slice::from_ref(&ada)).await;
        for (path, operations) in [
            (format!("/Users/{ada}"), set("memberships", json!([]))), (format!("/Groups/{group}"), remove_member(&ada)),
        ] {
            server.patch(&path, json!([{ "op": "replace", "path": "externalId", "value": "x" }])).await.expect(200);
            let stale = server.request(Method::PATCH, &path).header("if-match", "W/\"1\"").json(&patch_of(operations));
            refuses(&server, &[&path], send(stale), 412, "version_conflict").await;
            let stale = server.request(Method::DELETE, &path).header("if-match", "W/\"1\"");
            refuses(&server, &[&path], send(stale), 412, "version_conflict").await;
        }
    }
}
