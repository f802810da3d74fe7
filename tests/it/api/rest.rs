//! Requirements that go across both interfaces, or across a restart of the server.

use super::person::{XG, XU, api_as, audit, direct, get, groups_of, key_of, person, refused, state, team};
use crate::support::{Reply, Server, on_both, send};
use reqwest::Method;
use serde_json::{Value, json};

const BULK: &str = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";
const PATCH: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/// The statuses of a Bulk request that the server has taken, and its operations.
async fn bulk(server: &Server, operations: Value) -> (Vec<String>, Vec<Value>) {
    let body = json!({ "schemas": [BULK], "Operations": operations });
    let reply = server.post("/Bulk", body).await.expect(200);
    let done = reply.body["Operations"].as_array().expect("operations").clone();
    (done.iter().map(|one| one["status"].as_str().expect("a status").to_owned()).collect(), done)
}

fn made(operation: &Value) -> String {
    let location = operation["location"].as_str().expect("a location");
    location.rsplit('/').next().expect("an id").to_owned()
}

fn patch(path: String, operation: Value) -> Value {
    json!({ "method": "PATCH", "path": path, "data": { "schemas": [PATCH], "Operations": [operation] } })
}

/// The userNames that a list of the admin API has.
async fn listed(server: &Server, query: &[(&str, &str)]) -> Vec<String> {
    let reply = send(server.api_request(Method::GET, "/users").query(query)).await.expect(200);
    reply.items().iter().map(|user| user["userName"].as_str().expect("a name").to_owned()).collect()
}

/// The displayNames of the groups that a filter over SCIM finds.
async fn found(server: &Server, filter: &str) -> Vec<String> {
    let reply = server.find("/Groups", filter).await.expect(200);
    reply.resources().iter().map(|group| group["displayName"].as_str().expect("a name").to_owned()).collect()
}

