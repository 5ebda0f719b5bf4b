// Beside each command that runs a program of the cookbook, a button that runs it. `cargo book` adds this script to the
// pages that it serves; see run.rs for what it answers.
(() => {
    const COMMAND = /^(?:\$ )?cargo run -p ([\w-]+)(?: --example ([\w-]+))?$/;
    const LABEL = "Run it on this machine";

    function offer(place, command, address) {
        const button = document.createElement("button");
        button.type = "button";
        button.className = "tool";
        button.dataset.run = address;
        button.textContent = LABEL;
        button.setAttribute("aria-label", `${LABEL}: ${command}`);
        const log = document.createElement("pre");
        log.className = "run-output";
        log.dataset.runOutput = "";
        log.setAttribute("role", "log");
        log.setAttribute("aria-label", `What ${command} writes`);
        log.tabIndex = 0;
        log.hidden = true;
        const tools = document.createElement("div");
        tools.className = "tools";
        tools.append(button);
        place.after(tools, log);
        let running = null;
        button.addEventListener("click", async () => {
            if (running) return running.abort();
            running = new AbortController();
            button.textContent = "Stop it";
            button.removeAttribute("aria-label");
            log.hidden = false;
            log.replaceChildren();
            add(log, "note", `${command}, built first if it must be; standard error is in italics\n`);
            add(log, "note", await run(address, running.signal, log));
            running = null;
            button.textContent = LABEL;
            button.setAttribute("aria-label", `${LABEL}: ${command}`);
        });
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

    for (const code of document.querySelectorAll(".facts > pre > code, .output > :is(p, pre) > code")) {
        const found = COMMAND.exec(code.textContent.trim());
        if (!found) continue;
        const [, recipe, example] = found;
        const command = found[0].replace("$ ", "");
        offer(code.parentElement, command, example ? `/run/${recipe}/${example}` : `/run/${recipe}`);
    }
})();
