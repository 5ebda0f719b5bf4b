//! Tests what only this recipe promises. `shared/tools/checks` tests what every recipe promises.

use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::pin::Pin;
use std::task::{Context, Waker};
use std::time::Duration;

use checks::process::End;
use checks::program::Program;
use checks::scratch::Scratch;
use tokio::time;

/// The program itself, for the tests of its actor.
#[path = "../src/main.rs"]
#[expect(dead_code, reason = "the tests do not call its `main`")]
mod recipe;

use recipe::{Line, MAILBOX, Order, Stock};

/// Long enough for a slow machine. A test that takes longer has hung.
const TIME_LIMIT: Duration = Duration::from_secs(60);

const EXPECTED: &str = include_str!("../expected.txt");

fn actor() -> Program {
    Program::new(env!("CARGO_BIN_EXE_actor"))
}

fn scratch(test: &str) -> Scratch {
    Scratch::new(env!("CARGO_TARGET_TMPDIR"), test)
}

/// Runs the recipe on one file.
fn run(test: &str, text: &str) -> End {
    let file = scratch(test).file("shop.csv", text);
    actor().run([&file])
}

/// Awaits a future, but not longer than the limit.
async fn in_time<F: Future>(future: F) -> F::Output {
    time::timeout(TIME_LIMIT, future)
        .await
        .expect("it should not hang")
}

/// Polls a future once. It must have to wait.
#[track_caller]
fn assert_waits<F: Future>(future: Pin<&mut F>) {
    let poll = future.poll(&mut Context::from_waker(Waker::noop()));
    assert!(poll.is_pending(), "it should wait");
}

fn stock(items: &[(&str, u32)]) -> Stock {
    let mut stock = Stock::new();
    for (item, units) in items {
        stock.insert(item.to_string(), *units);
    }
    stock
}

fn order(items: &[(&str, u32)]) -> Order {
    let mut lines = Vec::new();
    for (item, units) in items {
        let item = item.to_string();
        let units = *units;
        lines.push(Line { item, units });
    }
    let number = "1".to_string();
    Order { number, lines }
}

/// The customers come in a different order on every run.
#[test]
fn every_run_prints_the_expected_report() {
    for _ in 0..10 {
        actor().run_alone().assert_prints(EXPECTED);
    }
}

#[test]
fn the_number_of_threads_does_not_change_the_report() {
    for threads in ["1", "2", "16"] {
        actor()
            .env("TOKIO_WORKER_THREADS", threads)
            .run_alone()
            .assert_prints(EXPECTED);
    }
}

#[test]
fn standard_error_has_a_line_for_each_restart() {
    let stderr = actor().run_alone().stderr;
    let mut lines: Vec<&str> = stderr.lines().collect();
    lines.sort_unstable();
    assert_eq!(
        lines,
        [
            "a task failed: order 536370: there is no item POST",
            "a task failed: order 536403: there is no item POST",
            "a task failed: order 536527: there is no item POST",
        ]
    );
}

#[test]
fn one_order_of_one_item_is_sent() {
    let text = "stock,a,5,Apple\norder,1,ann,a,5\n";
    let end = run("one_order_of_one_item_is_sent", text);
    end.assert_prints(
        "\
orders: 1, answered: 1, restarts: 0
units ordered: 5, sent: 5
items that ran out: 0
ordered    sent missing item
",
    );
    assert_eq!(end.stderr, "");
}

#[test]
fn a_shop_without_orders_sends_nothing() {
    run("a_shop_without_orders_sends_nothing", "stock,a,5,Apple\n").assert_prints(
        "\
orders: 0, answered: 0, restarts: 0
units ordered: 0, sent: 0
items that ran out: 0
ordered    sent missing item
",
    );
}

/// Each customer orders ten times what the recipe's own customers order.
#[test]
fn ten_times_the_orders_get_no_more_units() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("input/shop.csv");
    let input = fs::read_to_string(path).expect("the recipe has input");
    let mut text = String::new();
    for line in input.lines().filter(|line| line.starts_with("stock,")) {
        writeln!(text, "{line}").expect("a string has room");
    }
    for round in 0..10 {
        for line in input.lines() {
            if let Some(rest) = line.strip_prefix("order,") {
                writeln!(text, "order,{round}-{rest}").expect("a string has room");
            }
        }
    }
    let end = run("ten_times_the_orders_get_no_more_units", &text);
    let lines: Vec<&str> = end.stdout.lines().collect();
    assert_eq!(lines[0], "orders: 1210, answered: 1180, restarts: 30");
    assert!(
        lines.contains(&"   6000     100    5900 17021 NAMASTE SWAGAT INCENSE"),
        "{}",
        end.stdout
    );
}

