// Tabs: each section with a data-tab, and the prose before it, is the panel of one. A library that a reader chooses is shown
// on every page that has it. Without this script, and on paper, all stand one below the other.
(() => {
    const KEY = "cookbook-library";
    const groups = Array.from(document.querySelectorAll(".tabs"), made);
    if (groups.length === 0) return;

    function made(box) {
        const list = document.createElement("div");
        list.setAttribute("role", "tablist");
        list.setAttribute("aria-label", box.dataset.label || "The same job with");
        // Whether what is chosen here is chosen on other pages too.
        const isShared = box.dataset.label === undefined;
        const group = { list, isShared, tabs: [] };
        let parts = [];
        for (const part of Array.from(box.children)) {
            parts.push(part);
            if (!part.dataset.tab) continue;
            const tab = document.createElement("button");
            const panel = document.createElement("div");
            tab.type = "button";
            tab.id = `${part.id}-tab`;
            tab.textContent = part.dataset.tab;
            tab.setAttribute("role", "tab");
            tab.setAttribute("aria-controls", `${part.id}-panel`);
            panel.id = `${part.id}-panel`;
            panel.setAttribute("role", "tabpanel");
            panel.setAttribute("aria-labelledby", tab.id);
            part.before(panel);
            panel.append(...parts);
            parts = [];
            tab.addEventListener("click", () => choose(group, tab));
            // A search in the page, or a link, has found something in a panel that is not shown.
            panel.addEventListener("beforematch", () => show(group, tab));
            list.append(tab);
            group.tabs.push({ tab, panel, library: part.dataset.tab });
        }
        list.addEventListener("keydown", (event) => move(group, event));
        box.prepend(list);
        return group;
    }

    function show(group, chosen) {
        for (const { tab, panel } of group.tabs) {
            const selected = tab === chosen;
            tab.setAttribute("aria-selected", selected);
            tab.tabIndex = selected ? 0 : -1;
            if (selected) panel.removeAttribute("hidden");
            else panel.setAttribute("hidden", "until-found");
        }
    }

    /** A group without that library keeps what it shows. */
    function showEverywhere(library) {
        for (const group of groups) {
            const found = group.isShared && group.tabs.find((it) => it.library === library);
            if (found) show(group, found.tab);
        }
    }

    /** What is chosen stays where it is on the screen, also where other groups above it change. */
    function choose(group, tab) {
        if (!group.isShared) return show(group, tab);
        const before = group.list.getBoundingClientRect().top;
        const { library } = group.tabs.find((it) => it.tab === tab);
        showEverywhere(library);
        remember(library);
        window.scrollBy({ top: group.list.getBoundingClientRect().top - before, behavior: "instant" });
    }

    function move(group, event) {
        const last = group.tabs.length - 1;
        const now = group.tabs.findIndex((it) => it.tab === event.target);
        const next = {
            ArrowLeft: now === 0 ? last : now - 1,
            ArrowRight: now === last ? 0 : now + 1,
            Home: 0,
            End: last,
        }[event.key];
        if (now < 0 || next === undefined || event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return;
        // Else the same key turns the page.
        event.preventDefault();
        event.stopPropagation();
        const { tab } = group.tabs[next];
        tab.focus();
        choose(group, tab);
    }

    function showTarget() {
        const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
        const panel = target && target.closest("[role=tabpanel]");
        if (!panel) return;
        for (const group of groups) {
            const found = group.tabs.find((it) => it.panel === panel);
            if (!found) continue;
            show(group, found.tab);
            // The prose of a tab stands above the section that a link names.
            (target.dataset.tab ? group.list : target).scrollIntoView();
        }
    }

    // A browser may refuse to keep anything, for one in a page from a file.
    function remember(library) {
        try {
            localStorage.setItem(KEY, library);
        } catch (error) {
            // Then it is chosen again on the next page.
        }
    }

    function remembered() {
        try {
            return localStorage.getItem(KEY);
        } catch (error) {
            return null;
        }
    }

    for (const group of groups) show(group, group.tabs[0].tab);
    showEverywhere(remembered());
    showTarget();
    window.addEventListener("hashchange", showTarget);
    // The browser looks for the target once more when all is loaded.
    window.addEventListener("load", () => requestAnimationFrame(showTarget));
})();
