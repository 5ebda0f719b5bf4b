// The interleaving explorer, by keyboard: steps, undo, restart, and each model to the end its page promises.

import { visit } from "./chromium.mjs";

const SUBJECTS = 8;
/** More steps than any model has. */
const ENOUGH = 80;

export async function check({ browser, book, report }) {
    for (const name of book.readPages) {
        await visit(browser, book.url(name), report, (page, where) => play(page, where, report));
    }
    report.expect("subjects to explore", book.only ? 1 : SUBJECTS);
    report.expect("models played", book.only ? 1 : 2 * SUBJECTS);
}

async function play(page, where, report) {
    report.count("subjects to explore", await page.locator(".explorer").count());
    for (const model of await page.locator(".explorer-model").all()) {
        report.count("models played");
        const panel = await model.locator("xpath=..").getAttribute("aria-labelledby");
        await page.evaluate((id) => document.getElementById(id).click(), panel);
        const name = `${where}, ${await model.getAttribute("aria-label")}`;
        const status = model.locator("[role=status], [aria-live]");
        if ((await status.count()) !== 1) {
            report.fault(name, "nothing announces its state");
            continue;
        }
        const wrong = (await steps(page, model, status)) || (await ends(page, model, status, report));
        if (wrong) report.fault(name, wrong);
    }
}

async function press(page, button) {
    await button.focus();
    await page.keyboard.press("Enter");
}

const can = async (button) => (await button.getAttribute("aria-disabled")) !== "true" && (await button.isEnabled());

async function steps(page, model, status) {
    const [step] = await ableSteps(model);
    if (!step) return "no thread can step at the start";
    const start = await status.textContent();
    await press(page, step);
    if ((await status.textContent()) === start) return "a step announces nothing";
    await press(page, model.getByRole("button", { name: "Undo" }));
    if ((await model.getByRole("button", { name: "Undo" }).getAttribute("aria-disabled")) !== "true") return "Undo does not lead back";
    await press(page, (await ableSteps(model))[0]);
    await press(page, model.getByRole("button", { name: "Restart" }));
    return (await status.textContent()) === start ? "" : "Restart does not lead back";
}

async function ableSteps(model) {
    const all = await model.getByRole("button", { name: /^Step / }).all();
    const able = await Promise.all(all.map(can));
    return all.filter((_, index) => able[index]);
}

/** A broken model shows a bad schedule when asked; a mended one, stepped by whoever can, ends well. */
async function ends(page, model, status, report) {
    const follow = model.getByRole("button", { name: /^Show (a bad schedule|the deadlock)$/ });
    const broken = (await follow.count()) > 0;
    const title = await model.locator(".explorer-counts").textContent();
    if (broken === /none of them bad/.test(title)) return `its counts say “${title.trim()}”, and it has ${broken ? "a" : "no"} bad schedule to show`;
    const button = broken ? await follow.elementHandle() : null;
    for (let count = 0; count < ENOUGH; count++) {
        const said = await status.textContent();
        if (await status.evaluate((element) => element.classList.contains("bad"))) {
            report.count("bad states reached");
            return broken ? "" : `the mended model reaches a bad state: ${said}`;
        }
        if (said.includes("All threads have finished")) {
            report.count("good ends reached");
            return broken ? `the bad schedule ends well: ${said}` : "";
        }
        const next = broken ? button : (await ableSteps(model)).at(count % 2 ? -1 : 0);
        if (!next) return `no thread can step, and it is not called bad: ${said}`;
        await press(page, next);
    }
    return `no end after ${ENOUGH} steps`;
}
