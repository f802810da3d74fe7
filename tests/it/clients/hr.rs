//! HR systems (idp.md 4): everything is a POST, in bulk, again and again; what is there is updated (`onConflict: upsert`).

use super::{CU, EU};
use crate::support::{Reply, Server, on_both};
use reqwest::Method;
use scim_connector::domain::{Dialect, OnConflict};
use serde_json::{Value, json};

async fn upserting(server: &Server) {
    server.configure(|connection| connection.settings.on_conflict = Some(OnConflict::Upsert)).await;
}

fn person(number: usize, more: Value) -> Value {
    let mut body = json!({
        "schemas": [CU, EU], "externalId": format!("{}", 700_000 + number), "userName": format!("hr{number}@example.com"),
        "title": "Clerk", "name": { "givenName": "H", "familyName": format!("R{number}") },
        EU: { "employeeNumber": format!("E{number}"), "department": "Staff" },
    });
    for (name, value) in more.as_object().expect("an object") {
        body[name] = value.clone();
    }
    body
}

async fn bulk(server: &Server, people: Vec<Value>) -> Reply {
    let operation = |(number, data): (usize, Value)| json!({ "method": "POST", "bulkId": format!("b{number}"), "path": "/Users", "data": data });
    let operations: Vec<Value> = people.into_iter().enumerate().map(operation).collect();
    let schema = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";
    server
        .post("/Bulk", json!({ "schemas": [schema], "Operations": operations, "failOnErrors": null }))
        .await
        .expect(200)
}

fn statuses(reply: &Reply) -> Vec<String> {
    let operations = reply.body["Operations"].as_array().cloned().unwrap_or_default();
    operations.iter().map(|one| one["status"].as_str().unwrap_or_default().to_owned()).collect()
}

fn id_in(reply: &Reply, index: usize) -> String {
    let location = reply.body["Operations"][index]["location"].as_str().expect("a location");
    location.rsplit_once('/').expect("an id").1.to_owned()
}

