// The whole book, in bytes. `cargo book build` holds the same limit.

const LIMIT = 3_000_000;

export async function check({ book, report }) {
    const files = book.files;
    const total = files.reduce((sum, file) => sum + file.size, 0);
    report.count("files", files.length);
    report.count("bytes", total);
    report.expect("bytes", 1);
    if (total > LIMIT) {
        const heaviest = files.slice(0, 5).map((file) => `${file.name} ${file.size}`).join(", ");
        report.fault("the book", `${total} bytes, more than ${LIMIT}; the heaviest files: ${heaviest}`);
    }
}
