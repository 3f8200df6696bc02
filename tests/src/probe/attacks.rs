//! What strangers may try, numbered. A probe's header names one of these by its number.

/// One kind of attack.
#[derive(Debug, Clone, Copy)]
pub struct Attack {
    /// What is tried, and what must come of it.
    pub what: &'static str,
    /// Tests that prove it beside the probes: `file::function`.
    pub tests: &'static [&'static str],
}

const fn guest(what: &'static str) -> Attack {
    Attack { what, tests: &[] }
}

const fn tested(what: &'static str, tests: &'static [&'static str]) -> Attack {
    Attack { what, tests }
}

/// The attacks: number 1 is the first.
pub const ATTACKS: [Attack; 32] = [
    guest("1: computes for ever; ends when fuel, its own time or real time does"),
    guest(
        "2: does its worst before it is called, while it is instantiated; limits hold from there on",
    ),
    guest("3: takes memory, at once or by and by; it gets what it may have, and no more"),
    guest("4: takes much of what is small: memories, instances; they are counted, and summed up"),
    guest("5: takes tables; all their elements together are limited"),
    guest("6: recurses; its stack ends before the host's does"),
    guest("7: has types that take the stack or the time of who reads them; they are not read"),
    guest("8: calls the host again and again; calls are counted, and their work is paid in fuel"),
    guest("9: hands the host something huge; a call's bytes are limited"),
    guest(
        "10: hands the host one thing many times in one call; copies count as often as they are made",
    ),
    guest("11: floods the log; what is over is counted and not kept"),
    guest("12: floods the settings; it is told that there is no room"),
    guest("13: floods the screen; toasts of a run and of an hour are limited"),
    guest("14: opens and never closes; handles are limited"),
    guest("15: waits; no wait takes the host's time"),
    guest("16: is hard to compile; the compiler dies at its limits, the host does not"),
    guest("17: is no component, a damaged one, or one of another WebAssembly; it is not installed"),
    guest("18: imports what there is not; it is not installed"),
    guest("19: looks for files; there are none"),
    guest("20: looks for the environment; it is empty, whatever the host's has"),
    guest("21: reads clocks; they tell of its own work, and not of the machine"),
    guest("22: asks for randomness without end; a call's bytes are limited"),
    guest("23: goes on after its end, or enters what is busy; an instance is called once"),
    guest("24: fails after it returned; what it did is not kept"),
    guest("25: gives the host bad places for what it asked for; it traps"),
    guest("26: leaves work behind that outlives the run; there is no such thing"),
    tested(
        "27: writes what a terminal, a page or a parser would obey; it is shown, not obeyed",
        &[
            "terminal::nothing_that_a_guest_says_is_obeyed",
            "plain::what_a_terminal_would_obey_is_shown",
        ],
    ),
    guest("28: reaches for what is another app's; it has no name for it"),
    tested(
        "29: puts native code into the cache; only what the host has sealed is loaded",
        &[
            "recovery::a_damaged_artifact_is_compiled_again_and_never_loaded",
            "artifact::a_seal_is_good_for_one_component_engine_and_code",
        ],
    ),
    tested(
        "30: kills the host by a push; the third time it is a dead letter",
        &[
            "recovery::a_push_that_kills_the_host_three_times_alone_is_dead",
            "recovery::a_trigger_that_kills_the_host_three_times_alone_is_dead",
        ],
    ),
    tested(
        "31: the clock jumps; nothing is lost, and no claim depends on it",
        &["retries::a_trigger_whose_time_is_up_is_not_tried_again"],
    ),
    tested(
        "32: fills the disk, run by run; what an app keeps is limited, and what is old goes",
        &[
            "keeping::removing_an_app_leaves_no_row",
            "push::a_full_queue_refuses_and_says_when_to_come_again",
        ],
    ),
];
