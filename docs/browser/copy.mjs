// Copying, from file://: one button gives the lines that are seen, the other one every file of the program.

import { visit } from "./chromium.mjs";

export async function check({ browser, book, report }) {
    for (const name of book.chapters) {
        const copies = (page, where) => tryAll(page, where, report);
        await visit(browser, book.url(name), report, copies);
    }
    // A browser that has no clipboard for this page's address.
    const [name] = book.chapters;
    if (name) await visit(browser, book.url(name), report, (page, where) => tryWithout(page, where, report));
    report.expect("chapters", 1);
    report.expect("whole programs copied", 1);
    report.expect("excerpts copied", 1);
    report.expect("programs copied without a clipboard", 1);
}

/**
 * A page keeps what it copies: the system's clipboard is one for all that run on this machine. What is folded or in another
 * tab is shown, as it is for who presses a button there.
 */
const prepare = () => {
    window.copied = null;
    if (navigator.clipboard) {
        navigator.clipboard.writeText = async (text) => {
            window.copied = text;
        };
    }
    document.addEventListener("copy", () => {
        const field = document.activeElement;
        const selected = field?.value?.slice(field.selectionStart, field.selectionEnd);
        window.copied = selected ?? getSelection().toString();
    });
    for (const folded of document.querySelectorAll("main details")) folded.open = true;
    for (const panel of document.querySelectorAll("[role=tabpanel]")) panel.removeAttribute("hidden");
};

/** Presses both buttons of each of the first `most` programs: runs in the page. */
const pressAll = async (most) => {
    const blocks = [...document.querySelectorAll("main .program:has(code.language-rust:not(.compile_fail))")];
    const results = [];
    for (const block of blocks.slice(0, most)) {
        const code = block.querySelector("code");
        const start = code.innerText.trim().split("\n")[0].slice(0, 50);
        const { program, cli } = block.dataset;
        const fileOf = (name, file) => document.querySelector(`[data-program="${name}"][data-file="${file}"] code`).textContent.trimEnd();
        // A program that has two files becomes one, with the second as a module in braces.
        const joined = () => {
            const [before, after] = fileOf(program, "src/main.rs").split("\nmod cli;\n");
            const note = "// These lines are src/cli.rs. They may move to that file, and then `mod cli;` takes their place.";
            return ["// src/main.rs", before, note, "mod cli {", fileOf(cli, "src/cli.rs"), "}", after].join("\n");
        };
        const whole = cli ? joined() : code.textContent;
        const wanted = { "button[data-copy-whole]": whole, "button[data-copy]": code.innerText };
        // In its context, an excerpt is indented as in its file.
        const file = block.dataset.lines && document.querySelector(`[data-program="${program}"][data-file="${block.dataset.file}"]:not([data-lines]) code`);
        if (file && file.textContent !== code.textContent) results.push({ start, misplaced: true });
        for (const [selector, text] of Object.entries(wanted)) {
            const buttons = block.querySelectorAll(selector);
            window.copied = null;
            buttons[0]?.click();
            const patience = performance.now() + 3000;
            while (buttons[0] && window.copied === null && performance.now() < patience) {
                await new Promise((resolve) => setTimeout(resolve, 5));
            }
            const right = window.copied?.trimEnd() === text.trimEnd();
            results.push({ start, selector, buttons: buttons.length, length: window.copied?.length, wanted: text.length, right });
        }
    }
    return results;
};

async function tryAll(page, where, report) {
    report.count("chapters");
    await page.evaluate(prepare);
    const results = await page.evaluate(pressAll, Infinity);
    if (results.length === 0) report.fault(where, "no program on the page");
    judge(results, where, report, { "button[data-copy-whole]": "whole programs copied", "button[data-copy]": "excerpts copied" });
}

function judge(results, where, report, names) {
    for (const { start, selector, buttons, length, wanted, right, misplaced } of results) {
        if (misplaced) {
            report.fault(where, `“${start}”: in its context, it is not the file that the page shows whole`);
            continue;
        }
        const copied = length === undefined ? "nothing" : `${length} characters, not ${wanted}`;
        if (buttons !== 1) report.fault(where, `“${start}” has ${buttons} ${selector}, not 1`);
        else if (right) report.count(names[selector]);
        else report.fault(where, `“${start}”: ${selector} copied ${copied}`);
    }
}

async function tryWithout(page, where, report) {
    await page.evaluate(() => Object.defineProperty(navigator, "clipboard", { value: undefined }));
    await page.evaluate(prepare);
    const results = await page.evaluate(pressAll, 1);
    const whole = results.filter(({ selector }) => selector === "button[data-copy-whole]");
    const places = `${where}, without a clipboard`;
    judge(whole, places, report, { "button[data-copy-whole]": "programs copied without a clipboard" });
    const said = await page.locator("[role=status], [aria-live]").allTextContents();
    if (!said.some((text) => /cop/i.test(text))) report.fault(places, "nothing says that it was copied");
}
