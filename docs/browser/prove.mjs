// Whether the checks find what they are for: each plants one fault in a copy of the book and runs the check that must name
// it. The book itself has to pass.

import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync, readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Book } from "./book.mjs";
import { launch } from "./chromium.mjs";
import { Report } from "./report.mjs";

const inMain = (html) => (page) => page.replace("</main>", `${html}</main>`);
const inScript = (script) => (page) => page.replace("</body>", `<script>${script}</script></body>`);
const inStyle = (css) => (page) => page.replace("</head>", `<style>${css}</style></head>`);

const LOCK = "synchronization/lock.html";

/** What is planted: the check, the page or other file, the change, and what the check has to say. */
const FAULTS = [
    ["heights", LOCK, inMain('<div style="height:1000px"></div>'), /\d+ px long with everything folded, and 9 screens are 8100 px/],
    ["heights", LOCK, (page) => page.replace("<main>", '<main><div style="height:900px"></div>'), /its first code begins at \d+ px, below the first screen/],
    ["heights", LOCK, inScript('document.querySelectorAll("main pre").forEach((it)=>it.remove())'), /no code in the chapter/],
    ["axe", "glossary.html", inMain('<img src="favicon-8114d1fc.png">'), /axe image-alt/],
    ["axe", "glossary.html", inMain('<p style="color:#999;background:#fff">pale</p>'), /axe color-contrast/],
    ["axe", "glossary.html", inMain('<button style="width:16px;height:16px;padding:0" aria-label="one"></button><button style="width:16px;height:16px;padding:0" aria-label="two"></button>'), /axe target-size/],
    ["axe", "glossary.html", (page) => page.replace(' lang="en"', ""), /axe html-has-lang/],
    ["axe", "glossary.html", inMain('<div style="width:2000px;height:1px"></div>'), /wider than the window, so that the whole text scrolls sideways/],
    ["axe", "glossary.html", inMain(`<pre><code class="language-rust">${"x".repeat(110)}</code></pre>`), /1 blocks of code scroll sideways/],
    ["axe", "glossary.html", inMain(`<div class="table-wrapper"><table><tbody><tr><td>${"x".repeat(90)}</td></tr></tbody></table></div>`), /a word in a table is cut: “x+”/],
    ["axe", "glossary.html", inScript('console.error("planted")'), /console error: planted/],
    ["axe", "glossary.html", inScript("planted.nothing()"), /script error: planted is not defined/],
    ["axe", "glossary.html", inMain('<img alt="" src="http://127.0.0.2:9/planted.png">'), /request to another host: http:\/\/127\.0\.0\.2:9\/planted\.png/],
    ["axe", "glossary.html", inMain('<img alt="" src="planted.png">'), /not loaded: .*planted\.png/],
    ["html", "glossary.html", inMain("<p>open <div>in a paragraph</div></p>"), /close-order|element-permitted-content|no-implicit-close/],
    ["html", "glossary.html", inMain('<p id="mdbook-content">twice</p>'), /no-dup-id/],
    ["keyboard", "index.html", inStyle(":focus-visible{outline:none!important;box-shadow:none!important}"), /does not show that it has the keyboard/],
    ["keyboard", "index.html", inMain('<label for="mdbook-sidebar-toggle-anchor">planted</label>'), /Tab does not reach <label> “planted”/],
    ["keyboard", "index.html", inMain('<div style="position:fixed;inset:0;z-index:9999"></div>'), /is under <div/],
    ["keyboard", "index.html", inScript('addEventListener("keydown",(e)=>{if(e.key==="/")e.stopImmediatePropagation()},true)'), /\/ and Escape: no search bar opens/],
    ["plain", LOCK, inStyle("html:not(.js) .tabs{display:none}"), /not seen without script/],
    ["plain", LOCK, inMain("<button>planted</button>"), /does nothing without script: <button> “planted”/],
    ["plain", LOCK, (page) => page.replace("<iframe", "<template"), /no table of contents without script/],
    ["copy", LOCK, inScript('document.querySelectorAll("[data-copy-whole]")[1].remove()'), /has 0 button\[data-copy-whole\], not 1/],
    ["copy", LOCK, inScript('const write=navigator.clipboard.writeText;Object.defineProperty(navigator.clipboard,"writeText",{set(f){this.f=f},get(){return (t)=>this.f(t.slice(1))}})'), /\[data-copy-whole\] copied \d+ characters, not \d+/],
    ["copy", LOCK, inScript('document.querySelectorAll("[data-copy]")[2].remove()'), /has 0 button\[data-copy\], not 1/],
    ["copy", "threads/select.html", (page) => page.replace(/<span class="boring"> +<\/span>/g, ""), /in its context, it is not the file/],
    ["tabs", LOCK, (page) => page.replace(/<script src="[.\/]*assets\/tabs-[^>]*><\/script>/, ""), /no tabs on a chapter/],
    ["tabs", LOCK, inScript('document.querySelector("[role=tab][aria-selected=false]").tabIndex=0'), /tabindex 0/],
    ["tabs", LOCK, inScript('document.querySelector("[role=tabpanel]").removeAttribute("aria-labelledby")'), /its panel names another tab/],
    ["tabs", LOCK, inStyle("@media print{[role=tabpanel][hidden]{display:none!important}}"), /tab panels are not printed/],
    ["tabs", LOCK, inScript('addEventListener("keydown",(e)=>{if(e.key==="End")e.stopImmediatePropagation()},true)'), /End leads to/],
    ["explorer", "interleavings.html", (page) => page.replace(/<script src="[.\/]*assets\/explorer-[^>]*><\/script>/, ""), /nothing announces its state/],
    ["explorer", "interleavings.html", (page) => page.replace('"bad":{}', '"bad":{"1":"planted"}'), /the mended model reaches a bad state/],
    ["search", "*searchindex-", (script) => script.replaceAll("coming-from-python.html", "planted.html"), /“threading\.RLock” does not find coming-from-python\.html/],
    ["run", LOCK, inMain('<button type="button" data-run="/run/lock">Run</button>'), /1 run buttons in a page that nobody serves/],
];

const asked = process.argv.slice(2);
const built = new Book();
const folder = mkdtempSync(join(tmpdir(), "cookbook-"));
const browser = await launch();
let missed = 0;
for (const [index, [name, file, change, expected]] of FAULTS.entries()) {
    if (asked.length > 0 && !asked.includes(name)) continue;
    const copy = join(folder, String(index));
    cpSync(built.folder, copy, { recursive: true });
    const planted = plant(copy, file, change);
    const { check } = await import(`./${name}.mjs`);
    const report = new Report();
    const book = new Book(copy, planted.endsWith(".html") ? [planted] : null);
    await check({ browser, book, report, unserved: true });
    const found = report.faults.find((fault) => expected.test(fault));
    console.log(`${found ? "found" : "MISSED"} ${name}: ${found ?? expected}`.slice(0, 240));
    if (!found) {
        missed++;
        console.error(`  planted in ${planted}; the check said: ${report.faults.slice(0, 3).join(" | ") || "nothing"}`);
    }
    rmSync(copy, { recursive: true });
}
await browser.close();
rmSync(folder, { recursive: true });
console.log(`${missed === 0 ? "Every planted fault was found." : `${missed} planted faults were missed.`}`);
process.exitCode = missed === 0 ? 0 : 1;

/** Changes a file of the copy; `*` stands before the start of a name. Says which file it was. */
function plant(copy, file, change) {
    const name = file.startsWith("*") ? readdirSync(copy).find((it) => it.startsWith(file.slice(1))) : file;
    const path = join(copy, name);
    const before = readFileSync(path, "utf8");
    const after = change(before);
    if (after === before) throw new Error(`nothing to plant in ${name}: the page has changed`);
    writeFileSync(path, after);
    return name;
}
