//! authentik (idp.md 4): reads what the server can, sends members in chunks of `bulk.maxOperations`, compares afterwards.

use super::{CG, has_seen, ids, members};
use crate::support::on_both;
use serde_json::{Value, json};

on_both! {
    async fn from_the_configuration_to_the_comparison(server) {
        let config = server.get("/ServiceProviderConfig").await.expect(200).body;
        assert_eq!((&config["patch"]["supported"], &config["filter"]["supported"]), (&json!(true), &json!(true)));
        let chunk = usize::try_from(config["bulk"]["maxOperations"].as_u64().expect("a number")).expect("it fits").min(40);

        let body = json!({ "userName": "auth@example.com", "externalId": "1", "active": true });
        let user = server.post("/Users", body.clone()).await.expect(201).id();
        // It was made before: authentik adopts whom it finds.
        server.post("/Users", body.clone()).await.expect(409);
        let found = server.find("/Users", "userName eq \"auth@example.com\"").await.expect(200);
        assert_eq!(found.resources()[0]["id"], user.as_str());
        server.put(&format!("/Users/{user}"), body).await.expect(200);

        let mut people = vec![user];
        for number in 0..60 {
            people.push(server.user(&format!("person{number}")).await);
        }
        let whole = json!({ "schemas": [CG], "displayName": "Staff", "externalId": "g-1" });
        let group = server.post("/Groups", whole.clone()).await.expect(201).id();
        let path = format!("/Groups/{group}");
        for part in people.chunks(chunk) {
            let add = |id: &String| json!({ "op": "add", "path": "members", "value": [{ "value": id }] });
            server.patch(&path, part.iter().map(add).collect::<Value>()).await.expect(200);
        }
        let mut now = members(&server.get(&path).await.expect(200));
        now.sort();
        people.sort();
        assert_eq!(now, people);
        let mut renamed = whole;
        renamed["id"] = group.as_str().into();
        renamed["displayName"] = "Everybody".into();
        let reply = server.patch(&path, json!([{ "op": "replace", "value": renamed }])).await.expect(200);
        assert_eq!((&reply.body["displayName"], members(&reply).len()), (&json!("Everybody"), people.len()));
        let remove = |id: &String| json!({ "op": "remove", "path": "members", "value": [{ "value": id }] });
        let reply = server.patch(&path, people[..30].iter().map(remove).collect::<Value>()).await.expect(200);
        assert_eq!(members(&reply).len(), people.len() - 30);

        // Discovery: without count, until all are read.
        for number in 0..3 {
            server.group(&format!("More {number}"), &[]).await;
        }
        let mut read = Vec::new();
        loop {
            let page = server.get(&format!("/Groups?startIndex={}", read.len() + 1)).await.expect(200);
            read.extend(ids(&page));
            if read.len() as u64 >= page.body["totalResults"].as_u64().expect("a number") {
                break;
            }
        }
        assert_eq!(read.len(), 4);
        server.delete(&path).await.expect(204);
        has_seen(&server, &["read_only_in_patch", "remove_with_value"]).await;
    }
}
