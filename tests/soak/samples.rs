//! What the host holds and keeps, over time, and whether it stays as it is.

use std::fmt;
use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

const MIB: f64 = 1024.0 * 1024.0;

/// One look.
pub(crate) struct Sample {
    at: Duration,
    /// In the order of [`ROWS`].
    values: [f64; 5],
}

/// What is looked at: its name, its unit, and how much more than in the first two thirds of the time it may
/// be in the last one, as a part and as an amount.
const ROWS: [(&str, &str, f64, f64); 5] = [
    // Allocators keep what was once used; a leak of a kilobyte a push would be hundreds of MiB.
    ("resident memory", "MiB", 0.2, 16.0),
    // Connections come and go with lives of the host; a leak is one a push or one a life.
    ("open files", "files", 0.0, 16.0),
    // Rows of runs and dead letters that are kept by their number differ in size.
    ("database", "MiB", 0.15, 8.0),
    // The store copies its log at 16 MiB, and what comes before the copy is done comes on top.
    ("log of the database", "MiB", 0.5, 16.0),
    ("compiled components", "MiB", 0.0, 0.1),
];

impl Sample {
    pub(crate) fn of(process: u32, data: &Path, at: Duration) -> Result<Self> {
        let status = fs::read_to_string(format!("/proc/{process}/status"))?;
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let resident = resident.and_then(|line| line.split_whitespace().next());
        let resident: f64 = resident.context("memory is read on Linux only")?.parse()?;
        let files = fs::read_dir(format!("/proc/{process}/fd"))?.count();
        #[expect(clippy::cast_precision_loss, reason = "some thousands")]
        let files = files as f64;
        let file = |name: &str| size(&data.join(name));
        let values = [
            resident / 1024.0,
            files,
            file("bugle.db") / MIB,
            file("bugle.db-wal") / MIB,
            file("cache") / MIB,
        ];
        Ok(Self { at, values })
    }
}

/// The bytes of a file, or of all in a folder; none if it is not there.
fn size(path: &Path) -> f64 {
    let Ok(metadata) = fs::metadata(path) else { return 0.0 };
    if metadata.is_dir() {
        let entries = fs::read_dir(path).into_iter().flatten().flatten();
        return entries.map(|entry| size(&entry.path())).sum();
    }
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    let bytes = metadata.len() as f64;
    bytes
}

/// One thing that was looked at, over time.
struct Row {
    name: &'static str,
    unit: &'static str,
    /// Least, middle and most of each third of the time.
    thirds: [[f64; 3]; 3],
    /// By how much it rises in a minute, by the last two thirds.
    slope: f64,
    max: f64,
}

/// All of it.
pub(crate) struct Report(Vec<Row>);

impl Report {
    pub(crate) fn of(samples: &[Sample]) -> Self {
        let rows = ROWS.iter().enumerate().map(|(at, (name, unit, part, amount))| {
            let third = |number: usize| {
                let from = samples.len() * number / 3;
                let to = samples.len() * (number + 1) / 3;
                let values = samples[from..to].iter().map(|sample| sample.values[at]);
                spread(values.collect())
            };
            let thirds = [third(0), third(1), third(2)];
            let before = thirds[0][2].max(thirds[1][2]);
            let later = &samples[samples.len() / 3..];
            let slope = slope(later.iter().map(|sample| (minutes(sample.at), sample.values[at])));
            Row { name, unit, thirds, slope, max: before * (1.0 + part) + amount }
        });
        Self(rows.collect())
    }

    /// # Errors
    ///
    /// Something rises.
    pub(crate) fn verdict(&self) -> Result<()> {
        let risen = self.0.iter().filter(|row| !row.is_flat()).map(|row| row.name);
        let risen: Vec<&str> = risen.collect();
        ensure!(risen.is_empty(), "not flat: {}", risen.join(", "));
        Ok(())
    }
}

impl Row {
    fn is_flat(&self) -> bool {
        // What was not measured is not flat.
        self.thirds[2][2] <= self.max
    }
}

fn minutes(time: Duration) -> f64 {
    time.as_secs_f64() / 60.0
}

fn spread(mut values: Vec<f64>) -> [f64; 3] {
    values.sort_by(f64::total_cmp);
    let at = |at: usize| values.get(at).copied().unwrap_or(f64::NAN);
    [at(0), at(values.len() / 2), at(values.len().saturating_sub(1))]
}

/// Of the straight line that is nearest to all points.
fn slope(points: impl Iterator<Item = (f64, f64)> + Clone) -> f64 {
    let (mut count, mut x_sum, mut y_sum) = (0.0, 0.0, 0.0);
    for (x, y) in points.clone() {
        count += 1.0;
        x_sum += x;
        y_sum += y;
    }
    let (mut both, mut square) = (0.0, 0.0);
    for (x, y) in points {
        both += (x - x_sum / count) * (y - y_sum / count);
        square += (x - x_sum / count).powi(2);
    }
    both / square
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let thirds = ["first third", "second third", "last third"];
        write!(f, "{:<20} {:<5}", "what", "unit")?;
        for third in thirds {
            write!(f, " {third:>22}")?;
        }
        writeln!(f, " {:>9} {:>9}", "a minute", "at most")?;
        for row in &self.0 {
            write!(f, "{:<20} {:<5}", row.name, row.unit)?;
            for [least, middle, most] in row.thirds {
                write!(f, " {:>22}", format!("{least:.1} {middle:.1} {most:.1}"))?;
            }
            let flat = if row.is_flat() { "" } else { "  not flat" };
            writeln!(f, " {:>+9.2} {:>9.1}{flat}", row.slope, row.max)?;
        }
        Ok(())
    }
}
