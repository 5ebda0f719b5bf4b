// Draws a timeline again as rows: words beside bars that stretch to the width of the column, so that letters keep their
// size. `cargo timeline --book` writes each lane as a <g data-thread> with paths that say what they show in data-look,
// and the wakes between two lanes as a path with data-by and data-task.
(() => {
    "use strict";
    const NAMES = { runs: "runs", waits: "waits", holds: "holds" };
    const CENTERS = { runs: 20, waits: 12.5, holds: 28 };
    const HEIGHT = 40;
    // A name is written on a bar that takes at least this share of the width.
    const ROOM = 0.12;

    for (const figure of document.querySelectorAll("figure.timeline")) {
        const svg = figure.querySelector("svg");
        const lanes = svg ? Array.from(svg.querySelectorAll("g[data-thread]")) : [];
        const ticks = svg ? ticksOf(svg) : [];
        if (lanes.length === 0 || ticks.length < 2) continue;
        const from = ticks[0].x;
        const to = ticks[ticks.length - 1].x;
        const described = svg.querySelector("desc").textContent;
        const rows = element("div", "timeline-rows");
        rows.setAttribute("role", "img");
        rows.setAttribute("aria-label", `${svg.querySelector("title").textContent}. ${described}`);
        rows.append(axis(ticks));
        const grid = ticks.map(({ x }) => `M${across(x)} -10v60`).join("");
        const things = new Set(Array.from(svg.querySelectorAll("[data-thing]"), (path) => path.dataset.thing));
        for (const lane of lanes) rows.append(row(lane, grid, things.size > 1));
        for (const path of svg.querySelectorAll("[data-by]")) wake(path);
        rows.append(legend(svg));
        svg.replaceWith(rows);

        function across(x) {
            return Math.round(((x - from) / (to - from)) * 1000);
        }

        function row(lane, lines, isNamed) {
            const made = element("div", "timeline-row");
            const name = element("div", "timeline-name", made);
            name.textContent = lane.dataset.name;
            element("small", "", name).textContent = shares(lane);
            const bars = element("div", "timeline-bars", made);
            const drawing = drawn("svg", { viewBox: `0 0 1000 ${HEIGHT}`, preserveAspectRatio: "none" }, bars);
            drawn("path", { class: "grid", d: lines }, drawing);
            for (const path of lane.querySelectorAll("[data-look]")) {
                const { look, thing } = path.dataset;
                const segments = segmentsOf(path.getAttribute("d"));
                const y = CENTERS[look];
                const d = segments.map(([start, end]) => `M${across(start)} ${y}H${Math.max(across(end), across(start) + 1)}`);
                drawn("path", { class: NAMES[look], d: d.join("") }, drawing);
                if (isNamed && thing) label(bars, look, thing, segments);
            }
            return made;
        }

        /** Lines from the lane that wakes to the one that is woken, piece by piece through all lanes between them. */
        function wake(path) {
            const { by, task } = path.dataset;
            const [start, end] = [by, task].map((thread) => lanes.findIndex((lane) => lane.dataset.thread === thread));
            const xs = Array.from(path.getAttribute("d").matchAll(/M([\d.]+)/g), ([, x]) => across(Number(x)));
            const [first, last] = [Math.min(start, end), Math.max(start, end)];
            for (let index = first; index <= last; index += 1) {
                const top = index === first ? CENTERS.runs : -10;
                const bottom = index === last ? CENTERS.runs : HEIGHT + 10;
                const drawing = rows.querySelectorAll(".timeline-bars svg")[index];
                drawn("path", { class: "wakes", d: xs.map((x) => `M${x} ${top}V${bottom}`).join("") }, drawing);
                if (index === end) drawn("path", { class: "woken", d: xs.map((x) => `M${x} ${CENTERS.runs}h0`).join("") }, drawing);
            }
        }

        /** The name of what is waited for or held, on the longest bar if it has room for it. */
        function label(bars, look, thing, segments) {
            const [start, end] = segments.reduce((one, other) => (other[1] - other[0] > one[1] - one[0] ? other : one));
            if ((end - start) / (to - from) < ROOM) return;
            const made = element("span", `timeline-thing ${look}`, bars);
            made.textContent = thing;
            made.style.insetInlineStart = `${across((start + end) / 2) / 10}%`;
        }
    }

    /** `M12 45h6M19 45h1` and `M12 51H329`, each as where it starts and ends. */
    function segmentsOf(d) {
        const found = Array.from(d.matchAll(/M([\d.]+) [\d.]+([hH])([\d.]+)/g));
        return found.map(([, start, how, end]) => [Number(start), how === "h" ? Number(start) + Number(end) : Number(end)]);
    }

    /** The lines of the grid, each with its time if it has one. */
    function ticksOf(svg) {
        const texts = Array.from(svg.children).filter((child) => child.localName === "text");
        const lines = Array.from(svg.children).filter((child) => child.getAttribute("stroke-opacity"));
        return lines.map((line) => {
            const x = Number(/^M([\d.]+)/.exec(line.getAttribute("d"))[1]);
            const text = texts.find((it) => Number(it.getAttribute("x")) === x);
            return { x, time: text ? text.textContent : "" };
        });
    }

    function axis(ticks) {
        const made = element("div", "timeline-axis");
        const inside = element("div", "", made);
        for (const { time } of ticks) element("span", "", inside).textContent = time;
        return made;
    }

    /** The lane's title without its name and the number of waits: “waits 67 %, holds 20 %”, or “woken 1 %, polled 2 %”. */
    function shares(lane) {
        const title = lane.querySelector("title").textContent;
        const share = (word) => /(\d+) %/.exec(title.slice(title.lastIndexOf(`${word} `)))?.[1];
        const parts = ["waits", "holds", "woken", "polled"].filter((word) => title.includes(`${word} `));
        return parts.map((word) => `${word} ${share(word)} %`).join(", ");
    }

    function legend(svg) {
        const made = element("ul", "legend");
        for (const look of Object.keys(NAMES)) {
            const word = svg.querySelector(`[data-word=${look}]`)?.textContent ?? NAMES[look];
            if (svg.querySelector(`[data-look=${look}]`)) element("li", look, made).textContent = word;
        }
        if (svg.querySelector("[data-by]")) element("li", "wakes", made).textContent = "wakes";
        return made;
    }

    function element(name, className, parent) {
        const made = document.createElement(name);
        if (className) made.className = className;
        if (parent) parent.append(made);
        return made;
    }

    function drawn(name, attributes, parent) {
        const made = document.createElementNS("http://www.w3.org/2000/svg", name);
        Object.entries(attributes).forEach(([key, value]) => made.setAttribute(key, value));
        parent.append(made);
        return made;
    }
})();
