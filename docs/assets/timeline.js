// Draws a timeline again as rows: words beside bars that stretch to the width of the column, so that letters keep their
// size. `cargo timeline --book` writes each lane as a <g data-thread> with paths that say what they show in data-look,
// and the wakes between two lanes as a path with data-by and data-task. A thread in a picture of tasks has data-kind.
(() => {
    "use strict";
    const NAMES = { runs: "runs", waits: "waits", holds: "holds" };
    const CENTERS = { runs: 20, waits: 12.5, holds: 28 };
    // A thread in a picture of tasks has narrow bars.
    const NARROW_CENTERS = { runs: 20, waits: 16, holds: 24 };
    const HEIGHT = 40;
    // A line from one row to another goes on above and below a row by this much, and in so many steps.
    const BETWEEN = 10;
    const STEPS = 6;
    // From one row to the next if it cannot be measured, because the figure is folded.
    const PITCH = 47;
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
        rows.append(legend(svg));
        svg.replaceWith(rows);
        const drawings = Array.from(rows.querySelectorAll(".timeline-bars svg"));
        const tops = drawings.map((drawing) => drawing.getBoundingClientRect().top);
        if (tops[0] === tops[tops.length - 1]) tops.forEach((_, index) => (tops[index] = index * PITCH));
        for (const path of svg.querySelectorAll("[data-by]")) wake(path);

        function across(x) {
            return Math.round(((x - from) / (to - from)) * 1000);
        }

        function row(lane, lines, isNamed) {
            const made = element("div", lane.dataset.kind ? `timeline-row of-${lane.dataset.kind}` : "timeline-row");
            const name = element("div", "timeline-name", made);
            name.textContent = lane.dataset.name;
            element("small", "", name).textContent = shares(lane);
            const bars = element("div", "timeline-bars", made);
            const drawing = drawn("svg", { viewBox: `0 0 1000 ${HEIGHT}`, preserveAspectRatio: "none" }, bars);
            drawn("path", { class: "grid", d: lines }, drawing);
            for (const path of lane.querySelectorAll("[data-look]")) {
                const { look, thing } = path.dataset;
                const segments = segmentsOf(path.getAttribute("d"));
                const y = (lane.dataset.kind ? NARROW_CENTERS : CENTERS)[look];
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
            const found = path.getAttribute("d").matchAll(/M([\d.]+) [\d.]+(?:Q([\d.]+))?/g);
            const lines = Array.from(found, ([, x, side]) => [across(Number(x)), side ? across(Number(side)) - across(Number(x)) : 0]);
            const [first, last] = [Math.min(start, end), Math.max(start, end)];
            for (let index = first; index <= last; index += 1) {
                const top = index === first ? CENTERS.runs : -BETWEEN;
                const bottom = index === last ? CENTERS.runs : HEIGHT + BETWEEN;
                const points = Array.from({ length: STEPS + 1 }, (_, step) => top + ((bottom - top) * step) / STEPS);
                const point = ([x, bulge], y) => {
                    const share = (tops[index] + y - tops[first] - CENTERS.runs) / (tops[last] - tops[first]);
                    return `${Math.round(x + 2 * share * (1 - share) * bulge)} ${y}`;
                };
                const d = lines.map((line) => `M${points.map((y) => point(line, y)).join("L")}`).join("");
                drawn("path", { class: "wakes", d }, drawings[index]);
                if (index === end) drawn("path", { class: "woken", d: lines.map(([x]) => `M${x} ${CENTERS.runs}h0`).join("") }, drawings[index]);
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
            if (svg.querySelector(`[data-thread]:not([data-kind]) [data-look=${look}]`)) element("li", look, made).textContent = word;
        }
        if (svg.querySelector("[data-by]")) element("li", "wakes", made).textContent = "wakes";
        for (const look of Object.keys(NAMES)) {
            const word = svg.querySelector(`[data-word=thread-${look}]`)?.textContent;
            if (word) element("li", `${look} of-thread`, made).textContent = word;
        }
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
