// The checks that open the book in Chromium: all of them on all pages, or those that are named, as in
// `axe keyboard lock.html`.

import { Book } from "./book.mjs";
import { launch } from "./chromium.mjs";
import { Report } from "./report.mjs";

const PARTS = ["heights", "axe", "keyboard", "plain", "copy", "tabs", "explorer", "search", "run"];

const pages = process.argv.slice(2).filter((name) => name.endsWith(".html"));
const asked = process.argv.slice(2).filter((name) => !name.endsWith(".html"));
const unknown = asked.filter((name) => !PARTS.includes(name));
if (unknown.length > 0) {
    console.error(`no such check: ${unknown.join(", ")}; the checks are: ${PARTS.join(", ")}`);
    process.exit(2);
}

const browser = await launch();
const book = new Book(undefined, pages.length > 0 ? pages : null);
let faults = 0;
for (const name of asked.length > 0 ? asked : PARTS) {
    const { check } = await import(`./${name}.mjs`);
    const report = new Report();
    await check({ browser, book, report });
    console.log(`${name}: ${report.faults.length} faults; ${report}`);
    for (const fault of report.faults) console.error(`  ${name}: ${fault}`);
    faults += report.faults.length;
}
await browser.close();
process.exitCode = faults === 0 ? 0 : 1;
