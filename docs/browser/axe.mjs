// Every page in both themes and at both widths: axe's rules for WCAG 2.2 A and AA, no text that scrolls sideways, code that
// fits into a wide window, and tables that fit into a narrow one without a cut word.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { THEMES, WIDE, WIDTHS, visit } from "./chromium.mjs";
import { serveFolder } from "./over_http.mjs";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];

export async function check({ browser, book, report }) {
    const served = await serveFolder(book.folder);
    for (const name of book.pages) {
        const url = name === "404.html" ? served.url + name : book.url(name);
        for (const theme of THEMES) {
            for (const width of WIDTHS) {
                await visit(browser, url, report, (page, where) => examine(page, where, report), { theme, width });
            }
        }
    }
    served.stop();
    report.expect("pages in a theme at a width", 4);
    report.expect("rules passed", 10);
}

async function examine(page, where, report) {
    report.count("pages in a theme at a width");
    await page.evaluate(AXE);
    const result = await page.evaluate((tags) => {
        const rules = { "target-size": { enabled: true } };
        // Its style sheets cannot be read a second time from file://; no rule asked for needs that.
        const options = { preload: false, resultTypes: ["violations"] };
        return axe.run(document, { runOnly: { type: "tag", values: tags }, rules, ...options });
    }, TAGS);
    report.count("rules passed", result.passes.length);
    report.count("violations", result.violations.length);
    for (const violation of result.violations) {
        const places = violation.nodes.map((node) => `${node.target.join(" ")} ${data(node)}`);
        const shown = places.slice(0, 3).join("; ");
        report.fault(where, `axe ${violation.id}: ${violation.help}; ${places.length} places: ${shown}`);
    }
    const beyond = await page.evaluate(beyondTheWindow);
    if (beyond) report.fault(where, `wider than the window, so that the whole text scrolls sideways: ${beyond}`);
    await page.evaluate(showEverything);
    const wide = (await page.evaluate(() => innerWidth)) === WIDE;
    const wrong = await page.evaluate(wide ? scrollingCode : cutWords);
    if (wrong) report.fault(where, wrong);
}

/** What is folded or in another tab is measured too: runs in the page. */
function showEverything() {
    for (const folded of document.querySelectorAll("main details")) folded.open = true;
    for (const panel of document.querySelectorAll("[role=tabpanel]")) panel.removeAttribute("hidden");
}

/** A wide window has room for a hundred columns of code: runs in the page. */
function scrollingCode() {
    const wide = [...document.querySelectorAll("main pre > code")].filter((code) => code.scrollWidth > code.clientWidth);
    if (wide.length === 0) return "";
    const lines = wide[0].innerText.split("\n");
    const longest = lines.reduce((one, other) => (other.length > one.length ? other : one));
    return `${wide.length} blocks of code scroll sideways; the first has a line of ${longest.length} columns: “${longest.trim().slice(0, 50)}”`;
}

/** On a narrow screen a table neither scrolls nor breaks a word: runs in the page. */
function cutWords() {
    for (const table of document.querySelectorAll("main table")) {
        const box = table.closest(".table-wrapper") ?? table;
        if (box.scrollWidth > box.clientWidth) return `a table scrolls sideways: “${table.textContent.trim().slice(0, 40)}”`;
        const texts = document.createTreeWalker(table, NodeFilter.SHOW_TEXT);
        for (let text = texts.nextNode(); text; text = texts.nextNode()) {
            for (const { 0: word, index } of text.data.matchAll(/[\p{L}\p{N}]+/gu)) {
                const range = document.createRange();
                range.setStart(text, index);
                range.setEnd(text, index + word.length);
                const lines = new Set([...range.getClientRects()].map(({ top }) => Math.round(top)));
                if (lines.size > 1) return `a word in a table is cut: “${word}”`;
            }
        }
    }
    return "";
}

/** What of the text lies outside the window, other than in a box that scrolls by itself: runs in the page. */
function beyondTheWindow() {
    for (const element of document.querySelectorAll("main *")) {
        const { left, right, width } = element.getBoundingClientRect();
        if (width === 0 || (right <= innerWidth + 1 && left >= -1)) continue;
        if (getComputedStyle(element).position === "fixed" || element.closest("svg") !== null) continue;
        let parent = element.parentElement;
        while (parent.localName !== "main" && getComputedStyle(parent).overflowX === "visible") parent = parent.parentElement;
        if (parent.localName === "main") return `<${element.localName}> “${element.textContent.trim().slice(0, 40)}”, ${Math.round(width)} px`;
    }
    return "";
}

/** The measured contrast or size, where there is one. */
function data(node) {
    const found = [...node.any, ...node.all, ...node.none].find((it) => it.data?.contrastRatio ?? it.data?.width);
    if (!found) return "";
    const { contrastRatio, fgColor, bgColor, width, height } = found.data;
    return contrastRatio ? `(${contrastRatio}:1, ${fgColor} on ${bgColor})` : `(${width} by ${height})`;
}
