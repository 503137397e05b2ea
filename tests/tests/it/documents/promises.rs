//! The table "Which test shows it" of what is promised about deliveries.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::repository;

/// A test as the table names it: `` `package`: `module::*::name` ``, where `*` is any back end.
#[derive(Debug)]
struct Named {
    package: String,
    module: String,
    name: String,
}

#[test]
fn every_test_that_is_said_to_show_a_promise_exists() {
    let page = fs::read_to_string(repository().join("docs/DELIVERY-SEMANTICS.md")).unwrap();
    let (_, table) = page.split_once("## Which test shows it").unwrap();
    let rows: Vec<_> = table.lines().filter(|line| line.contains("| `postrider-")).collect();
    assert!(rows.len() > 40, "the table was not read");
    let mut sources = BTreeMap::new();
    let mut missing = Vec::new();
    for row in rows {
        let named = read(row).unwrap_or_else(|| panic!("no test in {row}"));
        let package = named.package.clone();
        let files = sources.entry(package).or_insert_with(|| sources_of(&named.package));
        if !exists(&named, files) {
            missing.push(named);
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

fn read(row: &str) -> Option<Named> {
    let cell = row.trim_end_matches(" |").rsplit(" | ").next()?;
    let mut quoted = cell.split('`').skip(1).step_by(2);
    let (package, path) = (quoted.next()?, quoted.next()?);
    let (modules, name) = path.rsplit_once("::")?;
    let module = modules.rsplit("::").find(|module| !module.starts_with('*'))?;
    Some(Named { package: package.into(), module: module.into(), name: name.into() })
}

/// Whether a file of the module defines the test, and whether it is run: the cases of suites are
/// functions that nobody calls unless they are listed below `tests`.
fn exists(named: &Named, files: &[(PathBuf, String)]) -> bool {
    let definition = format!("fn {}(", named.name);
    let is_of = |path: &Path, module: &str| {
        path.with_extension("").components().any(|part| part.as_os_str() == module)
    };
    files.iter().any(|(path, text)| is_of(path, &named.module) && text.contains(&definition))
        && files.iter().any(|(path, text)| is_of(path, "tests") && text.contains(&named.name))
}

/// Every source file of a package, with its path in it.
fn sources_of(package: &str) -> Vec<(PathBuf, String)> {
    let repository = repository();
    let short = package.strip_prefix("postrider-").unwrap();
    let places = [repository.join(short), repository.join("shared").join(short)];
    let root = places.iter().find(|place| place.is_dir()).expect("the folder of the package");
    let mut files = Vec::new();
    for folder in ["src", "tests"].map(|folder| root.join(folder)) {
        if folder.is_dir() {
            gather(root, &folder, &mut files);
        }
    }
    files
}

fn gather(root: &Path, folder: &Path, files: &mut Vec<(PathBuf, String)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            gather(root, &path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            files.push((path.strip_prefix(root).unwrap().to_owned(), text));
        }
    }
}
