// Lets a reader step the threads of a model by hand. The page carries each graph as JSON; without this script it has
// the programs, the counts and the bad schedule as a table, and nothing to press.
(() => {
    "use strict";
    const DIGITS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    const HEIGHT = 120; // of a map; its width is three times that

    for (const model of document.querySelectorAll(".explorer-model")) {
        explorer(model, decoded(JSON.parse(model.querySelector("script").textContent)));
    }

    // One object for each state: where the threads stand, the values, and the state after each thread's step.
    function decoded(graph) {
        const threads = graph.threads.length;
        const width = threads + graph.variables.length;
        graph.states = Array.from({ length: graph.states.length / width }, (_, index) => {
            const code = Array.from(graph.states.slice(index * width, (index + 1) * width), (digit) => DIGITS.indexOf(digit));
            return {
                at: code.slice(0, threads),
                values: code.slice(threads).map((value) => graph.values[value]),
                next: graph.next.slice(index * threads, (index + 1) * threads),
                bad: graph.bad[index],
            };
        });
        return graph;
    }

    function explorer(model, graph) {
        const lines = graph.threads.map((_, thread) => [...listing(model, thread).children]);
        const panel = element("div", "explorer-panel");
        const steps = buttons(panel, graph.threads.map((name, thread) => [`Step ${name}`, () => step(thread)]));
        const [undo, restart, follow] = buttons(panel, [
            ["Undo", () => way.length && go(way.slice(0, -1), "One step back.")],
            ["Restart", () => way.length && go([], "At the start again.")],
            ...(graph.shortest ? [["Show a bad schedule", followOne]] : []),
        ]);
        const status = element("p", "explorer-status", panel);
        status.setAttribute("role", "status");
        const values = element("dl", "explorer-values", panel);
        const map = drawMap(panel, graph);
        let way = []; // the threads that have stepped, oldest first
        let following = false; // the shortest bad schedule
        model.append(panel);
        show("");

        function states() {
            return way.reduce((path, thread) => [...path, graph.states[path[path.length - 1]].next[thread]], [0]);
        }

        function go(newWay, said) {
            way = newWay;
            show(said);
        }

        function step(thread) {
            const path = states();
            const state = graph.states[path[path.length - 1]];
            const line = lines[thread][state.at[thread]];
            const name = graph.threads[thread];
            if (state.next[thread]) {
                go([...way, thread], `Step ${way.length + 1}: ${name} ran “${codeOf(line)}”.`);
            } else {
                show(line ? `${name} cannot go on at “${codeOf(line)}”.` : `${name} has ended.`);
            }
        }

        // The next step of the shortest bad schedule; from anywhere else its start.
        function followOne() {
            if (following && way.length < graph.shortest.length) {
                step(graph.shortest[way.length]);
            } else {
                following = true;
                go([], "A bad schedule begins here. Press again for each step.");
            }
        }

        function showFollowing() {
            const steps = graph.shortest.length;
            following = following && way.every((thread, index) => thread === graph.shortest[index]);
            const next = way.length < steps ? `Next step: ${way.length + 1} of ${steps}` : "Show it again";
            follow.textContent = following ? next : "Show a bad schedule";
        }

        function show(said) {
            const path = states();
            const state = graph.states[path[path.length - 1]];
            const before = graph.states[path[Math.max(path.length - 2, 0)]];
            const changed = graph.variables.map((_, index) => state.values[index] !== before.values[index]);
            showThreads(state);
            showValues(state, changed);
            map(path);
            undo.setAttribute("aria-disabled", way.length === 0);
            restart.setAttribute("aria-disabled", way.length === 0);
            if (follow) {
                showFollowing();
            }
            const now = graph.variables.filter((_, index) => changed[index] && said.startsWith("Step"));
            const news = now.map((name) => `${name}: ${state.values[graph.variables.indexOf(name)]}.`);
            status.textContent = [said, ...news, outlook(state)].join(" ").trim();
            status.classList.toggle("explorer-bad", Boolean(state.bad));
        }

        function outlook(state) {
            const able = graph.threads.filter((_, thread) => state.next[thread]);
            const going = able.length ? `${able.join(" or ")} can step.` : "No thread can step.";
            const ended = lines.every((steps, thread) => state.at[thread] === steps.length);
            return state.bad ? `Bad: ${state.bad}.` : ended ? "All threads have ended, and all is well." : going;
        }

        function showThreads(state) {
            model.querySelectorAll(".explorer-here").forEach((mark) => mark.remove());
            graph.threads.forEach((name, thread) => {
                const line = lines[thread][state.at[thread]];
                const can = state.next[thread] > 0;
                const what = can ? "" : line ? " waits" : " has ended";
                steps[thread].textContent = `Step ${name}${what && `:${what}`}`;
                steps[thread].setAttribute("aria-disabled", !can);
                if (line) {
                    element("span", `explorer-here${can ? "" : " explorer-waits"}`, line).textContent = name + what;
                }
            });
        }

        function showValues(state, changed) {
            values.replaceChildren();
            graph.variables.forEach((name, index) => {
                const pair = element("div", changed[index] ? "explorer-changed" : "", values);
                element("dt", "", pair).textContent = name;
                element("dd", "", pair).textContent = state.values[index];
            });
        }
    }

    // All states, a column for each number of steps from the start. Returns what marks the way through it.
    function drawMap(panel, graph) {
        const columns = inColumns(graph.states);
        const map = drawn("svg", { viewBox: `0 0 ${3 * HEIGHT} ${HEIGHT}`, role: "img", class: "explorer-map" }, panel);
        const places = [];
        columns.forEach((column, x) => column.forEach((state, y) => {
            places[state] = [(3 * HEIGHT * (x + 0.5)) / columns.length, (HEIGHT * (y + 0.5)) / column.length];
        }));
        const line = (from, to) => `M${places[from].join(" ")}L${places[to].join(" ")}`;
        const all = graph.states.flatMap(({ next }, from) => next.filter(Boolean).map((to) => line(from, to)));
        drawn("path", { class: "explorer-steps", d: all.join("") }, map);
        const taken = drawn("path", { class: "explorer-way" }, map);
        places.forEach(([x, y], state) => {
            const bad = graph.states[state].bad;
            const cross = `M${x - 3} ${y - 3}l6 6m0-6l-6 6`;
            drawn(bad ? "path" : "circle", bad ? { class: "explorer-cross", d: cross } : { cx: x, cy: y, r: 1.8 }, map);
        });
        const here = drawn("circle", { class: "explorer-now", r: 5 }, map);
        const bad = Object.keys(graph.bad).length;
        element("p", "explorer-legend", panel).textContent =
            `All states, from the start on the left. Ring: where you are. Thick line: how you came.${bad ? " Cross: bad." : ""}`;
        return (path) => {
            const [x, y] = places[path[path.length - 1]];
            here.setAttribute("cx", x);
            here.setAttribute("cy", y);
            taken.setAttribute("d", path.slice(1).map((to, index) => line(path[index], to)).join(""));
            const where = `You are in column ${path.length} of ${columns.length}.`;
            map.setAttribute("aria-label", `Map of ${places.length} states, ${bad || "none"} of them bad. ${where}`);
        };
    }

    function inColumns(states) {
        const columns = [[0]];
        const seen = new Set([0]);
        for (let column = columns[0]; column.length; column = columns[columns.length - 1]) {
            const after = column.flatMap((state) => states[state].next).filter((state) => state && !seen.has(state) && seen.add(state));
            columns.push(after);
        }
        return columns.slice(0, -1);
    }

    function listing(model, thread) {
        return [...model.querySelectorAll("ol")].find((list) => list.dataset.threads.split(" ").includes(String(thread)));
    }

    function codeOf(line) {
        return line.querySelector("code").textContent.trim();
    }

    // A button that cannot be used keeps the focus: it says so when it is pressed, or does nothing.
    function buttons(panel, labelled) {
        const row = element("div", "explorer-buttons", panel);
        return labelled.map(([label, press]) => {
            const button = element("button", "", row);
            button.type = "button";
            button.textContent = label;
            button.addEventListener("click", press);
            return button;
        });
    }

    function element(name, className, parent) {
        const made = document.createElement(name);
        made.className = className;
        parent?.append(made);
        return made;
    }

    function drawn(name, attributes, parent) {
        const made = document.createElementNS("http://www.w3.org/2000/svg", name);
        Object.entries(attributes).forEach(([key, value]) => made.setAttribute(key, value));
        parent.append(made);
        return made;
    }
})();
