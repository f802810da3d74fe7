//! The log does not grow for ever.

use super::{entries, entry, page};
use crate::support::on_both;
use serde_json::json;

const DAY: i64 = 24 * 3600 * 1000;

on_both! {
    async fn entries_go_after_the_days_that_the_connection_keeps(server) {
        server.configure(|connection| connection.settings.log.days = 3).await;
        for number in 0..3 {
            server.user(&format!("user{number}")).await;
        }
        entries(&server, &[], 3).await;

        server.app.shorten_log(server.app.now() + 3 * DAY - 60_000).await;
        assert_eq!(page(&server, &[]).await.items().len(), 3);

        server.app.shorten_log(server.app.now() + 3 * DAY + 1).await;
        assert_eq!(page(&server, &[]).await.items().len(), 0);
    }

    async fn the_oldest_go_when_the_connection_has_too_many_bytes(server) {
        server.configure(|connection| connection.settings.log.megabytes = 1).await;
        let long = "x".repeat(60_000);
        for number in 0..20 {
            let body = json!({ "userName": format!("user{number}"), "unknown": long });
            server.post("/Users", body).await.expect(201);
        }
        let before = entries(&server, &[], 20).await;

        server.app.shorten_log(server.app.now()).await;
        server.app.shorten_log(server.app.now()).await;

        let after = page(&server, &[]).await.items().to_vec();
        assert_eq!(after.len(), 16, "16 entries of 60 kB are a megabyte");
        assert_eq!(after, before[..16]);
    }

    /// A body is kept up to 64 KiB, or not at all where the connection wants none.
    async fn bodies_are_cut_or_left_out(server) {
        let body = json!({ "userName": "ada", "unknown": "é".repeat(50_000) });
        let reply = server.post("/Users", body.clone()).await.expect(201);
        let found = entry(&server, &reply).await;
        assert_eq!((&found["bodyCut"], &found["bodyBytes"]), (&json!(true), &json!(body.to_string().len())));
        let kept = found["body"].as_str().expect("the beginning");
        assert!(body.to_string().starts_with(kept) && kept.len() <= 65_536 && kept.len() > 65_530);

        server.configure(|connection| connection.settings.log.bodies = false).await;
        let reply = server.post("/Users", json!({ "userName": "grace" })).await.expect(201);
        let found = entry(&server, &reply).await;
        assert_eq!((&found["body"], &found["bodyBytes"]), (&json!(null), &json!(20)));
    }
}
