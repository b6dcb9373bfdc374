//! Tables `logs` and `midjourneys` of existing gateways, as the documentation of one describes them and as live ones
//! are: read, compared, and adopted.
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod after;
mod before;
mod beside;
mod generation;
mod generation_beside;
mod generation_killed;
mod generation_rows;
mod generation_tables;
mod killed;
mod old_program;
mod rows;
mod tables;
mod tasks;
