// Every built page is valid HTML, by html-validate and its recommended rules; the exceptions are in .htmlvalidate.mjs.

import { HtmlValidate } from "html-validate/node";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Book } from "./book.mjs";
import { Report } from "./report.mjs";
import rules from "./.htmlvalidate.mjs";

export async function check({ book, report }) {
    const validator = new HtmlValidate(rules);
    for (const name of book.pages) {
        const { results } = await validator.validateFile(join(book.folder, name));
        report.count("pages");
        for (const { line, column, ruleId, message } of results.flatMap((result) => result.messages)) {
            report.fault(`${name}:${line}:${column}`, `${ruleId}: ${message}`);
        }
    }
    report.expect("pages", 1);
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
    const report = new Report();
    await check({ book: new Book(), report });
    console.log(`html: ${report.faults.length} faults; ${report}`);
    for (const fault of report.faults) console.error(`  html: ${fault}`);
    process.exitCode = report.faults.length === 0 ? 0 : 1;
}
