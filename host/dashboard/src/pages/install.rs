//! Where an app is dropped.

use maud::{Markup, html};

pub(crate) fn install() -> Markup {
    html! {
        h1 { "Install" }
        p {
            "An app is a folder with a " code { "bugle.toml" } " and the components that it names. "
            "A component by itself becomes an app with one task and the channel " code { "inbox" } "."
        }
        div.drop id="drop" {
            p { "Drop a folder or a " code { ".wasm" } " file here, or choose one:" }
            p.buttons {
                label { "Folder " input type="file" id="folder" webkitdirectory multiple; }
                label { "File " input type="file" id="file" accept=".wasm,application/wasm"; }
            }
        }
        output.answer id="answer" {}
    }
}
