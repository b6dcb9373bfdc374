//! Benchmarks of genledger: whole-database rounds, contenders interleaved, medians and ratios.
//!
//! `docs/benchmarks.md` of the repository describes how to run and how to read them.

mod args;
mod charge;
mod checksum;
mod claim;
mod contender;
mod csv;
mod data;
mod database;
mod generate;
mod ingest;
mod load;
mod machine;
mod measure;
mod page;
mod peer;
mod point;
mod read;
mod report;
mod retention;
mod rollups;
mod schema;
mod stats;
mod target;
mod writer;

use anyhow::Result;

use crate::args::{Args, Benchmark};

#[tokio::main]
async fn main() -> Result<()> {
    let Some(all) = Args::parse(std::env::args().skip(1))? else {
        println!("{}", args::USAGE);
        return Ok(());
    };
    for args in all {
        match args.benchmark {
            Benchmark::Ingest => ingest::run(&args).await?,
            Benchmark::Read => read::run(&args).await?,
            Benchmark::Page => page::run(&args).await?,
            Benchmark::Point => point::run(&args).await?,
            Benchmark::Stats => rollups::run(&args).await?,
            Benchmark::Writer => writer::run(&args).await?,
            Benchmark::Retention => retention::run(&args).await?,
            Benchmark::Claim => claim::run(&args).await?,
            Benchmark::Charge => charge::run(&args).await?,
            Benchmark::Probe => {
                read::probe(&args).await?;
                continue;
            }
            Benchmark::Report => {}
        }
        report::write(&args)?;
    }
    Ok(())
}
