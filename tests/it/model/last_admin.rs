//! The last active administrator: whatever would take him away is refused, judged on the whole transaction.

use super::*;
use crate::support::{Database, on_both};
use tokio::task::JoinSet;

const LAST: &str = "last_active_admin";

fn admins(members: &[&str]) -> Value {
    let members: Vec<Value> = members.iter().map(|id| json!({ "value": id })).collect();
    json!({ "displayName": "Admins", "members": members, XG: { "roles": roles(&["administrator"]) } })
}

fn bulk(operations: Value) -> Value {
    json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": operations })
}

fn statuses(reply: &Reply) -> Vec<String> {
    let outcomes = reply.body["Operations"].as_array().expect("outcomes");
    outcomes.iter().map(|outcome| outcome["status"].as_str().unwrap_or_default().to_owned()).collect()
}

on_both! {
    /// E-03, E-34, I-18, I-25, I-06, P2-18: DELETE, deactivation and demotion of the last one are refused through every
    /// verb; after another is appointed each works at once.
    async fn the_last_administrator_stays(server) {
        let ada = administrator(&server, "ada").await;
        let path = format!("/Users/{ada}");
        let path = path.as_str();
        refuses(&server, &[path], server.delete(path), 403, LAST).await;
        refuses(&server, &[path], server.patch(path, activate(false)), 403, LAST).await;
        refuses(&server, &[path], server.patch(path, set_roles(&["User"])), 403, LAST).await;
        let removal = json!([{ "op": "remove", "path": "roles" }]);
        refuses(&server, &[path], server.patch(path, removal), 403, LAST).await;
        let removal = json!([{ "op": "remove", "path": "roles[value eq \"administrator\"]" }]);
        refuses(&server, &[path], server.patch(path, removal), 403, LAST).await;
        refuses(&server, &[path], server.put(path, json!({ "userName": "ada" })), 403, LAST).await;
        let inactive = json!({ "userName": "ada", "active": false, "roles": roles(&["ADMIN"]) });
        refuses(&server, &[path], server.put(path, inactive), 403, LAST).await;
        // Another way to say administrator changes nothing about it.
        server.patch(path, set_roles(&["ADMIN"])).await.expect(200);
        server.patch(path, json!([{ "op": "replace", "path": "title", "value": "Dr" }])).await.expect(200);

        let bob = administrator(&server, "bob").await;
        server.patch(path, activate(false)).await.expect(200);
        let bob = format!("/Users/{bob}");
        refuses(&server, &[&bob], server.delete(&bob), 403, LAST).await;
        server.patch(path, activate(true)).await.expect(200);
        server.patch(&bob, set_roles(&["User"])).await.expect(200);
        refuses(&server, &[path], server.delete(path), 403, LAST).await;
        server.patch(&bob, set_roles(&["ADMIN"])).await.expect(200);
        server.delete(path).await.expect(204);
    }

    /// E-34, I-18, A-43, P2-26, P2-27, P2-29: one who is administrator by a group only: leaving it, its deletion and
    /// another role of it are refused, through both doors.
    async fn the_last_administrator_by_a_group_stays(server) {
        server.policies(&[("groups.grant_roles", "on")]).await;
        let ada = administrator(&server, "ada").await;
        let bob = server.user("bob").await;
        let group = server.post("/Groups", admins(&[&bob])).await.expect(201).id();
        let (path, user) = (format!("/Groups/{group}"), format!("/Users/{bob}"));
        // He counts: the direct one may go.
        server.delete(&format!("/Users/{ada}")).await.expect(204);
        let paths: [&str; 2] = [&path, &user];
        refuses(&server, &paths, server.patch(&path, remove_member(&bob)), 403, LAST).await;
        let removal = json!([{ "op": "remove", "path": "members" }]);
        refuses(&server, &paths, server.patch(&path, removal), 403, LAST).await;
        let put = json!({ "displayName": "Admins", "members": [], XG: { "roles": roles(&["administrator"]) } });
        refuses(&server, &paths, server.put(&path, put), 403, LAST).await;
        refuses(&server, &paths, server.patch(&path, set_group("roles", json!([]))), 403, LAST).await;
        refuses(&server, &paths, server.patch(&path, set_group("roles", roles(&["User"]))), 403, LAST).await;
        refuses(&server, &paths, server.delete(&path), 403, LAST).await;
        refuses(&server, &paths, server.patch(&user, set("memberships", json!([]))), 403, LAST).await;
        let removal = json!([{ "op": "remove", "path": format!("{XU}:memberships[value eq \"{group}\"]") }]);
        refuses(&server, &paths, server.patch(&user, removal), 403, LAST).await;
        refuses(&server, &paths, server.patch(&user, activate(false)), 403, LAST).await;
        refuses(&server, &paths, server.delete(&user), 403, LAST).await;

        // A second group keeps him: then he may leave the first.
        let second = json!({ "displayName": "More", "members": [{ "value": bob }], XG: { "roles": roles(&["ADMIN"]) } });
        let second = server.post("/Groups", second).await.expect(201).id();
        server.patch(&path, remove_member(&bob)).await.expect(200);
        assert_eq!(effective(&server, &bob).await, ["administrator"]);
        server.delete(&path).await.expect(204);
        refuses(&server, &[&user], server.delete(&format!("/Groups/{second}")), 403, LAST).await;
        // A direct role keeps him too.
        server.patch(&user, set_roles(&["ADMIN"])).await.expect(200);
        server.delete(&format!("/Groups/{second}")).await.expect(204);
        refuses(&server, &[&user], server.delete(&user), 403, LAST).await;
    }

    /// E-34, P2-20: with the policy off a group makes no administrator, so such a member does not count.
    async fn a_group_counts_only_where_groups_grant_roles(server) {
        server.policies(&[("groups.grant_roles", "on")]).await;
        let ada = administrator(&server, "ada").await;
        let bob = server.user("bob").await;
        server.post("/Groups", admins(&[&bob])).await.expect(201);
        server.patch(&format!("/Users/{bob}"), activate(false)).await.expect(200);
        let path = format!("/Users/{ada}");
        refuses(&server, &[&path], server.delete(&path), 403, LAST).await;
        server.patch(&format!("/Users/{bob}"), activate(true)).await.expect(200);
        server.delete(&path).await.expect(204);
    }

    /// E-34, E-07, I-18: with the scope `organization` the last one of an organization can neither go nor move (P-07).
    async fn the_last_administrator_of_an_organization_stays(server) {
        organization(&server, "Sales").await;
        server.policies(&[("guard.last_admin_scope", "organization")]).await;
        administrator(&server, "boss").await;
        let body = json!({ "userName": "ada", "roles": roles(&["ADMIN"]), XU: { "organization": "Sales" } });
        let ada = server.post("/Users", body).await.expect(201).id();
        let path = format!("/Users/{ada}");
        refuses(&server, &[&path], server.patch(&path, activate(false)), 403, LAST).await;
        refuses(&server, &[&path], server.delete(&path), 403, LAST).await;
        refuses(&server, &[&path], server.patch(&path, set("organization", json!("Default"))), 403, LAST).await;
        refuses(&server, &[&path], server.patch(&path, set_roles(&["User"])), 403, LAST).await;
        server.policies(&[("guard.last_admin_scope", "account")]).await;
        server.patch(&path, set("organization", json!("Default"))).await.expect(200);
    }

    /// E-39, E-34: a rule that no longer makes the last administrator is refused like everything else.
    async fn a_rule_does_not_take_the_last_administrator_away(server) {
        server.configure(|connection| {
            connection.role_ceiling = RoleCeiling::Administrator;
            connection.rules.rules = vec![rule("Boss", gives_roles(&["administrator"]))];
        }).await;
        let ada = server.post("/Users", in_department("ada", "Boss")).await.expect(201).id();
        let path = format!("/Users/{ada}");
        refuses(&server, &[&path], server.patch(&path, department("Staff")), 403, LAST).await;
        administrator(&server, "bob").await;
        server.patch(&path, department("Staff")).await.expect(200);
        assert!(effective(&server, &ada).await.is_empty());
    }

    /// E-34, B-20, I-18: a Bulk request is judged as a whole: one goes while another comes, in any order; both cannot go.
    async fn a_bulk_request_is_judged_as_a_whole(server) {
        let ada = administrator(&server, "ada").await;
        let bob = server.user("bob").await;
        let (ada, bob) = (format!("/Users/{ada}"), format!("/Users/{bob}"));
        let patch = |path: &str, operations: Value| json!({ "method": "PATCH", "path": path, "data": patch_of(operations) });
        let swap = json!([patch(&ada, set_roles(&["User"])), patch(&bob, set_roles(&["ADMIN"]))]);
        let reply = server.post("/Bulk", bulk(swap)).await.expect(200);
        assert_eq!(statuses(&reply), ["200", "200"]);
        let back = json!([
            { "method": "POST", "path": "/Users", "bulkId": "c", "data": { "userName": "cy", "roles": roles(&["ADMIN"]) } },
            { "method": "DELETE", "path": bob },
        ]);
        let reply = server.post("/Bulk", bulk(back)).await.expect(200);
        assert_eq!(statuses(&reply), ["201", "204"]);

        server.patch(&ada, set_roles(&["ADMIN"])).await.expect(200);
        let cy = server.find("/Users", "userName eq \"cy\"").await.resources()[0]["id"].as_str().expect("an id").to_owned();
        let cy = format!("/Users/{cy}");
        let before = [everything(&server, &ada).await, everything(&server, &cy).await];
        let both = json!([
            patch(&ada, activate(false)),
            { "method": "POST", "path": "/Users", "bulkId": "d", "data": { "userName": "dee" } },
            { "method": "DELETE", "path": cy },
        ]);
        let reply = server.post("/Bulk", bulk(both)).await.expect(200);
        assert_eq!(statuses(&reply), ["403", "201", "403"], "{}", reply.body);
        for index in [0, 2] {
            assert_eq!(reply.body["Operations"][index]["response"][DETAIL]["code"], LAST);
        }
        assert_eq!([everything(&server, &ada).await, everything(&server, &cy).await], before);
        assert_eq!(server.find("/Users", "userName eq \"dee\"").await.body["totalResults"], 1);
    }

    /// I-24, I-32, E-03: an administrator takes himself away neither by DELETE nor by PATCH nor by leaving a group, while
    /// another may.
    async fn an_administrator_does_not_take_himself_away(server) {
        server.policies(&[("groups.grant_roles", "on")]).await;
        administrator(&server, "boss").await;
        let ada = administrator(&server, "ada").await;
        let bob = server.user("bob").await;
        let group = server.post("/Groups", admins(&[&bob])).await.expect(201).id();
        let (path, group) = (format!("/Users/{ada}"), format!("/Groups/{group}"));
        let token = token_of(&server, &ada).await;
        let own = async |method: Method, path: &str, body: Value| by(&server, &token, method, path, body).await;
        for (method, body) in [
            (Method::DELETE, Value::Null),
            (Method::PATCH, patch_of(activate(false))),
            (Method::PATCH, patch_of(set_roles(&["User"]))),
            (Method::PUT, json!({ "userName": "ada" })),
        ] {
            refuses(&server, &[&path], own(method, &path, body), 403, "self_removal").await;
        }
        let operations = json!([
            { "method": "DELETE", "path": path }, { "method": "POST", "path": "/Users", "bulkId": "x", "data": { "userName": "x" } },
        ]);
        let reply = own(Method::POST, "/Bulk", bulk(operations)).await.expect(200);
        assert_eq!(statuses(&reply), ["403", "201"]);
        server.patch(&path, json!([{ "op": "replace", "path": "title", "value": "Dr" }])).await.expect(200);

        let token = token_of(&server, &bob).await;
        let own = async |method: Method, path: &str, body: Value| by(&server, &token, method, path, body).await;
        let bob_path = format!("/Users/{bob}");
        for (method, target, body) in [
            (Method::PATCH, &group, patch_of(remove_member(&bob))),
            (Method::PATCH, &group, patch_of(set_group("roles", json!([])))),
            (Method::DELETE, &group, Value::Null),
            (Method::PATCH, &bob_path, patch_of(set("memberships", json!([])))),
        ] {
            refuses(&server, &[&group, &bob_path], own(method, target, body), 403, "self_removal").await;
        }
        server.patch(&group, remove_member(&bob)).await.expect(200);
    }
}

