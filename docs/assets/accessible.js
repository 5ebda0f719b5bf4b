// What the keyboard and screen readers need and mdBook's page lacks. docs/browser/check tries it.
(() => {
    const content = document.getElementById("mdbook-content");
    content.tabIndex = -1;
    const skip = document.createElement("a");
    skip.className = "skip";
    skip.href = "#mdbook-content";
    skip.textContent = "Skip to the text";
    // Not by the address: it may name a place on the page.
    skip.addEventListener("click", (event) => {
        event.preventDefault();
        content.focus();
    });
    document.body.prepend(skip);

    // A label for a box that is not there: what a mouse does to it, a key does too.
    const toggle = document.getElementById("mdbook-sidebar-toggle");
    toggle.setAttribute("role", "button");
    toggle.tabIndex = 0;
    toggle.addEventListener("keydown", (event) => {
        if (event.key !== "Enter" && event.key !== " ") return;
        event.preventDefault();
        toggle.click();
    });

    // What is wider than the window can be scrolled by its arrow keys, and those do not turn the page.
    const wide = document.querySelectorAll("main pre > code, main .table-wrapper");
    const seen = new ResizeObserver((entries) => entries.forEach(({ target }) => reach(target)));
    wide.forEach((element) => {
        seen.observe(element);
        element.addEventListener("keydown", (event) => {
            if (event.target === element && /^Arrow(Left|Right)$/.test(event.key)) event.stopPropagation();
        });
    });

    function reach(element) {
        if (element.scrollWidth <= element.clientWidth) {
            element.removeAttribute("tabindex");
            return;
        }
        element.tabIndex = 0;
        if (element.hasAttribute("role")) return;
        element.setAttribute("role", "group");
        element.setAttribute("aria-label", element.localName === "code" ? "Code, wider than the window" : "Table, wider than the window");
    }
})();
