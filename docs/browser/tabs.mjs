// The variants as tabs: their roles, their keys, the library that is remembered, and all of them without tabs in print.

import { visit } from "./chromium.mjs";

export async function check({ browser, book, report }) {
    const chapters = book.chapters;
    for (const name of chapters) {
        await visit(browser, book.url(name), report, (page, where) => examine(page, where, report));
    }
    const [name, other = name] = chapters;
    const remembering = (page, where) => remembers(page, where, book.url(other), report);
    if (name) await visit(browser, book.url(name), report, remembering);
    const forgets = { prepare: () => Object.defineProperty(window, "localStorage", { get: () => { throw new Error("denied"); } }) };
    if (name) await visit(browser, book.url(name), report, (page, where) => keys(page, `${where}, nothing kept`, report), forgets);
    report.expect("chapters with tabs", 1);
    report.expect("tabs", 2);
    report.expect("libraries remembered", 1);
}

async function examine(page, where, report) {
    const lists = await page.locator("[role=tablist]").count();
    if (lists === 0) return report.fault(where, "no tabs on a chapter");
    report.count("chapters with tabs");
    for (const wrong of await page.evaluate(wiring)) report.fault(where, wrong);
    report.count("tabs", await page.locator("[role=tab]").count());
    await keys(page, where, report);
    await links(page, where, report);
    await page.emulateMedia({ media: "print" });
    const hidden = await page.evaluate(() => [...document.querySelectorAll("[role=tabpanel]")].filter((panel) => panel.innerText.trim() === "" || panel.getBoundingClientRect().height < 20).length);
    if (hidden > 0) report.fault(where, `${hidden} tab panels are not printed`);
}

/** Whether each tab has its panel and each group one chosen tab: runs in the page. */
function wiring() {
    const wrong = [];
    for (const list of document.querySelectorAll("[role=tablist]")) {
        const tabs = [...list.querySelectorAll("[role=tab]")];
        const chosen = tabs.filter((tab) => tab.getAttribute("aria-selected") === "true");
        if (!list.getAttribute("aria-label") && !list.getAttribute("aria-labelledby")) wrong.push("a tablist has no name");
        if (chosen.length !== 1) wrong.push(`a tablist has ${chosen.length} chosen tabs`);
        for (const tab of tabs) {
            const panel = document.getElementById(tab.getAttribute("aria-controls"));
            const isChosen = chosen.includes(tab);
            if (panel?.getAttribute("role") !== "tabpanel") wrong.push(`${tab.textContent}: no tabpanel`);
            else if (panel.getAttribute("aria-labelledby") !== tab.id) wrong.push(`${tab.textContent}: its panel names another tab`);
            else if (panel.hasAttribute("hidden") === isChosen) wrong.push(`${tab.textContent}: its panel is ${isChosen ? "hidden" : "shown"}`);
            if (tab.tabIndex !== (isChosen ? 0 : -1)) wrong.push(`${tab.textContent}: tabindex ${tab.tabIndex}`);
        }
    }
    return wrong;
}

async function keys(page, where, report) {
    const list = page.locator("[role=tablist]").first();
    const names = await list.locator("[role=tab]").allTextContents();
    const chosen = () => list.locator("[role=tab][aria-selected=true]").textContent();
    const address = page.url();
    await list.locator("[role=tab][aria-selected=true]").focus();
    const steps = [["Home", 0], ["ArrowRight", 1], ["ArrowLeft", 0], ["ArrowLeft", names.length - 1], ["ArrowRight", 0], ["End", names.length - 1], ["Home", 0]];
    for (const [key, index] of steps) {
        await page.keyboard.press(key);
        report.count("keys of tabs");
        const now = await chosen();
        const focused = await page.evaluate(() => document.activeElement.textContent);
        if (now !== names[index] || focused !== now) {
            report.fault(where, `${key} leads to ${now} with the keyboard on ${focused.slice(0, 30)}, not to ${names[index]}`);
            return;
        }
    }
    if (page.url() !== address) report.fault(where, "an arrow key on the tabs turns the page");
    for (const wrong of await page.evaluate(wiring)) report.fault(where, `after the keys: ${wrong}`);
}

/** A link to a place in a hidden panel shows it. */
async function links(page, where, report) {
    const id = await page.evaluate(() => document.querySelector("[role=tabpanel][hidden] [id]")?.id);
    if (!id) return;
    await page.evaluate((target) => (location.hash = target), id);
    await page.waitForFunction((target) => !document.getElementById(target).closest("[role=tabpanel]").hasAttribute("hidden"), id, { timeout: 3000 })
        .then(() => report.count("links into hidden panels"), () => report.fault(where, `#${id} does not show its panel`));
}

/** What is chosen on one page is chosen on the next. */
async function remembers(page, where, next, report) {
    const tab = page.locator("[role=tablist]").first().locator("[role=tab]", { hasText: /^std$/ }).or(page.locator("[role=tab][aria-selected=false]")).first();
    const library = await tab.textContent();
    await tab.click();
    await page.goto(next);
    const chosen = await page.locator("[role=tab][aria-selected=true]").allTextContents();
    if (chosen.includes(library)) report.count("libraries remembered");
    else report.fault(where, `${library} was chosen; the next chapter shows ${chosen.join(", ")}`);
}
