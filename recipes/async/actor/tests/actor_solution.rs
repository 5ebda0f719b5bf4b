//! Tests that the solution of the exercise undoes an order whenever its customer leaves.

use std::pin::Pin;
use std::task::{Context, Waker};
use std::time::Duration;

use tokio::time;

/// The solution, for the tests of its actor.
#[path = "../examples/actor_solution.rs"]
#[expect(dead_code, reason = "the tests do not call its `main`")]
mod solution;

use solution::{Line, Order, Stock};

/// Long enough for a slow machine. A test that takes longer has hung.
const TIME_LIMIT: Duration = Duration::from_secs(60);

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

fn stock(units: u32) -> Stock {
    Stock::from([("a".to_string(), units)])
}

fn order(units: u32) -> Order {
    let item = "a".to_string();
    Order {
        number: "1".to_string(),
        lines: vec![Line { item, units }],
    }
}

#[tokio::test]
async fn an_answer_that_was_sent_but_not_read_is_undone() {
    let (shop, _supervisor) = solution::open(stock(5));
    let mut late = Box::pin(shop.order(order(3)));
    assert_waits(late.as_mut());
    let count = in_time(shop.count()).await; // By now the order has been answered.
    assert_eq!(count, Ok(stock(2)));
    drop(late);
    assert_eq!(in_time(shop.count()).await, Ok(stock(5)));
}

#[tokio::test]
async fn an_order_whose_customer_has_gone_is_undone() {
    let (shop, _supervisor) = solution::open(stock(5));
    let mut gone = Box::pin(shop.order(order(3)));
    assert_waits(gone.as_mut());
    drop(gone);
    in_time(shop.count()).await.expect("an answer");
    assert_eq!(in_time(shop.count()).await, Ok(stock(5)));
    let parcel = in_time(shop.order(order(9))).await;
    assert_eq!(parcel.expect("an answer").lines[0].units, 5);
}

/// A delivery outlives the actor that sent it.
#[tokio::test]
async fn a_parcel_that_returns_after_a_panic_is_still_undone() {
    let (shop, supervisor) = solution::open(stock(5));
    let mut late = Box::pin(shop.order(order(3)));
    assert_waits(late.as_mut());
    assert_eq!(in_time(shop.count()).await, Ok(stock(2)));
    let item = "x".to_string();
    let lines = vec![Line { item, units: 1 }];
    let number = "2".to_string();
    assert!(in_time(shop.order(Order { number, lines })).await.is_err());
    drop(late);
    assert_eq!(in_time(shop.count()).await, Ok(stock(5)));
    drop(shop);
    assert_eq!(in_time(supervisor).await.ok(), Some(1));
}
