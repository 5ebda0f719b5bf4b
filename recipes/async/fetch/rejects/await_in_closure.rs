// error: E0728
//! Awaits in the closure of an iterator. An iterator needs the result of its closure at once, so
//! the closure cannot wait for anything. Use a `for` loop in the `async fn`, start a task for each
//! page, or use a stream, whose closures return futures.

async fn download_all(pages: &[&str]) -> Vec<usize> {
    let mut sizes = Vec::new();
    pages.iter().for_each(|page| {
        sizes.push(download(page).await); // refused
    });
    sizes
}

async fn download(page: &str) -> usize {
    page.len()
}

fn main() {
    let _sizes = download_all(&["intro.md", "start.md"]);
}
