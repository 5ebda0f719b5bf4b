// Beside the stock button, which copies the lines that are to be seen, one that copies the whole program. Where the
// program can run on the Rust Playground, a link that takes it there; nothing is asked of that site before.
(() => {
    const PLAYGROUND = "https://play.rust-lang.org/?version=stable&mode=debug&edition=2024&code=";
    const SHOWN_FOR = 3000;
    // The page for printing has lost its hidden lines.
    if (location.pathname.endsWith("/print.html")) return;
    const said = document.createElement("div");
    said.className = "said";
    said.setAttribute("role", "status");

    for (const code of document.querySelectorAll("pre > code.language-rust:not(.compile_fail)")) {
        const pre = code.parentElement;
        let tools = pre.querySelector(".buttons");
        if (!tools) {
            tools = document.createElement("div");
            tools.className = "buttons";
            pre.prepend(tools);
        }
        pre.classList.add("program");
        if (code.classList.contains("on-playground")) tools.prepend(playground(code.textContent));
        tools.prepend(copier(code));
    }
    document.querySelector("main").append(said);

    function copier(code) {
        // mdBook drops the line end of a last line that is hidden.
        const text = `${code.textContent.trimEnd()}\n`;
        const count = text.split("\n").length - 1;
        const label = `Copy the whole program (${count} lines)`;
        const button = document.createElement("button");
        button.type = "button";
        button.className = "tool";
        button.dataset.copyWhole = "";
        button.textContent = label;
        button.addEventListener("click", async () => {
            const done = await copied(text);
            const outcome = done ? `Copied ${count} lines` : "Not copied: the browser refuses";
            said.textContent = outcome;
            button.textContent = outcome;
            setTimeout(() => {
                said.textContent = "";
                button.textContent = label;
            }, SHOWN_FOR);
        });
        return button;
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
        link.className = "tool";
        link.dataset.playground = "";
        link.href = PLAYGROUND + encodeURIComponent(text);
        link.target = "_blank";
        link.rel = "noopener noreferrer";
        link.textContent = "Open in the Rust Playground";
        return link;
    }
})();
