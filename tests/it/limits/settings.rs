//! The limits of a connection in the admin API.

use crate::support::{Server, on_both};
use reqwest::Method;
use serde_json::{Value, json};

async fn set(server: &Server, settings: Value) -> crate::support::Reply {
    let path = format!("/connections/{}", server.connection);
    server.api(Method::PATCH, &path, Some(json!({ "settings": settings }))).await
}

on_both! {
    /// What is set is shown, told in the audit trail, and taken away with null or an empty list.
    async fn limits_are_set_and_taken_away(server) {
        let limit = json!({ "perSecond": 100, "burst": 200 });
        let set_both = json!({ "rateLimit": limit, "allowedAddresses": ["127.0.0.1", " 2001:db8::/32 "] });
        let after = set(&server, set_both).await.expect(200);
        assert_eq!(after.body["settings"]["rateLimit"], limit);
        assert_eq!(after.body["settings"]["allowedAddresses"], json!(["127.0.0.1", "2001:db8::/32"]));
        let reply = server.get("/Users").await.expect(200);
        assert_eq!(reply.header("x-rate-limit-limit"), "200");
        let after = set(&server, json!({ "rateLimit": null, "allowedAddresses": [] })).await.expect(200);
        assert_eq!(after.body["settings"]["rateLimit"], Value::Null);
        assert!(server.get("/Users").await.expect(200).header("x-rate-limit-limit").is_empty());
    }

    /// What would lock everybody out, or nobody, is refused by a sentence that names it.
    async fn what_makes_no_sense_is_refused(server) {
        let many: Vec<String> = (0..1001).map(|number| format!("10.0.{}.{}", number / 256, number % 256)).collect();
        for (settings, said) in [
            (json!({ "rateLimit": { "perSecond": 0, "burst": 1 } }), "perSecond must be between 1 and 10000; it is 0"),
            (json!({ "rateLimit": { "perSecond": 1, "burst": 10_001 } }), "burst must be between 1 and 10000"),
            (json!({ "allowedAddresses": ["192.0.2.1", "192.0.2.0/33"] }), "\"192.0.2.0/33\""),
            (json!({ "allowedAddresses": ["office"] }), "\"office\""),
            (json!({ "allowedAddresses": [""] }), "\"\""),
            (json!({ "allowedAddresses": ["192.0.2.1:80"] }), "\"192.0.2.1:80\""),
            (json!({ "allowedAddresses": many }), "must be between 0 and 1000; it is 1001"),
        ] {
            let reply = set(&server, settings.clone()).await.expect(422);
            assert_eq!(reply.code(), "value_invalid", "{}", reply.body);
            assert!(reply.body["detail"].as_str().is_some_and(|detail| detail.contains(said)), "{settings}: {}", reply.body);
        }
        set(&server, json!({ "rateLimit": { "perSecond": -1, "burst": 1 } })).await.expect(422);
        set(&server, json!({ "rateLimit": { "perSecond": 1 } })).await.expect(422);
        server.get("/Users").await.expect(200);
    }
}
