//! Filters (RFC 7644 §3.4.2.2) on a small known population: what each one finds, on both databases.

use crate::support::{Reply, Server, on_both};
use reqwest::Method;
use serde_json::{Value, json};

const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/// Filters on users and the user names they find, in order of creation. `{ada}` stands for an id, `{created}` for the
/// time Ada was created at, `{EU}` for the URN of the enterprise extension.
const USERS: &[(&str, &str)] = &[
    // Every operator on text; case does not matter (RFC 7643 §4.1).
    (r#"userName eq "ADA""#, "ada"),
    (r#"userName ne "ada""#, "bob wild zoë"),
    (r#"userName co "D""#, "ada wild"),
    (r#"userName sw "a""#, "ada"),
    (r#"userName ew "B""#, "bob"),
    (r#"userName gt "bob""#, "wild zoë"),
    (r#"userName ge "bob""#, "bob wild zoë"),
    (r#"userName lt "bob""#, "ada"),
    (r#"userName le "BOB""#, "ada bob"),
    ("userName pr", "ada bob wild zoë"),
    (r#"userName co """#, "ada bob wild zoë"),
    (r#"userName EQ "ada""#, "ada"),
    (r#"USERNAME eq "ada""#, "ada"),
    (r#"urn:ietf:params:scim:schemas:core:2.0:User:userName eq "ada""#, "ada"),
    (r#"URN:IETF:params:scim:schemas:core:2.0:user:NAME.familyname eq "lovelace""#, "ada"),
    // Absent values: `pr` and order never hold, `ne` and `not` do.
    ("title pr", "ada wild"),
    ("not (title pr)", "bob zoë"),
    (r#"title ne "analyst""#, "bob wild zoë"),
    (r#"not (title eq "analyst")"#, "bob wild zoë"),
    (r#"title gt """#, "ada wild"),
    (r#"title lt "z""#, "ada wild"),
    ("title eq null", "bob zoë"),
    ("title ne null", "ada wild"),
    ("name pr", "ada bob"),
    ("nickName pr", ""),
    ("groups pr", "ada bob zoë"),
    ("not (emails pr)", "wild zoë"),
    // and binds closer than or; brackets; not.
    (r#"userName eq "zoë" or userName eq "ada" and active eq false"#, "zoë"),
    (r#"(userName eq "zoë" or userName eq "ada") and active eq true"#, "ada zoë"),
    (r#"not (userName eq "ada" or userName eq "bob")"#, "wild zoë"),
    (r#"NOT(userName eq "ada") AND ACTIVE eq True"#, "wild zoë"),
    (r#"not (not (userName eq "ada"))"#, "ada"),
    (r#"((((userName eq "ada"))))"#, "ada"),
    // Booleans, quoted or not (Entra E20), identifiers, case-exact text.
    ("active eq true", "ada wild zoë"),
    (r#"active eq "False""#, "bob"),
    ("active ne true", "bob"),
    ("active pr", "ada bob wild zoë"),
    (r#"externalId eq "E-1""#, "ada"),
    (r#"externalId eq "e-1""#, "bob"),
    (r#"externalId sw "E""#, "ada"),
    (r#"id eq "{ada}""#, "ada"),
    (r#"id ne "{ada}""#, "bob wild zoë"),
    (r#"id eq "{ADA}""#, ""),
    (r#"id eq "nobody""#, ""),
    (r#"id sw "{ada}""#, "ada"),
    (r#"id ew "{ada.tail}""#, "ada"),
    (r#"id co "{ada.tail}""#, "ada"),
    (r#"id co "-""#, "ada bob wild zoë"),
    ("id pr", "ada bob wild zoë"),
    // Sub-attributes, lists, value paths, what follows a value path.
    (r#"name.familyName eq "LOVELACE""#, "ada"),
    (r#"name.givenName ne "ada""#, "bob wild zoë"),
    (r#"emails.value co "@work""#, "ada"),
    (r#"emails co "@home""#, "ada bob"),
    (r#"emails eq "BOB@home.example""#, "bob"),
    (r#"emails.type eq "home""#, "ada bob"),
    (r#"emails[type eq "home" and value sw "bob"]"#, "bob"),
    (r#"emails[type eq "work" and value co "home"]"#, ""),
    (r#"emails[type eq "work"].value eq "ada@work.example""#, "ada"),
    (r#"emails[type eq "home"].value sw "ada""#, "ada"),
    (r#"emails[type eq "work"].value ne "ada@work.example""#, "bob wild zoë"),
    (r#"emails[not (type eq "work")]"#, "ada bob"),
    (r#"emails[primary eq true]"#, "ada"),
    (r#"emails[primary eq "True"].value pr"#, "ada"),
    (r#"emails[type eq "home" or type eq "work"] and active eq false"#, "bob"),
    (r#"not (emails[type eq "work"])"#, "bob wild zoë"),
    (r#"addresses[type eq "work"].locality eq "LONDON""#, "ada"),
    (r#"addresses.postalCode sw "SW1""#, "ada"),
    (r#"phoneNumbers[type eq "mobile" and value ew "00"]"#, "ada"),
    (r#"roles[value eq "standard_user"]"#, "bob"),
    (r#"roles eq "standard_user""#, "bob"),
    // The enterprise extension, with its URN; a manager stands for his id (Entra E11).
    (r#"{EU}:department eq "engines""#, "ada"),
    (r#"{EU}:employeeNumber eq "0042""#, "ada"),
    (r#"{EU}:department pr"#, "ada bob"),
    (r#"{EU}:manager.value eq "{bob}""#, "ada"),
    (r#"{EU}:manager eq "{bob}""#, "ada"),
    (r#"{EU}.manager eq "{bob}""#, "ada"),
    (r#"id eq "{ada}" and manager eq "{bob}""#, "ada"),
    (r#"manager eq "{bob}" and id eq "{bob}""#, ""),
    // Unicode: folded by the program, because databases disagree.
    (r#"userName eq "ZOË""#, "zoë"),
    (r#"displayName eq "école""#, "zoë"),
    (r#"name.familyName sw "É""#, "bob"),
    (r#"name.familyName ew "LE""#, "bob"),
    (r#"{EU}:department co "MAI""#, "bob"),
    // What LIKE would take for a wildcard is a character; escapes of JSON; a lone backslash.
    (r#"displayName co "%""#, "wild"),
    (r#"displayName co "_""#, "wild"),
    (r#"displayName sw "100%_""#, "wild"),
    (r#"displayName sw "1__%""#, ""),
    (r#"displayName co "\\""#, "wild"),
    (r#"displayName ew "sure\x""#, "wild"),
    (r#"displayName eq "100%_sure\\x""#, "wild"),
    (r#"title eq "a \"quote\"""#, "wild"),
    (r#"displayName eq "\u00c9cole""#, "zoë"),
    (r#"nickName co "' OR 1 = 1 --""#, ""),
    // Dates: seven digits (Entra E23), offsets, without quotes (E24), before and after all times.
    (
        r#"meta.lastModified ge "0001-01-03T00:00:00.0000000Z" and meta.lastModified le "9999-12-30T00:00:00.0000000Z""#,
        "ada bob wild zoë",
    ),
    (r#"meta.created gt "0001-01-03T00:00:00.0000000Z""#, "ada bob wild zoë"),
    (r#"meta.created lt "0001-01-03T00:00:00.0000000Z""#, ""),
    ("meta.Created gt 2015-10-10T14:38:21.86-07:00", "ada bob wild zoë"),
    (r#"meta.created eq "{created}" and id eq "{ada}""#, "ada"),
    (r#"meta.created le "{created}" and id eq "{ada}""#, "ada"),
    (r#"meta.created lt "{created}""#, ""),
    (r#"meta.created gt "{created}" and id eq "{ada}""#, ""),
    (r#"(active eq true) and meta.lastmodified ge "2020-01-01T00:00:00""#, "ada wild zoë"),
    ("meta.created pr", "ada bob wild zoë"),
    // Literals without quotes (langwatch#6973).
    ("userName eq ada", "ada"),
    ("(userName eq ada)", "ada"),
    ("externalId eq E-1 and active eq true", "ada"),
    // Groups of a user.
    (r#"groups.value eq "{Engineers}""#, "ada bob"),
    (r#"groups eq "{Engineers}""#, "ada bob"),
    (r#"groups[value eq "{Engineers}" or value eq "{Ünion}"]"#, "ada bob zoë"),
    (r#"groups.display eq "engineers""#, "ada bob"),
    (r#"groups[display sw "ü"]"#, "zoë"),
    (r#"groups.display ne "engineers""#, "wild zoë"),
    (r#"groups.type eq "direct""#, "ada bob zoë"),
    (r#"groups.type eq "indirect""#, ""),
    // schemas and meta.
    (r#"schemas eq "urn:ietf:params:scim:schemas:core:2.0:User""#, "ada bob wild zoë"),
    (r#"schemas eq "{EU}""#, "ada bob"),
    (r#"meta.resourceType eq "User""#, "ada bob wild zoë"),
    (r#"meta.resourceType eq "Group""#, ""),
    ("  userName   eq   \"ada\"  ", "ada"),
];

/// Filters on groups and the display names they find.
const GROUPS: &[(&str, &str)] = &[
    (r#"displayName eq "ENGINEERS""#, "Engineers"),
    (r#"displayName sw "ü""#, "Ünion"),
    (r#"displayName co "n""#, "Engineers Ünion Nobody"),
    (r#"displayName ne "engineers""#, "Ünion Nobody"),
    (r#"externalId eq "G-1""#, "Engineers"),
    (r#"externalId pr"#, "Engineers"),
    (r#"members eq "{ada}""#, "Engineers"),
    (r#"members.value eq "{zoë}""#, "Ünion"),
    (r#"members[value eq "{ada}"]"#, "Engineers"),
    (r#"members[value eq "{ada}" or value eq "{zoë}"]"#, "Engineers Ünion"),
    (r#"members.type eq "User""#, "Engineers Ünion"),
    (r#"not (members.value eq "{ada}")"#, "Ünion Nobody"),
    (r#"members.value ne "{ada}""#, "Ünion Nobody"),
    ("members pr", "Engineers Ünion"),
    ("not (members pr)", "Nobody"),
    (r#"members eq "nobody""#, ""),
    (r#"id eq "{Engineers}" and members eq "{ada}""#, "Engineers"),
    (r#"members eq "{ada}" and id eq "{Ünion}""#, ""),
    (r#"meta.resourceType eq "Group""#, "Engineers Ünion Nobody"),
    (r#"urn:ietf:params:scim:schemas:core:2.0:Group:displayName eq "nobody""#, "Nobody"),
    (r#"meta.lastModified gt "2020-01-01T00:00:00Z" and displayName eq "nobody""#, "Nobody"),
];

/// Filters on users that are refused: 400 `invalidFilter`.
const REFUSED: &[&str] = &[
    r#"shoeSize eq "42""#,
    r#"name.shoeSize eq "42""#,
    r#"urn:nobody:userName eq "ada""#,
    r#"members eq "x""#,
    r#"password eq "secret""#,
    "password pr",
    r#"groups.$ref eq "x""#,
    r#"name eq "Ada""#,
    "addresses eq \"x\"",
    r#"active gt true"#,
    r#"active co "tr""#,
    r#"active eq "yes""#,
    r#"meta.created co "2026""#,
    r#"meta.created gt "yesterday""#,
    r#"x509Certificates.value co "MII""#,
    "title gt null",
    r#"title zz "x""#,
    "title eq",
    "title",
    "eq \"x\"",
    r#"title eq "x"#,
    r#"(title eq "x""#,
    r#"title eq "x")"#,
    r#"emails[type eq "work""#,
    r#"emails[emails[type eq "work"]]"#,
    r#"emails[shoeSize eq "42"]"#,
    r#"userName[value eq "x"]"#,
    r#"title eq "x" and"#,
    r#"title eq "x" userName eq "y""#,
    r#"userName eq "a\u0000b""#,
    "userName eq \"a\0b\"",
    "",
];

on_both! {
    async fn each_filter_finds_exactly_the_users_it_describes(server) {
        let names = population(&server).await;
        check(&server, "/Users", "userName", &names, USERS).await;
    }

    async fn each_filter_finds_exactly_the_groups_it_describes(server) {
        let names = population(&server).await;
        check(&server, "/Groups", "displayName", &names, GROUPS).await;
    }

    /// RFC 7644 §3.4.2.2: what is not understood is refused, never an unfiltered list.
    async fn a_filter_that_makes_no_sense_is_refused(server) {
        population(&server).await;
        let nested = |depth: usize| format!("{}title pr{}", "(".repeat(depth), ")".repeat(depth));
        let terms = |count: usize| vec!["title pr"; count].join(" or ");
        let long = format!("title eq \"{}\"", "x".repeat(16 * 1024));
        let refused = REFUSED.iter().map(|filter| (*filter).to_owned());
        let mut wrong = Vec::new();
        for filter in refused.chain([nested(33), nested(10_000), terms(257), long]) {
            let reply = search(&server, "/Users", &filter).await;
            if (reply.status.as_u16(), reply.scim_type()) != (400, "invalidFilter") {
                wrong.push(format!("{}: {} {}", shortened(&filter), reply.status, reply.body));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));

        for filter in [nested(32), terms(256)] {
            let reply = search(&server, "/Users", &filter).await.expect(200);
            assert_eq!(reply.body["totalResults"], 2, "{}", shortened(&filter));
        }
    }
}

/// The last moment that .NET knows; Microsoft's tools use it for "no upper bound" (Entra E23).
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_last_moment_of_the_year_9999_is_a_time() {
    let server = Server::start(crate::support::Database::Sqlite).await;
    let reply = search(&server, "/Users", r#"meta.lastModified le "9999-12-31T23:59:59.9999999Z""#).await;
    reply.expect(200);
}

/// Everything that the tables speak of, and the names in them that stand for something.
async fn population(server: &Server) -> Vec<(String, String)> {
    let bob = json!({
        "userName": "bob", "externalId": "e-1", "active": false, "name": { "givenName": "Bob", "familyName": "Émile" },
        "emails": [{ "value": "bob@home.example", "type": "home" }], "roles": [{ "value": "standard_user" }],
        ENTERPRISE: { "department": "Émaillerie" },
    });
    let mut ids = vec![];
    let ada = server.post("/Users", json!({ "userName": "ada" })).await.expect(201);
    ids.push(("bob".to_owned(), server.post("/Users", bob).await.expect(201).id()));
    let full = json!({
        "userName": "ada", "externalId": "E-1", "name": { "givenName": "Ada", "familyName": "Lovelace" },
        "displayName": "Ada Lovelace", "title": "Analyst",
        "emails": [{ "value": "ada@home.example", "type": "home" },
                   { "value": "ada@work.example", "type": "work", "primary": true }],
        "addresses": [{ "type": "work", "locality": "London", "postalCode": "SW1Y 4JH" }],
        "phoneNumbers": [{ "type": "mobile", "value": "+44 20 7946 0000" }],
        ENTERPRISE: { "department": "Engines", "employeeNumber": "0042", "manager": { "value": ids[0].1 } },
    });
    server.put(&format!("/Users/{}", ada.id()), full).await.expect(200);
    let wild = json!({ "userName": "wild", "displayName": "100%_sure\\x", "title": "a \"quote\"" });
    ids.push(("wild".to_owned(), server.post("/Users", wild).await.expect(201).id()));
    let zoe = json!({ "userName": "zoë", "displayName": "ÉCOLE" });
    ids.push(("zoë".to_owned(), server.post("/Users", zoe).await.expect(201).id()));

    let members = |ids: &[&str]| ids.iter().map(|id| json!({ "value": id })).collect::<Value>();
    let engineers =
        json!({ "displayName": "Engineers", "externalId": "G-1", "members": members(&[&ada.id(), &ids[0].1]) });
    ids.push(("Engineers".to_owned(), server.post("/Groups", engineers).await.expect(201).id()));
    let zoe = ids[2].1.clone();
    ids.push(("Ünion".to_owned(), server.group("Ünion", &[zoe]).await));
    server.group("Nobody", &[]).await;

    let created = ada.body["meta"]["created"].as_str().expect("a time").to_owned();
    let more = [
        ("ada", ada.id()),
        ("ADA", ada.id().to_uppercase()),
        ("ada.tail", ada.id()[24..].to_owned()),
        ("created", created),
        ("EU", ENTERPRISE.to_owned()),
    ];
    ids.extend(more.map(|(name, value)| (name.to_owned(), value)));
    ids
}

async fn check(server: &Server, path: &str, name: &str, names: &[(String, String)], table: &[(&str, &str)]) {
    let mut wrong = Vec::new();
    for (filter, expected) in table {
        let filled = names
            .iter()
            .fold((*filter).to_owned(), |filter, (name, value)| filter.replace(&format!("{{{name}}}"), value));
        let reply = search(server, path, &filled).await;
        let found: Vec<&str> = match reply.body["Resources"].as_array() {
            Some(resources) => resources.iter().filter_map(|resource| resource[name].as_str()).collect(),
            None => vec![reply.scim_type(), reply.body["detail"].as_str().unwrap_or_default()],
        };
        if found.join(" ") != *expected {
            wrong.push(format!("{filter}: expected [{expected}], found [{}]", found.join(" ")));
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

async fn search(server: &Server, path: &str, filter: &str) -> Reply {
    let body = json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "filter": filter });
    crate::support::send(server.request(Method::POST, &format!("{path}/.search")).json(&body)).await
}

fn shortened(text: &str) -> String {
    text.chars().take(80).collect()
}
