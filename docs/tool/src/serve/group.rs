//! A process with all that it starts, which ends when this program ends.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::thread;

/// A line longer than this comes in pieces.
const LONGEST_PIECE: u64 = 4096;
/// How many pieces may wait for a slow reader before the program must wait too.
const MOST_WAITING: usize = 64;

/// A piece of what a program writes: at most one line.
pub(super) enum Piece {
    Out(String),
    Err(String),
}

/// A process and all that it starts. They are killed if they have not ended when this is dropped,
/// or when this program ends, however it ends.
pub(super) struct Group {
    child: Child,
    #[cfg(unix)]
    keeper: Keeper,
    ended: bool,
}

impl Group {
    pub(super) fn start(command: &mut Command) -> io::Result<Self> {
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(command, 0);
        let child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        #[cfg(unix)]
        let keeper = Keeper::start(&child);
        Ok(Group {
            child,
            #[cfg(unix)]
            keeper,
            ended: false,
        })
    }

    /// What it writes from now on, from both streams.
    pub(super) fn pieces(&mut self) -> Receiver<Piece> {
        let (sender, receiver) = mpsc::sync_channel(MOST_WAITING);
        if let Some(pipe) = self.child.stdout.take() {
            drain(pipe, sender.clone(), Piece::Out);
        }
        if let Some(pipe) = self.child.stderr.take() {
            drain(pipe, sender, Piece::Err);
        }
        receiver
    }

    pub(super) fn wait(&mut self) -> io::Result<String> {
        let status = self.child.wait()?;
        self.ended = true;
        Ok(status.to_string())
    }

    /// Nobody has waited for the process, so its number still belongs to it.
    #[cfg(unix)]
    fn kill(&mut self) {
        let number = rustix::process::Pid::from_child(&self.child);
        let _ = rustix::process::kill_process_group(number, rustix::process::Signal::KILL);
    }

    /// Cargo puts the programs that it starts into a job that ends with it.
    #[cfg(not(unix))]
    fn kill(&mut self) {
        let _ = self.child.kill();
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if !self.ended {
            self.kill();
        }
        #[cfg(unix)]
        self.keeper.dismiss();
        let _ = self.child.wait();
    }
}

/// A shell that kills a process group when this program has ended. Ctrl-C does not reach the group,
/// because it is not the terminal's, and a signal such as SIGKILL gives this program no chance to
/// do it.
#[cfg(unix)]
struct Keeper(Option<Child>);

#[cfg(unix)]
impl Keeper {
    /// `read` fails when the other end of its pipe is closed without a line: when this program has
    /// ended. Without a shell, there is no keeper.
    fn start(child: &Child) -> Self {
        let script = "read -r line || kill -s KILL -- \"-$0\"";
        let mut shell = Command::new("sh");
        shell
            .args(["-c", script, &child.id().to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        std::os::unix::process::CommandExt::process_group(&mut shell, 0);
        Keeper(shell.spawn().ok())
    }

    fn dismiss(&mut self) {
        let Some(mut shell) = self.0.take() else {
            return;
        };
        if let Some(mut pipe) = shell.stdin.take() {
            let _ = pipe.write_all(b"done\n");
        }
        let _ = shell.wait();
    }
}

/// Reads in a thread until the pipe ends or nobody receives.
fn drain(pipe: impl Read + Send + 'static, to: SyncSender<Piece>, label: fn(String) -> Piece) {
    thread::spawn(move || {
        let mut pipe = BufReader::new(pipe);
        let mut bytes = Vec::new();
        while matches!(
            (&mut pipe)
                .take(LONGEST_PIECE)
                .read_until(b'\n', &mut bytes),
            Ok(1..)
        ) {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            if to.send(label(text)).is_err() {
                break;
            }
            bytes.clear();
        }
    });
}
