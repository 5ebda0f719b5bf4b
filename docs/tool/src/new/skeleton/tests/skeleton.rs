//! What this recipe promises about its input. What all recipes promise, such as one clear line
//! about a missing file, is tested in `shared/tools/checks`.

use checks::program::Program;
use checks::scratch::Scratch;

const EXECUTABLE: &str = env!("CARGO_BIN_EXE_skeleton");

fn scratch(test: &str) -> Scratch {
    Scratch::new(env!("CARGO_TARGET_TMPDIR"), test)
}

#[test]
fn the_input_gives_the_expected_output() {
    let end = Program::new(EXECUTABLE).run_alone();
    end.assert_prints(include_str!("../expected.txt"));
}

#[test]
fn the_numbers_of_all_files_are_added() {
    let scratch = scratch("the_numbers_of_all_files_are_added");
    let one = scratch.file("one.txt", "1\n2\n");
    let two = scratch.file("two.txt", "4294967295\n");
    let end = Program::new(EXECUTABLE).run([one, two]);
    end.assert_prints("numbers: 3\nsum: 4294967298\n");
}

#[test]
fn an_empty_file_has_no_numbers() {
    let scratch = scratch("an_empty_file_has_no_numbers");
    let empty = scratch.file("empty.txt", "");
    let end = Program::new(EXECUTABLE).run([empty]);
    end.assert_prints("numbers: 0\nsum: 0\n");
}

#[test]
fn a_row_that_is_not_a_number_is_named() {
    let scratch = scratch("a_row_that_is_not_a_number_is_named");
    for row in ["", "seven", "-1", "1.5", " 7", "4294967296"] {
        let file = scratch.file("numbers.txt", format!("1\n{row}\n"));
        let reason = format!("numbers.txt:2: expected a whole number such as 17, found {row:?}");
        Program::new(EXECUTABLE).run([file]).assert_refuses(&reason);
    }
}