/// E-07, E-34, I-18, I-25: two who are taken away at the same instant leave exactly one, whatever the ways.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_administrator_stays_on_sqlite() {
    let server = Server::start(Database::Sqlite).await;
    one_administrator_stays([&server, &server]).await;
}

/// E-07, E-34, I-18, I-25: two who are taken away at the same instant leave exactly one, whatever the ways.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_administrator_stays_on_two_servers() {
    let one = Server::start(Database::Postgres).await;
    let two = Server::start_on(one.url.clone(), |_| ()).await;
    one_administrator_stays([&one, &two]).await;
}

/// Two administrators, each taken away in another way at the same instant, twenty times.
async fn one_administrator_stays(servers: [&Server; 2]) {
    servers[0].policies(&[("groups.grant_roles", "on")]).await;
    for round in 0..20 {
        let mut users = Vec::new();
        for name in ["a", "b"] {
            users.push(administrator(servers[0], &format!("{name}{round}")).await);
        }
        // Those of the round before are no administrators any more.
        let old = servers[0].find("/Users", "roles.value eq \"administrator\"").await;
        for user in old.resources() {
            let id = user["id"].as_str().expect("an id");
            if !users.iter().any(|new| new == id) {
                servers[0].delete(&format!("/Users/{id}")).await.expect(204);
            }
        }
        let mut tasks = JoinSet::new();
        for (number, user) in users.iter().enumerate() {
            let server = servers[number];
            let path = format!("/Users/{user}");
            let request = match (round + number) % 4 {
                0 => server.request(Method::PATCH, &path).json(&patch_of(activate(false))),
                1 => server.request(Method::PATCH, &path).json(&patch_of(set_roles(&["User"]))),
                2 => server.request(Method::DELETE, &path),
                _ => server.request(Method::PUT, &path).json(&json!({ "userName": format!("gone{round}{number}") })),
            };
            tasks.spawn(send(request));
        }
        let mut statuses: Vec<u16> = tasks.join_all().await.iter().map(|reply| reply.status.as_u16()).collect();
        statuses.sort_unstable();
        assert!(matches!(statuses[..], [200 | 204, 403]), "round {round}: {statuses:?}");
        let filter = "roles.value eq \"administrator\" and active eq true";
        assert_eq!(servers[1].find("/Users", filter).await.body["totalResults"], 1, "round {round}");
    }
}
