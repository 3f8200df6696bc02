use serde::Serialize;

/// One thing that was measured.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Figure {
    name: String,
    value: f64,
    unit: &'static str,
    /// What it should be; none if it is for orientation.
    target: Option<String>,
    holds: bool,
}

#[derive(Debug, Default)]
pub(crate) struct Figures(pub(crate) Vec<Figure>);

impl Figures {
    /// For orientation.
    pub(crate) fn note(&mut self, name: impl Into<String>, value: f64, unit: &'static str) {
        let name = name.into();
        self.add(Figure { name, value, unit, target: None, holds: true });
    }

    pub(crate) fn at_most(
        &mut self,
        name: impl Into<String>,
        value: f64,
        unit: &'static str,
        max: f64,
    ) {
        let name = name.into();
        let target = Some(format!("<= {max}"));
        self.add(Figure { name, value, unit, target, holds: value <= max });
    }

    pub(crate) fn at_least(
        &mut self,
        name: impl Into<String>,
        value: f64,
        unit: &'static str,
        min: f64,
    ) {
        let name = name.into();
        let target = Some(format!(">= {min}"));
        self.add(Figure { name, value, unit, target, holds: value >= min });
    }

    fn add(&mut self, figure: Figure) {
        eprintln!("{}", line(&figure));
        self.0.push(figure);
    }

    pub(crate) fn all_hold(&self) -> bool {
        self.0.iter().all(|figure| figure.holds)
    }

    pub(crate) fn print(&self) {
        println!("{:<58} {:>12} {:<6} {:<9}", "what", "value", "unit", "target");
        self.0.iter().for_each(|figure| println!("{}", line(figure)));
    }
}

fn line(figure: &Figure) -> String {
    let target = figure.target.as_deref().unwrap_or("-");
    let holds = if figure.holds { "" } else { "missed" };
    let Figure { name, value, unit, .. } = figure;
    format!("{name:<58} {value:>12.2} {unit:<6} {target:<9} {holds}").trim_end().to_owned()
}

/// The value below which a share of the sorted samples lies.
pub(crate) fn quantile(samples: &mut [f64], share: f64) -> f64 {
    samples.sort_by(f64::total_cmp);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "an index among some thousands"
    )]
    let at = (samples.len() as f64 * share) as usize;
    samples.get(at.min(samples.len().saturating_sub(1))).copied().unwrap_or(f64::NAN)
}
