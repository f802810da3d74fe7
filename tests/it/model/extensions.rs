//! The two extensions as a client reads, filters and changes them.

use super::*;
use crate::support::on_both;

async fn ids(server: &Server, path: &str, filter: &str) -> Vec<String> {
    let found = server.find(path, filter).await.expect(200);
    let name = |user: &Value| user.get("userName").or(user.get("displayName")).cloned().unwrap_or_default();
    let mut names: Vec<String> =
        found.resources().iter().map(|it| name(it).as_str().unwrap_or_default().to_owned()).collect();
    names.sort();
    names
}

on_both! {
    /// E-38, B-02, B-03, A-31, B-18: filters on every attribute of the user's extension, with `not`, `ne` and values that
    /// nobody has.
    async fn users_are_filtered_by_their_place(server) {
        let sales = organization(&server, "Sales").await;
        let group = server.group("Field", &[]).await;
        for (name, place) in [
            ("ada", json!({ "organization": "Sales", "username": "Ann", "accessLevel": "High",
                "memberships": [{ "value": group, "groupAdmin": true }],
                "metadata": [{ "key": "k", "value": "v" }], "folders": [{ "value": "f" }], "websiteAccess": ["shop"] })),
            ("bob", json!({ "organization": "Default", "metadata": [{ "key": "k", "value": "w" }] })),
            ("cy", json!({})),
        ] {
            server.post("/Users", json!({ "userName": name, XU: place })).await.expect(201);
        }
        let cy = server.find("/Users", "userName eq \"cy\"").await.resources()[0]["id"].as_str().expect("an id").to_owned();
        server.patch(&format!("/Users/{cy}"), activate(false)).await.expect(200);
        let sales = sales.to_string();
        for (filter, expected) in [
            ("organization eq \"sALES\"".to_owned(), "ada"),
            (format!("organization eq \"{sales}\""), "ada"),
            ("organization ne \"Sales\"".to_owned(), "bob cy"),
            ("organization sw \"sal\"".to_owned(), "ada"),
            ("organization eq \"Nowhere\"".to_owned(), ""),
            ("organization ne \"Nowhere\"".to_owned(), "ada bob cy"),
            ("organization pr".to_owned(), "ada bob cy"),
            ("status eq \"active\"".to_owned(), "ada bob"),
            ("status eq \"INACTIVE\"".to_owned(), "cy"),
            ("status ne \"active\"".to_owned(), "cy"),
            ("status eq \"removed\"".to_owned(), ""),
            ("status eq \"nonsense\"".to_owned(), ""),
            ("status pr".to_owned(), "ada bob cy"),
            ("username eq \"ann\"".to_owned(), "ada"),
            ("username ne \"ann\"".to_owned(), "bob cy"),
            ("username pr".to_owned(), "ada"),
            ("primaryGroup eq \"field\"".to_owned(), "ada"),
            (format!("primaryGroup eq \"{group}\""), "ada"),
            ("primaryGroup ne \"field\"".to_owned(), "bob cy"),
            ("primaryGroup eq \"Default\"".to_owned(), "bob cy"),
            ("primaryGroup pr".to_owned(), "ada bob cy"),
            (format!("memberships[value eq \"{group}\"]"), "ada"),
            (format!("memberships.value eq \"{group}\""), "ada"),
            (format!("memberships[value eq \"{NOBODY}\"]"), ""),
            ("memberships[display eq \"field\"]".to_owned(), "ada"),
            ("memberships[groupAdmin eq true]".to_owned(), "ada"),
            ("memberships[groupAdmin eq false]".to_owned(), "bob cy"),
            ("memberships[groupAdmin eq true and canSend eq false]".to_owned(), ""),
            ("memberships[primary eq true]".to_owned(), "ada bob cy"),
            ("memberships pr".to_owned(), "ada bob cy"),
            ("metadata[key eq \"k\" and value eq \"v\"]".to_owned(), "ada"),
            ("metadata[key eq \"k\"]".to_owned(), "ada bob"),
            ("metadata.value eq \"w\"".to_owned(), "bob"),
            ("metadata pr".to_owned(), "ada bob"),
            ("folders.value eq \"f\"".to_owned(), "ada"),
            ("websiteAccess eq \"shop\"".to_owned(), "ada"),
            ("accessLevel eq \"high\"".to_owned(), "ada"),
        ] {
            let filter = format!("{XU}:{filter}");
            assert_eq!(ids(&server, "/Users", &filter).await.join(" "), expected, "{filter}");
            let not = format!("not ({filter})");
            let mut others = vec!["ada", "bob", "cy"];
            others.retain(|name| !expected.split(' ').any(|there| there == *name));
            assert_eq!(ids(&server, "/Users", &not).await, others, "{not}");
        }
        let both = format!("{XU}:status eq \"active\" and {XU}:organization eq \"Sales\"");
        assert_eq!(ids(&server, "/Users", &both).await, ["ada"]);
        for filter in ["effectiveRoles.value eq \"x\"", "sender.email eq \"x\"", "blockedReasons eq \"x\"", "nonsense eq \"x\"",
            "sendInvite eq true", "organization gt 5", "status eq true", "memberships[groupAdmin eq \"x\"]"] {
            let reply = server.find("/Users", &format!("{XU}:{filter}")).await;
            assert!(matches!(reply.status.as_u16(), 200 | 400), "{filter}: {}", reply.body);
        }
    }

    /// E-29, E-38, B-19: filters on the group's extension.
    async fn groups_are_filtered_by_their_extension(server) {
        let (ada, bob) = (server.user("ada").await, server.user("bob").await);
        for (name, members, more) in [
            ("One", vec![&ada], json!({ "description": "First", "memberSettings": [{ "value": ada, "groupAdmin": true }] })),
            ("Two", vec![&ada, &bob], json!({ "taskDispatch": "robin", "folders": [{ "value": "f" }] })),
            ("Three", vec![], json!({ "archived": true })),
        ] {
            let members: Vec<Value> = members.iter().map(|id| json!({ "value": id })).collect();
            server.post("/Groups", json!({ "displayName": name, "members": members, XG: more })).await.expect(201);
        }
        for (filter, expected) in [
            ("archived eq true".to_owned(), "Three"),
            ("archived eq false".to_owned(), "One Two"),
            ("archived ne true".to_owned(), "One Two"),
            ("archived pr".to_owned(), "One Three Two"),
            ("default eq true".to_owned(), ""),
            ("default eq false".to_owned(), "One Three Two"),
            ("memberCount eq 1".to_owned(), "One"),
            ("memberCount gt 0".to_owned(), "One Two"),
            ("memberCount ge 1.5".to_owned(), "Two"),
            ("memberCount lt 1".to_owned(), "Three"),
            ("memberCount ne 1".to_owned(), "Three Two"),
            ("memberCount eq 1e300".to_owned(), ""),
            ("memberCount gt -1e300".to_owned(), "One Three Two"),
            (format!("memberSettings[value eq \"{ada}\" and groupAdmin eq true]"), "One"),
            (format!("memberSettings[value eq \"{ada}\" and groupAdmin eq false]"), "Two"),
            (format!("memberSettings[value eq \"{bob}\"]"), "Two"),
            (format!("memberSettings[value eq \"{NOBODY}\"]"), ""),
            ("memberSettings pr".to_owned(), "One Two"),
            ("description eq \"first\"".to_owned(), "One"),
            ("description ne \"first\"".to_owned(), "Three Two"),
            ("taskDispatch sw \"ro\"".to_owned(), "Two"),
            ("folders.value eq \"f\"".to_owned(), "Two"),
        ] {
            let filter = format!("{XG}:{filter}");
            assert_eq!(ids(&server, "/Groups", &filter).await.join(" "), expected, "{filter}");
            let mut others = vec!["One", "Three", "Two"];
            others.retain(|name| !expected.split(' ').any(|there| there == *name));
            assert_eq!(ids(&server, "/Groups", &format!("not ({filter})")).await, others, "not {filter}");
        }
    }

    /// E-38: every readOnly attribute is there on request, alone, with the whole extension and in lists; never otherwise.
    async fn what_the_product_decides_is_shown_on_request(server) {
        let ada = server.user("ada").await;
        let group = server.group("Field", std::slice::from_ref(&ada)).await;
        let path = format!("/Users/{ada}");
        let plain = server.get(&path).await.expect(200).body;
        assert_eq!(plain[XU], json!({ "primaryGroup": "Field" }));
        let whole = server.get(&format!("{path}?attributes={XU}")).await.expect(200).body;
        let names: Vec<&str> = whole[XU].as_object().expect("an object").keys().map(String::as_str).collect();
        assert_eq!(names, ["organization", "primaryGroup", "memberships", "status"]);
        assert_eq!((whole.get("userName"), whole.get("groups")), (None, None));
        let one = server.get(&format!("{path}?attributes={XU}:status,userName")).await.expect(200).body;
        assert_eq!((&one[XU], &one["userName"]), (&json!({ "status": "active" }), &json!("ada")));
        let excluded = server.get(&format!("{path}?excludedAttributes={XU}")).await.expect(200).body;
        assert_eq!(excluded.get(XU), None, "{excluded}");
        let listed = server.get(&format!("/Users?attributes={XU}:status,{XU}:organization")).await.expect(200);
        assert_eq!(listed.resources()[0][XU], json!({ "organization": "Default", "status": "active" }));
        let sub = server.get(&format!("{path}?attributes={XU}:memberships.canSend")).await.expect(200).body;
        assert_eq!(sub[XU], json!({ "memberships": [{ "canSend": true }] }), "{sub}");
        let path = format!("/Groups/{group}");
        assert_eq!(server.get(&path).await.body.get(XG), None);
        let whole = server.get(&format!("{path}?attributes={XG}")).await.expect(200).body;
        assert_eq!(whole[XG]["memberCount"], 1);
        assert_eq!((&whole[XG]["default"], whole[XG]["memberSettings"].as_array().map(Vec::len)), (&json!(false), Some(1)));
        let search = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "attributes": [format!("{XU}:status")],
            "filter": format!("{XU}:status eq \"active\""),
        });
        let found = server.post("/Users/.search", search).await.expect(200);
        assert_eq!(found.resources()[0][XU], json!({ "status": "active" }));
    }

    /// E-09, E-32, E-33: what is readOnly is ignored in a body and refused in a PATCH by name; nothing is changed.
    async fn what_the_product_decides_cannot_be_written(server) {
        let readonly = json!({
            "status": "inactive", "blockedReasons": ["x"], "effectiveRoles": [{ "value": "administrator" }],
            "invitation": { "id": "x" }, "sender": { "name": "Evil", "email": "evil@example.com" },
            "expiration": { "days": 1 },
        });
        let ada = server.post("/Users", json!({ "userName": "ada", XU: readonly })).await.expect(201);
        let path = format!("/Users/{}", ada.id());
        let before = everything(&server, &path).await;
        assert_eq!(before.1[XU]["status"], "active");
        server.put(&path, json!({ "userName": "ada", XU: readonly })).await.expect(200);
        same(&before, &everything(&server, &path).await);
        for (name, value) in readonly.as_object().expect("an object") {
            let reply = server.patch(&path, set(name, value.clone())).await.expect(400);
            assert_eq!(reply.scim_type(), "mutability", "{name}");
        }
        for sub in ["sender.email", "memberships.origin", "memberships.display"] {
            let reply = server.patch(&path, set(sub, json!("x"))).await;
            assert!(reply.status.is_success() || reply.scim_type() == "mutability" || reply.status.as_u16() == 400, "{sub}");
        }
        same(&before, &everything(&server, &path).await);
        let group = server.group("Field", &[]).await;
        let path = format!("/Groups/{group}");
        let before = everything(&server, &path).await;
        for (name, value) in [("default", json!(true)), ("memberCount", json!(7))] {
            let reply = server.patch(&path, set_group(name, value)).await.expect(400);
            assert_eq!(reply.scim_type(), "mutability", "{name}");
        }
        server.put(&path, json!({ "displayName": "Field", XG: { "default": true, "memberCount": 7 } })).await.expect(200);
        same(&before, &everything(&server, &path).await);
    }

    /// B-09, B-10, B-11, B-12, E-16: what is kept for the product comes back as sent and is changed one by one.
    async fn what_is_kept_for_the_product_comes_back(server) {
        let mine = json!({
            "username": "ann", "metadata": [{ "key": "cost", "value": "7" }, { "key": "site", "value": "B" }],
            "folders": [{ "value": "f1", "display": "Folder" }], "websiteAccess": ["a", "b"], "accessLevel": "high",
        });
        let body = json!({
            "userName": "ada", "preferredLanguage": "de", "phoneNumbers": [{ "value": "+41 1" }], "userType": "Staff",
            "timezone": "Europe/Zurich", "addresses": [{ "type": "work", "country": "CH" }],
            "entitlements": [{ "value": "reports" }], XU: mine,
        });
        let ada = server.post("/Users", body).await.expect(201);
        assert_eq!(ada.body[XU], mine);
        let path = format!("/Users/{}", ada.id());
        let one = json!([{ "op": "replace", "path": format!("{XU}:metadata[key eq \"cost\"].value"), "value": "8" }]);
        let reply = server.patch(&path, one).await.expect(200);
        assert_eq!(reply.body[XU]["metadata"], json!([{ "key": "cost", "value": "8" }, { "key": "site", "value": "B" }]));
        let steps = json!([
            { "op": "remove", "path": format!("{XU}:metadata[key eq \"site\"]") },
            { "op": "add", "path": format!("{XU}:websiteAccess"), "value": ["c"] },
            { "op": "remove", "path": format!("{XU}:accessLevel") },
            { "op": "add", "value": { XU: { "folders": [{ "value": "f2" }] } } },
            { "op": "add", "value": { format!("{XU}:username"): "anna" } },
        ]);
        let reply = server.patch(&path, steps).await.expect(200);
        assert_eq!(reply.body[XU], json!({
            "username": "anna", "metadata": [{ "key": "cost", "value": "8" }],
            "folders": [{ "value": "f1", "display": "Folder" }, { "value": "f2" }], "websiteAccess": ["a", "b", "c"],
        }));
        let whole = json!([{ "op": "remove", "path": XU }]);
        let reply = server.patch(&path, whole).await;
        assert!(matches!(reply.status.as_u16(), 200 | 400), "{}", reply.body);
    }

    /// B-09, E-20: an operation without a path and one whose path is the extension do the same.
    async fn the_extension_is_changed_in_every_form(server) {
        organization(&server, "Sales").await;
        let group = server.group("Field", &[]).await;
        let wish = json!({ "organization": "Sales", "primaryGroup": "Field", "memberships": [{ "value": group }], "username": "x" });
        for (number, operations) in [
            json!([{ "op": "add", "value": { XU: wish } }]),
            json!([{ "op": "Replace", "value": { XU: wish } }]),
            json!([{ "op": "add", "path": XU, "value": wish }]),
            json!([{ "op": "replace", "path": XU, "value": wish }]),
            json!([{ "op": "add", "value": {
                format!("{XU}:organization"): "Sales", format!("{XU}:primaryGroup"): "Field",
                format!("{XU}:memberships"): [{ "value": group }], format!("{XU}:username"): "x",
            } }]),
        ].into_iter().enumerate() {
            let user = server.user(&format!("user{number}")).await;
            let path = format!("/Users/{user}");
            server.patch(&path, operations.clone()).await.expect(200);
            let place = place(&server, &user).await;
            assert_eq!((&place["organization"], &place["primaryGroup"]), (&json!("Sales"), &json!("Field")), "{operations}");
            assert_eq!(place["username"], "x");
            server.delete(&path).await.expect(204);
        }
    }

    /// P-22: the ETag of a group and of a user with `If-None-Match` never hides a change of the place.
    async fn a_cached_answer_is_never_stale(server) {
        let ada = server.user("ada").await;
        let group = server.group("Field", std::slice::from_ref(&ada)).await;
        let path = format!("/Users/{ada}?attributes={XU}");
        let tag = server.get(&path).await.header("etag").to_owned();
        let rename = json!([{ "op": "replace", "path": "displayName", "value": "Garden" }]);
        server.patch(&format!("/Groups/{group}"), rename).await.expect(200);
        let reply = send(server.request(Method::GET, &path).header("if-none-match", tag)).await.expect(200);
        assert_eq!(reply.body[XU]["primaryGroup"], "Garden");
    }
}
