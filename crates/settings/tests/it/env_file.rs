//! Files of variables.

use settings::env_file;

#[test]
fn lines_are_read_as_compose_reads_them() {
    let text = "\u{feff}# comment\n\nA=1\r\nB = two words  # comment\nexport C='single # $x'\nD=\"a\\\"b\\\\c\\n\" # e\nE=\nF=a#b\nG= # nothing\nH=#x\nA=2\nI=a=b=c\n";
    let vars = env_file::parse(text).unwrap();
    let vars: Vec<_> = vars.iter().map(|(name, value)| format!("{name}={value}")).collect();
    assert_eq!(
        vars,
        ["A=2", "B=two words", "C=single # $x", "D=a\"b\\c\n", "E=", "F=a#b", "G=", "H=#x", "I=a=b=c"]
    );
}

#[test]
fn wrong_lines_are_named_and_not_repeated() {
    let text = "A=1\nsecret-words\n2B=secret\nC='secret\nD=\"secret\" secret\n=secret\n";
    let errors = env_file::parse(text).unwrap_err();
    let fields: Vec<_> = errors.iter().map(|error| error.field.as_str()).collect();
    assert_eq!(fields, ["line 2", "line 3", "line 4", "line 5", "line 6"]);
    assert!(errors.iter().all(|error| !error.message.contains("secret")));
}
