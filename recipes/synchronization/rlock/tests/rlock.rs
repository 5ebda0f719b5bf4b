//! Tests what only this recipe promises. `shared/tools/checks` tests what every recipe promises.

use checks::program::Program;
use checks::scratch::Scratch;

const EXPECTED_ROW: &str = "expected a row such as add,hex bolt,12";

fn rlock() -> Program {
    Program::new(env!("CARGO_BIN_EXE_rlock"))
}

fn scratch(test: &str) -> Scratch {
    Scratch::new(env!("CARGO_TARGET_TMPDIR"), test)
}

/// Checks that the recipe refuses these rows, and names the last of them.
#[track_caller]
fn assert_refuses_last_row(scratch: &Scratch, rows: &[&str], reason: &str) {
    let file = scratch.file("orders.csv", rows.join("\n") + "\n");
    let place = format!("orders.csv:{}: {reason}", rows.len());
    rlock().run([&file]).assert_refuses(&place);
}

/// The three threads meet in another order on every run.
#[test]
fn every_run_prints_the_expected_stock() {
    for _ in 0..10 {
        rlock()
            .run_alone()
            .assert_prints(include_str!("../expected.txt"));
    }
}

#[test]
fn orders_may_take_all_of_the_opening_stock() {
    let scratch = scratch("orders_may_take_all_of_the_opening_stock");
    let rows = "stock,nut,5\nstock,bolt,0\nremove,nut,2\nadd,bolt,7\ntransfer,nut,bolt,3\n";
    let file = scratch.file("orders.csv", rows);
    rlock().run([&file]).assert_prints(
        "\
bolt                                10
nut                                  0
total                               10
",
    );
}

/// Goods that `add` brings do not count, because they may arrive last.
#[test]
fn an_order_that_the_opening_stock_does_not_cover_is_refused() {
    let scratch = scratch("an_order_that_the_opening_stock_does_not_cover_is_refused");
    for order in ["remove,nut,3", "transfer,nut,bolt,3"] {
        assert_refuses_last_row(
            &scratch,
            &[
                "stock,nut,5",
                "stock,bolt,0",
                "add,nut,9",
                "remove,nut,2",
                "transfer,nut,bolt,1",
                order,
            ],
            "the opening stock of \"nut\" is 1 short",
        );
    }
}

#[test]
fn a_transfer_to_the_same_item_changes_nothing() {
    let scratch = scratch("a_transfer_to_the_same_item_changes_nothing");
    let file = scratch.file("orders.csv", "stock,nut,5\ntransfer,nut,nut,5\n");
    rlock().run([&file]).assert_prints(
        "\
nut                                  5
total                                5
",
    );
}

#[test]
fn several_files_are_read_in_the_order_given() {
    let scratch = scratch("several_files_are_read_in_the_order_given");
    let stock = scratch.file("stock.csv", "stock,nut,5\n");
    let orders = scratch.file("orders.csv", "add,nut,3");
    rlock().run([&stock, &orders]).assert_prints(
        "\
nut                                  8
total                                8
",
    );
    rlock()
        .run([&orders, &stock])
        .assert_refuses("orders.csv:1: no stock row for \"nut\" above this one");
}

#[test]
fn the_first_bad_file_is_named() {
    let scratch = scratch("the_first_bad_file_is_named");
    let one = scratch.file("one.csv", "?\n");
    let two = scratch.file("two.csv", "?\n");
    rlock().run([&one, &two]).assert_refuses("one.csv:1: ");
    rlock().run([&two, &one]).assert_refuses("two.csv:1: ");
}

#[test]
fn a_malformed_row_is_refused() {
    let scratch = scratch("a_malformed_row_is_refused");
    let rows = [
        "",
        "add",
        "add,nut",
        "add,nut,",
        "add,nut,1.5",
        "add,nut,nut,1",
        "transfer,nut,1",
        "sell,nut,1",
        "stock,1",
        ",nut,1",
        " add,nut,1",
    ];
    for row in rows {
        assert_refuses_last_row(&scratch, &["stock,nut,5", row], EXPECTED_ROW);
    }
}

#[test]
fn a_quantity_out_of_range_is_refused() {
    let scratch = scratch("a_quantity_out_of_range_is_refused");
    for row in ["add,nut,-1", "add,nut,4294967296"] {
        assert_refuses_last_row(&scratch, &["stock,nut,5", row], EXPECTED_ROW);
    }
}

#[test]
fn an_item_without_a_proper_name_is_refused() {
    let scratch = scratch("an_item_without_a_proper_name_is_refused");
    for row in ["stock,,5", "stock, ,5", "stock,bolt ,5", "stock,\tbolt,5"] {
        assert_refuses_last_row(
            &scratch,
            &["stock,nut,5", row],
            "expected the name of an item without white space around it",
        );
    }
}

#[test]
fn an_order_for_an_item_without_a_stock_row_above_it_is_refused() {
    let scratch = scratch("an_order_for_an_item_without_a_stock_row_above_it_is_refused");
    let orders = [
        "add,bolt,1",
        "remove,bolt,1",
        "transfer,nut,bolt,1",
        "transfer,bolt,nut,1",
    ];
    for order in orders {
        let file = scratch.file(
            "orders.csv",
            format!("stock,nut,5\n{order}\nstock,bolt,5\n"),
        );
        rlock()
            .run([&file])
            .assert_refuses("orders.csv:2: no stock row for \"bolt\" above this one");
    }
}

#[test]
fn a_second_stock_row_is_refused() {
    let scratch = scratch("a_second_stock_row_is_refused");
    assert_refuses_last_row(
        &scratch,
        &["stock,nut,5", "stock,nut,5"],
        "a second stock row for \"nut\"",
    );
}

#[test]
fn long_names_and_large_quantities_widen_their_columns() {
    let scratch = scratch("long_names_and_large_quantities_widen_their_columns");
    let rows = "stock,stainless steel carriage bolt M10,4294967295\n\
                stock,nut,1\n\
                add,stainless steel carriage bolt M10,4294967295\n";
    let file = scratch.file("orders.csv", rows);
    rlock().run([&file]).assert_prints(
        "\
nut                                        1
stainless steel carriage bolt M10 8589934590
total                             8589934591
",
    );
}
