//! Tables of wrong files, each with every fault as a user reads it.
//!
//! A case is a title after `===`, the file, and after `---` the faults. In a file `⟦U+0000⟧` stands for that
//! character and `⟦a*1010⟧` for that many of them.

use traffic::{
    Content,
    content::{Fault, File, Sources, events, urls},
    funnel,
};

/// A case of a table.
struct Case {
    title: String,
    file: String,
    faults: String,
}

fn cases(table: &str) -> Vec<Case> {
    let cases = table.split("=== ").skip(1).map(|case| {
        let (title, rest) = case.split_once('\n').expect("a title ends with its line");
        let (file, faults) = rest.split_once("\n---\n").unwrap_or((rest.trim_end_matches('\n'), ""));
        Case { title: title.to_owned(), file: filled_in(file), faults: faults.trim_end().to_owned() }
    });
    cases.collect()
}

fn filled_in(file: &str) -> String {
    let mut parts = file.split('⟦');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (sign, rest) = part.split_once('⟧').expect("a sign ends with ⟧");
        match (sign.strip_prefix("U+"), sign.split_once('*')) {
            (Some(code), _) => {
                let code = u32::from_str_radix(code, 16).expect("a code is hexadecimal");
                text.push(char::from_u32(code).expect("a code is a character's"));
            }
            (None, Some((repeated, times))) => {
                text.push_str(&repeated.repeat(times.parse().expect("how often is a number")));
            }
            (None, None) => panic!("{sign} is no sign"),
        }
        text.push_str(rest);
    }
    text
}

fn check<T>(table: &str, at_least: usize, validate: impl Fn(&str, &str) -> Result<T, Vec<Fault>>) {
    let cases = cases(table);
    assert!(cases.len() >= at_least, "only {} cases", cases.len());
    let mut wrong = Vec::new();
    for case in cases {
        let faults = validate(&case.title, &case.file).err().unwrap_or_default();
        let said: Vec<String> = faults.iter().map(Fault::to_string).collect();
        let said = said.join("\n");
        if said.is_empty() || said != case.faults {
            wrong.push(format!("=== {}\n---\n{said}", case.title));
        }
    }
    assert!(wrong.is_empty(), "these faults are not those of the table:\n{}", wrong.join("\n"));
}

#[test]
fn wrong_lists_of_urls() {
    check(include_str!("refused/urls.txt"), 20, |_, file| urls::validate(file));
}

#[test]
fn wrong_events() {
    check(include_str!("refused/events.txt"), 20, |_, file| events::validate(file));
}

#[test]
fn wrong_funnels() {
    check(include_str!("refused/funnels.txt"), 30, |_, file| funnel::validate(file));
}

/// Their cases are named by the file, and are loaded in its place.
#[test]
fn wrong_files_of_a_content_folder() {
    check(include_str!("refused/others.txt"), 15, |title, text| {
        let file = File::ALL.into_iter().find(|file| title.starts_with(file.name()));
        let file = file.expect("the title begins with the file's name");
        Content::load(Sources::default().set(file, file.name(), text))
    });
}
