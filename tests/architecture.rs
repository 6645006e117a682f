//! Who may import whom, as `docs/architecture.md` says.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The table of the document: module to the modules it may import.
fn allowed() -> BTreeMap<String, BTreeSet<String>> {
    let text = fs::read_to_string(root().join("docs/architecture.md")).expect("the architecture document");
    let rows = text.lines().filter_map(|line| {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [module, _, imports] = cells.as_slice() else { return None };
        (*module != "module" && !module.starts_with("---")).then(|| ((*module).to_owned(), words(imports)))
    });
    rows.collect()
}

fn words(list: &str) -> BTreeSet<String> {
    list.split(',').map(str::trim).filter(|it| *it != "–").map(str::to_owned).collect()
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a readable folder") {
        let path = entry.expect("a readable entry").path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|it| it == "rs") {
            found.push(path);
        }
    }
}

/// The top-level modules that a text names after `crate::`, in a `use` list or in a path.
fn imported(text: &str) -> BTreeSet<String> {
    let code: String = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
    let mut found = BTreeSet::new();
    for part in code.split("crate::").skip(1) {
        match part.strip_prefix('{') {
            Some(list) => found.extend(heads(list)),
            None => found.extend(head(part)),
        }
    }
    found
}

fn head(path: &str) -> Option<String> {
    let name: String = path.chars().take_while(|it| it.is_ascii_lowercase() || *it == '_').collect();
    let whole = path[name.len()..].chars().next().is_none_or(|next| !next.is_alphanumeric() && next != '!');
    (!name.is_empty() && whole).then_some(name)
}

/// The first names of the items of a `{…}` list, whose braces may nest.
fn heads(list: &str) -> Vec<String> {
    let (mut depth, mut item, mut items) = (0_usize, String::new(), Vec::new());
    for letter in list.chars() {
        match letter {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => items.push(std::mem::take(&mut item)),
            _ if depth == 0 => item.push(letter),
            _ => {}
        }
    }
    items.push(item);
    items.iter().filter_map(|item| head(item.trim())).collect()
}

#[test]
fn modules_import_only_what_the_table_allows() {
    let allowed = allowed();
    let mut faults = Vec::new();
    let mut files = Vec::new();
    sources(&root().join("src"), &mut files);
    for path in files {
        let relative = path.strip_prefix(root().join("src")).expect("below src");
        let module = relative.components().next().expect("a name").as_os_str().to_string_lossy().replace(".rs", "");
        if matches!(module.as_str(), "main" | "lib") {
            continue;
        }
        let Some(may) = allowed.get(&module) else {
            faults.push(format!("{module} is not in the table"));
            continue;
        };
        let text = fs::read_to_string(&path).expect("a readable source");
        for import in imported(&text) {
            if import != module && allowed.contains_key(&import) && !may.contains(&import) {
                faults.push(format!("{} imports {import}", relative.display()));
            }
        }
    }
    assert!(faults.is_empty(), "not allowed by docs/architecture.md:\n{}", faults.join("\n"));
}

#[test]
fn the_check_sees_imports_in_lists_and_paths() {
    let text = "use crate::{app::{App, ui}, domain::id};\nfn x() { crate::aws::fetch() }\n// crate::cli\n";
    assert_eq!(imported(text), ["app", "aws", "domain"].map(str::to_owned).into());
}