on_both! {
    /// E-13: an address with a plus is kept as it was written and is another one than that without, through every door;
    /// it can be looked for, and it is taken like any other.
    async fn plus_addresses_are_kept_distinct(server) {
        server.policies(&[("activation.admin", "direct"), ("users.unique_email_scim", "on")]).await;
        let address = |tag: &str| format!("Ada{tag}@example.com");
        let plain = person(&server, &address(""), json!({})).await;
        let tagged = person(&server, &address("+Test.1"), json!({})).await;
        let pushed = |tag: &str| {
            json!({ "userName": address(tag), "emails": [{ "value": address(tag), "type": "work", "primary": true }] })
        };
        let over_scim = server.post("/Users", pushed("+test.2")).await.expect(201).id();
        let operation = json!({ "method": "POST", "path": "/Users", "bulkId": "b", "data": pushed("+") });
        let (statuses, done) = bulk(&server, json!([operation])).await;
        assert_eq!(statuses, ["201"]);
        let in_bulk = made(&done[0]);

        for (id, tag) in [(&plain, ""), (&tagged, "+Test.1"), (&over_scim, "+test.2"), (&in_bulk, "+")] {
            let shown = get(&server, &format!("/users/{id}")).await.expect(200).body;
            assert_eq!((&shown["email"], &shown["userName"]), (&json!(address(tag)), &json!(address(tag))));
            let scim = server.get(&format!("/Users/{id}")).await.expect(200).body;
            assert_eq!((&scim["emails"][0]["value"], &scim["userName"]), (&json!(address(tag)), &json!(address(tag))));
            for attribute in ["emails.value", "userName"] {
                let hits = server.find("/Users", &format!("{attribute} eq \"{}\"", address(tag).to_uppercase())).await;
                assert_eq!((hits.resources().len(), &hits.resources()[0]["id"]), (1, &json!(id)), "{attribute} {tag}");
            }
        }
        assert_eq!(listed(&server, &[("q", "ada+test.1@example.com")]).await, [address("+Test.1")]);
        assert_eq!(listed(&server, &[("q", "ada+")]).await.len(), 3);
        assert_eq!(listed(&server, &[("q", "@example.com")]).await.len(), 4);

        // The same address again is taken, whichever interface it came through.
        for (tag, holder) in [("+TEST.1", &tagged), ("+Test.2", &over_scim), ("+", &in_bulk)] {
            let body = json!({ "email": address(tag), "userName": "other" });
            let reply = refused(&server, (Method::POST, "/users", body), 409, "email_taken").await;
            assert_eq!(reply.body["holder"], json!(holder));
            let before = state(&server).await;
            let body = json!({ "userName": "other", "emails": [{ "value": address(tag) }] });
            assert_eq!(server.post("/Users", body).await.expect(409).scim_type(), "uniqueness");
            assert_eq!(state(&server).await, before);
        }
        // One turns into the other by a change, and the address that it leaves is free.
        let path = format!("/users/{tagged}");
        refused(&server, (Method::PATCH, &path, json!({ "email": address("") })), 409, "email_taken").await;
        let changed = server.api(Method::PATCH, &path, Some(json!({ "email": address("+new"), "userName": address("+new") })));
        assert_eq!(changed.await.expect(200).body["email"], address("+new"));
        person(&server, &address("+test.1"), json!({})).await;
    }

    /// B-01: the same people are worked on one by one and in bulk, by the product's administrator and by the identity
    /// provider; each sees at once what the other did, with versions and an audit trail that they share.
    async fn single_and_bulk_work_is_one_area(server) {
        direct(&server).await;
        let team = team(&server, "Sales", &[]).await;
        let single = person(&server, "single@example.com", json!({})).await;
        let user = |name: &str| {
            let email = format!("{name}@example.com");
            json!({ "method": "POST", "path": "/Users", "bulkId": name, "data": { "userName": email, "emails": [{ "value": email }] } })
        };
        let (statuses, done) = bulk(&server, json!([
            user("one"), user("two"), user("single"),
            patch(format!("/Groups/{team}"), json!({ "op": "add", "path": "members", "value": [
                { "value": "bulkId:one" }, { "value": single },
            ] })),
            patch(format!("/Users/{single}"), json!({ "op": "add", "path": "title", "value": "Analyst" })),
            { "method": "POST", "path": "/Groups", "bulkId": "g", "data": {
                "displayName": "Legal", "members": [{ "value": "bulkId:two" }],
            } },
        ])).await;
        assert_eq!(statuses, ["201", "201", "409", "200", "200", "201"], "who is there already is met, not made twice");
        let (one, two, legal) = (made(&done[0]), made(&done[1]), made(&done[5]));

        // What came in bulk is there for single work.
        assert_eq!(listed(&server, &[]).await, ["single@example.com", "one@example.com", "two@example.com"]);
        assert_eq!(listed(&server, &[("group", "Sales")]).await, ["single@example.com", "one@example.com"]);
        let shown = get(&server, &format!("/users/{single}")).await.expect(200);
        assert_eq!((&shown.body["title"], groups_of(&shown.body)), (&json!("Analyst"), vec!["Sales".to_owned()]));
        let change = send(
            server.api_request(Method::PATCH, &format!("/users/{one}"))
                .header("If-Match", get(&server, &format!("/users/{one}")).await.header("etag"))
                .json(&json!({ "title": "Clerk" })),
        );
        change.await.expect(200);
        let members = json!({ "add": [{ "user": one }, { "user": single }], "remove": [two] });
        let changed = server.api(Method::POST, &format!("/groups/{legal}/members"), Some(members)).await.expect(200).body;
        assert_eq!(changed["group"]["memberCount"], 2);

        // What was done singly is there for bulk work: a version that is out of date is refused, and no other operation.
        let mut stale = patch(format!("/Users/{one}"), json!({ "op": "add", "path": "title", "value": "x" }));
        stale["version"] = json!("W/\"1\"");
        let off = |id: &str| patch(format!("/Users/{id}"), json!({ "op": "replace", "path": "active", "value": false }));
        let (statuses, _) = bulk(&server, json!([stale, off(&one), off(&two), { "method": "DELETE", "path": format!("/Groups/{team}") }])).await;
        assert_eq!(statuses, ["412", "200", "200", "204"]);
        assert_eq!(listed(&server, &[("status", "inactive")]).await, ["one@example.com", "two@example.com"]);
        let one_shown = get(&server, &format!("/users/{one}")).await.expect(200).body;
        assert_eq!((&one_shown["title"], groups_of(&one_shown)), (&json!("Clerk"), vec!["Legal".to_owned()]));
        assert_eq!(server.get(&format!("/Users/{one}")).await.header("etag"), get(&server, &format!("/users/{one}")).await.header("etag"));
        assert_eq!(get(&server, "/groups").await.items().len(), 2);

        // Either brings back and removes whom the other deactivated.
        server.api(Method::POST, &format!("/users/{one}/reactivate"), None).await.expect(200);
        let (statuses, _) = bulk(&server, json!([
            { "method": "DELETE", "path": format!("/Users/{two}") }, { "method": "DELETE", "path": format!("/Users/{single}") },
        ])).await;
        assert_eq!(statuses, ["204", "204"]);
        assert_eq!(listed(&server, &[]).await, ["one@example.com"]);
        assert_eq!(listed(&server, &[("status", "removed")]).await, ["single@example.com", "two@example.com"]);

        let actors: Vec<_> = audit(&server, Some(&one)).await.into_iter().map(|entry| (entry.action, entry.actor)).collect();
        let connection = format!("connection:{}", server.connection);
        let (account, connection) = ("account", connection.as_str());
        let told: Vec<(&str, &str)> = actors.iter().map(|(action, actor)| (action.as_str(), actor.as_str())).collect();
        assert_eq!(told, [
            ("user.reactivated", account), ("user.deactivated", connection), ("user.updated", account), ("user.created", connection),
        ]);
    }

    /// B-13, B-16: a group carries the folders that its members reach and how tasks are dispatched to them; both are kept,
    /// shown and found through both interfaces, and follow from membership.
    ///
    /// The product reads them from the group. There is no decision endpoint yet that answers for a user which folders he
    /// reaches or for a task who may get it.
    async fn groups_carry_folders_and_task_dispatch(server) {
        direct(&server).await;
        let ada = person(&server, "ada@example.com", json!({})).await;
        let body = json!({ "name": "Sales", "folders": ["Contracts", "Offers"], "taskDispatch": "round_robin", "members": [ada] });
        let sales = server.api(Method::POST, "/groups", Some(body)).await.expect(201);
        let body = json!({
            "displayName": "Legal",
            XG: { "folders": [{ "value": "Contracts", "display": "All contracts" }], "taskDispatch": "least_busy" },
        });
        let legal = server.post("/Groups", body).await.expect(201);
        server.group("Bare", &[]).await;

        // Each interface shows what came through the other one.
        let scim = server.get(&format!("/Groups/{}", sales.id())).await.expect(200).body;
        assert_eq!(scim[XG]["folders"], json!([{ "value": "Contracts" }, { "value": "Offers" }]));
        assert_eq!(scim[XG]["taskDispatch"], "round_robin");
        let shown = get(&server, &format!("/groups/{}", legal.id())).await.expect(200).body;
        assert_eq!((&shown["folders"], &shown["taskDispatch"]), (&json!(["Contracts"]), &json!("least_busy")));

        let folder = |name: &str| format!("{XG}:folders.value eq \"{name}\"");
        let dispatch = |name: &str| format!("{XG}:taskDispatch eq \"{name}\"");
        assert_eq!(found(&server, &folder("Contracts")).await, ["Sales", "Legal"]);
        assert_eq!(found(&server, &folder("Offers")).await, ["Sales"]);
        assert_eq!(found(&server, &dispatch("least_busy")).await, ["Legal"]);
        assert_eq!(found(&server, &format!("not ({XG}:folders pr)")).await, ["Bare"]);
        assert_eq!(found(&server, &format!("{} and members.value eq \"{ada}\"", folder("Contracts"))).await, ["Sales"]);

        // Membership is what eases the work: whoever joins is where the folders and tasks are, and whoever leaves is not.
        let reached = async || {
            let mut reached = Vec::new();
            for held in get(&server, &format!("/users/{ada}")).await.body["memberships"].as_array().expect("memberships") {
                let group = get(&server, &format!("/groups/{}", held["group"]["id"].as_str().expect("an id"))).await.body;
                reached.push((group["folders"].clone(), group["taskDispatch"].clone()));
            }
            reached
        };
        let (of_sales, of_legal) = (
            (json!(["Contracts", "Offers"]), json!("round_robin")), (json!(["Contracts"]), json!("least_busy")),
        );
        assert_eq!(reached().await, std::slice::from_ref(&of_sales));
        let members = format!("/groups/{}/members", legal.id());
        server.api(Method::POST, &members, Some(json!({ "add": [{ "user": ada }] }))).await.expect(200);
        assert_eq!(reached().await, [of_sales, of_legal.clone()]);
        let members = format!("/groups/{}/members", sales.id());
        server.api(Method::POST, &members, Some(json!({ "remove": [ada] }))).await.expect(200);
        assert_eq!(reached().await, [of_legal]);
        let own = get(&server, &format!("/users/{ada}")).await.body;
        assert_eq!(own["folders"], json!([]), "folders of a group are not copied to the user");

        // A change counts for every member at once, in both interfaces, and what is not said stays.
        let add = json!([{ "op": "add", "path": format!("{XG}:folders"), "value": [{ "value": "Claims" }] }]);
        server.patch(&format!("/Groups/{}", legal.id()), add).await.expect(200);
        assert_eq!(reached().await, [(json!(["Contracts", "Claims"]), json!("least_busy"))]);
        let kept = server.get(&format!("/Groups/{}", legal.id())).await.body;
        assert_eq!(kept[XG]["folders"][0], json!({ "value": "Contracts", "display": "All contracts" }));
        let change = json!({ "folders": ["Claims"], "taskDispatch": null });
        server.api(Method::PATCH, &format!("/groups/{}", legal.id()), Some(change)).await.expect(200);
        assert_eq!(reached().await, [(json!(["Claims"]), Value::Null)]);
        assert_eq!(found(&server, &format!("{XG}:taskDispatch pr")).await, ["Sales"]);
        let primary = server.get(&format!("/Users/{ada}")).await.body[XU]["primaryGroup"].clone();
        assert_eq!(primary, "Legal");
    }

    /// nobody is seen before he was created, by whichever interface, and then he is; a try, a refusal and another
    /// account show nobody.
    ///
    /// Entitlements do not make users visible yet: an entitled user is one that was created with `entitlements`.
    async fn a_user_is_visible_once_created(server) {
        let (other, group) = (server.other_admin_key("other").await, team(&server, "Sales", &[]).await);
        let seen = async |name: &str| {
            let filter = format!("userName eq \"{name}\"");
            let scim = server.find("/Users", &filter).await.expect(200).resources().len();
            let theirs = api_as(&server, &other, Method::GET, "/users", Value::Null).await.expect(200);
            assert_eq!(theirs.items(), [] as [Value; 0], "another account sees nobody");
            let users = listed(&server, &[("q", name)]).await;
            let candidates = get(&server, &format!("/groups/{group}/candidates?q={name}")).await.expect(200);
            [scim, users.len(), candidates.items().len()]
        };
        let (ada, bob) = ("ada@example.com", "bob@example.com");
        assert_eq!(seen(ada).await, [0, 0, 0]);
        let body = json!({ "email": ada, "entitlements": ["reports"] });
        let tried = server.api(Method::POST, "/users?dry_run=true", Some(body.clone())).await.expect(200);
        let id = tried.body["result"]["id"].as_str().expect("an id").to_owned();
        refused(&server, (Method::POST, "/users", json!({ "email": ada, "country": "XX" })), 422, "value_invalid").await;
        get(&server, &format!("/users/{id}")).await.expect(404);
        assert_eq!(seen(ada).await, [0, 0, 0]);
        let made = server.api(Method::POST, "/users", Some(body)).await.expect(201).id();
        server.post("/Users", json!({ "userName": bob })).await.expect(201);
        assert_eq!((seen(ada).await, seen(bob).await), ([1, 1, 1], [1, 1, 1]));
        let theirs = api_as(&server, &other, Method::GET, &format!("/users/{made}"), Value::Null).await.expect(404);
        assert_eq!(theirs.code(), "not_visible");
    }

    /// the list of users shows the new group as soon as the profile or the group is saved, and so does every filter.
    async fn the_list_shows_the_new_group_after_saving(server) {
        direct(&server).await;
        let (sales, legal) = (team(&server, "Sales", &[]).await, team(&server, "Legal", &[]).await);
        let ada = person(&server, "ada@example.com", json!({})).await;
        let shown = async || {
            let list = get(&server, "/users").await.expect(200);
            let groups = groups_of(&list.items()[0]);
            for (name, id) in [("Sales", &sales), ("Legal", &legal)] {
                let expected = usize::from(groups.contains(&name.to_owned()));
                assert_eq!(listed(&server, &[("group", name)]).await.len(), expected, "{name}");
                let filter = format!("groups.value eq \"{id}\"");
                assert_eq!(server.find("/Users", &filter).await.resources().len(), expected, "{name}");
            }
            groups
        };
        assert_eq!(shown().await, ["Default"]);
        let profile = format!("/users/{ada}/memberships");
        let only = |group: &str| json!({ "memberships": [{ "group": group }] });
        server.api(Method::PUT, &profile, Some(only("Sales"))).await.expect(200);
        assert_eq!(shown().await, ["Sales"]);
        server.policies(&[("groups.mode", "single")]).await;
        server.api(Method::PUT, &profile, Some(only("Legal"))).await.expect(200);
        assert_eq!(shown().await, ["Legal"]);
        let add = json!({ "add": [{ "user": ada }] });
        server.api(Method::POST, &format!("/groups/{sales}/members"), Some(add)).await.expect(200);
        assert_eq!(shown().await, ["Sales"]);
    }

    /// I-28: roles that were given, approved, taken away and made are the same after a restart, and count.
    async fn role_actions_survive_a_restart(server) {
        let first = server;
        first.policies(&[("groups.grant_roles", "on"), ("activation.admin", "direct")]).await;
        let put = async |id: &str, roles: Value| {
            let path = format!("/users/{id}/roles");
            first.api(Method::PUT, &path, Some(json!({ "roles": roles }))).await.expect(200);
        };
        let role = json!({ "key": "designer", "name": "Designer", "capabilities": ["templates.use"] });
        first.api(Method::POST, "/roles", Some(role)).await.expect(201);

        let given = person(&first, "given@example.com", json!({})).await;
        put(&given, json!(["administrator", "designer"])).await;
        let taken = person(&first, "taken@example.com", json!({ "roles": ["administrator"] })).await;
        put(&taken, json!([])).await;
        let pushed = |name: &str| json!({ "userName": name, "roles": [{ "value": "ADMIN" }] });
        let held = first.post("/Users", pushed("held")).await.expect(201).id();
        let approved = first.post("/Users", pushed("approved")).await.expect(201).id();
        put(&approved, json!(["ADMIN"])).await;
        let inherits = person(&first, "inherits@example.com", json!({})).await;
        let group = json!({ "name": "Money", "roles": ["finance_admin"], "members": [inherits] });
        first.api(Method::POST, "/groups", Some(group)).await.expect(201);

        let users = [&given, &taken, &held, &approved, &inherits];
        let before = picture(&first, &users).await;
        let second = first.restart().await;
        assert_eq!(picture(&second, &users).await, before);
        let allowed = async |id: &str, capability: &str| {
            let path = format!("/users/{id}/decisions/can?capability={capability}");
            get(&second, &path).await.expect(200).body["allowed"] == true
        };
        for (id, capability, expected) in [
            (&given, "admin.users", true), (&taken, "admin.users", false), (&held, "admin.users", false),
            (&approved, "admin.users", true), (&inherits, "billing.view", true), (&inherits, "admin.users", false),
        ] {
            assert_eq!(allowed(id, capability).await, expected, "{id} {capability}");
        }

        // The next action builds on them: the one whose role was given may take it from the one who was approved.
        let key = key_of(&second, &given).await;
        let path = format!("/users/{approved}/roles");
        let reply = api_as(&second, &key, Method::PUT, &path, json!({ "roles": ["standard_user"] })).await;
        assert_eq!(reply.expect(200).body["effectiveRoles"][0]["value"], "standard_user");
        assert!(!allowed(&approved, "admin.users").await);
    }
}

/// What both interfaces show of these users, of the roles and of what was done.
async fn picture(server: &Server, users: &[&String]) -> Vec<Value> {
    let mut picture = Vec::new();
    let mut keep = |reply: Reply| picture.push(reply.expect(200).body);
    for id in users {
        keep(get(server, &format!("/users/{id}")).await);
        keep(get(server, &format!("/audit?subject={id}")).await);
        let mut scim = server.get(&format!("/Users/{id}?attributes=roles,{XU}:effectiveRoles,{XU}:status")).await;
        // The address of the server is another one.
        scim.body["meta"] = Value::Null;
        keep(scim);
    }
    keep(get(server, "/roles").await);
    keep(get(server, "/groups").await);
    picture
}