/// Most customers find the mailbox full.
#[test]
fn more_customers_than_the_mailbox_holds_share_the_stock() {
    let mut text = "stock,a,1000,Apple\n".to_string();
    for customer in 0..3_000 {
        writeln!(text, "order,{customer},{customer},a,1").expect("a string has room");
    }
    run("more_customers_than_the_mailbox_holds", &text).assert_prints(
        "\
orders: 3000, answered: 3000, restarts: 0
units ordered: 3000, sent: 1000
items that ran out: 1
ordered    sent missing item
   3000    1000    2000 a Apple
",
    );
}

/// The actor has taken items from its stock when it panics. They must not be lost.
#[test]
fn an_order_that_panics_halfway_takes_nothing() {
    let text = "stock,a,5,Apple\norder,1,ann,a,5\norder,1,ann,x,1\norder,2,ann,a,7\n";
    run("an_order_that_panics_halfway_takes_nothing", text).assert_prints(
        "\
orders: 2, answered: 1, restarts: 1
no answer to order 1
units ordered: 7, sent: 5
items that ran out: 1
ordered    sent missing item
      7       5       2 a Apple
",
    );
}

#[test]
fn if_every_order_panics_the_program_still_ends() {
    let mut text = "stock,a,5,Apple\n".to_string();
    for number in 0..200 {
        writeln!(text, "order,{number},{number},x,1").expect("a string has room");
    }
    let end = run("if_every_order_panics_the_program_still_ends", &text);
    assert_eq!(
        end.stdout.lines().next(),
        Some("orders: 200, answered: 0, restarts: 200")
    );
    assert_eq!(end.stdout.lines().count(), 204, "{}", end.stdout);
}

#[test]
fn a_row_in_a_different_format_is_refused() {
    let scratch = scratch("a_row_in_a_different_format_is_refused");
    for (name, row, reason) in [
        ("nothing", "", "expected stock,… or order,…"),
        ("kind", "sell,a,5", "expected stock,… or order,…"),
        ("no_name", "stock,a,5", "expected stock,ITEM,UNITS,NAME"),
        ("space", "stock,a b,5,x", "expected stock,ITEM,UNITS,NAME"),
        ("sign", "stock,b,+5,x", "expected stock,ITEM,UNITS,NAME"),
        ("large", "stock,b,4294967296,x", "expected stock,ITEM,UNITS"),
        ("twice", "stock,a,5,x", "item a has a row already"),
        ("few", "order,1,ann,a", "expected order,NUMBER,CUSTOMER"),
        (
            "many",
            "order,1,ann,a,1,1",
            "expected order,NUMBER,CUSTOMER",
        ),
        ("empty", "order,1,,a,1", "expected order,NUMBER,CUSTOMER"),
        (
            "minus",
            "order,1,ann,a,-1",
            "expected order,NUMBER,CUSTOMER",
        ),
    ] {
        let file = scratch.file(name, format!("stock,a,5,Apple\n{row}\n"));
        let end = actor().run([&file]);
        end.assert_refuses(&format!("{name}:2: {reason}"));
    }
}

#[test]
fn the_lines_of_an_order_must_follow_each_other() {
    let scratch = scratch("the_lines_of_an_order_must_follow_each_other");
    for (name, last) in [("apart", "order,1,ann,a,1"), ("other", "order,2,bob,a,1")] {
        let text = format!("stock,a,5,Apple\norder,1,ann,a,1\norder,2,ann,a,1\n{last}\n");
        let file = scratch.file(name, text);
        let end = actor().run([&file]);
        end.assert_refuses(&format!("{name}:4: order"));
    }
}

#[test]
fn too_many_customers_are_refused() {
    let mut text = String::new();
    for customer in 0..10_001 {
        writeln!(text, "order,{customer},{customer},a,1").expect("a string has room");
    }
    let end = run("too_many_customers_are_refused", &text);
    end.assert_refuses("shop.csv:10001: more than 10000 customers");
}

