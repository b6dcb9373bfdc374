//! `Audit`, on every backend: nothing differs after any operations, and every change behind the library's back is found.

mod columns;
mod concurrent;
mod incremental;
mod rows;
mod scene;
mod unreadable;
