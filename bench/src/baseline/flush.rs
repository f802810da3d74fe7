//! What one flush costs on this disk now: it differs a hundredfold from one second to the next on a shared machine.

use crate::drive::{micros, percentile};
use crate::failure::Result;
use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::{Duration, Instant};

/// The median of writing a page in place and flushing it, in microseconds.
pub fn flush_micros(folder: &Path, time: Duration) -> Result<f64> {
    let path = folder.join(format!("flush-{}", std::process::id()));
    let file = File::create(&path)?;
    let page = [7; 4_096];
    for place in 0..64 {
        file.write_all_at(&page, place * 4_096)?;
    }
    file.sync_all()?;
    let begun = Instant::now();
    let mut latencies = Vec::new();
    for place in (0..64).cycle() {
        let flushing = Instant::now();
        file.write_all_at(&page, place * 4_096)?;
        file.sync_data()?;
        latencies.push(micros(flushing.elapsed()));
        if begun.elapsed() > time {
            break;
        }
    }
    fs::remove_file(&path)?;
    latencies.sort_by(f64::total_cmp);
    Ok(percentile(&latencies, 0.5))
}