/// The actor cannot run while this test polls. Each order that is in the mailbox will make it
/// panic, so the number of restarts is the number of orders that fit.
#[tokio::test]
async fn a_customer_waits_while_the_mailbox_is_full() {
    let (shop, supervisor) = recipe::open(stock(&[]));
    let mut customers = Vec::new();
    for _ in 0..3 * MAILBOX {
        let mut customer = Box::pin(shop.order(order(&[("x", 1)])));
        assert_waits(customer.as_mut());
        customers.push(customer);
    }
    // Those who wait for room leave together with those who wait for an answer.
    drop(customers);
    drop(shop);
    assert_eq!(in_time(supervisor).await.ok(), Some(MAILBOX));
}

/// A customer that waits for room continues when the actor has taken a message.
#[tokio::test]
async fn a_customer_that_waited_for_room_gets_its_answer() {
    let (shop, _supervisor) = recipe::open(stock(&[("a", 100)]));
    let mut customers = Vec::new();
    for _ in 0..3 * MAILBOX {
        let mut customer = Box::pin(shop.order(order(&[("a", 1)])));
        assert_waits(customer.as_mut());
        customers.push(customer);
    }
    for customer in customers {
        let parcel = in_time(customer).await.expect("an answer");
        assert_eq!(parcel.lines[0].units, 1);
    }
}

/// The order is in the mailbox when its customer leaves.
#[tokio::test]
async fn an_order_whose_customer_has_gone_is_undone() {
    let opening = stock(&[("a", 5), ("b", 5)]);
    let (shop, _supervisor) = recipe::open(opening.clone());
    let mut gone = Box::pin(shop.order(order(&[("a", 3), ("b", 9)])));
    assert_waits(gone.as_mut());
    drop(gone);
    assert_eq!(in_time(shop.count()).await, Ok(opening.clone()));

    // The books were corrected, too: the next actor computes its stock from them.
    let fails = in_time(shop.order(order(&[("x", 1)]))).await;
    assert!(fails.is_err());
    assert_eq!(in_time(shop.count()).await, Ok(opening));
}

/// This is the limit of `send`: it cannot know whether the answer will be read. The exercise of
/// the chapter mends this, and `actor_solution.rs` tests its solution.
#[tokio::test]
async fn an_answer_that_was_sent_but_not_read_is_lost() {
    let (shop, _supervisor) = recipe::open(stock(&[("a", 5)]));
    let mut late = Box::pin(shop.order(order(&[("a", 3)])));
    assert_waits(late.as_mut());
    let count = in_time(shop.count()).await; // By now the order has been answered.
    assert_eq!(count, Ok(stock(&[("a", 2)])));
    drop(late);
    assert_eq!(in_time(shop.count()).await, Ok(stock(&[("a", 2)])));
}

/// A panic loses only the order that caused it. The rest of the mailbox and the books are kept.
#[tokio::test]
async fn a_panic_loses_one_order_and_keeps_the_mailbox_and_the_books() {
    let (shop, supervisor) = recipe::open(stock(&[("a", 5)]));
    let before = in_time(shop.order(order(&[("a", 2)]))).await;
    assert_eq!(before.expect("an answer").lines[0].units, 2);

    let mut fails = Box::pin(shop.order(order(&[("a", 1), ("x", 1)])));
    let mut waits = Box::pin(shop.order(order(&[("a", 9)])));
    assert_waits(fails.as_mut());
    assert_waits(waits.as_mut());
    assert!(in_time(fails).await.is_err());
    let parcel = in_time(waits).await.expect("an answer");
    assert_eq!(parcel.lines[0].units, 3);

    assert_eq!(in_time(shop.count()).await, Ok(stock(&[("a", 0)])));
    drop(shop);
    assert_eq!(in_time(supervisor).await.ok(), Some(1));
}

#[tokio::test]
async fn the_actor_ends_with_the_last_handle() {
    let (shop, supervisor) = recipe::open(stock(&[("a", 5)]));
    let other = shop.clone();
    drop(shop);
    assert!(in_time(other.count()).await.is_ok());
    drop(other);
    assert_eq!(in_time(supervisor).await.ok(), Some(0));
}
