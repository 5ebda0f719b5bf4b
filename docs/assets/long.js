// Shows the first lines of a long excerpt, and a button that shows the others. The fewer long excerpts a page has, the more
// lines each of them shows. Without this script, and on paper, all lines are there.
(() => {
    "use strict";
    // An excerpt with up to so many lines is shown whole.
    const SHORT = 14;
    // The long excerpts of a page show so many lines together.
    const SHOWN_TOGETHER = 36;
    // A fold that hides fewer lines would save next to nothing.
    const LEAST_HIDDEN = 5;
    if (location.pathname.endsWith("/print.html")) return;

    const excerpts = Array.from(document.querySelectorAll("main .program[data-lines]"));
    const long = excerpts.filter((box) => linesOf(box) > SHORT);
    const shown = Math.floor(SHOWN_TOGETHER / long.length);
    for (const box of long) {
        if (linesOf(box) - shown >= LEAST_HIDDEN) shorten(box);
    }

    function linesOf(box) {
        const [first, last] = box.dataset.lines.split("-").map(Number);
        return last - first + 1;
    }

    function shorten(box) {
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
