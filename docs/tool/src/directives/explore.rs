//! A subject of shared/tools/interleavings as a widget: both models, the way to a bad state as a
//! table, and the graphs for the script. Without the script everything but the stepping is there.

use crate::directives::results::with_commas;
use crate::html::escaped;
use interleavings::{Graph, Model, State, Subject, Thread, subjects};
use serde_json::{Map, Value, json};
use std::fmt::Write as _;

/// A value of a state is written as one of these.
const DIGITS: &[u8] = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

/// The HTML. It has no empty line, at which Markdown would end it.
pub(crate) fn widget(name: &str) -> Result<String, String> {
    let all = subjects();
    let Some(subject) = all.iter().find(|subject| subject.name == name) else {
        let known: Vec<_> = all.iter().map(|subject| subject.name).collect();
        return Err(format!(
            "there is no `{name}` to explore; there is: {}",
            known.join(", ")
        ));
    };
    let Subject { broken, mended, .. } = subject;
    let broken_graph = Graph::explore(broken);
    Ok(format!(
        "<div class=\"explorer tabs\" data-label=\"Models\">\n{}{}{}</div>\n",
        panel(name, "Broken", broken, &broken_graph)?,
        panel(name, "Fixed", mended, &Graph::explore(mended))?,
        bad_schedule(broken, &broken_graph)
            .ok_or_else(|| format!("`{name}` is not broken: no schedule is bad"))?
    ))
}

fn panel(name: &str, state: &str, model: &Model, graph: &Graph) -> Result<String, String> {
    let title = escaped(model.title);
    let listings: String = programs(&model.threads)
        .iter()
        .map(|threads| listing(model, threads))
        .collect();
    Ok(format!(
        "<div class=\"explorer-model\" role=\"group\" id=\"{name}-{}\" data-tab=\"{state}: {title}\" \
         aria-label=\"{state}: {title}\">\n{listings}<p class=\"explorer-counts\">{}</p>\n\
         <script type=\"application/json\">{}</script>\n</div>\n",
        state.to_lowercase(),
        counts(graph),
        // In a script, `<` could begin its end.
        data(model, graph)?.to_string().replace('<', "\\u003c")
    ))
}

fn counts(graph: &Graph) -> String {
    let bad = match graph.bad_schedules() {
        0 => "none of them bad".to_owned(),
        bad => format!(
            "<strong>{}</strong> of them bad",
            with_commas(&bad.to_string())
        ),
    };
    format!(
        "{} states, {} schedules, {bad}.",
        graph.states.len(),
        with_commas(&graph.schedules().to_string())
    )
}

/// The threads, those with the same program together.
fn programs(threads: &[Thread]) -> Vec<Vec<usize>> {
    let mut programs: Vec<Vec<usize>> = Vec::new();
    for (index, thread) in threads.iter().enumerate() {
        let lines = || thread.steps.iter().map(|step| step.text);
        let same = |program: &&mut Vec<usize>| {
            threads[program[0]]
                .steps
                .iter()
                .map(|step| step.text)
                .eq(lines())
        };
        match programs.iter_mut().find(same) {
            Some(program) => program.push(index),
            None => programs.push(vec![index]),
        }
    }
    programs
}

fn listing(model: &Model, threads: &[usize]) -> String {
    let names: Vec<_> = threads
        .iter()
        .map(|thread| model.threads[*thread].name)
        .collect();
    let indices: Vec<_> = threads.iter().map(usize::to_string).collect();
    let word = if names.len() == 1 {
        "Thread"
    } else {
        "Threads"
    };
    let mut html = format!(
        "<div class=\"explorer-thread\"><div class=\"explorer-title\"><span>{word} {}</span></div>\n<ol data-threads=\"{}\" aria-label=\"{word} {0}\">\n",
        names.join(", "),
        indices.join(" ")
    );
    for step in &model.threads[threads[0]].steps {
        let _ = write!(html, "<li><code>{}</code></li>", escaped(step.text));
    }
    html + "</ol></div>\n"
}

/// What docs/assets/explorer.js reads.
fn data(model: &Model, graph: &Graph) -> Result<Value, String> {
    let mut values: Vec<String> = Vec::new();
    let states: Result<String, String> = graph
        .states
        .iter()
        .map(|state| coded(model, state, &mut values))
        .collect();
    let states = states?;
    // No step leads back to the start, so its index can say that there is no step.
    let next: Vec<usize> = graph
        .next
        .iter()
        .flatten()
        .map(|after| after.unwrap_or(0))
        .collect();
    let bad = graph.bad.iter().enumerate();
    let bad: Map<_, _> = bad
        .filter_map(|(state, what)| Some((state.to_string(), json!(what.as_ref()?))))
        .collect();
    Ok(json!({
        "threads": model.threads.iter().map(|thread| thread.name).collect::<Vec<_>>(),
        "variables": model.variables.iter().map(|variable| &variable.name).collect::<Vec<_>>(),
        "values": values, "states": states, "next": next, "bad": bad, "shortest": graph.shortest_bad(),
    }))
}

/// Where each thread stands and what each variable is, one digit each; `values` gets the values not
/// seen before.
fn coded(model: &Model, state: &State, values: &mut Vec<String>) -> Result<String, String> {
    let mut numbers = state.next_steps().to_vec();
    for value in model.values(state) {
        let known = values
            .iter()
            .position(|it| *it == value)
            .unwrap_or_else(|| {
                values.push(value);
                values.len() - 1
            });
        numbers.push(known);
    }
    let digit = |number: usize| DIGITS.get(number).map(|digit| char::from(*digit));
    let digits: Option<String> = numbers.into_iter().map(digit).collect();
    digits.ok_or_else(|| {
        format!(
            "`{}` has more than {} different values",
            model.title,
            DIGITS.len()
        )
    })
}

