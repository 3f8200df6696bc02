//! Small plots, as SVG of rectangles.

use maud::{Markup, html};

/// Of one bar, in units of the picture.
const BAR: usize = 8;
const HEIGHT: u64 = 48;

/// Bars from the oldest to the newest; the second part of each is drawn over the first, and is a part of it.
/// `about` is what the picture shows, in words, for who does not see it.
pub(crate) fn bars(about: &str, bars: &[(u64, u64)]) -> Markup {
    let most = bars.iter().map(|(all, _)| *all).max().unwrap_or(0).max(1);
    let high = |value: u64| {
        let high = u128::from(value) * u128::from(HEIGHT) / u128::from(most);
        let high = u64::try_from(high).unwrap_or(HEIGHT);
        // What is not nothing is seen.
        if value > 0 { high.max(1) } else { 0 }
    };
    let view = format!("0 0 {} {HEIGHT}", bars.len() * BAR);
    html! {
        svg.plot role="img" aria-label=(about) viewBox=(view) preserveAspectRatio="none" {
            @for (at, (all, part)) in bars.iter().enumerate() {
                (bar("all", at, high(*all)))
                (bar("part", at, high(*part)))
            }
        }
    }
}

fn bar(class: &str, at: usize, height: u64) -> Markup {
    html! {
        @if height > 0 {
            rect class=(class) x=(at * BAR + 1) width=(BAR - 2) y=(HEIGHT - height) height=(height) {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_as_high_as_what_they_show() {
        let svg = bars("runs", &[(0, 0), (u64::MAX, 1), (u64::MAX / 2, 0)]).into_string();
        assert_eq!(svg.matches("<rect").count(), 3);
        assert!(svg.contains("x=\"9\" width=\"6\" y=\"0\" height=\"48\""), "{svg}");
        assert!(svg.contains("class=\"part\" x=\"9\" width=\"6\" y=\"47\" height=\"1\""), "{svg}");
        assert!(svg.contains("x=\"17\" width=\"6\" y=\"25\" height=\"23\""), "{svg}");
    }
}
