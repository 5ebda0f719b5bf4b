//! The page that leads from a symptom to the mistakes. It is made from the headings of all
//! chapters.

use super::recipe::Recipes;
use super::reject::{Reject, reject_id};
use crate::chapter::{Chapter, REFUSED, SYMPTOMS};
use crate::files;
use catalog::Recipe;
use std::path::Path;

/// The mistakes of all chapters with a heading for each symptom that there is.
pub(crate) fn all(recipes: &Recipes, page: &Path) -> Result<String, String> {
    let mut text = String::new();
    for symptom in SYMPTOMS {
        let entries = entries(recipes, symptom, page)?;
        if !entries.is_empty() {
            text += &format!("## {symptom}\n\n{}\n", list(&entries));
        }
    }
    Ok(text)
}

/// The mistakes with one symptom.
pub(crate) fn of_symptom(recipes: &Recipes, symptom: &str, page: &Path) -> Result<String, String> {
    let Some(known) = SYMPTOMS.into_iter().find(|known| *known == symptom) else {
        let known = SYMPTOMS.join(", ");
        return Err(format!(
            "`{symptom}` is not a symptom; the symptoms are: {known}"
        ));
    };
    Ok(list(&entries(recipes, known, page)?))
}

/// Without the element around it, Markdown would join it with a list before it.
fn list(entries: &[String]) -> String {
    format!("<div class=\"pitfalls\">\n\n{}\n</div>\n", entries.concat())
}

/// The mistakes with one symptom, an item of a list for each.
pub(crate) fn entries(
    recipes: &Recipes,
    symptom: &str,
    page: &Path,
) -> Result<Vec<String>, String> {
    let mut entries = Vec::new();
    for recipe in catalog::recipes(&recipes.workspace) {
        let text = recipes.read(&recipe.chapter()).unwrap_or_default();
        let chapter = Chapter::read(&text);
        let address = address(&recipe, page);
        for pitfall in &chapter.pitfalls {
            if pitfall.symptom == symptom {
                let cause = capitalized(&pitfall.cause);
                entries.push(item(&cause, &address, &pitfall.id, &recipe, &pitfall.seen));
            }
        }
        if symptom != REFUSED {
            continue;
        }
        for refused in &chapter.refused {
            let path = recipes.find(&refused.recipe)?.reject(&refused.file);
            let reject = Reject::read(recipes, &path)?;
            let id = reject_id(&refused.recipe, &refused.file);
            entries.push(item(&reject.title(), &address, &id, &recipe, &refused.why));
        }
    }
    if symptom == REFUSED {
        // A reader looks for what the compiler has said.
        entries.sort();
    }
    Ok(entries)
}

fn item(title: &str, address: &str, id: &str, recipe: &Recipe, text: &str) -> String {
    let mut item = format!("- [{title}]({address}#{id}) (*{}*)", recipe.name);
    if !text.is_empty() {
        item += &format!(": {text}");
    }
    item.push('\n');
    item
}

/// The link to a chapter from another page.
fn address(recipe: &Recipe, page: &Path) -> String {
    let chapter = recipe.chapter();
    let chapter = chapter.strip_prefix("docs/src").unwrap_or(&chapter);
    let depth = page.components().count().saturating_sub(1);
    "../".repeat(depth) + &files::with_slashes(chapter)
}

fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().collect::<String>() + letters.as_str(),
        None => String::new(),
    }
}
