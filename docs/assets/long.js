// Shows the first lines of a long excerpt, and a button that shows the others. Without this script, and on paper, all lines
// are there.
(() => {
    "use strict";
    // An excerpt with up to so many lines is shown whole: a fold would save next to nothing.
    const MOST_LINES = 14;
    // As many as the style sheet shows: `.first-lines` in code.css.
    const FIRST_LINES = 8;
    if (location.pathname.endsWith("/print.html")) return;

    for (const box of document.querySelectorAll("main .program[data-lines]")) {
        const [first, last] = box.dataset.lines.split("-").map(Number);
        const count = last - first + 1;
        if (count > MOST_LINES) shorten(box, count);
    }

    function shorten(box, count) {
        const pre = box.querySelector("pre");
        const button = document.createElement("button");
        button.type = "button";
        button.className = "button more";
        button.addEventListener("click", () => show(pre.classList.contains("first-lines")));
        // A search in the page has found something below the first lines, and scrolls there.
        pre.addEventListener("scroll", () => show(true));
        box.querySelector(".context")?.addEventListener("click", () => show(true));
        pre.after(button);
        show(false);

        function show(all) {
            pre.classList.toggle("first-lines", !all);
            button.setAttribute("aria-expanded", all);
            button.textContent = all ? `Show the first ${FIRST_LINES} lines` : `Show all ${count} lines`;
            if (all) pre.scrollTop = 0;
        }
    }
})();
