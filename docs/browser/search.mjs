// Search, from file:// and by keyboard: words that readers look for, and the page on which they must find each.

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
];

export async function check({ browser, book, report }) {
    for (const width of [WIDE, NARROW]) {
        await visit(browser, book.url("index.html"), report, (page, where) => tryAll(page, where, report), { width });
    }
    report.expect("words searched for", 2 * FOUND.length);
}

async function tryAll(page, where, report) {
    for (const [words, wanted] of FOUND) {
        report.count("words searched for");
        await page.keyboard.press("/");
        const bar = page.locator("#mdbook-searchbar");
        await bar.fill("");
        await bar.pressSequentially(words);
        const link = page.locator(`#mdbook-searchresults a[href*="${wanted}"]`).first();
        const found = await link.waitFor({ timeout: 8000 }).then(() => true, () => false);
        const header = await page.locator("#mdbook-searchresults-header").textContent();
        if (!found) report.fault(where, `“${words}” does not find ${wanted}; ${header}`);
        await page.keyboard.press("Escape");
    }
    await open(page, where, report);
}

/** The first result opens by the keyboard alone. */
async function open(page, where, report) {
    await page.keyboard.press("/");
    await page.locator("#mdbook-searchbar").fill("");
    await page.locator("#mdbook-searchbar").pressSequentially("semaphore");
    await page.locator("#mdbook-searchresults a").first().waitFor();
    const before = new URL(page.url()).pathname;
    const left = page.waitForURL((url) => url.pathname !== before, { timeout: 8000 }).catch(() => {});
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await left;
    if (new URL(page.url()).pathname === before) report.fault(where, "Enter on a result does not open it");
    else report.count("results opened");
}
