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
