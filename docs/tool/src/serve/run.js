// Beside each command that runs a program of the cookbook, a button that runs it. `cargo book` adds this script to the
// pages that it serves; see run.rs for what it answers.
(() => {
    const COMMAND = /^(?:\$ )?cargo run -p ([\w-]+)(?: --example ([\w-]+))?$/;
    const LABEL = "Run";
    const ICON = '<svg class="icon" viewBox="0 0 16 16" aria-hidden="true"><path d="M4 2.8v10.4l8.6-5.2z"/></svg>';

    function offer(place, command, address) {
        const button = document.createElement("button");
        button.type = "button";
        button.className = "button run";
        button.dataset.run = address;
        button.innerHTML = ICON;
        const label = document.createElement("span");
        label.textContent = LABEL;
        button.append(label);
        button.title = "Run it on this machine";
        button.setAttribute("aria-label", `${LABEL} ${command}`);
        const log = document.createElement("pre");
        log.className = "run-output";
        log.dataset.runOutput = "";
        log.setAttribute("role", "log");
        log.setAttribute("aria-label", `What ${command} writes`);
        log.tabIndex = 0;
        log.hidden = true;
        put(button, place);
        place.after(log);
        let running = null;
        button.addEventListener("click", async () => {
            if (running) return running.abort();
            running = new AbortController();
            label.textContent = "Stop";
            button.removeAttribute("aria-label");
            log.hidden = false;
            log.replaceChildren();
            add(log, "note", `${command}, built first if it must be; standard error is in italics\n`);
            add(log, "note", await run(address, running.signal, log));
            running = null;
            label.textContent = LABEL;
            button.setAttribute("aria-label", `${LABEL} ${command}`);
        });
    }

    /** In the head of the program that the command runs, or beside the command itself. */
    function put(button, place) {
        const program = place.parentElement.previousElementSibling;
        const isOutput = place.parentElement.classList.contains("output");
        const own = place.closest(".program");
        const box = isOutput && program && program.matches(".program") ? program : own;
        const row = box && box.querySelector(".program-head .buttons-row");
        if (row) row.prepend(button);
        else place.append(button);
    }

    /** How it ended, in words. */
    async function run(address, signal, log) {
        try {
            const headers = { "X-Cookbook": "run" };
            const answer = await fetch(address, { method: "POST", headers, signal });
            if (!answer.ok) return `not run: ${(await answer.text()).trim()}`;
            for await (const event of lines(answer.body)) {
                if ("end" in event) return event.end;
                if ("err" in event) add(log, "err", event.err);
                else add(log, "out", event.out);
            }
            return "cut off: cargo book has ended";
        } catch (error) {
            return signal.aborted ? "stopped" : "cut off: cargo book does not answer";
        }
    }

    async function* lines(body) {
        const reader = body.pipeThrough(new TextDecoderStream()).getReader();
        let text = "";
        for (let part = await reader.read(); !part.done; part = await reader.read()) {
            const all = (text + part.value).split("\n");
            text = all.pop();
            for (const line of all) if (line) yield JSON.parse(line);
        }
    }

    function add(log, kind, text) {
        const piece = document.createElement("span");
        piece.className = kind;
        piece.textContent = text;
        log.append(piece);
        log.scrollTop = log.scrollHeight;
    }

    for (const code of document.querySelectorAll(".facts pre > code, .output > :is(p, pre) > code")) {
        const found = COMMAND.exec(code.textContent.trim());
        if (!found) continue;
        const [, recipe, example] = found;
        const command = found[0].replace("$ ", "");
        offer(code.parentElement, command, example ? `/run/${recipe}/${example}` : `/run/${recipe}`);
    }
})();
