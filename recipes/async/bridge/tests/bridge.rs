//! Tests what only this recipe promises. `shared/tools/checks` tests what every recipe promises.

use std::future::Future;
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

use checks::program::Program;
use checks::scratch::Scratch;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot;
use tokio::time::timeout;

/// The program itself, for the tests of its server.
#[path = "../src/main.rs"]
#[expect(dead_code, reason = "the tests do not call its `main`")]
mod recipe;

/// Long enough for a slow machine. A test that takes longer has hung.
const TIME_LIMIT: Duration = Duration::from_secs(60);

const EXPECTED: &str = include_str!("../expected.txt");
const PICTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/input/pictures");

/// The SHA-256 of nothing, of `abc` and of a million times `a`, which FIPS 180-2 lists.
const OF_NOTHING: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const OF_ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
const OF_A_MILLION: &str = "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0";

fn bridge() -> Program {
    Program::new(env!("CARGO_BIN_EXE_bridge"))
}

fn scratch(test: &str) -> Scratch {
    Scratch::new(env!("CARGO_TARGET_TMPDIR"), test)
}

#[test]
fn every_run_prints_the_same_for_any_number_of_threads() {
    for rayon in ["1", "2", "64"] {
        for tokio in ["1", "8"] {
            let program = bridge().env("RAYON_NUM_THREADS", rayon);
            let end = program.env("TOKIO_WORKER_THREADS", tokio).run_alone();
            end.assert_prints(EXPECTED);
            let said = "pings answered meanwhile: ";
            assert!(end.stderr.starts_with(said), "{}", end.stderr);
            assert_eq!(end.stderr.lines().count(), 1, "{}", end.stderr);
        }
    }
}

#[test]
fn the_hashes_are_those_of_the_standard() {
    let scratch = scratch("the_hashes_are_those_of_the_standard");
    scratch.file("pictures/abc", "abc");
    scratch.file("pictures/million", vec![b'a'; 1_000_000]);
    scratch.file("pictures/nothing", "");
    let end = bridge().run([scratch.folder("pictures")]);
    end.assert_prints(&format!(
        "{OF_ABC}  abc\n{OF_A_MILLION}  million\n{OF_NOTHING}  nothing\n"
    ));
}

#[test]
fn one_picture_is_one_line() {
    let scratch = scratch("one_picture_is_one_line");
    scratch.file("pictures/one picture.png", "abc");
    let end = bridge().run([scratch.folder("pictures")]);
    end.assert_prints(&format!("{OF_ABC}  one picture.png\n"));
}

#[test]
fn ten_times_the_pictures_are_hashed_in_the_order_of_their_names() {
    let scratch = scratch("ten_times_the_pictures_are_hashed_in_the_order_of_their_names");
    let mut expected = String::new();
    for copy in 0..10 {
        for line in EXPECTED.lines() {
            let (hash, name) = line.split_once("  ").expect("two spaces");
            let picture = std::fs::read(format!("{PICTURES}/{name}")).expect("it can be read");
            scratch.file(&format!("pictures/{copy}-{name}"), picture);
            expected += &format!("{hash}  {copy}-{name}\n");
        }
    }
    let end = bridge().run([scratch.folder("pictures")]);
    end.assert_prints(&expected);
}

#[test]
fn folders_inside_the_folder_are_skipped() {
    let scratch = scratch("folders_inside_the_folder_are_skipped");
    scratch.file("pictures/a.png", "abc");
    scratch.file("pictures/more/b.png", "");
    let end = bridge().run([scratch.folder("pictures")]);
    end.assert_prints(&format!("{OF_ABC}  a.png\n"));
}

#[test]
fn a_second_folder_is_refused() {
    let end = bridge().run([PICTURES, "more"]);
    end.assert_refuses("expected one folder with pictures, found \"more\" as well");
}

