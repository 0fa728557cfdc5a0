//! A worker for the tests: takes what it is told of a budget, says what it got, and stays
//! until its input ends.
//!
//! `budget_worker FILE LIMIT COUNT`

use std::io::Read;
use std::path::Path;
use tusk_budget::share::Share;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [file, limit, count] = arguments.as_slice() else {
        return Err("budget_worker FILE LIMIT COUNT".into());
    };
    let share = Share::open_at(Path::new(file), limit.parse()?)?;
    let mut got = 0;
    for _ in 0..count.parse::<usize>()? {
        got += usize::from(share.try_take()?);
    }
    println!("{got}");
    std::io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}
