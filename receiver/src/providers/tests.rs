//! Providers against published vectors, and all of them against what each has to keep.

mod every;
mod kit;
