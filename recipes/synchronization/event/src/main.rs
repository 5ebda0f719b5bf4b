//! Watch a feed of earthquakes with three monitors that start together and, when told to stop, have missed none.
//!
//! ```text
//! cargo run -p event                     # input/earthquakes.txt
//! cargo run -p event -- may.txt june.txt # your files, one after the other
//! ```
//!
//! A line is a time, a magnitude and a place. The program plays the feed too, a day in 20 milliseconds. You see how
//! many earthquakes there were each day and of each magnitude, rounded down, then those of magnitude 6 and more. The
//! first file that cannot be read or line that is malformed is reported, and no monitor starts.

use std::path::{MAIN_SEPARATOR_STR, Path, PathBuf};
use std::{collections::BTreeMap, env, fs, process, thread, time::Duration};
use sync_primitives::{Event, Lock};

const DAY: Duration = Duration::from_millis(20);
const TICK: Duration = Duration::from_millis(5);

// ANCHOR: main
fn main() {
    let quakes = load().unwrap_or_else(|reason| {
        eprintln!("{reason}");
        process::exit(1)
    });
    let service = Service {
        start: Event::new(),
        stop: Event::new(),
        feed: Lock::new(Vec::new()),
    };
    let (mut days, mut magnitudes, mut strong) = (BTreeMap::new(), BTreeMap::new(), Vec::new());
    let looks = thread::scope(|scope| {
        let running = Running(&service);
        let monitors = [
            scope.spawn(|| {
                watch(&service, |quake| {
                    *days.entry(&quake.time[..10]).or_insert(0) += 1
                })
            }),
            scope.spawn(|| {
                watch(&service, |quake| {
                    *magnitudes.entry(quake.magnitude.floor() as i8).or_insert(0) += 1
                })
            }),
            scope.spawn(|| {
                watch(&service, |quake| {
                    strong.extend((quake.magnitude >= 6.0).then_some(quake))
                })
            }),
        ];
        service.start.set(); // Every thread is there: now all may begin.
        play(&service, &quakes);
        drop(running); // Sets `stop`.
        monitors.map(|monitor| monitor.join().expect("a monitor panicked"))
    });
    eprintln!("the monitors looked {looks:?} times");
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
    strong.iter().for_each(
        |Quake {
             time,
             magnitude,
             place,
         }| println!("{time} {magnitude:<4} {place}"),
    );
}
// ANCHOR_END: main

// ANCHOR: service
struct Service<'a> {
    start: Event,
    stop: Event,
    /// What is known, day after day. As with a feed on the web, nobody is told when there is more.
    feed: Lock<Vec<&'a [Quake]>>,
}

/// Held by `main` and by each monitor: whoever ends, in a panic or not, ends the service, and nobody waits for ever.
struct Running<'s, 'a>(&'s Service<'a>);

impl Drop for Running<'_, '_> {
    fn drop(&mut self) {
        self.0.stop.set();
        self.0.start.set(); // After `stop`: a monitor that has not begun yet finds that it is over.
    }
}
// ANCHOR_END: service

// ANCHOR: watch
/// Shows `monitor` every earthquake, until the service stops. Returns how often this looked for news.
fn watch<'a>(service: &Service<'a>, mut monitor: impl FnMut(&'a Quake)) -> u32 {
    let _running = Running(service);
    service.start.wait();
    let (mut seen, mut looks, mut stopped) = (0, 0, false);
    while !stopped {
        // The pause between two looks; `stop` cuts it short. If the look came first and then the pause, what comes into
        // the feed between the last look and `stop` would be missed.
        stopped = service.stop.wait_for(TICK);
        let news = service.feed.lock()[seen..].to_vec();
        news.iter().copied().flatten().for_each(&mut monitor);
        (seen, looks) = (seen + news.len(), looks + 1);
    }
    looks
}

fn play<'a>(service: &Service<'a>, quakes: &'a [Quake]) {
    for day in quakes.chunk_by(|quake, next| quake.time[..10] == next.time[..10]) {
        if service.stop.wait_for(DAY) {
            return; // A monitor has failed.
        }
        service.feed.lock().push(day);
    }
}
// ANCHOR_END: watch

struct Quake {
    time: String,
    magnitude: f64,
    place: String,
}

fn parse(line: &str) -> Option<Quake> {
    let [time, magnitude, place] = line.split(';').collect::<Vec<_>>().try_into().ok()?;
    let magnitude = magnitude
        .parse()
        .ok()
        .filter(|magnitude| (-9.0..=10.0).contains(magnitude))?;
    let shape = time.replace(|c: char| c.is_ascii_digit(), "0");
    (shape == "0000-00-00T00:00:00Z").then(|| Quake {
        time: time.into(),
        magnitude,
        place: place.into(),
    })
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
