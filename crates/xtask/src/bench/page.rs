//! docs/benchmarks.md: a section for each benchmark, of which a run replaces those that it measured.

use std::{
    fmt::Write as _,
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
};

use anyhow::Context as _;

const HEAD: &str = "# Benchmarks\n\nWritten by `cargo xtask bench`; each section says on which machine. Processor time is that \
                    of the whole process, user and system,\ndivided by the hits that were acknowledged.\n";

/// The page.
pub(super) struct Page {
    path: PathBuf,
    sections: Vec<(String, String)>,
}

impl Page {
    /// The page as it is; empty when there is none yet.
    pub(super) fn read(path: &Path) -> anyhow::Result<Self> {
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
            Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
        };
        Ok(Self { path: path.to_owned(), sections: sections(&text) })
    }

    /// Replaces a section, or adds it at the end.
    pub(super) fn set(&mut self, name: &str, text: &str) {
        let text = text.trim().to_owned();
        match self.sections.iter_mut().find(|(known, _)| known == name) {
            Some((_, old)) => *old = text,
            None => self.sections.push((name.to_owned(), text)),
        }
    }

    /// Writes it.
    pub(super) fn write(&self) -> anyhow::Result<()> {
        let mut text = HEAD.to_owned();
        for (name, section) in &self.sections {
            let _ = write!(text, "\n## {name}\n\n{section}\n");
        }
        fs::write(&self.path, text).with_context(|| format!("cannot write {}", self.path.display()))
    }
}

fn sections(text: &str) -> Vec<(String, String)> {
    text.split("\n## ")
        .skip(1)
        .filter_map(|section| section.split_once('\n'))
        .map(|(name, text)| (name.trim().to_owned(), text.trim().to_owned()))
        .collect()
}

/// Processor, cores, memory, kernel and compiler in a line.
pub(super) fn machine() -> String {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let value = |text: &str, key: &str| {
        text.lines()
            .find(|line| line.starts_with(key))
            .and_then(|line| line.split_once(':'))
            .map_or_else(|| "unknown".to_owned(), |(_, value)| value.trim().to_owned())
    };
    let memory_kib =
        value(&read("/proc/meminfo"), "MemTotal").trim_end_matches(" kB").parse::<f64>().unwrap_or(0.0);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    format!(
        "{}, {cores} cores, {:.0} GB, Linux {}, rustc {}.",
        value(&read("/proc/cpuinfo"), "model name"),
        memory_kib / 1024.0 / 1024.0,
        read("/proc/sys/kernel/osrelease").trim(),
        env!("CARGO_PKG_RUST_VERSION"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_is_replaced_and_the_others_stay() {
        let mut page = Page {
            path: PathBuf::new(),
            sections: sections("# Benchmarks\n\nHead.\n\n## single\n\nold\n\n## bulk\n\nkept\n"),
        };
        page.set("single", "new\n");
        page.set("million", "added");
        let expected = [("single", "new"), ("bulk", "kept"), ("million", "added")];
        assert_eq!(page.sections, expected.map(|(name, text)| (name.to_owned(), text.to_owned())));
    }
}
