// How much a chapter takes of a screen of 1280 by 900: its first code is on the first screen, and with everything folded
// the whole chapter has at most nine.

import { visit } from "./chromium.mjs";

const SCREEN = 900;
const MOST_SCREENS = 9;

export async function check({ browser, book, report }) {
    for (const name of book.chapters) {
        await visit(browser, book.url(name), report, (page, where) => measure(page, where, report));
    }
    report.expect("chapters measured", 1);
}

async function measure(page, where, report) {
    await page.setViewportSize({ width: page.viewportSize().width, height: SCREEN });
    // A font that comes late changes where lines break.
    await page.evaluate(() => document.fonts.ready.then(() => undefined));
    const { whole, lines } = await page.evaluate(heights);
    report.count("chapters measured");
    const most = MOST_SCREENS * SCREEN;
    if (whole > most) report.fault(where, `${whole} px long with everything folded, and ${MOST_SCREENS} screens are ${most} px`);
    if (lines === null) report.fault(where, "no code in the chapter");
    else if (lines > SCREEN) report.fault(where, `its first code begins at ${lines} px, below the first screen of ${SCREEN} px`);
}

/** Runs in the page. */
function heights() {
    const code = document.querySelector("main pre > code");
    return {
        whole: document.documentElement.scrollHeight,
        lines: code && Math.round(code.getBoundingClientRect().top + scrollY),
    };
}
