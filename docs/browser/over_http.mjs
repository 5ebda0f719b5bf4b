// A folder over HTTP on this machine: mdBook's page for a wrong address names its files from the root of a site.

import { createReadStream, existsSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join } from "node:path";

const TYPES = { ".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml", ".png": "image/png", ".woff2": "font/woff2" };

export async function serveFolder(folder) {
    const server = createServer((request, response) => {
        // URL takes `..` out of a path.
        const file = join(folder, decodeURIComponent(new URL(request.url, "http://localhost").pathname));
        const found = existsSync(file) && statSync(file).isFile();
        response.writeHead(found ? 200 : 404, { "Content-Type": TYPES[extname(file)] ?? "application/octet-stream" });
        if (found) createReadStream(file).pipe(response);
        else response.end();
    });
    await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
    return { url: `http://127.0.0.1:${server.address().port}/`, stop: () => server.close() };
}
