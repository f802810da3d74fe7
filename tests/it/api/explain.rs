//! Why a user stands where he stands.

use super::person::{XU, admin, api_as, default_group, direct, get, key_of, organization, person, team};
use crate::support::on_both;
use reqwest::Method;
use scim_connector::domain::{Id, Rule, RuleGroup, RuleSet};
use serde_json::{Value, json};

fn rule(name: &str, when: &str, set: RuleSet) -> Rule {
    Rule { id: Id::new(), name: name.to_owned(), when: when.to_owned(), set }
}

on_both! {
    /// E-33, E-39: each grant says who gave it, by which rule and in which request, and which rules did not decide and why.
    async fn rules_that_won_and_lost_are_told(server) {
        let north: Id = organization(&server, "North", "n@example.com").await.parse().unwrap();
        let south: Id = organization(&server, "South", "s@example.com").await.parse().unwrap();
        let sales: Id = team(&server, "Sales", &[]).await.parse().unwrap();
        let default: Id = default_group(&server).await.parse().unwrap();
        let first = rule("first", "title eq \"Chief\"", RuleSet {
            organization: Some(north),
            roles: vec!["standard_user".to_owned()],
            groups: vec![RuleGroup { group: sales, group_admin: None, can_send: None }],
            primary_group: Some(sales),
        });
        let second = rule("second", "userName sw \"a\"", RuleSet {
            organization: Some(south), primary_group: Some(default), ..RuleSet::default()
        });
        let rules = vec![first.clone(), second.clone(), rule("never", "title eq \"x\"", RuleSet {
            organization: Some(south), ..RuleSet::default()
        })];
        server.configure(move |connection| connection.rules.rules = rules.clone()).await;
        let made = server.post("/Users", json!({ "userName": "ada", "title": "Chief" })).await.expect(201);
        let path = format!("/users/{}/explain", made.id());

        let told = get(&server, &path).await.expect(200).body;
        let place = &told["organization"];
        assert_eq!((&place["value"], &place["name"]), (&json!(north), &json!("North")));
        assert_eq!(place["rule"], json!({ "id": first.id.to_string(), "name": "first" }));
        assert_eq!(place["origin"], json!(format!("rule:{}", first.id)));
        assert_eq!(place["lost"], json!([{
            "rule": second.id.to_string(), "name": "second", "value": south.to_string(), "why": "a rule before it decided",
        }]));
        let request = made.header("x-request-id");
        for decision in [place, &told["roles"][0], &told["memberships"][0], &told["primaryGroup"], &told["status"]] {
            assert_eq!(decision["requestId"], json!(request), "{decision}");
            assert_eq!(decision["actor"], json!(format!("connection:{}", server.connection)));
            assert!(decision["at"].as_str().is_some_and(|at| at.ends_with('Z')));
        }
        assert_eq!((&told["roles"][0]["value"], &told["roles"][0]["rule"]["name"]), (&json!("standard_user"), &json!("first")));
        let held = told["memberships"].as_array().unwrap().iter().find(|held| held["name"] == "Sales").expect("Sales");
        assert_eq!((&held["rule"]["name"], &held["lost"]), (&json!("first"), &json!([])));
        assert_eq!((&told["primaryGroup"]["name"], &told["primaryGroup"]["lost"][0]["why"]), (&json!("Sales"), &json!("a rule before it decided")));
        assert_eq!(told["status"]["value"], "active");

        // What is pushed wins over rules, what an administrator says over both.
        let id = made.id();
        let push = json!([{ "op": "replace", "path": format!("{XU}:organization"), "value": "South" }]);
        server.patch(&format!("/Users/{id}"), push).await.expect(200);
        let told = get(&server, &path).await.body;
        let why = |told: &Value| told["organization"]["lost"][0]["why"].clone();
        assert_eq!((&told["organization"]["name"], why(&told)), (&json!("South"), json!("the attribute was pushed")));
        direct(&server).await;
        let boss = admin(&server, "boss@example.com").await;
        let key = key_of(&server, &boss).await;
        let body = json!({ "organization": "Default" });
        let moved = api_as(&server, &key, Method::PUT, &format!("/users/{id}/organization"), body).await.expect(200);
        let told = get(&server, &path).await.body;
        assert_eq!((&told["organization"]["name"], why(&told)), (&json!("Default"), json!("an administrator decided")));
        assert_eq!(told["organization"]["origin"], json!(format!("admin:{boss}")));
        assert_eq!(told["organization"]["actor"], json!(format!("user:{boss}")));
        assert_eq!(told["organization"]["requestId"], json!(moved.header("x-request-id")));
        // A rule of today that has not been at work yet.
        let third = rule("third", "userName eq \"ada\"", RuleSet { roles: vec!["finance_admin".to_owned(), "standard_user".to_owned()], ..RuleSet::default() });
        server.configure(move |connection| connection.rules.rules.push(third.clone())).await;
        let told = get(&server, &path).await.body;
        assert_eq!(told["roles"][0]["lost"][0]["name"], "third");
        assert!(told["roles"][0]["lost"][0]["why"].as_str().is_some_and(|why| why.contains("not written since")));
    }

    /// E-24: what came through a group, by inheritance and by deactivation is told too; of a removed user only his end.
    async fn groups_and_reasons_are_told(server) {
        server.policies(&[("groups.grant_roles", "on"), ("activation.admin", "direct")]).await;
        let id = person(&server, "ada@example.com", json!({})).await;
        let body = json!({ "name": "Money", "roles": ["finance_admin"] });
        let group = server.api(Method::POST, "/groups", Some(body)).await.expect(201).id();
        let added = server.api(Method::POST, &format!("/groups/{group}/members"), Some(json!({ "add": [{ "user": id }] }))).await.expect(200);
        let left = server.api(Method::POST, &format!("/users/{id}/deactivate"), Some(json!({ "reason": "on leave" }))).await.expect(200);
        let told = get(&server, &format!("/users/{id}/explain")).await.expect(200).body;
        let request = json!(added.header("x-request-id"));
        assert_eq!((&told["memberships"][0]["name"], &told["memberships"][0]["requestId"]), (&json!("Money"), &request));
        assert_eq!((&told["roles"][0]["value"], &told["roles"][0]["origin"]), (&json!("finance_admin"), &json!(format!("group:{group}"))));
        assert_eq!((&told["roles"][0]["requestId"], &told["primaryGroup"]["requestId"]), (&request, &request));
        let status = &told["status"];
        assert_eq!((&status["value"], &status["reason"]), (&json!("inactive"), &json!("on leave")));
        assert_eq!((&status["requestId"], &status["actor"]), (&json!(left.header("x-request-id")), &json!("account")));
        assert_eq!((&told["organization"]["origin"], &told["organization"]["name"]), (&json!("fallback"), &json!("Default")));

        server.api(Method::DELETE, &format!("/users/{id}"), None).await.expect(204);
        let told = get(&server, &format!("/users/{id}/explain")).await.expect(200).body;
        assert_eq!((&told["status"]["value"], &told["roles"], &told["organization"]["value"]), (&json!("removed"), &json!([]), &Value::Null));
        get(&server, "/users/0197a000-0000-7000-8000-000000000000/explain").await.expect(404);
    }
}
