//! Watch a feed of earthquakes with three tasks that start together and miss none until the stop, with tokio.
//!
//! ```text
//! cargo run -p event --example event_tokio
//! cargo run -p event --example event_tokio -- may.txt june.txt
//! ```
//!
//! What differs from the recipe: `start` is a `watch` channel, a value that tasks wait for until it is as they want it; it
//! can go back. `stop` is a `CancellationToken`, which can not, and whose drop guard cancels in a panic too. A pause is
//! whatever comes first, the end of a sleep or the stop. A task may outlive `main`'s variables, so what tasks share is in
//! an `Arc`, and each returns its result. The feed's lock is std's: no task holds it across an `.await`.

use std::path::{MAIN_SEPARATOR_STR, Path, PathBuf};
use std::{collections::BTreeMap, env, process, sync::Arc, sync::Mutex, time::Duration};
use tokio::{fs, sync::watch, time::sleep};
use tokio_util::sync::CancellationToken;

#[tokio::main]
async fn main() {
    let Ok(quakes) = load().await.inspect_err(|reason| eprintln!("{reason}")) else {
        process::exit(1)
    };
    let (start, started) = watch::channel(false);
    let service = Service {
        started,
        stop: CancellationToken::new(),
        feed: Arc::default(),
    };
    let days = service.clone().watch(|days: &mut BTreeMap<_, _>, quake| {
        *days.entry(quake.0[..10].to_owned()).or_insert(0) += 1
    });
    let magnitudes = service.clone().watch(|sizes: &mut BTreeMap<_, _>, quake| {
        *sizes.entry(quake.1.floor() as i8).or_insert(0) += 1
    });
    let strong = service
        .clone()
        .watch(|strong: &mut Vec<_>, quake| strong.extend((quake.1 >= 6.0).then_some(quake)));
    let monitors = (
        tokio::spawn(days),
        tokio::spawn(magnitudes),
        tokio::spawn(strong),
    );
    start.send_replace(true);
    service.play(&quakes).await;
    service.stop.cancel();
    let (days, magnitudes, strong) =
        tokio::try_join!(monitors.0, monitors.1, monitors.2).expect("a monitor panicked");
    assert_eq!(
        [days.values().sum(), magnitudes.values().sum::<usize>()],
        [quakes.len(); 2],
        "a monitor missed one"
    );
    days.iter()
        .for_each(|(day, count)| println!("{day:12}{count:>6}"));
    magnitudes
        .iter()
        .for_each(|(magnitude, count)| println!("magnitude{magnitude:>3}{count:>6}"));
    strong
        .iter()
        .for_each(|quake| println!("{} {:<4} {}", quake.0, quake.1, quake.2));
}

#[derive(Clone)]
struct Service {
    started: watch::Receiver<bool>,
    stop: CancellationToken,
    feed: Arc<Mutex<Vec<Quake>>>,
}

impl Service {
    /// Shows `monitor` every earthquake, until the service stops.
    async fn watch<R: Default>(mut self, monitor: impl Fn(&mut R, Quake)) -> R {
        let _running = self.stop.clone().drop_guard(); // If this fails, the service stops.
        let (mut seen, mut stopped, mut result) = (0, false, R::default());
        // An error means that `main` has gone without a start.
        let _ = self.started.wait_for(|started| *started).await;
        while !stopped {
            // First the pause, which `stop` cuts short, then the look: what comes right before `stop` is not missed.
            stopped = self
                .stop
                .run_until_cancelled(sleep(Duration::from_millis(5)))
                .await
                .is_none();
            let news = self.feed.lock().expect("no holder panics")[seen..].to_vec();
            seen += news.len();
            news.into_iter()
                .for_each(|quake| monitor(&mut result, quake));
        }
        result
    }

    async fn play(&self, quakes: &[Quake]) {
        for day in quakes.chunk_by(|quake, next| quake.0[..10] == next.0[..10]) {
            if self
                .stop
                .run_until_cancelled(sleep(Duration::from_millis(20)))
                .await
                .is_none()
            {
                return; // A monitor has failed.
            }
            self.feed
                .lock()
                .expect("no holder panics")
                .extend_from_slice(day);
        }
    }
}

/// A time, a magnitude and a place. Its monitors share it.
type Quake = Arc<(String, f64, String)>;

fn parse(line: &str) -> Option<Quake> {
    let [time, magnitude, place] = line.split(';').collect::<Vec<_>>().try_into().ok()?;
    let magnitude = magnitude
        .parse()
        .ok()
        .filter(|magnitude| (-9.0..=10.0).contains(magnitude))?;
    let shape = time.replace(|c: char| c.is_ascii_digit(), "0");
    (shape == "0000-00-00T00:00:00Z").then(|| Arc::new((time.into(), magnitude, place.into())))
}

async fn load() -> Result<Vec<Quake>, String> {
    let named: Vec<_> = env::args_os().skip(1).map(PathBuf::from).collect();
    let default = Path::new(env!("CARGO_MANIFEST_DIR")).join("input/earthquakes.txt");
    let mut quakes = Vec::new();
    for path in if named.is_empty() {
        vec![default]
    } else {
        named
    } {
        let name = path.display().to_string().replace(MAIN_SEPARATOR_STR, "/");
        let failed = |error| format!("cannot read {name}: {error}; name files that exist");
        for (number, line) in (1..).zip(fs::read_to_string(&path).await.map_err(failed)?.lines()) {
            let malformed = || {
                format!(
                    "{name}:{number}: expected a line such as 2018-02-06T15:50:42Z;6.4;Taiwan, found {line:?}"
                )
            };
            quakes.push(parse(line).ok_or_else(malformed)?);
        }
    }
    Ok(quakes)
}
