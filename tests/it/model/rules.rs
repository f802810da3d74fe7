//! Rules of a connection: routing to organizations, roles and groups from attributes.

use super::*;
use crate::support::on_both;

on_both! {
    /// E-39, E-40: the first rule that matches places the user; the attribute beats the rule; without either the fallback.
    async fn rules_route_in_order_and_the_attribute_beats_them(server) {
        let sales = organization(&server, "Sales").await;
        let support = organization(&server, "Support").await;
        server.configure(move |connection| {
            connection.rules.rules = vec![rule("S", gives_organization(sales)), rule("S", gives_organization(support))];
        }).await;
        let ada = server.post("/Users", in_department("ada", "S")).await.expect(201);
        assert_eq!(ada.body[XU]["organization"], "Sales");
        let mut named = in_department("bob", "S");
        named[XU] = json!({ "organization": "Support" });
        let bob = server.post("/Users", named).await.expect(201);
        assert_eq!(bob.body[XU]["organization"], "Support");
        let cy = server.post("/Users", in_department("cy", "T")).await.expect(201);
        assert_eq!(place(&server, &cy.id()).await["organization"], "Default");
        // A PATCH of something else leaves the attribute's word alone.
        let title = json!([{ "op": "replace", "path": "title", "value": "Dr" }]);
        let reply = server.patch(&format!("/Users/{}", bob.id()), title).await.expect(200);
        assert_eq!(reply.body[XU]["organization"], "Support");
        // And without the attribute the rule places him.
        let put = server.put(&format!("/Users/{}", bob.id()), in_department("bob", "S")).await.expect(200);
        assert_eq!(put.body[XU]["organization"], "Sales");
    }

    /// E-39: what a rule gave and no longer gives is withdrawn, what others gave stays: organization, roles, groups.
    async fn a_grant_ends_with_its_rule_and_others_stay(server) {
        let sales = organization(&server, "Sales").await;
        let field = server.group("Field", &[]).await;
        let club = server.group("Club", &[]).await;
        let given = gives_group(&field);
        server.configure(move |connection| {
            let set = RuleSet {
                organization: Some(sales), roles: vec!["finance_admin".to_owned()], ..given.clone()
            };
            connection.role_ceiling = RoleCeiling::FinanceAdmin;
            connection.rules.rules = vec![rule("S", set)];
        }).await;
        let mut body = in_department("ada", "S");
        body["roles"] = roles(&["User"]);
        body[XU] = json!({ "memberships": [{ "value": club }] });
        let ada = server.post("/Users", body).await.expect(201).id();
        let path = format!("/Users/{ada}");
        assert_eq!(effective(&server, &ada).await, ["standard_user", "finance_admin"]);
        assert_eq!(groups_of(&server, &ada).await, ["Club*", "Field"]);
        assert_eq!(place(&server, &ada).await["organization"], "Sales");

        server.patch(&path, department("T")).await.expect(200);
        assert_eq!(effective(&server, &ada).await, ["standard_user"]);
        assert_eq!(groups_of(&server, &ada).await, ["Club*"]);
        assert_eq!(place(&server, &ada).await["organization"], "Default");

        server.patch(&path, department("S")).await.expect(200);
        // The push gives one of the two as well: then it stays when the rule goes.
        server.patch(&format!("/Groups/{field}"), add_member(&ada)).await.expect(200);
        server.patch(&path, set("organization", json!("Sales"))).await.expect(200);
        server.patch(&path, department("T")).await.expect(200);
        assert_eq!(groups_of(&server, &ada).await, ["Club*", "Field"]);
    }

    /// E-39: a rule that is no more takes what it gave with it when the user is written next, and nothing before.
    async fn a_retired_rule_takes_its_grants_with_it(server) {
        let sales = organization(&server, "Sales").await;
        let field = server.group("Field", &[]).await;
        let mut given = gives_group(&field);
        given.organization = Some(sales);
        given.roles = vec!["standard_user".to_owned()];
        server.configure(move |connection| connection.rules.rules = vec![rule("S", given.clone())]).await;
        let ada = server.post("/Users", in_department("ada", "S")).await.expect(201).id();
        let path = format!("/Users/{ada}");
        server.configure(|connection| {
            let retired: Vec<_> = connection.rules.rules.drain(..).map(|rule| rule.id).collect();
            connection.rules.retired = retired;
        }).await;
        assert_eq!(groups_of(&server, &ada).await, ["Field*"]);
        server.patch(&path, json!([{ "op": "replace", "path": "title", "value": "Dr" }])).await.expect(200);
        assert_eq!(groups_of(&server, &ada).await, ["Default*"]);
        let place = place(&server, &ada).await;
        assert_eq!((&place["organization"], place.get("effectiveRoles")), (&json!("Default"), None));
    }

    /// E-39, A-15, A-17: a rule gives flags and a primary group to a new membership, and takes nothing back that was
    /// set later.
    async fn a_rule_gives_flags_and_primary_at_the_beginning(server) {
        let field = server.group("Field", &[]).await;
        let club = server.group("Club", &[]).await;
        let (group, other) = (field.clone(), club.clone());
        server.configure(move |connection| {
            let mut set = gives_group(&group);
            set.groups[0].group_admin = Some(true);
            set.groups[0].can_send = Some(false);
            set.groups.extend(gives_group(&other).groups);
            set.primary_group = Some(other.parse().expect("an id"));
            connection.rules.rules = vec![rule("S", set)];
        }).await;
        let ada = server.post("/Users", in_department("ada", "S")).await.expect(201).id();
        let path = format!("/Users/{ada}");
        let of = |name: &str, flags: [bool; 3]| (name.to_owned(), flags[0], flags[1], flags[2]);
        assert_eq!(memberships(&server, &ada).await, [of("Club", [true, false, true]), of("Field", [false, true, false])]);
        server.patch(&path, set("primaryGroup", json!("Field"))).await.expect(200);
        let sends = format!("{XU}:memberships[value eq \"{field}\"].canSend");
        server.patch(&path, json!([{ "op": "replace", "path": sends, "value": true }])).await.expect(200);
        server.patch(&path, json!([{ "op": "replace", "path": "title", "value": "Dr" }])).await.expect(200);
        assert_eq!(memberships(&server, &ada).await, [of("Club", [false, false, true]), of("Field", [true, true, true])]);
    }

    /// E-39, A-15: flags follow the rules when another rule gives the same membership, but for what somebody else has set.
    async fn flags_change_hands_with_the_rules(server) {
        let field = server.group("Field", &[]).await;
        let group = field.clone();
        server.configure(move |connection| {
            let mut leads = gives_group(&group);
            leads.groups[0].group_admin = Some(true);
            connection.rules.rules = vec![rule("Leads", leads), rule("Staff", gives_group(&group))];
        }).await;
        let ada = server.post("/Users", in_department("ada", "Leads")).await.expect(201).id();
        let path = format!("/Users/{ada}");
        let field_is = |admin, sends| [("Field".to_owned(), true, admin, sends)];
        assert_eq!(memberships(&server, &ada).await, field_is(true, true));
        server.patch(&path, department("Staff")).await.expect(200);
        assert_eq!(memberships(&server, &ada).await, field_is(false, true), "who is demoted is no group admin any more");
        server.patch(&path, department("Leads")).await.expect(200);
        assert_eq!(memberships(&server, &ada).await, field_is(true, true), "who is promoted becomes one");
        // What somebody else sets stays; the other flag goes on following.
        let sends = format!("{XU}:memberships[value eq \"{field}\"].canSend");
        server.patch(&path, json!([{ "op": "replace", "path": sends, "value": false }])).await.expect(200);
        server.patch(&path, department("Staff")).await.expect(200);
        assert_eq!(memberships(&server, &ada).await, field_is(false, false));
    }

    /// E-39: a membership that others give, too, loses the flags of the rule with it.
    async fn flags_end_with_the_rule_that_gave_them(server) {
        let field = server.group("Field", &[]).await;
        let group = field.clone();
        server.configure(move |connection| {
            let mut leads = gives_group(&group);
            leads.groups[0].group_admin = Some(true);
            connection.rules.rules = vec![rule("Leads", leads)];
        }).await;
        let ada = server.post("/Users", in_department("ada", "Leads")).await.expect(201).id();
        server.patch(&format!("/Groups/{field}"), add_member(&ada)).await.expect(200);
        server.patch(&format!("/Users/{ada}"), department("Staff")).await.expect(200);
        assert_eq!(memberships(&server, &ada).await, [("Field".to_owned(), true, false, true)]);
    }

    /// E-39: what a rule says of the organization holds in later pushes that say nothing of it.
    async fn a_rule_knows_the_organization_that_was_pushed_before(server) {
        organization(&server, "Sales").await;
        let field = server.group("Field", &[]).await;
        server.configure(move |connection| {
            let when = format!("{XU}:organization eq \"Sales\"");
            connection.rules.rules = vec![Rule { when, ..rule("Sales", gives_group(&field)) }];
        }).await;
        let body = json!({ "userName": "ada", XU: { "organization": "Sales" } });
        let ada = server.post("/Users", body).await.expect(201).id();
        let title = json!([{ "op": "replace", "path": "title", "value": "Dr" }]);
        server.patch(&format!("/Users/{ada}"), title).await.expect(200);
        assert_eq!(groups_of(&server, &ada).await, ["Field*"]);
    }

    /// E-39, E-20: a push that changes nothing moves nothing, also where rules give everything.
    async fn rules_that_give_the_same_again_move_nothing(server) {
        let sales = organization(&server, "Sales").await;
        let field = server.group("Field", &[]).await;
        server.configure(move |connection| {
            let mut set = gives_group(&field);
            set.organization = Some(sales);
            set.roles = vec!["standard_user".to_owned()];
            connection.rules.rules = vec![rule("S", set)];
        }).await;
        let ada = server.post("/Users", in_department("ada", "S")).await.expect(201);
        let path = format!("/Users/{}", ada.id());
        let before = everything(&server, &path).await;
        server.put(&path, in_department("ada", "S")).await.expect(200);
        same(&before, &everything(&server, &path).await);
        server.patch(&path, department("S")).await.expect(200);
        same(&before, &everything(&server, &path).await);
        server.put(&path, server.get(&path).await.body).await.expect(200);
        same(&before, &everything(&server, &path).await);
        // Sent back whole, what the rule gave is still the rule's.
        server.patch(&path, department("T")).await.expect(200);
        let place = place(&server, &ada.id()).await;
        assert_eq!((&place["organization"], place.get("effectiveRoles")), (&json!("Default"), None));
    }

    /// E-39: rules count for every way of writing: Bulk, and a rehire.
    async fn rules_hold_in_a_bulk_request(server) {
        let sales = organization(&server, "Sales").await;
        server.configure(move |connection| connection.rules.rules = vec![rule("S", gives_organization(sales))]).await;
        let operations = json!([
            { "method": "POST", "path": "/Users", "bulkId": "a", "data": in_department("ada", "S") },
            { "method": "POST", "path": "/Users", "bulkId": "b", "data": in_department("bob", "T") },
        ]);
        let bulk = json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": operations });
        server.post("/Bulk", bulk).await.expect(200);
        let found = server.find("/Users", &format!("{XU}:organization eq \"Sales\"")).await;
        assert_eq!((found.resources().len(), &found.resources()[0]["userName"]), (1, &json!("ada")));
    }

    /// E-39, A-03: in one-group mode with several rules a user is in one group, and a repeated push moves nothing.
    async fn rules_agree_with_one_group_mode(server) {
        server.policies(&[("groups.mode", "single")]).await;
        let one = server.group("One", &[]).await;
        let two = server.group("Two", &[]).await;
        server.configure(move |connection| {
            connection.rules.rules = vec![rule("S", gives_group(&one)), rule("S", gives_group(&two))];
        }).await;
        let ada = server.post("/Users", in_department("ada", "S")).await.expect(201).id();
        let path = format!("/Users/{ada}");
        let before = everything(&server, &path).await;
        assert_eq!(groups_of(&server, &ada).await.len(), 1);
        server.put(&path, in_department("ada", "S")).await.expect(200);
        same(&before, &everything(&server, &path).await);
    }

    /// E-29, E-39: a rule that gives an archived group keeps nobody from working who is in it.
    async fn a_rule_for_an_archived_group_refuses_newcomers_only(server) {
        let field = server.group("Field", &[]).await;
        let given = gives_group(&field);
        server.configure(move |connection| connection.rules.rules = vec![rule("S", given.clone())]).await;
        let ada = server.post("/Users", in_department("ada", "S")).await.expect(201).id();
        server.patch(&format!("/Groups/{field}"), set_group("archived", json!(true))).await.expect(200);
        server.patch(&format!("/Users/{ada}"), json!([{ "op": "replace", "path": "title", "value": "Dr" }])).await.expect(200);
        refused(&server.post("/Users", in_department("bob", "S")).await, 400, "group_archived");
    }
}
