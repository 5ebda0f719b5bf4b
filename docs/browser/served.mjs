// `cargo book serve`, on a port that is free, for as long as it is needed.

import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { workspace } from "./book.mjs";

/** A first build of the book's tool may take a while. */
const PATIENCE = 300_000;

export async function serve() {
    const child = spawn("cargo", ["book", "serve", "--port", "0"], { cwd: workspace, stdio: ["ignore", "pipe", "inherit"] });
    const url = await new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error("cargo book serve names no address")), PATIENCE);
        child.on("exit", (code) => reject(new Error(`cargo book serve ended with ${code}`)));
        createInterface({ input: child.stdout }).on("line", (line) => {
            const found = /http:\/\/\S+\//.exec(line);
            if (!found) return;
            clearTimeout(timer);
            resolve(found[0]);
        });
    }).catch((error) => {
        child.kill();
        throw error;
    });
    return { url, stop: () => child.kill() };
}
