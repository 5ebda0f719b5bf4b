// Gives each block of code a head: what it is, and buttons that copy the lines that are shown or the whole program, show
// an excerpt in its context, or open the program in the Rust Playground. Nothing is asked of that site before. The
// attributes of a program's box say which file it is: docs/tool/src/directives/source.rs.
(() => {
    "use strict";
    const PLAYGROUND = "https://play.rust-lang.org/?version=stable&mode=debug&edition=2024&code=";
    const SHOWN_FOR = 3000;
    const LANGUAGES = {
        "language-rust": "Rust",
        "language-python": "Python",
        "language-toml": "Cargo.toml",
        "language-sh": "Command",
        "language-console": "Commands",
        // Lines to paste into a file.
        input: "Input",
    };
    const COPY = "M5.5 5.5h8v8h-8zM10.5 2.5h-8v8";
    // Nothing is pressed on paper.
    if (location.pathname.endsWith("/print.html")) return;
    const said = document.createElement("div");
    said.className = "said";
    said.setAttribute("role", "status");

    for (const code of document.querySelectorAll("main pre > code")) {
        const language = Object.keys(LANGUAGES).find((name) => code.classList.contains(name));
        if (language && !code.closest(".output")) addHead(code, language);
    }
    document.querySelector("main").append(said);

    function addHead(code, language) {
        const pre = code.parentElement;
        const box = boxOf(pre);
        const head = document.createElement("div");
        head.className = "program-head";
        const name = document.createElement("span");
        name.textContent = nameOf(box) || LANGUAGES[language];
        const row = document.createElement("span");
        row.className = "buttons-row";
        head.append(name, row);
        pre.before(head);
        const isProgram = language === "language-rust" && !code.classList.contains("compile_fail");
        if (code.classList.contains("compile_fail")) {
            box.classList.add("goes-wrong");
            name.textContent = "Does not compile";
        }
        if (code.classList.contains("on-playground")) row.append(playground(code.textContent));
        // In a whole program, at most the comment at its top is hidden.
        const isExcerpt = box.dataset.lines !== undefined;
        if (isExcerpt) row.append(inContext(code));
        if (isProgram || language !== "language-rust") row.append(copier("Copy", () => code.innerText, COPY));
        if (isProgram) row.append(wholeCopier(box, code, isExcerpt));
    }

    /** “main.rs, lines 4 to 7”. An example is a file of its own name, and becomes src/main.rs in another project. */
    function nameOf(box) {
        const { program, file, lines } = box.dataset;
        if (!file) return "";
        const isExample = program.includes("_") && file === "src/main.rs";
        const name = isExample ? `${program}.rs` : file.replace("src/", "");
        const isWhole = !lines || isExample;
        return isWhole ? name : `${name}, lines ${lines.replace("-", " to ")}`;
    }

    /** A directive may have made the box already, with the file's name. */
    function boxOf(pre) {
        const parent = pre.parentElement;
        if (parent.matches(".program") && !parent.querySelector(".program-head")) return parent;
        const box = document.createElement("div");
        box.className = "program";
        pre.before(box);
        box.append(pre);
        return box;
    }

    function button(label, className, icon) {
        const made = document.createElement("button");
        made.type = "button";
        made.className = `button ${className}`;
        if (icon) made.innerHTML = `<svg class="icon" viewBox="0 0 16 16" aria-hidden="true"><path d="${icon}"/></svg>`;
        const text = document.createElement("span");
        text.textContent = label;
        made.append(text);
        return made;
    }

    function copier(label, textToCopy, icon) {
        const made = button(label, "copy", icon);
        made.dataset.copy = "";
        const text = made.querySelector("span");
        made.addEventListener("click", async () => {
            const lines = `${textToCopy().trimEnd()}\n`;
            const count = lines.split("\n").length - 1;
            const done = await copied(lines);
            said.textContent = done ? `Copied ${count} ${count === 1 ? "line" : "lines"}` : "The browser refuses to copy";
            text.textContent = done ? "Copied" : "Not copied";
            setTimeout(() => {
                said.textContent = "";
                text.textContent = label;
            }, SHOWN_FOR);
        });
        return made;
    }

    /** Where one file is shown whole, the button that copies what is shown is enough. */
    function wholeCopier(box, code, isExcerpt) {
        const text = () => wholeProgram(box, code);
        const made = copier(`Copy all ${text().split("\n").length} lines`, text);
        made.dataset.copyWhole = "";
        delete made.dataset.copy;
        made.hidden = !isExcerpt && !box.dataset.cli;
        return made;
    }

    /** The program as one file, so that it compiles wherever it is pasted. If it has a second file, that is a module here. */
    function wholeProgram(box, code) {
        const { program, cli } = box.dataset;
        const main = cli ? fileOf(program, "src/main.rs") : code;
        if (!cli || !main) return code.textContent.trimEnd();
        const module = fileOf(cli, "src/cli.rs").textContent.trimEnd();
        const inBraces = `// These lines are src/cli.rs. They may move to that file, and then \`mod cli;\` takes their place.\nmod cli {\n${module}\n}`;
        return `// src/main.rs\n${main.textContent.trimEnd().replace("mod cli;", () => inBraces)}`;
    }

    function fileOf(program, file) {
        return document.querySelector(`[data-program="${program}"][data-file="${file}"] code`);
    }

    /** Shows the lines around an excerpt, or hides them again. */
    function inContext(code) {
        const made = button("In context", "context");
        made.setAttribute("aria-pressed", "false");
        made.addEventListener("click", () => {
            const isHidden = code.classList.toggle("hide-boring");
            made.setAttribute("aria-pressed", !isHidden);
            made.querySelector("span").textContent = isHidden ? "In context" : "Excerpt only";
        });
        return made;
    }

    async function copied(text) {
        try {
            await navigator.clipboard.writeText(text);
            return true;
        } catch (error) {
            return copiedBySelection(text);
        }
    }

    /** For a page from a file or an insecure address, which may have no clipboard. */
    function copiedBySelection(text) {
        const focused = document.activeElement;
        const field = document.createElement("textarea");
        field.value = text;
        field.className = "said";
        document.body.append(field);
        field.select();
        const done = document.execCommand("copy");
        field.remove();
        if (focused) focused.focus();
        return done;
    }

    function playground(text) {
        const link = document.createElement("a");
        link.className = "button";
        link.dataset.playground = "";
        link.href = PLAYGROUND + encodeURIComponent(text);
        link.target = "_blank";
        link.rel = "noopener noreferrer";
        link.textContent = "Open in the Playground";
        return link;
    }
})();
