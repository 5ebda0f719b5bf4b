// What the keyboard, screen readers and narrow screens need and mdBook's pages lack. docs/browser/check tries it.
(() => {
    "use strict";
    const content = document.getElementById("mdbook-content");
    const main = content.querySelector("main");

    // The address keeps the place on the page that it names.
    document.querySelector(".skip").addEventListener("click", (event) => {
        event.preventDefault();
        content.focus();
    });

    // The label of a box that is not shown. What a mouse does to it, a key does too.
    const toggle = document.getElementById("mdbook-sidebar-toggle");
    toggle.setAttribute("role", "button");
    toggle.tabIndex = 0;
    toggle.addEventListener("keydown", (event) => {
        if (event.key !== "Enter" && event.key !== " ") return;
        event.preventDefault();
        toggle.click();
    });

    beginAtTheTop();
    openTheChapter();
    nameFolds();
    nameThePart();
    nameTheCells();
    listTheHeadings();
    makeScrollable();

    /** mdBook scrolls to the page's entry in the table of contents, and Chromium then begins there with the Tab key. */
    function beginAtTheTop() {
        if (location.hash || document.activeElement !== document.body) return;
        const start = document.createElement("span");
        start.tabIndex = -1;
        document.body.prepend(start);
        start.focus({ preventScroll: true });
        start.remove();
    }

    /** The smallest program stands beside the figure that follows it, if its lines are short enough for that. */
    function openTheChapter() {
        const columns = 55;
        for (const program of main.querySelectorAll(".program[data-program$=_small]")) {
            const lines = program.querySelector("pre > code").innerText.split("\n");
            const figure = figureAfter(program);
            if (!figure || lines.some((line) => line.length > columns)) continue;
            const opening = document.createElement("div");
            const left = document.createElement("div");
            const right = document.createElement("div");
            opening.className = "opening";
            opening.append(left, right);
            program.before(opening);
            while (opening.nextElementSibling !== figure) {
                const next = opening.nextElementSibling;
                (next.localName === "p" ? right : left).append(next);
            }
            right.append(figure);
        }
    }

    /** What the program prints, what another project needs and a paragraph or two may stand in between. */
    function figureAfter(program) {
        let next = program.nextElementSibling;
        while (next && next.matches(".output, .own-project, p")) next = next.nextElementSibling;
        return next && next.matches(".figure") ? next : null;
    }

    /** Parts of the table of contents that fold: the arrow is a button with a name. */
    function nameFolds() {
        for (const fold of document.querySelectorAll(".chapter-fold-toggle")) {
            const item = fold.closest("li");
            fold.setAttribute("role", "button");
            fold.tabIndex = fold.parentElement.querySelector("a").tabIndex;
            fold.setAttribute("aria-label", `Pages below ${fold.parentElement.firstElementChild.textContent}`);
            const told = () => fold.setAttribute("aria-expanded", item.classList.contains("expanded"));
            fold.addEventListener("click", told);
            fold.addEventListener("keydown", (event) => {
                if (event.key !== "Enter" && event.key !== " ") return;
                event.preventDefault();
                fold.click();
            });
            told();
        }
    }

    /** The bar names the part that the page belongs to: the entry above it, or the title above its entry. */
    function nameThePart() {
        const active = document.querySelector("#mdbook-sidebar .chapter a.active");
        const crumb = document.querySelector(".crumbs > a");
        if (!active || !crumb) return;
        const item = active.closest("li");
        const above = item.parentElement.closest("li.chapter-item")?.querySelector("a");
        if (above) {
            crumb.textContent = above.textContent;
            crumb.href = above.href;
            return;
        }
        let title = item.previousElementSibling;
        while (title && !title.classList.contains("part-title")) title = title.previousElementSibling;
        if (!title) return;
        const part = document.createElement("span");
        part.className = "part";
        part.textContent = title.textContent;
        crumb.replaceWith(part);
    }

    /** On a narrow screen a row of a table becomes a block, and each cell says which column it belongs to. */
    function nameTheCells() {
        for (const table of main.querySelectorAll("table")) {
            const names = Array.from(table.querySelectorAll("thead th"), (head) => head.textContent.trim());
            // Styled as blocks, the parts of a table lose their roles unless these say them.
            table.setAttribute("role", "table");
            for (const part of table.querySelectorAll("thead, tbody")) part.setAttribute("role", "rowgroup");
            for (const head of table.querySelectorAll("thead th")) head.setAttribute("role", "columnheader");
            for (const row of table.querySelectorAll("tr")) row.setAttribute("role", "row");
            for (const row of table.querySelectorAll("tbody tr")) {
                Array.from(row.cells).forEach((cell, column) => {
                    cell.setAttribute("role", cell.scope === "row" ? "rowheader" : "cell");
                    if (names[column]) cell.dataset.label = names[column];
                    if (cell.textContent.trim() === "" && !cell.firstElementChild) cell.classList.add("empty");
                });
            }
            if (names.length === 2) table.classList.add("pairs");
            table.querySelectorAll("td code").forEach(letBreak);
        }
    }

    /** A long name breaks between its words if it must. */
    function letBreak(code) {
        const longest = 30;
        if (code.childElementCount > 0 || code.textContent.length < longest) return;
        const words = code.textContent.split(/(?<=_|::|\/)/);
        code.replaceChildren(...words.flatMap((word) => [word, document.createElement("wbr")]));
    }

    /** A screen without the table of contents gets the page's headings as a list in front of the second one. */
    function listTheHeadings() {
        const headings = Array.from(main.querySelectorAll("h2[id]"));
        if (headings.length < 3 || document.documentElement.classList.contains("landing")) return;
        if (location.pathname.endsWith("/print.html")) return;
        const box = document.createElement("details");
        box.className = "on-page";
        const summary = document.createElement("summary");
        summary.textContent = "On this page";
        const list = document.createElement("ul");
        for (const heading of headings) {
            const link = document.createElement("a");
            link.href = `#${heading.id}`;
            link.textContent = heading.textContent;
            const item = document.createElement("li");
            item.append(link);
            list.append(item);
        }
        box.append(summary, list);
        headings[0].before(box);
    }

    /** What is wider than its box is reached by Tab and scrolled by its arrow keys, which then do not turn the page. */
    function makeScrollable() {
        const wide = main.querySelectorAll("pre > code, .table-wrapper");
        const seen = new ResizeObserver((entries) => entries.forEach(({ target }) => reach(target)));
        for (const element of wide) {
            seen.observe(element);
            element.addEventListener("keydown", (event) => {
                if (event.target === element && /^Arrow(Left|Right)$/.test(event.key)) event.stopPropagation();
            });
        }
    }

    function reach(element) {
        if (element.scrollWidth <= element.clientWidth) {
            element.removeAttribute("tabindex");
            return;
        }
        element.tabIndex = 0;
        if (element.hasAttribute("role")) return;
        const isCode = element.localName === "code";
        element.setAttribute("role", "group");
        element.setAttribute("aria-label", isCode ? "Code, wider than the window" : "Table, wider than the window");
    }
})();
