// Run it on this machine: under `cargo book` a recipe runs from its page and shows what its page promises; from file:// there
// is no button for it.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { workspace } from "./book.mjs";
import { visit } from "./chromium.mjs";
import { serve } from "./served.mjs";

/** A first run compiles the recipe. */
const PATIENCE = 240_000;
/** The recipe that is run: its crates are few. */
const RECIPE = "rlock";
const FOLDER = "synchronization/rlock";

export async function check({ browser, book, report, unserved = false }) {
    for (const name of book.chapters) {
        const absent = async (page, where) => {
            report.count("chapters from file://");
            const buttons = await page.locator("button[data-run]").count();
            if (buttons > 0) report.fault(where, `${buttons} run buttons in a page that nobody serves`);
        };
        await visit(browser, book.url(name), report, absent);
    }
    report.expect("chapters from file://", 1);
    // A copy of the book is served by nobody.
    if (unserved) return;
    const served = await serve();
    try {
        for (const name of book.chapters) {
            const look = (page, where) => (name === `${FOLDER}.html` ? runs(page, where, report) : offers(page, where, report));
            await visit(browser, served.url + name, report, look);
        }
    } finally {
        served.stop();
    }
    report.expect("chapters served", 1);
    report.expect("programs run", 1);
}

async function offers(page, where, report) {
    report.count("chapters served");
    const buttons = await page.locator("button[data-run]").count();
    report.count("run buttons", buttons);
    if (buttons === 0) report.fault(where, "no run button on a chapter that cargo book serves");
}

async function runs(page, where, report) {
    await offers(page, where, report);
    // The first one in the page is folded, with the command that is below the whole program.
    const button = page.locator(`button[data-run="/run/${RECIPE}"]:visible`).first();
    const output = page.locator("[data-run-output]:visible").first();
    await button.focus();
    await page.keyboard.press("Enter");
    await output.waitFor();
    const ended = (element) => /exit|ended|status|limit|stopped/i.test(element.lastElementChild?.textContent ?? "");
    await page.waitForFunction(ended, await output.elementHandle(), { timeout: PATIENCE });
    const said = await output.textContent();
    const promised = readFileSync(join(workspace, "recipes", FOLDER, "expected.txt"), "utf8").trim().split("\n");
    const missing = promised.filter((line) => !said.includes(line));
    report.count("lines of output compared", promised.length);
    if (missing.length > 0) report.fault(where, `the output lacks “${missing[0]}” and ends “${said.slice(-120)}”`);
    else report.count("programs run");
}
