// Without script: the whole text is there, the contents are there, and no button that would do nothing.

import { NARROW, WIDE, visit } from "./chromium.mjs";

export async function check({ browser, book, report }) {
    for (const name of book.readPages) {
        for (const width of [WIDE, NARROW]) {
            await visit(browser, book.url(name), report, (page, where) => read(page, where, report), { script: false, width });
        }
    }
    report.expect("pages without script", 1);
    report.expect("blocks of text seen", 10);
}

async function read(page, where, report) {
    report.count("pages without script");
    const seen = await page.evaluate(() => {
        const shown = (element) => element.checkVisibility({ visibilityProperty: true });
        const folded = (element) => element.closest("details:not([open])") && element.localName !== "summary";
        const name = (element) => `<${element.localName}> “${element.textContent.trim().slice(0, 40)}”`;
        const text = [...document.querySelectorAll("main :is(p, pre, table, h1, h2, h3, svg, section)")];
        // What only tells a screen reader more is never shown.
        const hidden = text.filter((element) => !shown(element) && !folded(element));
        const buttons = [...document.querySelectorAll("button, [role=button], [role=tab]")].filter(shown);
        return { blocks: text.length, hidden: hidden.map(name), dead: buttons.map(name) };
    });
    report.count("blocks of text seen", seen.blocks - seen.hidden.length);
    for (const element of seen.hidden) report.fault(where, `not seen without script: ${element}`);
    for (const element of seen.dead) report.fault(where, `does nothing without script: ${element}`);
    const contents = page.frames().find((frame) => frame.url().endsWith("/toc.html"));
    const links = contents ? await contents.evaluate(() => document.querySelectorAll("a[href]").length) : 0;
    report.count("links of the contents", links);
    if (links < 3) report.fault(where, "no table of contents without script");
}
