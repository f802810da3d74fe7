//! Users in the admin API: made, read, changed, listed.

use super::person::{
    XU, action, admin, api_as, audit, default_group, direct, get, groups_of, key_of, organization, person, refused,
    state, team, tried,
};
use crate::support::{on_both, send};
use reqwest::Method;
use serde_json::{Value, json};

on_both! {
    /// E-02, E-12, E-16, E-17, B-04, B-09, B-10, B-11, B-12: a user is made at once, with all that the form has.
    async fn a_user_is_made_with_everything_the_form_has(server) {
        direct(&server).await;
        let group = team(&server, "Sales", &[]).await;
        let body = json!({
            "email": "Ada@Example.com", "givenName": "Ada", "familyName": "Lovelace", "username": "ada",
            "organization": "default", "roles": ["USER"], "groups": [group], "userType": "Employee", "title": "Analyst",
            "phone": "+41 44 000 00 00", "language": "en-GB", "country": "CH", "timeZone": "Europe/Zurich",
            "externalId": "701984", "accessLevel": "editor", "entitlements": ["reports"],
            "websiteAccess": ["shop", "blog"], "folders": ["Contracts"], "metadata": { "cost": "4130", "floor": "2" },
        });
        let made = server.api(Method::POST, "/users", Some(body.clone())).await.expect(201);
        assert_eq!(made.header("etag"), "W/\"1\"");
        let user = &made.body;
        for (name, value) in body.as_object().unwrap() {
            if !["organization", "roles", "groups"].contains(&name.as_str()) {
                assert_eq!(&user[name], value, "{name}");
            }
        }
        assert_eq!((&user["userName"], &user["displayName"]), (&json!("Ada@Example.com"), &json!("Ada Lovelace")));
        assert_eq!((&user["status"], &user["active"], &user["connection"]), (&json!("active"), &json!(true), &Value::Null));
        assert_eq!((&user["organization"]["name"], &user["organization"]["origin"]), (&json!("Default"), &json!("admin:account")));
        assert_eq!(user["roles"], json!([{
            "value": "standard_user", "key": "standard_user", "name": "Standard User", "origins": ["admin:account"], "held": false,
        }]));
        assert_eq!(user["effectiveRoles"][0]["value"], "standard_user");
        assert_eq!(groups_of(user), ["Sales"]);
        assert_eq!(user["blockedReasons"], json!([]));

        let read = get(&server, &format!("/users/{}", made.id())).await.expect(200);
        assert_eq!((&read.body, read.header("etag")), (user, "W/\"1\""));
        let scim = server.get(&format!("/Users/{}", made.id())).await.expect(200);
        assert_eq!(scim.body["emails"], json!([{ "value": "Ada@Example.com", "type": "work", "primary": true }]));
        assert_eq!(scim.body[XU]["username"], "ada");
        let entries = audit(&server, Some(&made.id())).await;
        assert_eq!((entries.len(), entries[0].action.as_str(), entries[0].actor.as_str()), (1, "user.created", "account"));
    }

    /// P2-17, E-20: what is left out stays, what is null goes, and everything is one change with one entry.
    async fn a_change_says_what_it_means(server) {
        direct(&server).await;
        let more = json!({ "givenName": "Ada", "familyName": "King", "title": "Analyst", "phone": "1", "folders": ["A"] });
        let id = person(&server, "ada@example.com", more).await;
        let path = format!("/users/{id}");
        let change = json!({
            "familyName": "Lovelace", "title": null, "phone": "2", "email": "ada@lovelace.example", "folders": [],
            "roles": ["ADMIN"], "metadata": { "a": "1" }, "country": "GB",
        });
        let changed = server.api(Method::PATCH, &path, Some(change.clone())).await.expect(200);
        let user = &changed.body;
        assert_eq!((&user["givenName"], &user["familyName"]), (&json!("Ada"), &json!("Lovelace")));
        assert_eq!((&user["title"], &user["phone"], &user["folders"]), (&Value::Null, &json!("2"), &json!([])));
        assert_eq!((&user["email"], &user["userName"]), (&json!("ada@lovelace.example"), &json!("ada@example.com")));
        assert_eq!((&user["roles"][0]["key"], &user["country"]), (&json!("administrator"), &json!("GB")));
        assert_eq!((changed.header("etag"), audit(&server, Some(&id)).await.len()), ("W/\"2\"", 2));

        let again = server.api(Method::PATCH, &path, Some(change)).await.expect(200);
        assert_eq!((again.body["version"].clone(), audit(&server, Some(&id)).await.len()), (json!(2), 2));
        let nothing = server.api(Method::PATCH, &path, Some(json!({}))).await.expect(200);
        assert_eq!(nothing.body, again.body);
    }

    /// a profile is saved over the version that was read, and not over another one.
    async fn a_stale_profile_is_not_saved(server) {
        let id = person(&server, "ada@example.com", json!({})).await;
        let path = format!("/users/{id}");
        let stale = || [("If-Match", "W/\"7\"")];
        let before = state(&server).await;
        for (method, path, body) in [
            (Method::PATCH, path.clone(), json!({ "title": "x" })),
            (Method::PATCH, path.clone(), json!({})),
            (Method::PUT, format!("{path}/organization"), json!({ "organization": "Default" })),
            (Method::PUT, format!("{path}/memberships"), json!({ "memberships": [] })),
            (Method::PUT, format!("{path}/roles"), json!({ "roles": [] })),
            (Method::POST, format!("{path}/deactivate"), json!({})),
            (Method::POST, format!("{path}/reactivate"), json!({})),
            (Method::POST, format!("{path}/remove"), json!({})),
            (Method::DELETE, path.clone(), json!({})),
        ] {
            let [(name, value)] = stale();
            let reply = send(server.api_request(method, &path).header(name, value).json(&body)).await;
            assert_eq!((reply.status.as_u16(), reply.code()), (412, "version_conflict"), "{path} {}", reply.body);
        }
        assert_eq!(state(&server).await, before);
        let good = server.api_request(Method::PATCH, &path).header("If-Match", "W/\"1\"");
        send(good.json(&json!({ "title": "x" }))).await.expect(200);
    }

    /// E-12, E-15: a form that leaves out what the account requires is told which, in the words of SCIM.
    async fn a_form_that_is_not_complete_is_refused(server) {
        refused(&server, (Method::POST, "/users", json!({ "givenName": "Ada" })), 422, "value_invalid").await;
        server.policies(&[("users.required", "product"), ("organization.fallback", "reject")]).await;
        let whole = json!({
            "email": "ada@example.com", "givenName": "Ada", "familyName": "Lovelace", "organization": "Default",
        });
        for (left_out, code) in [
            ("organization", "organization_required"), ("givenName", "attribute_required"), ("familyName", "attribute_required"),
        ] {
            let mut body = whole.clone();
            body.as_object_mut().unwrap().shift_remove(left_out);
            let reply = refused(&server, (Method::POST, "/users", body), 422, code).await;
            let scim = server.post("/Users", json!({ "userName": "ada@example.com" })).await.expect(400);
            if left_out == "organization" {
                assert_eq!(scim.body["detail"], reply.body["detail"]);
            }
        }
        let made = server.api(Method::POST, "/users", Some(whole)).await.expect(201);
        assert_eq!(made.body["roles"][0]["key"], "standard_user");
    }

    /// E-35, I-13, I-14, I-15, I-30: what is taken is told with its holder, what is wrong is told by name.
    async fn what_is_taken_leads_to_its_holder(server) {
        let ada = person(&server, "ada@example.com", json!({ "username": "ada", "externalId": "1" })).await;
        let bob = person(&server, "bob@example.com", json!({})).await;
        let link = json!(format!("/api/v1/users/{ada}"));
        let bob_path = format!("/users/{bob}");
        for (method, path, body, code) in [
            (Method::POST, "/users", json!({ "email": "ADA@example.com" }), "email_taken"),
            (Method::POST, "/users", json!({ "email": "a@example.com", "userName": "Ada@Example.com" }), "username_taken"),
            (Method::POST, "/users", json!({ "email": "a@example.com", "username": "ADA" }), "username_taken"),
            (Method::POST, "/users", json!({ "email": "a@example.com", "externalId": "1" }), "external_id_taken"),
            (Method::PATCH, &bob_path, json!({ "email": "ada@example.com" }), "email_taken"),
            (Method::PATCH, &bob_path, json!({ "username": "Ada" }), "username_taken"),
        ] {
            let reply = refused(&server, (method, path, body), 409, code).await;
            assert_eq!((&reply.body["holder"], &reply.body["holderLink"]), (&json!(ada), &link), "{}", reply.body);
        }
        refused(&server, (Method::POST, "/users", json!({ "email": "nobody" })), 422, "email_invalid").await;
        for (name, value) in [("country", "Switzerland"), ("country", "XX"), ("timeZone", "somewhere")] {
            let reply = refused(&server, (Method::PATCH, &bob_path, json!({ name: value })), 422, "value_invalid").await;
            assert_eq!(reply.body["field"], name);
        }
        let reply = refused(&server, (Method::PATCH, &bob_path, json!({ "colour": "red" })), 422, "body_invalid").await;
        assert!(reply.body["detail"].as_str().is_some_and(|detail| detail.contains("colour")), "{}", reply.body);
        // Plus-addresses are other addresses.
        person(&server, "ada+test@example.com", json!({})).await;
    }

    /// E-07, E-18, E-32: a user moves from one organization to another at once, and a dry run shows what that means.
    async fn a_move_is_shown_before_it_is_made(server) {
        direct(&server).await;
        organization(&server, "Sales", "sales@example.com").await;
        let id = person(&server, "ada@example.com", json!({})).await;
        let path = format!("/users/{id}/organization");
        let body = json!({ "organization": "SALES" });
        let tried = tried(&server, Method::PUT, &path, body.clone()).await;
        let warning = &tried["warnings"][0];
        assert_eq!((&warning["code"], &warning["before"]["sender"]), (&json!("org_change_effect"), &Value::Null));
        assert_eq!(warning["after"]["sender"], json!({ "name": "Sales", "email": "sales@example.com" }));
        assert_eq!(warning["after"]["expiration"], json!({ "days": 30, "reminderDays": 3 }));
        assert_eq!(tried["result"]["organization"]["name"], "Sales");

        let moved = server.api(Method::PUT, &path, Some(body.clone())).await.expect(200);
        assert_eq!(moved.body["organization"]["name"], "Sales");
        assert_eq!(moved.body["sender"]["email"], "sales@example.com");
        assert_eq!(server.api(Method::PUT, &path, Some(body)).await.expect(200).body["version"], moved.body["version"]);
        let settings = get(&server, &format!("/users/{id}/effective-settings")).await.expect(200);
        assert_eq!(settings.body["settingsSet"]["name"], "Settings of Sales");
        assert_eq!((&settings.body["organization"]["name"], &settings.body["sender"]), (&json!("Sales"), &moved.body["sender"]));
        let reply = refused(&server, (Method::PUT, &path, json!({ "organization": "Nowhere" })), 422, "organization_unknown").await;
        assert!(reply.body["detail"].as_str().is_some_and(|detail| detail.contains("Sales")), "{}", reply.body);
        refused(&server, (Method::PUT, &path, json!({})), 422, "body_invalid").await;
    }

    /// ..A-17, A-43..A-45, P2-18: the memberships of a profile are one list, saved at once.
    async fn memberships_are_one_list(server) {
        direct(&server).await;
        let (sales, legal) = (team(&server, "Sales", &[]).await, team(&server, "Legal", &[]).await);
        let id = person(&server, "ada@example.com", json!({})).await;
        let path = format!("/users/{id}/memberships");
        let list = json!({ "memberships": [
            { "group": "sales", "primary": true }, { "group": legal, "groupAdmin": true, "canSend": false },
        ] });
        let user = server.api(Method::PUT, &path, Some(list)).await.expect(200).body;
        assert_eq!((groups_of(&user), user["version"].clone()), (vec!["Sales".to_owned(), "Legal".to_owned()], json!(2)));
        let flags = |user: &Value, group: &str| {
            let held = user["memberships"].as_array().unwrap().iter().find(|held| held["group"]["name"] == group);
            held.map(|held| (held["groupAdmin"] == true, held["canSend"] == true))
        };
        assert_eq!((flags(&user, "Sales"), flags(&user, "Legal")), (Some((false, true)), Some((true, false))));
        assert_eq!(audit(&server, Some(&id)).await.len(), 2);

        // Flags that are not said stay; what is not on the list goes.
        let user = server.api(Method::PUT, &path, Some(json!({ "memberships": [{ "group": "Legal" }] }))).await.expect(200).body;
        assert_eq!((groups_of(&user), flags(&user, "Legal")), (vec!["Legal".to_owned()], Some((true, false))));
        assert_eq!(user["blockedReasons"], json!(["no_send_group"]));
        let user = server.api(Method::PUT, &path, Some(json!({ "memberships": [] }))).await.expect(200).body;
        assert_eq!(groups_of(&user), ["Default"]);
        assert_eq!(user["memberships"][0]["origins"], json!(["fallback"]));

        let both = json!({ "groups": ["Sales", "Legal"], "primaryGroup": "Legal" });
        let user = server.api(Method::PATCH, &format!("/users/{id}"), Some(both)).await.expect(200).body;
        assert_eq!(groups_of(&user), ["Legal", "Sales"]);
        let reply = refused(&server, (Method::PUT, &path, json!({ "memberships": [{ "group": "x" }] })), 422, "group_unknown").await;
        assert!(reply.body["detail"].as_str().is_some_and(|detail| detail.contains("Sales")), "{}", reply.body);
        let wrong = json!({ "groups": ["Sales"], "primaryGroup": "Legal" });
        let path = format!("/users/{id}");
        refused(&server, (Method::PATCH, &path, wrong), 422, "primary_group_not_member").await;
        server.api(Method::POST, &format!("/groups/{sales}/archive"), None).await.expect(200);
        let other = person(&server, "bob@example.com", json!({})).await;
        let path = format!("/users/{other}/memberships");
        refused(&server, (Method::PUT, &path, json!({ "memberships": [{ "group": "Sales" }] })), 409, "group_archived").await;
    }

    /// where users have one group each, the profile swaps it, and a second one is refused.
    async fn one_group_is_swapped(server) {
        direct(&server).await;
        team(&server, "Sales", &[]).await;
        team(&server, "Legal", &[]).await;
        let id = person(&server, "ada@example.com", json!({ "groups": ["Sales"] })).await;
        let path = format!("/users/{id}/memberships");
        for on_add in ["move", "reject"] {
            server.policies(&[("groups.mode", "single"), ("groups.single_on_add", on_add)]).await;
            for group in ["Legal", "Sales"] {
                let list = json!({ "memberships": [{ "group": group }] });
                let user = server.api(Method::PUT, &path, Some(list)).await.expect(200).body;
                assert_eq!(groups_of(&user), [group], "{on_add}");
            }
            let both = json!({ "memberships": [{ "group": "Legal" }, { "group": "Sales" }] });
            refused(&server, (Method::PUT, &path, both), 409, "single_group_mode").await;
        }
    }

    /// the same assignment at the profile never takes a user out of Default; through the group it does.
    async fn the_profile_never_reassigns(server) {
        direct(&server).await;
        let sales = team(&server, "Sales", &[]).await;
        let default = default_group(&server).await;
        let (ada, bob) = (person(&server, "ada@example.com", json!({})).await, person(&server, "bob@example.com", json!({})).await);
        let list = json!({ "memberships": [{ "group": default, "primary": true }, { "group": "Sales" }] });
        let user = server.api(Method::PUT, &format!("/users/{ada}/memberships"), Some(list)).await.expect(200).body;
        assert_eq!(groups_of(&user), ["Default", "Sales"]);
        let add = json!({ "add": [{ "user": bob }] });
        let changed = server.api(Method::POST, &format!("/groups/{sales}/members"), Some(add)).await.expect(200).body;
        assert_eq!(changed["moved"][0]["from"]["name"], "Default");
        assert_eq!(groups_of(&get(&server, &format!("/users/{bob}")).await.body), ["Sales"]);
    }

    /// I-04, P2-18: roles are one list by key, name or alias; a role that is held is approved by naming it.
    async fn roles_are_set_and_approved(server) {
        let pushed = json!({
            "userName": "ada@example.com", "roles": [{ "value": "ADMIN", "type": "App" }, { "value": "Robot" }],
        });
        let id = server.post("/Users", pushed).await.expect(201).id();
        let path = format!("/users/{id}/roles");
        let user = get(&server, &format!("/users/{id}")).await.body;
        assert_eq!((&user["roles"][0]["held"], &user["effectiveRoles"]), (&json!(true), &json!([])));
        assert_eq!((&user["roles"][1]["value"], &user["roles"][1]["key"]), (&json!("Robot"), &Value::Null));
        // Another change approves nothing.
        let user = server.api(Method::PATCH, &format!("/users/{id}"), Some(json!({ "title": "x" }))).await.expect(200).body;
        assert_eq!(user["roles"][0]["held"], true);

        let user = server.api(Method::PUT, &path, Some(json!({ "roles": ["administrator", "Robot"] }))).await.expect(200).body;
        assert_eq!((&user["roles"][0]["value"], &user["roles"][0]["held"]), (&json!("ADMIN"), &json!(false)));
        assert_eq!(user["effectiveRoles"][0]["value"], "administrator");
        let granted = json!([format!("scim:{}", server.connection), "admin:account"]);
        assert_eq!((&user["roles"][0]["origins"], user["roles"].as_array().map(Vec::len)), (&granted, Some(2)));

        let reply = refused(&server, (Method::PUT, &path, json!({ "roles": ["King"] })), 422, "role_unknown").await;
        assert!(reply.body["detail"].as_str().is_some_and(|detail| detail.contains("Finance Admin")), "{}", reply.body);
        server.policies(&[("roles.cardinality", "single")]).await;
        let two = json!({ "roles": ["administrator", "standard_user"] });
        refused(&server, (Method::PUT, &path, two), 422, "role_cardinality").await;
    }

    /// B-02, B-03, B-18, P2-23, E-32, A-24: users are found by status, type, role, group, organization and keyword, together.
    async fn users_are_found(server) {
        let sales = team(&server, "Sales", &[]).await;
        organization(&server, "North", "north@example.com").await;
        let ada = person(&server, "ada@example.com", json!({ "givenName": "Ada", "familyName": "Lovelace", "userType": "Employee", "groups": ["Sales"] })).await;
        direct(&server).await;
        let bob = person(&server, "bob@example.com", json!({ "roles": ["ADMIN"], "organization": "North" })).await;
        let eve = person(&server, "éve@example.com", json!({ "userType": "employee", "groups": [sales] })).await;
        server.api(Method::POST, &format!("/users/{eve}/deactivate"), Some(json!({}))).await.expect(200);
        let carl = server.post("/Users", json!({ "userName": "carl", "roles": [{ "value": "Administrator" }] })).await.expect(201).id();
        let gone = person(&server, "gone@example.com", json!({})).await;
        server.api(Method::DELETE, &format!("/users/{gone}"), None).await.expect(204);
        for (query, expected) in [
            (vec![], vec![&ada, &bob, &eve, &carl]),
            (vec![("status", "invited")], vec![&ada]),
            (vec![("status", "active")], vec![&bob, &carl]),
            (vec![("status", "inactive")], vec![&eve]),
            (vec![("status", "removed")], vec![&gone]),
            (vec![("type", "EMPLOYEE")], vec![&ada, &eve]),
            (vec![("type", "Employee"), ("status", "inactive")], vec![&eve]),
            (vec![("role", "administrator")], vec![&bob, &carl]),
            (vec![("group", "sales")], vec![&ada, &eve]),
            (vec![("group", "Default")], vec![&bob, &carl]),
            (vec![("organization", "north")], vec![&bob]),
            (vec![("q", "LOVELACE")], vec![&ada]),
            (vec![("q", "@EXAMPLE.com"), ("group", &sales)], vec![&ada, &eve]),
            (vec![("q", "ÉVE")], vec![&eve]),
            (vec![("q", "nobody")], vec![]),
            (vec![("q", "")], vec![&ada, &bob, &eve, &carl]),
        ] {
            let reply = send(server.api_request(Method::GET, "/users").query(&query)).await.expect(200);
            let found: Vec<&str> = reply.items().iter().filter_map(|user| user["id"].as_str()).collect();
            assert_eq!(found, expected.iter().map(|id| id.as_str()).collect::<Vec<_>>(), "{query:?}");
        }
        let whole = get(&server, "/users").await;
        assert_eq!(whole.items()[0], get(&server, &format!("/users/{ada}")).await.body);
        for (path, status, code) in [
            ("/users?status=asleep", 400, "parameter_invalid"), ("/users?stauts=active", 400, "parameter_unknown"),
            ("/users?group=none", 422, "group_unknown"), ("/users?role=king", 422, "role_unknown"),
            ("/users?organization=none", 422, "organization_unknown"), ("/users?status=removed&q=x", 422, "value_invalid"),
        ] {
            let reply = get(&server, path).await.expect(status);
            assert_eq!(reply.code(), code, "{path}");
        }
        let (mut found, mut path) = (Vec::new(), "/users?limit=3".to_owned());
        loop {
            let page = get(&server, &path).await.expect(200);
            found.extend(page.items().iter().map(|user| user["id"].as_str().unwrap().to_owned()));
            let Some(cursor) = page.body["nextCursor"].as_str() else { break };
            path = format!("/users?limit=3&cursor={cursor}");
        }
        assert_eq!(found, [ada, bob, eve, carl]);
    }

    /// E-32: who cannot start sessions is listed, and an organization cures it at once.
    async fn who_needs_attention_is_listed(server) {
        direct(&server).await;
        server.policies(&[("organization.fallback", "park")]).await;
        let parked = person(&server, "parked@example.com", json!({})).await;
        person(&server, "good@example.com", json!({ "organization": "Default" })).await;
        let list = get(&server, "/users?attention=true").await.expect(200);
        assert_eq!((list.items().len(), &list.items()[0]["id"]), (1, &json!(parked)));
        assert_eq!(list.items()[0]["blockedReasons"], json!(["no_organization"]));
        let path = format!("/users/{parked}/organization");
        let cured = server.api(Method::PUT, &path, Some(json!({ "organization": "Default" }))).await.expect(200);
        assert_eq!(cured.body["blockedReasons"], json!([]));
        assert_eq!(get(&server, "/users?attention=true").await.items().len(), 0);
    }

    /// What a managing connection gave is changed in the identity provider, and everything else here; off at first.
    async fn what_an_idp_manages_is_left_to_it(server) {
        let sales = server.group("Sales", &[]).await;
        let legal = team(&server, "Legal", &[]).await;
        organization(&server, "North", "north@example.com").await;
        let pushed = json!({
            "userName": "ada@example.com", "title": "Analyst", "roles": [{ "value": "standard_user" }],
            XU: { "organization": "North", "memberships": [{ "value": sales }] },
        });
        let id = server.post("/Users", pushed).await.expect(201).id();
        let path = format!("/users/{id}");
        server.api(Method::PATCH, &path, Some(json!({ "title": "Engineer" }))).await.expect(200);
        server.configure(|connection| connection.settings.manages_attributes = true).await;
        let members = format!("/groups/{sales}/members");
        for (method, path, body) in [
            (Method::PATCH, path.clone(), json!({ "title": "Chief" })),
            (Method::PATCH, path.clone(), json!({ "userName": "a" })),
            (Method::PATCH, path.clone(), json!({ "externalId": "1" })),
            (Method::PUT, format!("{path}/roles"), json!({ "roles": [] })),
            (Method::PUT, format!("{path}/organization"), json!({ "organization": "Default" })),
            (Method::PUT, format!("{path}/memberships"), json!({ "memberships": [] })),
            (Method::POST, members.clone(), json!({ "remove": [id] })),
            (Method::PATCH, format!("/groups/{sales}"), json!({ "members": [] })),
        ] {
            let reply = refused(&server, (method, &path, body), 409, "managed_by_idp").await;
            assert!(reply.body["detail"].as_str().is_some_and(|detail| detail.contains("default")), "{}", reply.body);
        }
        let roles = json!({ "roles": ["standard_user", "finance_admin"] });
        let user = server.api(Method::PUT, &format!("{path}/roles"), Some(roles)).await.expect(200).body;
        assert_eq!(user["roles"].as_array().map(Vec::len), Some(2));
        let list = json!({ "memberships": [{ "group": sales, "canSend": false }, { "group": legal }] });
        server.api(Method::PUT, &format!("{path}/memberships"), Some(list)).await.expect(200);
        server.api(Method::PATCH, &path, Some(json!({ "title": "Engineer" }))).await.expect(200);
        let own = person(&server, "bob@example.com", json!({ "title": "a" })).await;
        server.api(Method::PATCH, &format!("/users/{own}"), Some(json!({ "title": "b" }))).await.expect(200);
    }

    /// I-29: a key of a user who is no administrator reads and changes nothing.
    async fn who_is_no_administrator_is_told_so(server) {
        direct(&server).await;
        admin(&server, "boss@example.com").await;
        let id = person(&server, "ada@example.com", json!({})).await;
        let key = key_of(&server, &id).await;
        for (method, path) in [(Method::GET, "/users"), (Method::GET, "/groups"), (Method::POST, "/users")] {
            let reply = api_as(&server, &key, method, path, json!({ "email": "x@example.com" })).await.expect(403);
            assert_eq!(reply.code(), "admin_required");
            let detail = reply.body["detail"].as_str().unwrap();
            assert!(detail.contains("Administrator access is required") && detail.contains("boss@example.com"), "{detail}");
        }
    }

    /// The tombstone of a user says what there is to do: nothing; and nobody of another account sees anybody.
    async fn nobody_sees_what_is_not_his(server) {
        let id = person(&server, "ada@example.com", json!({})).await;
        let group = team(&server, "Sales", &[&id]).await;
        let other = server.other_admin_key("other").await;
        for path in [
            format!("/users/{id}"), format!("/users/{id}/explain"), format!("/users/{id}/effective-settings"),
            format!("/users/{id}/decisions/can-sign-in"), format!("/groups/{group}"), format!("/groups/{group}/members"),
            format!("/groups/{group}/candidates"),
        ] {
            let reply = api_as(&server, &other, Method::GET, &path, Value::Null).await.expect(404);
            assert_eq!(reply.code(), "not_visible", "{path}");
        }
        let before = state(&server).await;
        for (method, path, body) in [
            (Method::PATCH, format!("/users/{id}"), json!({ "title": "x" })),
            (Method::POST, format!("/users/{id}/deactivate"), json!({})),
            (Method::DELETE, format!("/users/{id}"), Value::Null),
            (Method::PATCH, format!("/groups/{group}"), json!({ "name": "x" })),
            (Method::POST, format!("/groups/{group}/members"), json!({ "remove": [id] })),
            (Method::PATCH, format!("/groups/{group}/members/{id}"), json!({ "canSend": false })),
            (Method::DELETE, format!("/groups/{group}"), Value::Null),
        ] {
            let reply = api_as(&server, &other, method, &path, body).await.expect(404);
            assert_eq!(reply.code(), "not_visible", "{path}");
        }
        assert_eq!(state(&server).await, before);
        assert_eq!(api_as(&server, &other, Method::GET, "/users?q=ada", Value::Null).await.items().len(), 0);
    }

    /// I-32, I-23: each row says what can be done and why not.
    async fn every_row_says_what_can_be_done(server) {
        direct(&server).await;
        let boss = admin(&server, "boss@example.com").await;
        let row = get(&server, "/users").await.items()[0].clone();
        for name in ["deactivate", "remove"] {
            assert_eq!((&action(&row, name)["allowed"], &action(&row, name)["disabledReason"]["code"]), (&json!(false), &json!("last_active_admin")));
        }
        assert_eq!(action(&row, "edit")["allowed"], true);
        let second = admin(&server, "second@example.com").await;
        let row = get(&server, &format!("/users/{boss}")).await.body;
        assert_eq!(action(&row, "remove"), &json!({ "action": "remove", "allowed": true, "disabledReason": null }));

        let key = key_of(&server, &boss).await;
        let rows = api_as(&server, &key, Method::GET, "/users", Value::Null).await;
        assert_eq!(action(&rows.items()[0], "remove")["disabledReason"]["code"], "self_removal");
        assert_eq!(action(&rows.items()[1], "remove")["allowed"], true);
        server.api(Method::DELETE, &format!("/users/{second}"), None).await.expect(204);
        let tombstone = get(&server, &format!("/users/{second}")).await.expect(200).body;
        assert_eq!(action(&tombstone, "remove")["disabledReason"]["code"], "user_removed");

        // Where each organization needs an administrator, each is looked at by itself.
        organization(&server, "North", "north@example.com").await;
        server.policies(&[("guard.last_admin_scope", "organization")]).await;
        person(&server, "north@example.com", json!({ "roles": ["administrator"], "organization": "North" })).await;
        for row in get(&server, "/users").await.items() {
            assert_eq!(action(row, "deactivate")["disabledReason"]["code"], "last_active_admin");
        }
    }
}
