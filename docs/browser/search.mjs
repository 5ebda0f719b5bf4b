// Search, from file:// and by keyboard: words that readers look for, and the page on which they must find each.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { workspace } from "./book.mjs";
import { NARROW, WIDE, visit } from "./chromium.mjs";

/** What is typed, and a page that must be among what is found. */
const FOUND = [
    // Python's names.
    ["threading.RLock", "coming-from-python.html"],
    ["threading.Barrier", "coming-from-python.html"],
    ["acquire", "coming-from-python.html"],
    ["put", "coming-from-python.html"],
    ["put", "queue.html"],
    ["task_done", "queue.html"],
    // Prose and names of this book.
    ["permit", "semaphore.html"],
    ["generation", "barrier.html"],
    ["guard", "glossary.html"],
    ["lost wake", "interleavings.html"],
    // What the compiler says of a program that it refuses.
    ["cannot be sent between threads", "lock.html"],
    // No section has all of these words.
    ["semaphore gong", "semaphore.html"],
];

export async function check({ browser, book, report }) {
    const first = firstFor();
    for (const width of [WIDE, NARROW]) {
        await visit(browser, book.url("index.html"), report, (page, where) => tryAll(page, where, report), { width });
    }
    await visit(browser, book.url("index.html"), report, async (page, where) => {
        for (const [words, wanted] of first) await isFirst(page, where, report, words, wanted);
    });
    report.expect("words searched for", 2 * FOUND.length);
    report.expect("searches with the right page first", Math.max(40, first.length));
}

/** What is typed, and the page or section that must be the first result, from docs/search.toml. */
function firstFor() {
    const pairs = [];
    let page = "";
    let list = "";
    for (const line of readFileSync(join(workspace, "docs/search.toml"), "utf8").split("\n")) {
        const text = line.match(/^ {4}"([^"\\]+)",$/)?.[1];
        const opened = line.match(/^(keywords|first_for) = \[$/)?.[1];
        const entry = line.match(/^\["([^"\\]+)"\]$/)?.[1];
        if (entry) page = entry;
        else if (opened) list = opened;
        else if (text && list === "first_for") pairs.push([text, page]);
        else if (!text && !/^(|\]|#.*)$/.test(line)) throw new Error(`docs/search.toml: cannot read “${line}”`);
    }
    return pairs;
}

async function tryAll(page, where, report) {
    for (const [words, wanted] of FOUND) {
        report.count("words searched for");
        await type(page, words);
        const link = page.locator(`#mdbook-searchresults a[href*="${wanted}"]`).first();
        const found = await link.waitFor({ timeout: 8000 }).then(() => true, () => false);
        const header = await page.locator("#mdbook-searchresults-header").textContent();
        if (!found) report.fault(where, `“${words}” does not find ${wanted}; ${header}`);
        await page.keyboard.press("Escape");
    }
    await open(page, where, report);
}

async function type(page, words) {
    await page.keyboard.press("/");
    const bar = page.locator("#mdbook-searchbar");
    await bar.fill("");
    await bar.pressSequentially(words);
}

/** The first result is the one that is wanted, and says something about it. */
async function isFirst(page, where, report, words, wanted) {
    await type(page, words);
    const header = page.locator("#mdbook-searchresults-header", { hasText: `'${words}'` });
    await header.waitFor({ timeout: 8000 }).catch(() => {});
    const result = page.locator("#mdbook-searchresults > li").first();
    const { address, teaser } = await result.evaluate((item) => ({
        address: item.querySelector("a").getAttribute("href").replace(/\?[^#]*/, ""),
        teaser: item.querySelector(".teaser").textContent,
    }), null, { timeout: 8000 }).catch(() => ({ address: "nothing", teaser: "" }));
    await page.keyboard.press("Escape");
    const isIt = address === wanted || address.split("#")[0] === wanted;
    if (!isIt) report.fault(where, `“${words}” finds ${address} first, not ${wanted}`);
    else if (teaser.trim().length < 40) report.fault(where, `“${words}” shows only “${teaser}” of ${address}`);
    else report.count("searches with the right page first");
}

/** The first result opens by the keyboard alone. */
async function open(page, where, report) {
    await type(page, "semaphore");
    await page.locator("#mdbook-searchresults a").first().waitFor();
    const before = new URL(page.url()).pathname;
    const left = page.waitForURL((url) => url.pathname !== before, { timeout: 8000 }).catch(() => {});
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await left;
    if (new URL(page.url()).pathname === before) report.fault(where, "Enter on a result does not open it");
    else report.count("results opened");
}
