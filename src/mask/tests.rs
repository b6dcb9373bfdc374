//! Tests of masking: tables of inputs, the laws, and the number of steps.

mod gateway;
mod laws;
mod steps;
mod tables;
