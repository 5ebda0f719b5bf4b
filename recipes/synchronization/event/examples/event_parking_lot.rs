//! Watch a feed of earthquakes with three monitors that start together and miss none until the stop, with parking_lot.
//!
//! ```text
//! cargo run -p event --example event_parking_lot
//! cargo run -p event --example event_parking_lot -- may.txt june.txt
//! ```
//!
//! What differs from the recipe: parking_lot has no event. For `start`, which comes once and for good, a `Once` will do. A
//! wait with a time limit, for `stop`, takes a flag under a `Mutex` and a `Condvar`. This flag is never cleared; one that is
//! would have to count its sets, or a waiter could sleep through `set` and `clear`.

use parking_lot::{Condvar, Mutex, Once};
use std::path::{MAIN_SEPARATOR_STR, Path, PathBuf};
use std::{collections::BTreeMap, env, fs, process, thread, time::Duration};

fn main() {
    let Ok(quakes) = load().inspect_err(|reason| eprintln!("{reason}")) else {
        process::exit(1)
    };
    let service = Service::default();
    let (mut days, mut magnitudes, mut strong) = (BTreeMap::new(), BTreeMap::new(), Vec::new());
    thread::scope(|scope| {
        let running = Running(&service);
        let monitors = [
            scope.spawn(|| {
                watch(&service, |(time, _, _)| {
                    *days.entry(&time[..10]).or_insert(0) += 1
                })
            }),
            scope.spawn(|| {
                watch(&service, |(_, size, _)| {
                    *magnitudes.entry(size.floor() as i8).or_insert(0) += 1
                })
            }),
            scope.spawn(|| {
                watch(&service, |quake| {
                    strong.extend((quake.1 >= 6.0).then_some(quake))
                })
            }),
        ];
        service.start.call_once(|| ()); // Every thread is there: now all may begin.
        play(&service, &quakes);
        drop(running); // Sets `stop`.
        monitors
            .into_iter()
            .for_each(|monitor| monitor.join().expect("a monitor panicked"));
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

#[derive(Default)]
struct Service<'a> {
    start: Once, // Done once, waited for without a time limit: no more is needed.
    stop: Flag,
    feed: Mutex<Vec<&'a [Quake]>>,
}

#[derive(Default)]
struct Flag {
    is_set: Mutex<bool>,
    changed: Condvar,
}

impl Flag {
    fn set(&self) {
        *self.is_set.lock() = true;
        self.changed.notify_all();
    }

    fn wait_for(&self, time: Duration) -> bool {
        !self
            .changed
            .wait_while_for(&mut self.is_set.lock(), |is_set| !*is_set, time)
            .timed_out()
    }
}

/// Held by `main` and by each monitor: whoever ends, in a panic or not, ends the service, and nobody waits for ever.
struct Running<'s, 'a>(&'s Service<'a>);

impl Drop for Running<'_, '_> {
    fn drop(&mut self) {
        self.0.stop.set();
        self.0.start.call_once(|| ()); // After `stop`: a monitor that has not begun yet finds that it is over.
    }
}

/// Shows `monitor` every earthquake, until the service stops.
fn watch<'a>(service: &Service<'a>, mut monitor: impl FnMut(&'a Quake)) {
    let _running = Running(service);
    service.start.wait();
    let (mut seen, mut stopped) = (0, false);
    while !stopped {
        // First the pause, which `stop` cuts short, then the look: what comes right before `stop` is not missed.
        stopped = service.stop.wait_for(Duration::from_millis(5));
        let news = service.feed.lock()[seen..].to_vec();
        news.iter().copied().flatten().for_each(&mut monitor);
        seen += news.len();
    }
}

fn play<'a>(service: &Service<'a>, quakes: &'a [Quake]) {
    for day in quakes.chunk_by(|quake, next| quake.0[..10] == next.0[..10]) {
        if service.stop.wait_for(Duration::from_millis(20)) {
            return; // A monitor has failed.
        }
        service.feed.lock().push(day);
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
