//! Users over SCIM, beyond what the catalogue proves.

use crate::support::on_both;
use serde_json::json;

on_both! {
    /// RFC 7643 §4.1: every core attribute comes back as it was sent.
    async fn a_full_user_is_kept_exactly(server) {
        let user = json!({
            "userName": "ada@example.com",
            "externalId": "701984",
            "name": {
                "formatted": "Ms. Ada King Lovelace III", "familyName": "Lovelace", "givenName": "Ada",
                "middleName": "King", "honorificPrefix": "Ms.", "honorificSuffix": "III",
            },
            "displayName": "Ada", "nickName": "Countess", "profileUrl": "https://example.com/ada",
            "title": "Analyst", "userType": "Employee", "preferredLanguage": "en-GB", "locale": "en-GB",
            "timezone": "Europe/London", "active": false,
            "emails": [{ "value": "Ada@Example.com", "display": "work mail", "type": "work", "primary": true }],
            "phoneNumbers": [{ "value": "+44 20 7946 0000", "type": "mobile", "primary": false }],
            "ims": [{ "value": "ada", "type": "xmpp" }],
            "photos": [{ "value": "https://example.com/ada.png", "type": "photo" }],
            "addresses": [{
                "formatted": "12 St James's Square", "streetAddress": "12 St James's Square", "locality": "London",
                "region": "London", "postalCode": "SW1Y 4JH", "country": "GB", "type": "home", "primary": true,
            }],
            "entitlements": [{ "value": "engine", "type": "machine" }],
            "roles": [{ "value": "standard_user", "primary": true }],
            "x509Certificates": [{ "value": "MIIDQzCCAqygAwIBAgICEAAwDQYJKoZIhvcNAQEFBQAw", "type": "login" }],
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {
                "employeeNumber": "1", "costCenter": "4130", "organization": "Analytical", "division": "Engines",
                "department": "Notes", "manager": { "value": "26118915-6090-4610-87e4-49d8ca9f808d" },
            },
        });

        let created = server.post("/Users", user.clone()).await.expect(201);

        let read = server.get(&format!("/Users/{}", created.id())).await.expect(200);
        assert_eq!(read.body, created.body);
        for (name, value) in user.as_object().expect("an object") {
            if name.starts_with("urn:") {
                assert_eq!(read.body[name]["department"], value["department"]);
                assert_eq!(read.body[name]["manager"]["value"], value["manager"]["value"]);
            } else {
                assert_eq!(&read.body[name], value, "{name}");
            }
        }
    }
}

on_both! {
    /// RFC 7644 §5 and §7.8: a name is one name, whatever its case, its composition and the width of its letters.
    async fn a_name_is_prepared_before_it_is_compared(server) {
        let spelled = ["ren\u{e9}-K@example.com", "Rene\u{301}-k@EXAMPLE.com", "\u{ff32}en\u{e9}-\u{212a}@example.com"];
        for (first, name) in spelled.iter().enumerate() {
            let user = server.post("/Users", json!({ "userName": name, "displayName": name })).await.expect(201);
            for other in spelled {
                let taken = server.post("/Users", json!({ "userName": other })).await.expect(409);
                assert_eq!(taken.scim_type(), "uniqueness", "{first}: {other}");
                let filter = format!("userName eq {0} and displayName co {0}", json!(other));
                let found = server.find("/Users", &filter).await.expect(200);
                assert_eq!(found.resources().len(), 1, "{first}: {other}");
                assert_eq!(found.resources()[0]["userName"], *name, "it is kept as it was sent");
            }
            server.delete(&format!("/Users/{}", user.id())).await.expect(204);
        }
    }
}
