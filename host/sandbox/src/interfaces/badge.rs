use bugle_task::{Glyph, Mark};
use wasmtime::StoreContextMut;
use wasmtime::component::LinkerInstance;

use crate::bindings::bugle::task::badge as wit;
use crate::meter::charge;
use crate::state::State;

pub(super) fn add(instance: &mut LinkerInstance<'_, State>) -> wasmtime::Result<()> {
    instance.func_wrap("get", |mut store: StoreContextMut<'_, State>, (): ()| {
        charge(&mut store, 0)?;
        Ok((store.data().buffer.badge().map(to_wit),))
    })?;
    instance.func_wrap("set", |mut store: StoreContextMut<'_, State>, (mark,): (wit::Mark,)| {
        charge(&mut store, 0)?;
        store.data_mut().buffer.set_badge(from_wit(mark));
        Ok(())
    })?;
    instance.func_wrap("clear", |mut store: StoreContextMut<'_, State>, (): ()| {
        charge(&mut store, 0)?;
        store.data_mut().buffer.set_badge(None);
        Ok(())
    })
}

/// A number of 0 is no mark.
fn from_wit(mark: wit::Mark) -> Option<Mark> {
    match mark {
        wit::Mark::Number(0) => None,
        wit::Mark::Number(number) => Some(Mark::Number(number)),
        wit::Mark::Glyph(glyph) => {
            GLYPHS.iter().find(|(theirs, _)| *theirs == glyph).map(|(_, ours)| Mark::Glyph(*ours))
        }
    }
}

fn to_wit(mark: Mark) -> wit::Mark {
    let glyph = |glyph| GLYPHS.iter().find(|(_, ours)| *ours == glyph).map(|(theirs, _)| *theirs);
    match mark {
        Mark::Number(number) => wit::Mark::Number(number),
        Mark::Glyph(ours) => {
            wit::Mark::Glyph(glyph(ours).expect("the table has every glyph; a test reads it"))
        }
    }
}

const GLYPHS: [(wit::Glyph, Glyph); 12] = [
    (wit::Glyph::Activity, Glyph::Activity),
    (wit::Glyph::Alarm, Glyph::Alarm),
    (wit::Glyph::Alert, Glyph::Alert),
    (wit::Glyph::Attention, Glyph::Attention),
    (wit::Glyph::Available, Glyph::Available),
    (wit::Glyph::Away, Glyph::Away),
    (wit::Glyph::Busy, Glyph::Busy),
    (wit::Glyph::Error, Glyph::Error),
    (wit::Glyph::NewMessage, Glyph::NewMessage),
    (wit::Glyph::Paused, Glyph::Paused),
    (wit::Glyph::Playing, Glyph::Playing),
    (wit::Glyph::Unavailable, Glyph::Unavailable),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_glyph_comes_back() {
        for (_, glyph) in GLYPHS {
            assert_eq!(from_wit(to_wit(Mark::Glyph(glyph))), Some(Mark::Glyph(glyph)));
        }
        assert_eq!(from_wit(wit::Mark::Number(0)), None);
    }
}