#[cfg(unix)]
#[test]
fn a_name_with_a_line_end_is_refused() {
    let scratch = scratch("a_name_with_a_line_end_is_refused");
    scratch.file("pictures/two\nlines.png", "abc");
    let end = bridge().run([scratch.folder("pictures")]);
    end.assert_refuses("without control characters");
}

#[cfg(target_os = "linux")]
#[test]
fn more_than_the_limit_is_refused_unread() {
    let scratch = scratch("more_than_the_limit_is_refused_unread");
    let path = scratch.file("pictures/huge", "");
    // A sparse file, which takes no space on the disk.
    let file = std::fs::File::options().write(true).open(path);
    let grown = file.and_then(|file| file.set_len((1 << 30) + 1));
    grown.expect("the file system has sparse files");
    let end = bridge().run([scratch.folder("pictures")]);
    end.assert_refuses("more than 1024 MiB; split the folder");
}

/// While a test holds this, it alone uses the threads of rayon.
fn rayon_alone() -> MutexGuard<'static, ()> {
    static RAYON: LazyLock<Mutex<()>> = LazyLock::new(|| {
        recipe::start_rayon().expect("it has not been started yet");
        Mutex::new(())
    });
    RAYON.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Keeps all threads of rayon busy. Dropping the gate opens it.
struct Gate {
    _opened: Vec<Sender<()>>,
}

impl Gate {
    fn close() -> Self {
        let mut opened = Vec::new();
        let (busy, is_busy) = mpsc::channel();
        for _ in 0..rayon::current_num_threads() {
            let (open, gate) = mpsc::channel::<()>();
            let busy = busy.clone();
            opened.push(open);
            rayon::spawn(move || {
                busy.send(()).expect("the test waits");
                // Returns, with an error, when the gate is dropped.
                let _ = gate.recv();
            });
        }
        for _ in &opened {
            let is_busy = is_busy.recv_timeout(TIME_LIMIT);
            is_busy.expect("each thread takes a job");
        }
        Gate { _opened: opened }
    }
}

fn pictures() -> Arc<[Vec<u8>]> {
    Arc::new([b"abc".to_vec(), Vec::new()])
}

fn hashes() -> String {
    format!("{OF_ABC} {OF_NOTHING}")
}

/// Runs a test on a runtime whose tasks all share one thread. It fails if they block the thread.
fn on_one_thread(test: impl Future<Output = ()> + Send + 'static) {
    let (end, ended) = mpsc::channel();
    let thread = thread::spawn(move || {
        one_thread().block_on(test);
        // Fails if the test has taken too long.
        let _ = end.send(());
    });
    // Longer than the limit of each step, which says more.
    let result = ended.recv_timeout(2 * TIME_LIMIT);
    assert_ne!(result, Err(RecvTimeoutError::Timeout), "a task blocks");
    thread.join().expect("the test does not panic");
}

/// A runtime whose tasks all share the thread that calls `block_on`.
fn one_thread() -> Runtime {
    let mut builder = Builder::new_current_thread();
    builder.enable_all().build().expect("a runtime")
}

/// Starts the server, and connects two clients to it.
async fn connect() -> [BufReader<TcpStream>; 2] {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(recipe::serve(listener, pictures()));
    let first = TcpStream::connect(address).await.expect("a connection");
    let second = TcpStream::connect(address).await.expect("a connection");
    [BufReader::new(first), BufReader::new(second)]
}

/// Returns the answer with its line end. It is empty if the server has hung up.
async fn ask(client: &mut BufReader<TcpStream>, question: &str) -> String {
    client
        .write_all(question.as_bytes())
        .await
        .expect("it reads");
    read_answer(client).await
}

async fn read_answer(client: &mut BufReader<TcpStream>) -> String {
    let mut answer = String::new();
    let reading = timeout(TIME_LIMIT, client.read_line(&mut answer));
    let read = reading.await.expect("the server answers");
    read.expect("the connection lasts");
    answer
}

