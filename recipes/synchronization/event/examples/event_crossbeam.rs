//! Watch a feed of earthquakes with three monitors that start together and miss none until the stop, with crossbeam.
//!
//! ```text
//! cargo run -p event --example event_crossbeam
//! cargo run -p event --example event_crossbeam -- may.txt june.txt
//! ```
//!
//! What differs from the recipe: no event, but what one is used for. A `WaitGroup` lets the monitors go when the last one is
//! there and `main` waits too. The end of a channel without messages is the stop: dropping its only sender wakes every
//! receiver, in a panic as well. Neither goes back. A `Parker` also pauses, for one thread that is known, and keeps one
//! wake-up. A monitor that panics does not stop the others; the end of the program tells.

use crossbeam::channel::{self, Receiver, RecvTimeoutError};
use crossbeam::sync::WaitGroup;
use std::path::{MAIN_SEPARATOR_STR, Path, PathBuf};
use std::{collections::BTreeMap, env, fs, process, sync::Mutex, thread, time::Duration};

fn main() {
    let Ok(quakes) = load().inspect_err(|reason| eprintln!("{reason}")) else {
        process::exit(1)
    };
    let feed = Mutex::new(Vec::new());
    let (mut days, mut magnitudes, mut strong) = (BTreeMap::new(), BTreeMap::new(), Vec::new());
    thread::scope(|scope| {
        let (stop, stopped) = channel::bounded(0);
        let service = Service {
            start: WaitGroup::new(),
            stopped,
            feed: &feed,
        };
        let [one, two, three] = [service.clone(), service.clone(), service.clone()];
        scope.spawn(|| {
            watch(one, |(time, _, _)| {
                *days.entry(&time[..10]).or_insert(0) += 1
            })
        });
        scope.spawn(|| {
            watch(two, |(_, size, _)| {
                *magnitudes.entry(size.floor() as i8).or_insert(0) += 1
            })
        });
        scope.spawn(|| {
            watch(three, |quake| {
                strong.extend((quake.1 >= 6.0).then_some(quake))
            })
        });
        service.start.wait(); // Every thread is there: now all begin.
        play(&feed, &quakes);
        drop(stop);
    });
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
        .for_each(|(time, magnitude, place)| println!("{time} {magnitude:<4} {place}"));
}

/// What is known, day after day. As with a feed on the web, nobody is told when there is more.
type Feed<'a> = Mutex<Vec<&'a [Quake]>>;

#[derive(Clone)]
struct Service<'f, 'a> {
    start: WaitGroup,
    stopped: Receiver<()>,
    feed: &'f Feed<'a>,
}

/// Shows `monitor` every earthquake, until the service stops.
fn watch<'a>(service: Service<'_, 'a>, mut monitor: impl FnMut(&'a Quake)) {
    service.start.wait();
    let (mut seen, mut stopped) = (0, false);
    while !stopped {
        // First the pause, which the stop cuts short, then the look: what comes right before the stop is not missed.
        let pause = service.stopped.recv_timeout(Duration::from_millis(5));
        stopped = pause == Err(RecvTimeoutError::Disconnected);
        let news = service.feed.lock().expect("no holder panics")[seen..].to_vec();
        news.iter().copied().flatten().for_each(&mut monitor);
        seen += news.len();
    }
}

fn play<'a>(feed: &Feed<'a>, quakes: &'a [Quake]) {
    let days = quakes.chunk_by(|quake, next| quake.0[..10] == next.0[..10]);
    for (day, _) in days.zip(channel::tick(Duration::from_millis(20))) {
        feed.lock().expect("no holder panics").push(day);
    }
}

/// A time, a magnitude and a place.
type Quake = (String, f64, String);

fn parse(line: &str) -> Option<Quake> {
    let [time, magnitude, place] = line.split(';').collect::<Vec<_>>().try_into().ok()?;
    let magnitude = magnitude
        .parse()
        .ok()
        .filter(|magnitude| (-9.0..=10.0).contains(magnitude))?;
    let shape = time.replace(|c: char| c.is_ascii_digit(), "0");
    (shape == "0000-00-00T00:00:00Z").then(|| (time.into(), magnitude, place.into()))
}

fn load() -> Result<Vec<Quake>, String> {
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
        for (number, line) in (1..).zip(fs::read_to_string(&path).map_err(failed)?.lines()) {
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
