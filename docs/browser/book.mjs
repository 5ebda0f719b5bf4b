// The built book: which files it has, and where.

import { existsSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

export const workspace = fileURLToPath(new URL("../..", import.meta.url));

export class Book {
    /** `folder` is a copy, for a proof; `only` are its pages that a proof looks at. */
    constructor(folder = join(workspace, "docs/book"), only = null) {
        this.folder = resolve(folder);
        this.only = only;
    }

    /** Every page, the printed one and the two that mdBook adds included. */
    get pages() {
        const files = readdirSync(this.folder, { recursive: true }).map((name) => name.replaceAll("\\", "/"));
        // The recipes' own files, and rustdoc's pages, which have rustdoc's look.
        const pages = files.filter((name) => name.endsWith(".html") && !/^(recipes|api)\//.test(name));
        return pages.filter((name) => !this.only || this.only.includes(name));
    }

    /** The pages that readers are led to: those that scripts make alive. */
    get readPages() {
        return this.pages.filter((name) => !["404.html", "print.html", "toc.html"].includes(name));
    }

    /** A chapter is a page with a recipe of its part and name. */
    get chapters() {
        const recipe = (page) => join(this.folder, "recipes", page.replace(".html", ""));
        return this.pages.filter((page) => existsSync(recipe(page)));
    }

    url(page) {
        return pathToFileURL(join(this.folder, page)).href;
    }
}
