//! A profile in speedscope's file format, which its site and several tools open.

use std::collections::BTreeMap;

use serde_json::json;

use crate::Profile;

pub(crate) fn profile(profile: &Profile, title: &str) -> String {
    let mut frames: BTreeMap<&str, usize> = BTreeMap::new();
    let mut samples = Vec::new();
    for stack in profile.stacks.keys() {
        let sample = stack.iter().map(|name| {
            let next = frames.len();
            *frames.entry(name).or_insert(next)
        });
        samples.push(sample.collect::<Vec<_>>());
    }
    let mut names: Vec<(&str, usize)> = frames.into_iter().collect();
    names.sort_by_key(|(_, at)| *at);
    let frames: Vec<_> = names.into_iter().map(|(name, _)| json!({ "name": name })).collect();
    let document = json!({
        "$schema": "https://www.speedscope.app/file-format-schema.json",
        "name": title,
        "exporter": concat!("bugle ", env!("CARGO_PKG_VERSION")),
        "shared": { "frames": frames },
        "profiles": [{
            "type": "sampled",
            "name": title,
            // The format knows no fuel; a count is a count.
            "unit": "none",
            "startValue": 0,
            "endValue": profile.fuel,
            "samples": samples,
            "weights": profile.stacks.values().collect::<Vec<_>>(),
        }],
    });
    document.to_string()
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use crate::profile::tests::profile;

    #[test]
    fn weights_are_fuel_and_add_up() {
        let text = profile(&[("run", 4), ("run;walk", 3)]).speedscope("mail");
        let json: Value = serde_json::from_str(&text).expect("it is JSON");
        let profile = &json["profiles"][0];
        assert_eq!(json["shared"]["frames"][1]["name"], "walk");
        assert_eq!(profile["samples"].to_string(), "[[0],[0,1]]");
        assert_eq!(profile["weights"].to_string(), "[4,3]");
        assert_eq!(profile["endValue"], 7);
    }
}
