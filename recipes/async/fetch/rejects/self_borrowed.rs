// error: E0521
//! Starts a task that uses `&self`. The caller only lends `self` for this call, and the task may
//! still run afterward. Call the method on an `Arc` that the task owns, as the recipe does.

struct Downloader {
    host: String,
}

impl Downloader {
    fn start(&self) {
        spawn(async move { self.download().await }); // refused
    }

    async fn download(&self) {
        println!("{}", self.host);
    }
}

/// Takes the same kind of future as `tokio::spawn`.
fn spawn<F: Future<Output = ()> + Send + 'static>(_future: F) {}

fn main() {
    let downloader = Downloader {
        host: String::from("localhost"),
    };
    downloader.start();
}
