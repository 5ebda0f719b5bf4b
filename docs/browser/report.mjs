// What was looked at, and what is wrong.

export class Report {
    faults = [];
    counts = new Map();

    fault(where, what) {
        this.faults.push(`${where}: ${what}`.replace(/\s+/g, " "));
    }

    count(what, number = 1) {
        this.counts.set(what, (this.counts.get(what) ?? 0) + number);
    }

    /** A check that has looked at nothing has not passed. */
    expect(what, least) {
        const number = this.counts.get(what) ?? 0;
        if (number < least) this.fault("the check", `saw ${number} ${what}, of at least ${least}`);
    }

    toString() {
        return [...this.counts].map(([what, number]) => `${number} ${what}`).join(", ");
    }
}