/// The way to the nearest bad state as a table; `None` if there is none.
fn bad_schedule(model: &Model, graph: &Graph) -> Option<String> {
    let threads = graph.shortest_bad()?;
    let mut rows = String::new();
    let (mut state, mut before) = (0, model.values(&graph.states[0]));
    push_row(&mut rows, "0", "", "the start", &before, &before);
    for (index, thread) in threads.into_iter().enumerate() {
        let Thread { name, steps } = &model.threads[thread];
        let text = steps[graph.states[state].next_steps()[thread]].text;
        state = graph.next[state][thread]?;
        let after = model.values(&graph.states[state]);
        let line = format!("<code>{}</code>", escaped(text.trim_start()));
        push_row(
            &mut rows,
            &(index + 1).to_string(),
            name,
            &line,
            &before,
            &after,
        );
        before = after;
    }
    let variables = model.variables.iter();
    let heads: String = variables
        .map(|it| format!("<th scope=\"col\">{}</th>", escaped(&it.name)))
        .collect();
    // The group can have the focus, so that a table that is too wide scrolls by the keyboard.
    Some(format!(
        "<details class=\"explorer-schedule\">\n<summary>The shortest bad schedule as a table: {}</summary>\n\
         <div class=\"table-wrapper\" tabindex=\"0\" role=\"group\" aria-label=\"A shortest bad schedule\">\n\
         <table class=\"explorer-table\">\n\
         <thead><tr><th scope=\"col\">Step</th><th scope=\"col\">Thread</th><th scope=\"col\">Line</th>{heads}</tr></thead>\n\
         <tbody>\n{rows}</tbody>\n</table>\n</div>\n</details>\n",
        escaped(graph.bad[state].as_ref()?)
    ))
}

/// Values that the step changed are marked.
fn push_row(
    rows: &mut String,
    number: &str,
    thread: &str,
    line: &str,
    before: &[String],
    after: &[String],
) {
    let _ = write!(
        rows,
        "<tr><th scope=\"row\">{number}</th><td>{thread}</td><td>{line}</td>"
    );
    for (before, after) in before.iter().zip(after) {
        let value = escaped(after);
        let value = if before == after {
            value
        } else {
            format!("<strong>{value}</strong>")
        };
        let _ = write!(rows, "<td>{value}</td>");
    }
    rows.push_str("</tr>");
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is between the script tags, for each model.
    fn graphs(html: &str) -> Vec<Value> {
        let scripts = html.split("<script type=\"application/json\">").skip(1);
        let texts = scripts.map(|rest| rest.split_once("</script>").expect("the script ends").0);
        texts
            .map(|text| serde_json::from_str(text).expect("it is JSON"))
            .collect()
    }

    #[test]
    fn an_unknown_subject_is_refused_and_the_known_ones_are_named() {
        let reason = widget("deadlok").unwrap_err();
        assert!(
            reason.starts_with(
                "there is no `deadlok` to explore; there is: lost-update, self-deadlock,"
            ),
            "{reason}"
        );
    }

    #[test]
    fn the_table_says_the_shortest_bad_schedule() {
        let html = widget("lost-update").unwrap();
        assert!(
            html.contains("<p class=\"explorer-counts\">22 states, 20 schedules, <strong>18</strong> of them bad.</p>")
        );
        assert!(html.contains("21 states, 2 schedules, none of them bad."));
        assert_eq!(html.matches("<table").count(), 1);
        assert_eq!(html.matches("<tr><th scope=\"row\">").count(), 7);
        let last = "<tr><th scope=\"row\">6</th><td>B</td><td><code>*count.lock() = n;</code></td><td>1</td><td>1</td><td>1</td></tr>";
        assert!(html.contains(last), "{html}");
    }

    #[test]
    fn the_script_gets_every_state_and_step() {
        let html = widget("lost-update").unwrap();
        let [broken, mended] = &graphs(&html)[..] else {
            panic!("two models: {html}")
        };
        // Two threads, and three variables.
        assert_eq!(broken["states"].as_str().unwrap().len(), 22 * 5);
        assert_eq!(broken["next"].as_array().unwrap().len(), 22 * 2);
        assert_eq!(broken["shortest"].as_array().unwrap().len(), 6);
        assert_eq!(broken["bad"].as_object().unwrap().len(), 1);
        assert_eq!(
            (&mended["bad"], &mended["shortest"]),
            (&json!({}), &Value::Null)
        );
    }

    #[test]
    fn every_subject_is_one_block_of_html_and_small() {
        let widgets = subjects()
            .into_iter()
            .map(|subject| widget(subject.name).unwrap());
        let lengths = widgets.map(|html| {
            assert!(!html.contains("\n\n"), "{html}");
            assert_eq!(graphs(&html).len(), 2);
            html.len()
        });
        assert!(lengths.sum::<usize>() < 75_000);
    }

    #[test]
    fn threads_with_the_same_program_share_a_listing() {
        let html = widget("semaphore").unwrap();
        assert_eq!(html.matches("<span>Threads A, B, C</span>").count(), 2);
        assert_eq!(html.matches("<span>Thread D</span>").count(), 2);
    }
}