on_both! {
    /// Case 125: fifty at a time; those who are there are updated, absent attributes stay, nulls clear.
    async fn fifty_are_sent_again_and_again(server) {
        upserting(&server).await;
        let first = bulk(&server, (0..40).map(|number| person(number, json!({}))).collect()).await;
        assert_eq!(statuses(&first), vec!["201"; 40]);
        let again: Vec<Value> = (0..50).map(|number| {
            let mut one = person(number, json!({ "title": null, "nickName": "Nick" }));
            one[EU] = json!({ "employeeNumber": format!("E{number}"), "department": null, "division": "" });
            one.as_object_mut().expect("an object").remove("name");
            one
        }).collect();
        let second = bulk(&server, again).await;
        assert_eq!(statuses(&second), [vec!["200"; 40], vec!["201"; 10]].concat());
        assert_eq!(server.get("/Users?count=0").await.body["totalResults"], 50);
        let one = server.get(&format!("/Users/{}", id_in(&first, 7))).await.expect(200).body;
        assert_eq!(id_in(&first, 7), id_in(&second, 7));
        assert_eq!((one.get("title"), &one["nickName"]), (None, &json!("Nick")));
        assert_eq!(one["name"]["familyName"], "R7", "what is not said stays");
        assert_eq!(one[EU], json!({ "employeeNumber": "E7" }));
    }

    /// externalId, then the employee number, then the userName; each leads to the same person.
    async fn each_key_finds_the_person(server) {
        upserting(&server).await;
        let user = server.post("/Users", person(1, json!({}))).await.expect(201).id();
        let same = async |body: Value| {
            let reply = server.post("/Users", body).await.expect(200);
            assert_eq!(reply.id(), user);
            reply
        };
        let renamed = same(person(1, json!({ "userName": "married@example.com" }))).await;
        assert_eq!(renamed.body["userName"], "married@example.com");
        same(person(1, json!({ "externalId": "other", "userName": "third@example.com" }))).await;
        same(json!({ "userName": "THIRD@example.com" })).await;
        assert_eq!(server.get("/Users").await.body["totalResults"], 1);
        // A number that two have names nobody.
        let twin = json!({ "userName": "twin@example.com" });
        let twin = server.post("/Users", twin).await.expect(201).id();
        let number = json!([{ "op": "add", "path": format!("{EU}:employeeNumber"), "value": "e1" }]);
        server.patch(&format!("/Users/{twin}"), number).await.expect(200);
        let third = json!({ "userName": "new@example.com", EU: { "employeeNumber": "E1" } });
        server.post("/Users", third).await.expect(201);
    }

    /// mission §2, rehire: who was deactivated comes back; `active: false` deactivates.
    async fn somebody_leaves_and_comes_back(server) {
        upserting(&server).await;
        let user = server.post("/Users", person(1, json!({ "active": true }))).await.expect(201).id();
        for (sent, active) in [(json!({ "active": false }), false), (json!({}), true), (json!({ "active": "False" }), false)] {
            let reply = server.post("/Users", person(1, sent)).await.expect(200);
            assert_eq!((reply.id(), &reply.body["active"]), (user.clone(), &json!(active)));
        }
        let before = server.get(&format!("/Users/{user}")).await.body;
        let same = server.post("/Users", person(1, json!({ "active": false }))).await.expect(200);
        assert_eq!(same.body["meta"], before["meta"], "nothing was changed");
    }

    /// Nobody takes over whom another connection gave; what is wrong is refused as ever.
    async fn users_of_others_and_bad_bodies_are_refused(server) {
        let other = server.connect("other", Dialect::Auto).await;
        let request = server.client.post(format!("{}/Users", server.base_url)).bearer_auth(other);
        crate::support::send(request.json(&person(1, json!({})))).await.expect(201);
        upserting(&server).await;
        let reply = server.post("/Users", person(1, json!({ "title": "Thief" }))).await.expect(409);
        assert_eq!(reply.scim_type(), "uniqueness");
        let theirs = server.find("/Users", "userName eq \"hr1@example.com\"").await;
        assert_eq!(theirs.resources()[0]["title"], "Clerk");
        server.post("/Users", json!({ "externalId": "1" })).await.expect(400);
        server.post("/Users", person(2, json!({}))).await.expect(201);
        server.post("/Users", person(2, json!({ "userName": "hr1@example.com" }))).await.expect(409);
    }

    /// Managers within one batch, in a circle and by reference, are the people who are there already.
    async fn managers_refer_to_those_who_are_found(server) {
        upserting(&server).await;
        let user = |number| person(number, json!({}));
        let first = bulk(&server, vec![user(0), user(1)]).await;
        let managed = |number: usize, by: &str| {
            let mut one = user(number);
            one[EU]["manager"] = json!({ "value": by });
            one
        };
        let second = bulk(&server, vec![managed(0, "bulkId:b1"), managed(1, "bulkId:b0"), managed(2, "bulkId:b0")]).await;
        assert_eq!(statuses(&second), ["200", "200", "201"]);
        for (index, manager) in [(0, 1), (1, 0), (2, 0)] {
            let shown = server.get(&format!("/Users/{}", id_in(&second, index))).await.expect(200).body;
            assert_eq!(shown[EU]["manager"]["value"], id_in(&first, manager), "{shown}");
        }
    }

    /// Two uploaders at once: one person, however it is timed.
    async fn the_same_person_at_once_is_one_person(server) {
        upserting(&server).await;
        let pushes = (0..8).map(|number| server.post("/Users", person(1, json!({ "title": format!("T{number}") }))));
        let replies = futures_util::future::join_all(pushes).await;
        let made = replies.iter().filter(|reply| reply.status == 201).count();
        assert!(replies.iter().all(|reply| reply.status == 201 || reply.status == 200), "{replies:?}");
        assert_eq!((made, &server.get("/Users").await.body["totalResults"]), (1, &json!(1)));
        let path = format!("/connections/{}", server.connection);
        let shown = server.api(Method::GET, &path, None).await.expect(200);
        assert_eq!(shown.body["settings"]["onConflict"], "upsert");
    }
}
