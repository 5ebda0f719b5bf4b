// Keyboard only: everything that a mouse can press is reached by Tab, shows it and is not covered; the keys of the book do
// what its help says.

import { WIDE, NARROW, visit } from "./chromium.mjs";

export async function check({ browser, book, report }) {
    for (const name of book.readPages) {
        const walks = async (page, where) => walk(page, where, report);
        await visit(browser, book.url(name), report, walks, { width: WIDE });
    }
    const [first] = book.readPages.filter((name) => name === "index.html").concat(book.readPages);
    for (const width of [WIDE, NARROW]) {
        for (const [what, go] of Object.entries(KEYS)) {
            const tries = async (page, where) => {
                report.count("keys tried");
                const wrong = await go(page);
                if (wrong) report.fault(where, `${what}: ${wrong}`);
            };
            await visit(browser, book.url(first), report, tries, { width, theme: "coal" });
        }
    }
    report.expect("stops of the Tab key", 10);
    report.expect("keys tried", 2 * Object.keys(KEYS).length);
}

/** Presses Tab until the first stop comes again. */
async function walk(page, where, report) {
    const pressable = await page.evaluate(markPressable);
    const reached = new Set();
    for (let presses = 0; presses <= pressable.length + 40; presses++) {
        await page.keyboard.press("Tab");
        const stop = await page.evaluate(describeFocus);
        if (stop === null || (stop.number !== null && reached.has(stop.number))) break;
        report.count("stops of the Tab key");
        if (stop.number !== null) reached.add(stop.number);
        if (!stop.shown) report.fault(where, `Tab: ${stop.name} does not show that it has the keyboard`);
        if (stop.covered) report.fault(where, `Tab: ${stop.name} is ${stop.covered} when it has the keyboard`);
    }
    for (const [number, name] of pressable) {
        if (!reached.has(number)) report.fault(where, `Tab does not reach ${name}`);
    }
}

/** Numbers what can be pressed: runs in the page. */
function markPressable() {
    const selector = "a[href], button, summary, input, select, textarea, label[for], [role=button], [role=tab], [tabindex='0']";
    const found = [];
    for (const element of document.querySelectorAll(selector)) {
        // Of a group of tabs, one is reached; arrow keys lead to the others.
        if (element.getAttribute("role") === "tab" && element.getAttribute("aria-selected") !== "true") continue;
        // Nobody sees the skip link before it has the keyboard.
        if (!element.checkVisibility({ visibilityProperty: true, contentVisibilityAuto: true })) continue;
        const { width, height } = element.getBoundingClientRect();
        if (width === 0 || height === 0) continue;
        element.dataset.stop = found.length;
        const text = (element.textContent.trim() || element.title || element.ariaLabel || "").slice(0, 40);
        found.push([found.length, `<${element.localName}> “${text}”`]);
    }
    return found;
}

/** What has the keyboard, whether that can be seen, and what lies over it: runs in the page. */
function describeFocus() {
    const element = document.activeElement;
    if (!element || element === document.body || element === document.documentElement) return null;
    const style = getComputedStyle(element);
    const outlined = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1;
    const text = (element.textContent.trim() || element.title || element.ariaLabel || "").slice(0, 40);
    const box = element.getClientRects()[0] ?? element.getBoundingClientRect();
    // A point of it in the window: what is longer than the window need not begin there.
    const x = (Math.max(box.left, 0) + Math.min(box.right, innerWidth)) / 2;
    const y = box.height > innerHeight / 2 ? (Math.max(box.top, 60) + Math.min(box.bottom, innerHeight)) / 2 : box.top + Math.min(box.height / 2, 12);
    const within = x >= box.left && x <= box.right && y >= Math.max(box.top, 0) && y <= Math.min(box.bottom, innerHeight);
    const top = within ? document.elementFromPoint(x, y) : null;
    const own = top && (element.contains(top) || top.contains(element));
    return {
        number: element.dataset.stop === undefined ? null : Number(element.dataset.stop),
        name: `<${element.localName}> “${text}”`,
        shown: outlined || style.boxShadow !== "none",
        covered: !within ? "outside the window" : own ? "" : `under <${top?.localName} class=${top?.className?.baseVal ?? top?.className}>`,
    };
}

const visible = (page, selector) => page.locator(selector).isVisible();
const focusOn = (page, selector) => page.locator(selector).evaluate((element) => element.focus());

/** What each key does, and what is wrong with it: a sentence, or nothing. */
const KEYS = {
    "the first Tab and Enter": async (page) => {
        await page.keyboard.press("Tab");
        const link = await page.evaluate(() => document.activeElement.textContent);
        await page.keyboard.press("Enter");
        const inText = await page.evaluate(() => document.activeElement.id === "mdbook-content");
        return inText ? "" : `“${link}” does not lead to the text`;
    },
    "/ and Escape": async (page) => {
        await page.keyboard.press("/");
        if (!(await visible(page, "#mdbook-searchbar"))) return "no search bar opens";
        const inside = await page.evaluate(() => document.activeElement.id);
        if (inside !== "mdbook-searchbar") return "the search bar does not get the keyboard";
        await page.keyboard.press("Escape");
        return (await visible(page, "#mdbook-searchbar")) ? "Escape does not close the search" : "";
    },
    "? and Escape": async (page) => {
        await page.keyboard.press("?");
        if (!(await visible(page, "#mdbook-help-popup"))) return "no help opens";
        await page.keyboard.press("Escape");
        return (await visible(page, "#mdbook-help-popup")) ? "Escape does not close the help" : "";
    },
    "Enter on the theme button": async (page) => {
        await focusOn(page, "#mdbook-theme-toggle");
        await page.keyboard.press("Enter");
        if (!(await visible(page, "#mdbook-theme-list"))) return "no list of themes opens";
        await focusOn(page, "#mdbook-theme-light");
        await page.keyboard.press("Enter");
        const theme = await page.evaluate(() => document.documentElement.className);
        if (!/\blight\b/.test(theme)) return "the theme does not change";
        await focusOn(page, "#mdbook-theme-light");
        await page.keyboard.press("Escape");
        return (await visible(page, "#mdbook-theme-list")) ? "Escape does not close the list of themes" : "";
    },
    "Enter and Space on the contents button": async (page) => {
        const shown = () => page.evaluate(() => document.documentElement.classList.contains("sidebar-visible"));
        const before = await shown();
        await focusOn(page, "#mdbook-sidebar-toggle");
        await page.keyboard.press("Enter");
        if ((await shown()) === before) return "Enter does not show or hide the contents";
        await page.keyboard.press("Space");
        return (await shown()) === before ? "" : "Space does not show or hide the contents";
    },
    "the right arrow": async (page) => {
        const before = page.url();
        const left = page.waitForURL((url) => url.href !== before, { timeout: 5000 }).catch(() => {});
        await page.keyboard.press("ArrowRight");
        await left;
        return page.url() === before ? "it does not turn the page" : "";
    },
};
