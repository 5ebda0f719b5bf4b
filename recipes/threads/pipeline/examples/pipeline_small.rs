//! Three threads and two channels: each thread works on what the one
//! before it has sent.

use crossbeam::channel::{Receiver, Sender, bounded};
use std::thread;

fn main() {
    let (line_sender, lines) = bounded(2);
    let (word_sender, words) = bounded(2);
    thread::scope(|scope| {
        scope.spawn(|| read(line_sender));
        scope.spawn(|| cut(lines, word_sender));
        scope.spawn(|| println!("{} words", words.into_iter().count()));
    });
}

fn read(lines: Sender<&'static str>) {
    for line in ["down down down", "would the fall", "never end"] {
        if lines.send(line).is_err() {
            return; // The next stage has left.
        }
    }
}

fn cut(lines: Receiver<&'static str>, words: Sender<&'static str>) {
    for word in lines.into_iter().flat_map(str::split_whitespace) {
        if words.send(word).is_err() {
            return;
        }
    }
}
