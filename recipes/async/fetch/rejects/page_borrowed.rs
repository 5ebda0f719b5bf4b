// error: E0373
//! Starts a task that borrows the page. The task may still run when the page is gone, so it must
//! own what it uses. Write `move` after `async`.

fn download_all(pages: Vec<String>) {
    for page in pages {
        spawn(async { download(&page).await }); // refused
    }
}

async fn download(page: &str) {
    println!("{page}");
}

/// Takes the same kind of future as `tokio::spawn`.
fn spawn<F: Future<Output = ()> + Send + 'static>(_future: F) {}

fn main() {
    download_all(vec![String::from("intro.md")]);
}
