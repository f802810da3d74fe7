//! 1,000 creates in one request, beside single creates.

use crate::bench::Bench;
use crate::drive::{Until, drive, expect};
use crate::failure::Result;
use crate::figures::Beside;
use crate::people::body;

pub fn round(bench: &mut Bench, round: u32) -> Result<()> {
    let mut figures = Vec::new();
    let in_one = bench.pace.bulk;
    for side in &bench.sides {
        let singles = bench.creates(side, 16, bench.until_written(side.users));
        let until = Until { seconds: bench.pace.seconds, calls: (side.users / 10).max(4_000) / u64::from(in_one) };
        let mut slice = drive(&side.server.target, 1, until, |client, _| {
            let operations: Vec<String> = (0..in_one)
                .map(|operation| {
                    let body = body(side.next_number());
                    format!(r#"{{"method":"POST","path":"/Users","bulkId":"b{operation}","data":{body}}}"#)
                })
                .collect();
            let schema = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";
            let body = format!(r#"{{"schemas":["{schema}"],"Operations":[{}]}}"#, operations.join(","));
            expect(client, ("POST", "/Bulk", Some(&body)), &[200], |client| {
                client.contains(r#""status":"201""#)
                    && !client.contains(r#""status":"4"#)
                    && !client.contains(r#""status":"5"#)
            })
        });
        let request = slice.percentile(0.5);
        // From here on an operation counts, not a request.
        let seconds: f64 = slice.latencies.iter().sum::<f64>() / 1e6;
        let per_operation = slice.latencies.iter().map(|time| time / f64::from(in_one));
        slice.latencies = per_operation.collect();
        let mut figure = bench.figure(side, "Bulk of 1,000 creates, per create", 1, round, &slice);
        figure.per_second = f64::from(in_one) * crate::drive::count(slice.latencies.len()) / seconds.max(1e-9);
        let beside = Beside::new("single creates at 16", &singles);
        figures.push(figure.beside(&beside).value("request ms", request / 1e3));
    }
    bench.keep(figures);
    Ok(())
}
