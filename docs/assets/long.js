// Shows the first lines of a long excerpt, and a button that shows the others. The first long excerpt of a page has the
// lesson, so it shows the most lines. Without this script, and on paper, all lines are there.
(() => {
    "use strict";
    // An excerpt with up to so many lines is shown whole.
    const SHORT = 14;
    // The long excerpts of a page show so many lines together, the first one at most so many of them, and each of the
    // others at least so many.
    const SHOWN_TOGETHER = 36;
    const FIRST_SHOWS = 28;
    const OTHERS_SHOW = 8;
    // A fold that hides fewer lines would save next to nothing.
    const LEAST_HIDDEN = 5;
    if (location.pathname.endsWith("/print.html")) return;

    const excerpts = Array.from(document.querySelectorAll("main .program[data-lines]"));
    const long = excerpts.filter((box) => linesOf(box) > SHORT);
    if (long.length === 0) return;
    const first = Math.min(linesOf(long[0]), FIRST_SHOWS);
    const others = Math.max(Math.floor((SHOWN_TOGETHER - first) / (long.length - 1)), OTHERS_SHOW);
    for (const box of long) {
        const shown = box === long[0] ? first : others;
        if (linesOf(box) - shown >= LEAST_HIDDEN) shorten(box, shown);
    }

    function linesOf(box) {
        const [first, last] = box.dataset.lines.split("-").map(Number);
        return last - first + 1;
    }

    function shorten(box, shown) {
        const pre = box.querySelector("pre");
        const button = document.createElement("button");
        button.type = "button";
        button.className = "button more";
        button.addEventListener("click", () => show(pre.classList.contains("first-lines")));
        // The style sheet makes the block as high as these lines.
        pre.style.setProperty("--lines", shown);
        // A search in the page has found something below the first lines, and scrolls there.
        pre.addEventListener("scroll", () => show(true));
        box.querySelector(".context")?.addEventListener("click", () => show(true));
        pre.after(button);
        show(false);

        function show(all) {
            pre.classList.toggle("first-lines", !all);
            button.setAttribute("aria-expanded", all);
            button.textContent = all ? `Show the first ${shown} lines` : `Show all ${linesOf(box)} lines`;
            if (all) pre.scrollTop = 0;
        }
    }
})();
