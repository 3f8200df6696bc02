//! A flame graph: a row a depth, a box as wide as the fuel of the calls that it stands for.

use std::fmt::Write as _;

use crate::Profile;

const WIDTH: f64 = 1_200.0;
const ROW: usize = 18;
/// Above the rows: the title and the whole.
const HEAD: usize = 34;
/// About the width of a letter at the size of the labels.
const LETTER: f64 = 6.6;
/// A narrower box cannot be seen, nor what is in it.
const BOX_MIN: f64 = 0.2;

/// A call, from wherever it came by the same way.
#[derive(Debug, Default)]
struct Call<'a> {
    name: &'a str,
    fuel: u64,
    calls: Vec<Call<'a>>,
}

impl<'a> Call<'a> {
    fn add(&mut self, stack: &'a [String], fuel: u64) {
        self.fuel += fuel;
        let Some((name, rest)) = stack.split_first() else { return };
        // Stacks are in order, so that the same call is the last one.
        if self.calls.last().is_none_or(|call| call.name != name) {
            self.calls.push(Call { name, ..Call::default() });
        }
        if let Some(call) = self.calls.last_mut() {
            call.add(rest, fuel);
        }
    }

    fn depth(&self) -> usize {
        1 + self.calls.iter().map(Call::depth).max().unwrap_or(0)
    }
}

/// Where boxes are drawn: how wide a unit of fuel is, and what all of it is.
struct Canvas {
    svg: String,
    fuel: u64,
}

#[expect(clippy::cast_precision_loss, reason = "a picture has some thousand points")]
fn part(fuel: u64, of: u64) -> f64 {
    fuel as f64 / of.max(1) as f64
}

impl Canvas {
    fn draw(&mut self, call: &Call<'_>, left: f64, depth: usize) {
        let width = part(call.fuel, self.fuel) * WIDTH;
        if width < BOX_MIN {
            return;
        }
        let top = HEAD + depth * ROW;
        let name = escaped(call.name);
        let percent = part(call.fuel, self.fuel) * 100.0;
        let _ = write!(
            self.svg,
            "<g><title>{name}: {} units of fuel, {percent:.1} %</title>\
             <rect x=\"{left:.1}\" y=\"{top}\" width=\"{width:.1}\" height=\"{}\" fill=\"{}\"/>",
            call.fuel,
            ROW - 1,
            colour(call.name)
        );
        if let Some(label) = label(call.name, width) {
            let (x, y, label) = (left + 3.0, top + 13, escaped(&label));
            let _ = write!(self.svg, "<text x=\"{x:.1}\" y=\"{y}\">{label}</text>");
        }
        self.svg.push_str("</g>\n");
        let mut left = left;
        for inner in &call.calls {
            self.draw(inner, left, depth + 1);
            left += part(inner.fuel, self.fuel) * WIDTH;
        }
    }
}

pub(crate) fn graph(profile: &Profile, title: &str) -> String {
    let mut all = Call { name: "all", ..Call::default() };
    for (stack, fuel) in &profile.stacks {
        all.add(stack, *fuel);
    }
    let height = HEAD + all.depth() * ROW + 8;
    let mut canvas = Canvas { svg: String::new(), fuel: all.fuel };
    let title = escaped(title);
    let _ = write!(
        canvas.svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" \
         font-family=\"monospace\" font-size=\"11\">\n\
         <style>g:hover rect{{stroke:#000}}text{{pointer-events:none}}</style>\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n\
         <text x=\"3\" y=\"20\" font-size=\"14\">{title}: {} units of fuel</text>\n",
        all.fuel
    );
    canvas.draw(&all, 0.0, 0);
    canvas.svg.push_str("</svg>\n");
    canvas.svg
}

/// As much of a name as a box has room for, its end: that is what tells functions apart.
fn label(name: &str, width: f64) -> Option<String> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most 200")]
    let room = ((width - 6.0) / LETTER).max(0.0) as usize;
    let count = name.chars().count();
    if count <= room {
        return Some(name.to_owned());
    }
    let kept: String = name.chars().skip(count - room.checked_sub(1)?).collect();
    (room > 3).then(|| format!("…{kept}"))
}

/// A warm colour that a name has in every picture.
fn colour(name: &str) -> String {
    let mix = name.bytes().fold(7_u32, |mix, byte| mix.wrapping_mul(31) ^ u32::from(byte));
    format!("hsl({},80%,{}%)", mix % 50, 62 + mix / 64 % 14)
}

/// A text that is no markup.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in bugle::plain(text).chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::tests::profile;

    #[test]
    fn a_box_is_as_wide_as_its_fuel() {
        let svg = profile(&[("run", 25), ("run;Vec<T>::push", 75)]).flame_graph("mail & more");
        assert!(svg.contains("mail &amp; more: 100 units of fuel"));
        let push = svg.lines().find(|line| line.contains("Vec&lt;T&gt;::push: 75")).expect("a box");
        assert!(push.contains("width=\"900.0\"") && push.contains("75.0 %"), "{push}");
    }

    #[test]
    fn labels_keep_their_end() {
        assert_eq!(label("mail::read", 200.0).as_deref(), Some("mail::read"));
        assert_eq!(label("mail::inbox::read", 60.0).as_deref(), Some("…x::read"));
        assert_eq!(label("mail::read", 12.0), None);
    }
}
