//! The same job in Python: a tab among tabs, and folded where it stands alone.

use super::recipe::{Recipes, folded, in_lines};
use super::snippet::fenced;
use super::tabs;
use crate::files;

impl Recipes {
    pub(crate) fn python(&self, name: &str, in_tabs: bool) -> Result<String, String> {
        let path = self.find(name)?.python();
        let program = self.read(&path)?;
        let code = fenced("python", &program);
        let run = fenced("sh", &format!("python3 {}", files::with_slashes(&path)));
        let place = self.repository()?.your_clone();
        let inside = format!("{code}\nRun it in {place}:\n\n{run}");
        if in_tabs {
            return Ok(tabs::panel(name, "Python", &inside));
        }
        let summary = format!(
            "The same job in Python, {}",
            in_lines(program.lines().count())
        );
        let id = tabs::panel_id(name, "Python");
        Ok(folded("python", &id, &summary, &inside))
    }
}
