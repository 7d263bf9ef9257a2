//! Reads the files that replace built-in content. The traffic crate itself knows no files.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use settings::Settings;
use traffic::content::{File, Sources};
use traffic::{Content, Model};

/// Where an uploaded page list lies when `URLS_FILE` names none.
const DATA_URLS: &str = "/app/data/urls.txt";

/// Loads the content that the settings name.
///
/// # Errors
/// Every fault of every file, one line each: file, place, what was given and the remedy.
pub fn load(settings: &Settings) -> Result<Content, Vec<String>> {
    let files = &settings.content;
    let mut reader = Reader::default();
    if let Some(dir) = &files.dir {
        reader.folder(dir);
    }
    let (urls, required) = files.urls.as_deref().map_or((DATA_URLS, false), |path| (path, true));
    reader.file(File::Urls, urls, "URLS_FILE", required);
    reader.file(File::Events, &files.events, "EVENTS_FILE", files.events_required);
    reader.file(File::Funnels, &files.funnels, "FUNNEL_CONFIG_PATH", files.funnels_required);
    let Reader { sources, mut faults } = reader;
    match Content::load(&sources) {
        Ok(content) => {
            faults.extend(Model::unknown_journeys(settings, &content).into_iter().map(|name| {
                let known: Vec<&str> = content.journeys.iter().map(|journey| journey.name.as_str()).collect();
                format!("JOURNEY_MIX: no journey is called {name:?}; there are {}", known.join(", "))
            }));
            if faults.is_empty() { Ok(content) } else { Err(faults) }
        }
        Err(found) => {
            faults.extend(found.iter().map(ToString::to_string));
            Err(faults)
        }
    }
}

#[derive(Default)]
struct Reader {
    sources: Sources,
    faults: Vec<String>,
}

impl Reader {
    fn file(&mut self, file: File, path: &str, setting: &str, required: bool) {
        match fs::read(path).map(String::from_utf8) {
            Ok(Ok(text)) => {
                self.sources.set(file, path, text);
            }
            Ok(Err(error)) => {
                let at = error.utf8_error().valid_up_to();
                self.faults.push(format!("{setting}: {path} is not UTF-8 (byte {at}); save it as UTF-8"));
            }
            Err(error) if error.kind() == ErrorKind::NotFound && !required => {}
            Err(error) => {
                self.faults.push(format!(
                    "{setting}: cannot read {path}: {error}; correct the path or unset {setting}"
                ));
            }
        }
    }

    fn folder(&mut self, dir: &str) {
        if !Path::new(dir).is_dir() {
            self.faults
                .push(format!("CONTENT_DIR: {dir} is not a folder; correct the path or unset CONTENT_DIR"));
            return;
        }
        for file in File::ALL {
            let path = Path::new(dir).join(file.name());
            self.file(file, &path.to_string_lossy(), "CONTENT_DIR", false);
        }
    }
}
