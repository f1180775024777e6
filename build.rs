//! A digest of the program's own text → `WARDSCORE_PROGRAM`: what another program made is made again.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};

fn main() -> std::io::Result<()> {
    let mut files = vec![PathBuf::from("Cargo.toml"), PathBuf::from("Cargo.lock")];
    below(Path::new("src"), &mut files)?;
    files.sort();
    // Its keys are fixed: the same text has the same digest.
    let mut hasher = DefaultHasher::new();
    for file in files.iter().filter(|file| file.exists()) {
        (file, std::fs::read(file)?).hash(&mut hasher);
    }
    println!("cargo::rustc-env=WARDSCORE_PROGRAM={:016x}", hasher.finish());
    for watched in ["src", "Cargo.toml", "Cargo.lock"] {
        println!("cargo::rerun-if-changed={watched}");
    }
    Ok(())
}

fn below(folder: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            below(&path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}
