//! Every format of file: the shipped ones are sound, and each bad fixture has exactly the faults that it states.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use quarterdeck::{
    check::{FileKind, check_files},
    stack::load_folder,
    toml_file::TextFile,
};

fn fixtures(kind: &str, sort: &str) -> Vec<TextFile> {
    let folder: PathBuf = [env!("CARGO_MANIFEST_DIR"), "tests", "fixtures", kind, sort].iter().collect();
    let (files, faults) = TextFile::folder(&folder);
    assert_eq!(faults, []);
    assert!(!files.is_empty(), "no fixtures in {}", folder.display());
    files
}

/// The faults that a bad file states in its first lines, as `# expect LINE:COLUMN: MESSAGE`.
fn expected(file: &TextFile) -> Vec<&str> {
    file.text.lines().map_while(|line| line.strip_prefix("# expect ")).collect()
}

/// The faults that the check finds, without the file's name.
fn found(kind: FileKind, file: &TextFile) -> Vec<String> {
    let report = check_files(kind, std::slice::from_ref(file));
    let shown = report.faults.iter().map(ToString::to_string);
    shown.map(|it| it.strip_prefix(&file.name).unwrap_or(&it).trim_start_matches([':', ' ']).to_owned()).collect()
}

fn check_fixtures(kind: FileKind, folder: &str) {
    for file in fixtures(folder, "good") {
        let report = check_files(kind, std::slice::from_ref(&file));
        assert!(report.is_sound(), "{report}");
        assert!(report.checked.contains(&file.name), "{} was not looked at", file.name);
    }
    let mut wrong = Vec::new();
    for file in fixtures(folder, "bad") {
        let (expected, found) = (expected(&file), found(kind, &file));
        if found != expected {
            let lists = [expected.join("\n  "), found.join("\n  ")];
            wrong.push(format!("{}\n expected\n  {}\n found\n  {}", file.name, lists[0], lists[1]));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn stack_files_say_what_is_wrong_with_them() {
    check_fixtures(FileKind::Stack, "stack");
}

#[test]
fn keymap_files_say_what_is_wrong_with_them() {
    check_fixtures(FileKind::Keymap, "keymap");
}

#[test]
fn theme_files_say_what_is_wrong_with_them() {
    check_fixtures(FileKind::Theme, "theme");
}

#[test]
fn every_shipped_file_is_known_and_sound() {
    for (kind, folder) in [(FileKind::Stack, "stacks"), (FileKind::Theme, "themes"), (FileKind::Keymap, "keymaps")] {
        let report = check_files(kind, &[]);
        assert!(report.is_sound(), "{report}");
        let (files, _) = TextFile::folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder));
        let mut shipped = report.checked;
        shipped.sort();
        let on_disk: Vec<_> = files.iter().map(|it| format!("{folder}/{}.toml", it.stem())).collect();
        assert_eq!(shipped, on_disk);
    }
}

#[test]
fn of_a_folder_of_stacks_the_sound_ones_are_loaded_and_every_fault_of_the_others_is_told() {
    let folder = |sort: &str| Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/stack").join(sort);
    let (stacks, faults) = load_folder(&folder("good"));
    let names: Vec<_> = stacks.iter().map(|it| it.name.to_string()).collect();
    assert_eq!((names, faults), (vec!["every.thing_1".to_owned(), "least".to_owned()], Vec::new()));
    let (stacks, faults) = load_folder(&folder("bad"));
    assert_eq!(stacks, []);
    let faulty: BTreeSet<_> = faults.iter().map(|it| it.file.clone()).collect();
    assert_eq!(faulty.len(), fixtures("stack", "bad").len(), "{faulty:#?}");
    assert_eq!(load_folder(&folder("absent")), (Vec::new(), Vec::new()));
}
