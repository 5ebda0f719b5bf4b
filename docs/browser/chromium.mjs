// Chromium, and pages in it that tell what goes wrong on them.

import { existsSync } from "node:fs";
import { chromium } from "playwright-core";

export const WIDE = 1280;
export const NARROW = 390;
export const WIDTHS = [WIDE, NARROW];
/** The themes that the book keeps. */
export const THEMES = ["light", "coal"];

export function launch() {
    const executablePath = process.env.CHROMIUM || "/usr/bin/chromium";
    if (!existsSync(executablePath)) {
        throw new Error(`${executablePath} is not there: apt-get install chromium, or set CHROMIUM to where it is`);
    }
    // As root, which a container's only user often is, Chromium has no sandbox; it opens the book and nothing else.
    const unsafe = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
    return chromium.launch({ executablePath, args: [...unsafe, "--disable-gpu", "--disable-background-networking"] });
}

/**
 * Opens a page, hands it to `look`, and reports each error in its console, each file that it does not get and each
 * request to another host.
 */
export async function visit(browser, url, report, look, options = {}) {
    const { theme = "light", width = WIDE, script = true, prepare = null } = options;
    const context = await browser.newContext({
        viewport: { width, height: 800 },
        javaScriptEnabled: script,
        // What moves cannot be looked at twice.
        reducedMotion: "reduce",
    });
    const where = `${url.split("/").pop()} (${[theme, width, script ? "" : "no script"].filter(Boolean).join(", ")})`;
    await context.addInitScript((name) => {
        try {
            localStorage.setItem("mdbook-theme", name);
        } catch {
            // A check of a browser that keeps nothing.
        }
    }, theme);
    if (prepare) await context.addInitScript(prepare);
    const page = await context.newPage();
    page.setDefaultTimeout(30_000);
    listen(page, url, where, report);
    try {
        await page.goto(url, { waitUntil: "load" });
        await look(page, where);
    } catch (error) {
        report.fault(where, error.message.split("\n").slice(0, 2).join(" "));
    } finally {
        await context.close();
    }
}

function listen(page, url, where, report) {
    const home = new URL(url);
    page.on("console", (message) => {
        const said = message.type();
        if (said === "error" || said === "warning") report.fault(where, `console ${said}: ${message.text()}`);
    });
    page.on("pageerror", (error) => report.fault(where, `script error: ${error.message}`));
    page.on("request", (request) => {
        report.count("requests");
        const target = new URL(request.url());
        const own = ["data:", "blob:"].includes(target.protocol);
        if (!own && (target.protocol !== home.protocol || target.host !== home.host)) {
            report.fault(where, `request to another host: ${request.url()}`);
        }
    });
    page.on("requestfailed", (request) => {
        const reason = request.failure()?.errorText ?? "";
        // A page that is left stops what it was loading.
        if (!reason.includes("ERR_ABORTED")) report.fault(where, `not loaded: ${request.url()} ${reason}`);
    });
}
