//! All that this program writes on the terminal goes through here.
#![allow(clippy::print_stdout, reason = "this is the program's output module")]

use std::{
    io::{IsTerminal, Write as _, stdout},
    time::Duration,
};

/// One line.
pub(crate) fn line(text: impl AsRef<str>) {
    println!("{}", text.as_ref());
    // What children write to the same terminal must come after it.
    let _ = stdout().flush();
}

/// What is about to be done.
pub(crate) fn heading(text: &str) {
    line(format!("\n{} {text}", bold("==>")));
}

/// Bold on a terminal.
pub(crate) fn bold(text: &str) -> String {
    if stdout().is_terminal() { format!("\x1b[1m{text}\x1b[0m") } else { text.to_owned() }
}

/// `0.8 s`, `42.1 s`, `3 min 20 s`.
pub(crate) fn duration(took: Duration) -> String {
    let seconds = took.as_secs_f64();
    if seconds < 60.0 {
        format!("{seconds:.1} s")
    } else {
        format!("{} min {} s", took.as_secs() / 60, took.as_secs() % 60)
    }
}