/// No job can begin before the gate opens, so all pings are answered before the hashes.
#[test]
fn pings_are_answered_while_rayon_works() {
    let _alone = rayon_alone();
    on_one_thread(async {
        let [mut client, mut balancer] = connect().await;
        let gate = Gate::close();
        client.write_all(b"hash\n").await.expect("the server reads");
        for _ in 0..100 {
            assert_eq!(ask(&mut balancer, "ping\n").await, "pong\n");
        }
        drop(gate);
        assert_eq!(read_answer(&mut client).await, format!("{}\n", hashes()));
    });
}

#[test]
fn a_client_that_leaves_early_disturbs_nobody() {
    let _alone = rayon_alone();
    on_one_thread(async {
        let [mut leaves, mut stays] = connect().await;
        let gate = Gate::close();
        leaves.write_all(b"hash\n").await.expect("the server reads");
        assert_eq!(ask(&mut stays, "ping\n").await, "pong\n");
        drop(leaves);
        drop(gate);
        assert_eq!(ask(&mut stays, "hash\n").await, format!("{}\n", hashes()));
    });
}

#[test]
fn an_unknown_question_ends_the_connection_alone() {
    let _alone = rayon_alone();
    on_one_thread(async {
        let [mut wrong, mut right] = connect().await;
        assert_eq!(ask(&mut wrong, "hush\n").await, "");
        assert_eq!(ask(&mut right, "hash\n").await, format!("{}\n", hashes()));
    });
}

/// A paused clock jumps to the next timeout as soon as no task can run.
#[test]
fn the_server_gives_up_when_the_time_is_up() {
    let _alone = rayon_alone();
    let pictures = pictures();
    let gate = Gate::close();
    let mut builder = Builder::new_current_thread();
    let runtime = builder.enable_time().start_paused(true).build();
    let hash = recipe::hash(Arc::clone(&pictures));
    let answer = runtime.expect("a runtime").block_on(hash);
    assert_eq!(answer, "error: no hashes after 60s");
    drop(gate);
    wait_until_the_job_has_ended(&pictures);
}

#[test]
fn a_dropped_future_leaves_no_job_behind() {
    let _alone = rayon_alone();
    let pictures = pictures();
    let gate = Gate::close();
    let runtime = one_thread();
    let _context = runtime.enter();
    {
        let mut hash = pin!(recipe::hash(Arc::clone(&pictures)));
        let mut context = Context::from_waker(Waker::noop());
        let first = hash.as_mut().poll(&mut context);
        assert_eq!(first, Poll::Pending);
    }
    drop(gate);
    wait_until_the_job_has_ended(&pictures);
}

/// A job owns a clone of the `Arc`.
fn wait_until_the_job_has_ended(pictures: &Arc<[Vec<u8>]>) {
    let start = Instant::now();
    while Arc::strong_count(pictures) > 1 {
        assert!(start.elapsed() < TIME_LIMIT, "the job does not end");
        thread::yield_now();
    }
}

#[test]
fn a_canceled_picture_is_hashed_no_further() {
    let looks = AtomicUsize::new(0);
    let many_chunks = vec![0; 10_000_000];
    let canceled_at_the_third = || looks.fetch_add(1, Relaxed) == 2;
    let hash = recipe::sha256(&many_chunks, canceled_at_the_third);
    assert_eq!(hash, None);
    assert_eq!(looks.into_inner(), 3);
}

#[test]
fn a_panic_on_rayon_ends_only_its_job() {
    let _alone = rayon_alone();
    let (sender, receiver) = oneshot::channel::<()>();
    rayon::spawn(move || {
        let _sender = sender;
        panic!("planted by a test");
    });
    let result = one_thread().block_on(async { timeout(TIME_LIMIT, receiver).await });
    let received = result.expect("the job ends");
    received.expect_err("the panic drops the sender");
    let answer = one_thread().block_on(recipe::hash(pictures()));
    assert_eq!(answer, hashes());
}
