//! Stands in for the load generator in a container: behaves as one does as far as an engine can see, and writes as many
//! lines as it is asked to. Compiled by itself, without any library.

use std::{
    env, fs,
    io::{self, Write as _},
    process, thread,
    time::{Duration, Instant},
};

fn main() {
    let setting = |name: &str| env::var(name).unwrap_or_default();
    let concurrency = setting("CONCURRENCY");
    println!("INFO begins with concurrency {concurrency}");
    if concurrency == "13" {
        eprintln!("ERROR thirteen is refused");
        process::exit(64);
    }
    if let Ok(path) = env::var("MATOMO_TOKEN_AUTH_FILE") {
        match fs::read_to_string(&path) {
            // The token must never be seen; here it is shown on purpose.
            Ok(token) => println!("INFO the token is {token}"),
            Err(error) => {
                eprintln!("ERROR the token cannot be read: {error}");
                process::exit(64);
            }
        }
    }
    // Lines a second, in the place of a setting that has no other effect here.
    let rate: u64 = setting("BULK_SIZE").parse().unwrap_or(0);
    if rate < 1000 {
        loop {
            thread::sleep(Duration::from_secs(3600));
        }
    }
    let mut out = io::BufWriter::with_capacity(1 << 16, io::stderr());
    let began = Instant::now();
    for number in 0_u64.. {
        writeln!(out, "INFO line {number}").expect("standard error is open");
        if number % 500 == 499 {
            out.flush().expect("standard error is open");
            let due = Duration::from_secs_f64(number as f64 / rate as f64);
            thread::sleep(due.saturating_sub(began.elapsed()));
        }
    }
}
