//! Watch a feed of earthquakes with three monitors that look when there is news, and only then.
//!
//! Run `cargo run -p event --example event_solution`; for earthquakes of your own, add `-- may.txt june.txt`.
//!
//! What differs from the recipe: each monitor has an event `news` of its own, which `play` sets after each day. The monitor
//! clears it before it looks. Cleared after the look, it would hide a day that came between the two.

use std::path::{MAIN_SEPARATOR_STR, Path, PathBuf};
use std::{collections::BTreeMap, env, fs, process, thread, time::Duration};
use sync_primitives::{Event, Lock};

const DAY: Duration = Duration::from_millis(20);

fn main() {
    let quakes = load().unwrap_or_else(|reason| {
        eprintln!("{reason}");
        process::exit(1)
    });
    let service = Service::default();
    let (mut days, mut magnitudes, mut strong) = (BTreeMap::new(), BTreeMap::new(), Vec::new());
    let looks = thread::scope(|scope| {
        let running = Running(&service);
        let monitors = [
            scope.spawn(|| {
                watch(&service, 0, |quake| {
                    *days.entry(&quake.time[..10]).or_insert(0) += 1
                })
            }),
            scope.spawn(|| {
                watch(&service, 1, |quake| {
                    *magnitudes.entry(quake.magnitude.floor() as i8).or_insert(0) += 1
                })
            }),
            scope.spawn(|| {
                watch(&service, 2, |quake| {
                    strong.extend((quake.magnitude >= 6.0).then_some(quake))
                })
            }),
        ];
        service.start.set();
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

#[derive(Default)]
struct Service<'a> {
    start: Event,
    stop: Event,
    /// One for each monitor, since each clears its own.
    news: [Event; 3],
    /// What is known, day after day.
    feed: Lock<Vec<&'a [Quake]>>,
}

/// Held by `main` and by each monitor: whoever ends, in a panic or not, ends the service.
struct Running<'s, 'a>(&'s Service<'a>);

impl Drop for Running<'_, '_> {
    fn drop(&mut self) {
        self.0.stop.set();
        self.0.start.set(); // After `stop`: a monitor that has not begun yet finds that it is over.
        self.0.news.iter().for_each(Event::set); // After `stop` too: whoever wakes looks for the last time.
    }
}

/// Shows the monitor every earthquake. Returns how often this looked for news.
fn watch<'a>(service: &Service<'a>, number: usize, mut monitor: impl FnMut(&'a Quake)) -> u32 {
    let _running = Running(service);
    service.start.wait();
    let (mut seen, mut looks, mut stopped) = (0, 0, false);
    while !stopped {
        service.news[number].wait();
        service.news[number].clear();
        // Asked before the look: what came into the feed before `stop` is seen by it.
        stopped = service.stop.is_set();
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
        service.news.iter().for_each(Event::set);
    }
}

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
