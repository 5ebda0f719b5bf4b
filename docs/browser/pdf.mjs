// The book as one PDF, from its page for printing: tagged, so that it can be read aloud, and with an outline.

import { mkdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { Book, workspace } from "./book.mjs";
import { launch } from "./chromium.mjs";

/** Beside the check, in a folder that git ignores: docs/book is replaced by each build. */
export const PDF = join(workspace, "docs/browser/out/parallel-rust-cookbook.pdf");

const book = new Book();
const browser = await launch();
const page = await browser.newPage();
// The page opens the window for printing, which nobody would close here.
await page.addInitScript(() => {
    window.print = () => {};
    localStorage.setItem("mdbook-theme", "light");
});
await page.goto(book.url("print.html"), { waitUntil: "load" });
mkdirSync(join(PDF, ".."), { recursive: true });
await page.pdf({ path: PDF, format: "A4", tagged: true, outline: true, margin: { top: "18mm", bottom: "18mm", left: "16mm", right: "16mm" } });
const chapters = await page.locator("main h1").count();
await browser.close();

const text = readFileSync(PDF, "latin1");
const pages = [...text.matchAll(/\/Type\s*\/Page\b/g)].length;
const lacking = ["/StructTreeRoot", "/MarkInfo", "/Outlines", "/Lang"].filter((name) => !text.includes(name));
for (const name of lacking) console.error(`  pdf: ${PDF} has no ${name}`);
if (pages < chapters) console.error(`  pdf: ${pages} pages for ${chapters} chapters`);
console.log(`pdf: ${PDF}, ${pages} pages, ${statSync(PDF).size} bytes`);
process.exitCode = lacking.length === 0 && pages >= chapters ? 0 : 1;
