//! Straight-line stretches of code: what runs to its end once it has begun, unless it traps.

use wasmparser::{FunctionBody, Operator, Result};

/// Code that runs from `start` on without a branch or a call between, as offsets in the component.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stretch {
    pub(super) start: usize,
    pub(super) end: usize,
    /// Whether the engine checks its epoch here by itself: at a function's entry and in loops.
    pub(super) is_checked: bool,
}

/// What comes after an operator.
enum After {
    /// The same stretch.
    Same,
    /// A new one.
    New,
    /// Nothing that can be reached, up to the end of the block around it.
    Nothing,
}

/// The stretches of a function, in the order in which they stand. The first begins at the function's
/// locals, the code that no branch leads to is in none.
pub(super) fn of(body: &FunctionBody<'_>) -> Result<Vec<Stretch>> {
    let mut stretches = Vec::new();
    let start = body.range().start;
    let mut open = Some(Stretch { start, end: start, is_checked: true });
    let mut reader = body.get_operators_reader()?;
    while !reader.eof() {
        let (op, at) = reader.read_with_offset()?;
        let next = reader.original_position();
        match op {
            Operator::Loop { .. } => {
                stretches.extend(ended(open, at));
                open = Some(Stretch { start: at, end: next, is_checked: true });
                continue;
            }
            Operator::Else | Operator::End => stretches.extend(ended(open.take(), at)),
            _ => {}
        }
        match after(&op) {
            After::Same => {}
            After::New => {
                stretches.extend(ended(open, next));
                open = Some(Stretch { start: next, end: next, is_checked: false });
            }
            After::Nothing => stretches.extend(ended(open.take(), next)),
        }
    }
    Ok(stretches)
}

/// A stretch with its end; none if there is nothing in it and nothing tells that it was reached.
fn ended(open: Option<Stretch>, end: usize) -> Option<Stretch> {
    let stretch = open?;
    let is_worth_a_look = stretch.is_checked || end > stretch.start;
    is_worth_a_look.then_some(Stretch { end, ..stretch })
}

fn after(op: &Operator<'_>) -> After {
    match op {
        Operator::If { .. }
        | Operator::Else
        | Operator::End
        | Operator::BrIf { .. }
        | Operator::BrOnNull { .. }
        | Operator::BrOnNonNull { .. }
        | Operator::Call { .. }
        | Operator::CallIndirect { .. }
        | Operator::CallRef { .. } => After::New,
        Operator::Br { .. }
        | Operator::BrTable { .. }
        | Operator::Return
        | Operator::Unreachable
        | Operator::ReturnCall { .. }
        | Operator::ReturnCallIndirect { .. }
        | Operator::ReturnCallRef { .. } => After::Nothing,
        _ => After::Same,
    }
}

#[cfg(test)]
mod tests {
    use wasmparser::{Parser, Payload};

    use super::*;

    /// The stretches of a module's only function, from the first of its operators on: `start..end`,
    /// with `!` where the engine looks by itself.
    fn stretches(text: &str) -> String {
        let module = wat::parse_str(format!("(module (func (param i32) {text}))"));
        let module = module.expect("the test's module is text");
        for payload in Parser::new(0).parse_all(&module) {
            if let Payload::CodeSectionEntry(body) = payload.expect("the module is sound") {
                let from = body.range().start;
                let shown = of(&body).expect("the body is sound").into_iter().map(|stretch| {
                    let mark = if stretch.is_checked { "!" } else { "" };
                    format!("{}..{}{mark}", stretch.start - from, stretch.end - from)
                });
                return shown.collect::<Vec<_>>().join(" ");
            }
        }
        String::new()
    }

    #[test]
    fn a_stretch_ends_where_control_may_part() {
        assert_eq!(stretches("nop nop"), "0..3!");
        // The byte of the locals, `local.get 0`, `if`, then one `nop` on each side.
        let branch = "local.get 0 if nop else nop nop end nop";
        assert_eq!(stretches(branch), "0..5! 5..6 7..9 10..11");
        assert_eq!(stretches("loop nop end"), "0..1! 1..4!");
        assert_eq!(stretches("local.get 0 call 0 nop"), "0..5! 5..6");
    }

    #[test]
    fn code_that_nothing_leads_to_is_in_no_stretch() {
        assert_eq!(stretches("return nop nop"), "0..2!");
        assert_eq!(stretches("block br 0 nop end nop"), "0..5! 7..8");
    }
}
