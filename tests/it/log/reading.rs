//! Who reads the log, and which part of it.

use super::{entries, entry, page};
use crate::support::{on_both, send};
use reqwest::Method;
use serde_json::{Value, json};

on_both! {
    async fn filters_choose_entries(server) {
        let ada = server.user("ada").await;
        server.post("/Users", json!({ "userName": "ada" })).await.expect(409);
        let gone = "01890a5d-ac96-774b-bcce-b302099a8057";
        let missed = server.get(&format!("/Users/{gone}")).await.expect(404);
        let title = json!([{ "op": "replace", "path": "title", "value": "Countess" }]);
        server.patch(&format!("/Users/{ada}"), title.clone()).await.expect(200);
        server.patch(&format!("/Users/{ada}"), title).await.expect(200);
        server.group("Engineers", &[]).await;
        let all = entries(&server, &[], 6).await;
        let at = |place: usize| all[place]["at"].as_str().expect("a time").to_owned();
        let (first, last) = (at(5), at(0));
        let request = missed.header("x-request-id").to_owned();

        let count = async |filters: &[(&str, &str)]| page(&server, filters).await.expect(200).items().len();
        assert_eq!(count(&[("status", "4xx")]).await, 2);
        assert_eq!(count(&[("status", "409")]).await, 1);
        assert_eq!(count(&[("refused", "true")]).await, 2);
        assert_eq!(count(&[("noEffect", "true")]).await, 1);
        assert_eq!(count(&[("method", "patch")]).await, 2);
        assert_eq!(count(&[("resourceType", "Group")]).await, 1);
        assert_eq!(count(&[("resourceId", &ada)]).await, 3);
        assert_eq!(count(&[("resourceId", &ada), ("method", "POST")]).await, 1);
        assert_eq!(count(&[("code", all[4]["code"].as_str().expect("a code"))]).await, 1);
        assert_eq!(count(&[("quirk", "none_such")]).await, 0);
        assert_eq!(count(&[("requestId", &request)]).await, 1);
        assert_eq!(count(&[("q", gone)]).await, 1);
        assert_eq!(count(&[("q", "%")]).await, 0);
        assert_eq!(count(&[("after", &first)]).await, 6);
        assert_eq!(count(&[("before", &first)]).await, 0);
        assert!(count(&[("after", &first), ("before", &last)]).await < 6);

        for (name, value) in [("status", "9xx"), ("status", "abc"), ("after", "today"), ("requestId", "1"), ("none", "1")] {
            page(&server, &[(name, value)]).await.expect(400);
        }
        page(&server, &[("refused", "perhaps")]).await.expect(400);
    }

    async fn pages_give_every_entry_once(server) {
        for number in 0..7 {
            server.user(&format!("user{number}")).await;
        }
        let all = entries(&server, &[], 7).await;
        let mut paged: Vec<Value> = Vec::new();
        let mut cursor = None;
        loop {
            let mut filters = vec![("limit", "3"), ("method", "POST")];
            filters.extend(cursor.as_deref().map(|cursor| ("cursor", cursor)));
            let reply = page(&server, &filters).await.expect(200);
            paged.extend(reply.items().iter().cloned());
            cursor = reply.body["nextCursor"].as_str().map(str::to_owned);
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(paged, all);
    }

    /// What belongs to another account is not there; neither is the log open to who has no admin key.
    async fn nobody_reads_the_log_of_another_account(server) {
        let reply = server.post("/Users", json!({ "userName": "" })).await.expect(400);
        let found = entry(&server, &reply).await;
        let stranger = server.other_admin_key("other").await;
        let base = server.base_url.replace("/scim/v2", "");
        for path in [found["link"].as_str().expect("a link").to_owned(), format!("/api/v1/connections/{}/log", server.connection)] {
            let ask = || server.client.get(format!("{base}{path}"));
            send(ask().bearer_auth(&stranger)).await.expect(404);
            send(ask().bearer_auth(&server.token)).await.expect(401);
            send(ask()).await.expect(401);
            send(ask().bearer_auth(&server.admin_key)).await.expect(200);
        }
        server.api(Method::GET, "/log/01890a5d-ac96-774b-bcce-b302099a8057", None).await.expect(404);
        server.api(Method::GET, "/log/none", None).await.expect(404);
    }

    async fn the_settings_of_the_log_are_checked(server) {
        let path = format!("/connections/{}", server.connection);
        let log = |days: u32, megabytes: u32| {
            json!({ "settings": { "log": { "bodies": true, "maskPersonalData": true, "days": days, "megabytes": megabytes } } })
        };
        for (days, megabytes) in [(0, 10), (3651, 10), (10, 0), (10, 10_001)] {
            let reply = server.api(Method::PATCH, &path, Some(log(days, megabytes))).await.expect(422);
            assert_eq!(reply.code(), "value_invalid");
        }
        let reply = server.api(Method::PATCH, &path, Some(log(3650, 10_000))).await.expect(200);
        assert_eq!(reply.body["settings"]["log"]["days"], 3650);
    }
}
