//! Groups in the admin API.

use super::person::{
    XG, action, api_as, audit, default_group, direct, get, groups_of, key_of, organization, person, refused, state,
    team, tried,
};
use crate::support::{on_both, send};
use reqwest::Method;
use serde_json::{Value, json};

on_both! {
    /// E-25, E-27, E-28, P2-21, B-16, B-17: a group is made with name and users, renamed, and stays the same one.
    async fn a_group_is_made_and_renamed(server) {
        direct(&server).await;
        let ada = person(&server, "ada@example.com", json!({})).await;
        let body = json!({
            "name": "Équipe Nord", "description": "North", "folders": ["A", "B"], "taskDispatch": "round_robin", "members": [ada],
        });
        let made = server.api(Method::POST, "/groups", Some(body)).await.expect(201);
        assert_eq!((made.header("etag"), &made.body["memberCount"]), ("W/\"1\"", &json!(1)));
        assert_eq!((&made.body["description"], &made.body["folders"]), (&json!("North"), &json!(["A", "B"])));
        assert_eq!((&made.body["default"], &made.body["archived"], &made.body["roles"]), (&json!(false), &json!(false), &json!([])));
        assert_eq!(groups_of(&get(&server, &format!("/users/{ada}")).await.body), ["Équipe Nord"]);
        let path = format!("/groups/{}", made.id());
        let change = json!({ "name": "Team North", "description": null, "folders": [] });
        let renamed = server.api(Method::PATCH, &path, Some(change)).await.expect(200).body;
        assert_eq!((&renamed["name"], &renamed["description"], &renamed["folders"]), (&json!("Team North"), &Value::Null, &json!([])));
        assert_eq!((&renamed["id"], &renamed["taskDispatch"], &renamed["memberCount"]), (&json!(made.id()), &json!("round_robin"), &json!(1)));
        assert_eq!(get(&server, &path).await.body, renamed);
        assert_eq!(server.get(&format!("/Groups/{}", made.id())).await.body["displayName"], "Team North");
        for name in ["edit", "archive", "delete"] {
            assert_eq!(action(&renamed, name)["allowed"], true);
        }
        let list = get(&server, "/groups").await.expect(200);
        assert_eq!((list.items()[0]["name"].clone(), &list.items()[1]), (json!("Default"), &renamed));
        assert_eq!(action(&list.items()[0], "delete")["disabledReason"]["code"], "default_group_protected");
        assert_eq!(get(&server, "/groups?q=NORTH").await.items().len(), 1);
    }

    /// E-25, E-28, P2-22, E-31, E-41: names are unique and roles are refused while groups grant none.
    async fn what_a_group_may_not_be_is_refused(server) {
        let sales = team(&server, "Sales", &[]).await;
        let legal = team(&server, "Legal", &[]).await;
        for (method, path) in [(Method::POST, "/groups".to_owned()), (Method::PATCH, format!("/groups/{legal}"))] {
            let reply = refused(&server, (method.clone(), &path, json!({ "name": "SALES" })), 409, "group_name_taken").await;
            assert_eq!((&reply.body["holder"], &reply.body["holderLink"]), (&json!(sales), &json!(format!("/api/v1/groups/{sales}"))));
            let roles = json!({ "name": "x", "roles": ["administrator"] });
            refused(&server, (method, &path, roles), 409, "group_roles_disabled").await;
        }
        for body in [json!({}), json!({ "name": null }), json!({ "name": "  " }), json!({ "name": "" })] {
            refused(&server, (Method::POST, "/groups", body), 422, "value_invalid").await;
        }
        server.policies(&[("groups.grant_roles", "on")]).await;
        let king = json!({ "name": "x", "roles": ["King"] });
        refused(&server, (Method::POST, "/groups", king), 422, "role_unknown").await;
        let unknown = json!({ "name": "x", "members": ["0197a000-0000-7000-8000-000000000000"] });
        refused(&server, (Method::POST, "/groups", unknown), 422, "member_unknown").await;
        let path = format!("/groups/{sales}");
        let stale = send(server.api_request(Method::PATCH, &path).header("If-Match", "W/\"9\"").json(&json!({ "name": "y" })));
        assert_eq!(stale.await.expect(412).code(), "version_conflict");
        assert_eq!(get(&server, "/groups/0197a000-0000-7000-8000-000000000000").await.expect(404).code(), "not_visible");
    }

    /// E-29: an archived group is hidden from lists, keeps its members and takes no new ones.
    async fn a_group_is_archived(server) {
        direct(&server).await;
        let ada = person(&server, "ada@example.com", json!({})).await;
        let bob = person(&server, "bob@example.com", json!({})).await;
        let group = team(&server, "Sales", &[&ada]).await;
        let path = format!("/groups/{group}");
        let archive = format!("{path}/archive");
        assert_eq!(tried(&server, Method::POST, &archive, Value::Null).await["result"]["archived"], true);
        let archived = server.api(Method::POST, &archive, None).await.expect(200).body;
        assert_eq!((&archived["archived"], &archived["memberCount"]), (&json!(true), &json!(1)));
        assert_eq!(action(&archived, "unarchive")["allowed"], true);
        assert_eq!(server.api(Method::POST, &archive, None).await.expect(200).body, archived);
        let names = |query: &'static str| {
            let server = &server;
            async move {
                let list = get(server, &format!("/groups{query}")).await.expect(200);
                list.items().iter().map(|group| group["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
            }
        };
        assert_eq!(names("").await, ["Default"]);
        assert_eq!(names("?archived=false").await, ["Default"]);
        assert_eq!(names("?archived=true").await, ["Sales"]);
        assert_eq!(names("?archived=all").await, ["Default", "Sales"]);
        assert_eq!(get(&server, &format!("{path}/members")).await.items().len(), 1);
        assert_eq!(get(&server, &format!("{path}/candidates")).await.items().len(), 0);
        let add = json!({ "add": [{ "user": bob }] });
        refused(&server, (Method::POST, &format!("{path}/members"), add.clone()), 409, "group_archived").await;
        let default = default_group(&server).await;
        for request in [
            (Method::POST, format!("/groups/{default}/archive"), Value::Null),
            (Method::DELETE, format!("/groups/{default}"), Value::Null),
        ] {
            refused(&server, (request.0, &request.1, request.2), 409, "default_group_protected").await;
        }
        server.api(Method::POST, &format!("{path}/unarchive"), None).await.expect(200);
        server.api(Method::POST, &format!("{path}/members"), Some(add)).await.expect(200);
    }

    /// E-26, P2-24, P2-25, A-15..A-17, B-19: all adds and removes are one change of the group with one entry.
    async fn members_change_together(server) {
        direct(&server).await;
        let mut users = Vec::new();
        for name in ["a", "b", "c", "d"] {
            users.push(person(&server, &format!("{name}@example.com"), json!({})).await);
        }
        let group = team(&server, "Sales", &[&users[0], &users[1]]).await;
        let path = format!("/groups/{group}/members");
        let batch = json!({
            "add": [{ "user": users[2] }, { "user": users[3], "groupAdmin": true, "canSend": false }],
            "remove": [users[0]],
        });
        let entries = audit(&server, None).await.len();
        let would = tried(&server, Method::POST, &path, batch.clone()).await;
        assert_eq!(would["result"]["group"]["memberCount"], 3);
        let changed = server.api(Method::POST, &path, Some(batch.clone())).await.expect(200).body;
        assert_eq!((&changed["group"]["version"], &changed["group"]["memberCount"]), (&json!(2), &json!(3)));
        let trail = audit(&server, None).await;
        assert_eq!((trail.len(), trail[0].action.as_str(), trail[0].subject_id.as_str()), (entries + 1, "group.updated", group.as_str()));
        let told: Value = serde_json::from_str(&trail[0].changes).unwrap();
        assert_eq!((&told[0]["from"], &told[0]["to"]), (&json!([users[0]]), &json!([users[2], users[3]])));

        let members = get(&server, &path).await.expect(200);
        let flags = |member: &Value| (member["user"]["userName"].clone(), member["groupAdmin"] == true, member["canSend"] == true);
        assert_eq!(members.items().iter().map(flags).collect::<Vec<_>>(), [
            (json!("b@example.com"), false, true), (json!("c@example.com"), false, true), (json!("d@example.com"), true, false),
        ]);
        assert_eq!(members.items()[0]["primary"], true);
        let page = get(&server, &format!("{path}?limit=2")).await.expect(200);
        let cursor = page.body["nextCursor"].as_str().expect("more");
        assert_eq!(get(&server, &format!("{path}?limit=2&cursor={cursor}")).await.items(), &members.items()[2..]);

        let again = server.api(Method::POST, &path, Some(batch)).await.expect(200).body;
        assert_eq!(again["group"], changed["group"]);
        assert_eq!(server.api(Method::POST, &path, Some(json!({}))).await.expect(200).body["group"], changed["group"]);

        let unknown = "0197a000-0000-7000-8000-000000000000";
        refused(&server, (Method::POST, &path, json!({ "add": [{ "user": users[0] }, { "user": unknown }] })), 422, "member_unknown").await;
        refused(&server, (Method::POST, &path, json!({ "add": [{ "user": users[0] }], "remove": [users[0]] })), 422, "value_invalid").await;
        refused(&server, (Method::POST, &path, json!({ "add": ["x"] })), 422, "body_invalid").await;
        for body in [json!({ "remove": [users[1]] }), json!({})] {
            let stale = send(server.api_request(Method::POST, &path).header("If-Match", "W/\"1\"").json(&body));
            assert_eq!(stale.await.expect(412).code(), "version_conflict");
        }
    }

    /// the flags of a member are set by themselves, from both sides the same row.
    async fn the_flags_of_a_member_are_set(server) {
        direct(&server).await;
        let ada = person(&server, "ada@example.com", json!({})).await;
        let bob = person(&server, "bob@example.com", json!({})).await;
        let group = team(&server, "Sales", &[&ada]).await;
        let path = format!("/groups/{group}/members/{ada}");
        let member = server.api(Method::PATCH, &path, Some(json!({ "groupAdmin": true }))).await.expect(200).body;
        assert_eq!((&member["groupAdmin"], &member["canSend"], &member["user"]["id"]), (&json!(true), &json!(true), &json!(ada)));
        let member = server.api(Method::PATCH, &path, Some(json!({ "canSend": false }))).await.expect(200).body;
        assert_eq!((&member["groupAdmin"], &member["canSend"]), (&json!(true), &json!(false)));
        let user = get(&server, &format!("/users/{ada}")).await.body;
        assert_eq!((&user["memberships"][0]["groupAdmin"], &user["memberships"][0]["canSend"]), (&json!(true), &json!(false)));
        let scim = server.get(&format!("/Groups/{group}?attributes={XG}:memberSettings")).await.expect(200);
        assert_eq!(scim.body[XG]["memberSettings"][0]["groupAdmin"], true);
        assert_eq!(server.api(Method::PATCH, &path, Some(json!({}))).await.expect(200).body, member);
        let stranger = format!("/groups/{group}/members/{bob}");
        refused(&server, (Method::PATCH, &stranger, json!({ "canSend": false })), 404, "not_visible").await;
        refused(&server, (Method::PATCH, &path, json!({ "primary": true })), 422, "body_invalid").await;
        let stale = server.api_request(Method::PATCH, &path).header("If-Match", "W/\"1\"");
        assert_eq!(send(stale.json(&json!({ "canSend": true }))).await.expect(412).code(), "version_conflict");
    }

    /// A-39..A-41: with reassignment on, the group's door takes a user out of Default, where it was primary; else it adds.
    async fn the_door_of_the_group_reassigns(server) {
        direct(&server).await;
        let group = team(&server, "Sales", &[]).await;
        let path = format!("/groups/{group}/members");
        let mut users = Vec::new();
        for (policy, name) in [("on", "a"), ("off", "b")] {
            server.policies(&[("groups.auto_reassign_default", policy)]).await;
            let user = person(&server, &format!("{name}@example.com"), json!({})).await;
            let changed = server.api(Method::POST, &path, Some(json!({ "add": [{ "user": user }] }))).await.expect(200).body;
            let user = get(&server, &format!("/users/{user}")).await.body;
            users.push((groups_of(&user), changed["moved"].clone()));
        }
        assert_eq!(users[0].0, ["Sales"]);
        assert_eq!(users[0].1[0]["user"]["userName"], "a@example.com");
        assert_eq!(users[1], (vec!["Default".to_owned(), "Sales".to_owned()], json!([])));
        // Default is primary no more: nothing fires.
        server.policies(&[("groups.auto_reassign_default", "on")]).await;
        let default = default_group(&server).await;
        let carl = person(&server, "c@example.com", json!({ "groups": [group, default], "primaryGroup": "Sales" })).await;
        let legal = team(&server, "Legal", &[&carl]).await;
        assert_eq!(groups_of(&get(&server, &format!("/users/{carl}")).await.body), ["Sales", "Default", "Legal"]);
        let removed = json!({ "remove": [carl] });
        server.api(Method::POST, &path, Some(removed)).await.expect(200);
        let left = groups_of(&get(&server, &format!("/users/{carl}")).await.body);
        assert_eq!(left, ["Default", "Legal"]);
        server.api(Method::DELETE, &format!("/groups/{legal}"), None).await.expect(204);
        assert_eq!(groups_of(&get(&server, &format!("/users/{carl}")).await.body), ["Default"]);
    }

    /// where users have one group each, adding moves and says from where; else it is additive. Whoever is
    /// no member can be added.
    async fn adding_moves_where_there_is_one_group(server) {
        direct(&server).await;
        let ada = person(&server, "ada@example.com", json!({})).await;
        let bob = person(&server, "bob@example.com", json!({})).await;
        let sales = team(&server, "Sales", &[&ada]).await;
        let legal = team(&server, "Legal", &[&ada]).await;
        assert_eq!(groups_of(&get(&server, &format!("/users/{ada}")).await.body), ["Sales", "Legal"]);
        server.api(Method::POST, &format!("/groups/{legal}/members"), Some(json!({ "remove": [ada] }))).await.expect(200);

        server.policies(&[("groups.mode", "single")]).await;
        let candidates = format!("/groups/{legal}/candidates");
        let list = get(&server, &candidates).await.expect(200);
        let shown: Vec<_> = list.items().iter().map(|one| (one["user"]["id"].clone(), one["groups"][0]["name"].clone())).collect();
        assert_eq!(shown, [(json!(ada), json!("Sales")), (json!(bob), json!("Default"))]);
        assert_eq!(list.items()[0]["email"], "ada@example.com");
        assert_eq!(get(&server, &format!("{candidates}?q=BOB")).await.items().len(), 1);
        let path = format!("/groups/{legal}/members");
        let moved = server.api(Method::POST, &path, Some(json!({ "add": [{ "user": ada }] }))).await.expect(200).body;
        assert_eq!(moved["moved"][0]["from"], json!({ "id": sales, "name": "Sales" }));
        assert_eq!(groups_of(&get(&server, &format!("/users/{ada}")).await.body), ["Legal"]);
        assert_eq!(get(&server, &format!("/groups/{sales}")).await.body["memberCount"], 0);

        server.policies(&[("groups.single_on_add", "reject")]).await;
        let path = format!("/groups/{sales}/members");
        refused(&server, (Method::POST, &path, json!({ "add": [{ "user": bob }, { "user": ada }] })), 409, "single_group_mode").await;
        let list = get(&server, &format!("/groups/{sales}/candidates")).await.expect(200);
        assert_eq!((list.items().len(), &list.items()[0]["user"]["id"]), (1, &json!(bob)));
        server.api(Method::POST, &path, Some(json!({ "add": [{ "user": bob }] }))).await.expect(200);
    }

    /// P2-19, P2-20, P2-22, P2-26: members have the group's roles from the moment they are given.
    async fn a_group_gives_its_roles(server) {
        server.policies(&[("groups.grant_roles", "on"), ("activation.admin", "direct")]).await;
        let ada = person(&server, "ada@example.com", json!({})).await;
        let body = json!({ "name": "Money", "roles": ["Finance Admin"], "members": [ada] });
        let made = server.api(Method::POST, "/groups", Some(body)).await.expect(201).body;
        assert_eq!(made["roles"], json!([{ "key": "finance_admin", "name": "Finance Admin" }]));
        let path = format!("/groups/{}", made["id"].as_str().unwrap());
        let change = json!({ "name": "Bosses", "roles": ["ADMIN", "finance_admin"] });
        let changed = server.api(Method::PATCH, &path, Some(change)).await.expect(200).body;
        assert_eq!((changed["roles"].as_array().map(Vec::len), &changed["version"]), (Some(2), &json!(2)));
        let key = key_of(&server, &ada).await;
        api_as(&server, &key, Method::GET, "/account", Value::Null).await.expect(200);
        let user = get(&server, &format!("/users/{ada}")).await.body;
        assert_eq!((user["effectiveRoles"].as_array().map(Vec::len), &user["effectiveRoles"][0]["via"]), (Some(2), &json!("Bosses")));
        let default = default_group(&server).await;
        let roles = json!({ "roles": ["administrator"] });
        refused(&server, (Method::PATCH, &format!("/groups/{default}"), roles), 409, "default_group_protected").await;
        let renamed = server.api(Method::PATCH, &format!("/groups/{default}"), Some(json!({ "name": "Everybody" }))).await;
        assert_eq!(renamed.expect(200).body["name"], "Everybody");
    }

    /// P2-27..P2-29: deleting a group that leaves users without any role needs the word that the refusal gives.
    async fn deleting_a_group_is_confirmed(server) {
        server.policies(&[("groups.grant_roles", "on"), ("activation.admin", "direct")]).await;
        let ada = person(&server, "ada@example.com", json!({})).await;
        let bob = person(&server, "bob@example.com", json!({ "roles": ["standard_user"] })).await;
        let body = json!({ "name": "Money", "roles": ["finance_admin"], "members": [ada, bob] });
        let group = server.api(Method::POST, "/groups", Some(body)).await.expect(201).id();
        let path = format!("/groups/{group}");
        let reply = refused(&server, (Method::DELETE, &path, Value::Null), 409, "group_delete_strips_access").await;
        assert_eq!(reply.body["users"], json!([ada]));
        assert!(reply.body["detail"].as_str().is_some_and(|detail| detail.contains("ada@example.com")), "{}", reply.body);
        let confirm = reply.body["confirm"].as_str().expect("a word").to_owned();
        refused(&server, (Method::DELETE, &format!("{path}?confirm=yes"), Value::Null), 409, "group_delete_strips_access").await;
        let dry = server.api(Method::DELETE, &format!("{path}?dry_run=true"), None).await.expect(409);
        assert_eq!(dry.body["confirm"], json!(confirm));
        // The word is good for the users that were named.
        let carl = person(&server, "carl@example.com", json!({ "groups": ["Money"] })).await;
        let path_with_word = format!("{path}?confirm={confirm}");
        let reply = refused(&server, (Method::DELETE, &path_with_word, Value::Null), 409, "group_delete_strips_access").await;
        assert_eq!(reply.body["users"], json!([ada, carl]));
        let confirm = reply.body["confirm"].as_str().expect("a word");
        let before = state(&server).await;
        let dry = server.api(Method::DELETE, &format!("{path}?confirm={confirm}&dry_run=true"), None).await.expect(200);
        assert_eq!((&dry.body["status"], state(&server).await), (&json!(204), before));
        server.api(Method::DELETE, &format!("{path}?confirm={confirm}"), None).await.expect(204);
        get(&server, &path).await.expect(404);
        assert_eq!(groups_of(&get(&server, &format!("/users/{ada}")).await.body), ["Default"]);
    }

    /// P2-27: where the account archives instead of deleting, the group and its members stay.
    async fn a_deleted_group_may_be_archived(server) {
        server.policies(&[("groups.delete", "archive")]).await;
        let ada = person(&server, "ada@example.com", json!({})).await;
        let group = team(&server, "Sales", &[&ada]).await;
        server.api(Method::DELETE, &format!("/groups/{group}"), None).await.expect(204);
        let shown = get(&server, &format!("/groups/{group}")).await.expect(200).body;
        assert_eq!((&shown["archived"], &shown["memberCount"]), (&json!(true), &json!(1)));
    }

    /// E-30: no way of changing groups changes the organization of a user.
    async fn groups_never_move_a_user_to_another_organization(server) {
        direct(&server).await;
        organization(&server, "North", "north@example.com").await;
        let ada = person(&server, "ada@example.com", json!({ "organization": "North" })).await;
        let sales = team(&server, "Sales", &[&ada]).await;
        server.policies(&[("groups.mode", "single")]).await;
        team(&server, "Legal", &[&ada]).await;
        server.api(Method::DELETE, &format!("/groups/{sales}"), None).await.expect(204);
        server.api(Method::PUT, &format!("/users/{ada}/memberships"), Some(json!({ "memberships": [] }))).await.expect(200);
        assert_eq!(get(&server, &format!("/users/{ada}")).await.body["organization"]["name"], "North");
    }
}
